// Parts of one input, read side by side for somebody who does not need its order: whichever part
// has a table ready gives the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "columns/column_reader.hpp"

namespace rapidmarc::columns {

/// Each part has threads of its own that decode ahead; the caller's thread decodes where nothing
/// lies ready. Within a part the input's order is kept. Not to be used by two threads at once.
class AnyOrderReader final : public TableStream {
 public:
  struct Part {
    std::unique_ptr<ColumnReader> reader;
    std::uint64_t start;  // byte of the input
  };

  /// `parts` are all of an input, in its order.
  explicit AnyOrderReader(std::vector<Part> parts);

  /// As ColumnReader does it. Numbers of records in an error are those of its part, which the error
  /// says.
  std::optional<Table> next() override;

  const Plan& plan() const noexcept override { return *plan_; }
  std::uint64_t records() const noexcept override;
  std::uint64_t skipped() const noexcept override;

 private:
  std::vector<Part> parts_;
  std::shared_ptr<const Plan> plan_;
  std::uint64_t origin_;
  std::vector<std::size_t> open_;  // parts that may have more
  std::size_t turn_ = 0;           // of those, which is asked first
};

}  // namespace rapidmarc::columns
