// Records become rows: one walk over a record's fields serves all columns and the condition.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "columns/column_builder.hpp"
#include "columns/plan.hpp"
#include "columns/values.hpp"
#include "core/decode.hpp"

namespace rapidmarc::columns {

/// The rows of one batch.
struct Table {
  std::size_t rows = 0;
  std::vector<ColumnBuilder> columns;
};

/// Where a record lies in the input, in bytes.
struct RecordPlace {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

/// A decoded record as its tables show it.
struct RecordText {
  std::string_view leader;
  const char* content;  // what the entries' offsets count from
  std::span<const Entry> entries;
  bool ascii;
  RecordPlace place{};
};

class TableBuilder {
 public:
  /// `hints`: of each column, or none. The plan has to outlive the builder.
  explicit TableBuilder(const Plan& plan, std::span<const SizeHint> hints = {});

  /// A row for `record`, unless the plan's condition does not hold. Throws ColumnTooLarge.
  void add(const RecordText& record);
  /// A row of nulls, but for where the record lies.
  void add_null(const RecordPlace& place);

  /// The rows so far; the builder is used up.
  Table take() && { return std::move(table_); }

 private:
  struct SlotState {
    std::uint32_t seen = 0;  // fields that have the tag
    bool done = false;       // wants no more
    Bounds taken{};          // which of those fields, where the path says so
  };

  void start_row(const RecordText& record);
  void find_occurrences(const RecordText& record);
  void visit(std::uint16_t number, const FieldText& field, std::uint32_t tag);
  bool give(std::uint16_t number, std::string_view value);
  void end_row(const RecordPlace& place);

  const Plan& plan_;
  Table table_;
  std::vector<SlotState> states_;
  std::unique_ptr<bool[]> answers_;  // of the slots that are tests
  bool places_matter_ = false;       // some path takes occurrences
  Scratch scratch_;
};

}  // namespace rapidmarc::columns
