// Walks over the subfields in the bytes of a data field.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "core/format.hpp"

namespace rapidmarc {

/// The subfields in the bytes of a data field behind its indicators.
class RawSubfields {
 public:
  RawSubfields() = default;
  explicit RawSubfields(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Goes to the next subfield; false behind the last.
  bool next() {
    while (at_ != end_) {  // at a delimiter
      const char* const first = at_ + 1;
      const auto left = static_cast<std::size_t>(end_ - first);
      const auto* const next =
          static_cast<const char*>(std::memchr(first, subfield_delimiter, left));
      at_ = next != nullptr ? next : end_;
      part_ = {first, static_cast<std::size_t>(at_ - first)};
      if (!part_.empty()) return true;
    }
    return false;
  }

  char code() const noexcept { return part_[0]; }
  std::string_view code_text() const noexcept { return part_.substr(0, 1); }
  std::string_view value() const noexcept { return part_.substr(1); }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string_view part_;
};

/// Whether the subfields that a walk over `bytes` finds, one behind the other, are all of `bytes`:
/// there is no empty one, and nothing before the first.
inline bool walks_whole(std::string_view bytes) noexcept {
  constexpr char two[] = {subfield_delimiter, subfield_delimiter};
  return bytes.empty() ||
         (bytes.front() == subfield_delimiter && bytes.back() != subfield_delimiter &&
          bytes.find(std::string_view(two, sizeof two)) == std::string_view::npos);
}

}  // namespace rapidmarc
