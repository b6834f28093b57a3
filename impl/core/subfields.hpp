// Walks over the subfields in the bytes of a data field.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/format.hpp"

namespace rapidmarc {

/// The subfields in the bytes of a data field behind its indicators.
class RawSubfields {
 public:
  RawSubfields() = default;
  explicit RawSubfields(std::string_view bytes) : rest_(bytes) {}

  /// Goes to the next subfield; false behind the last.
  bool next() {
    while (!rest_.empty()) {  // rest_ begins with a delimiter
      const std::size_t end = std::min(rest_.find(subfield_delimiter, 1), rest_.size());
      part_ = rest_.substr(1, end - 1);
      rest_.remove_prefix(end);
      if (!part_.empty()) return true;
    }
    return false;
  }

  char code() const noexcept { return part_[0]; }
  std::string_view code_text() const noexcept { return part_.substr(0, 1); }
  std::string_view value() const noexcept { return part_.substr(1); }

 private:
  std::string_view rest_;
  std::string_view part_;
};

}  // namespace rapidmarc
