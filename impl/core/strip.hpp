// `str.strip()` on UTF-8: cuts off what Python's `str.isspace` calls white space.
#pragma once

#include <cstddef>
#include <string_view>

namespace rapidmarc {

/// Bytes of the white-space character that `text` begins with; 0 if it begins with another.
constexpr std::size_t leading_space(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80)
    return first == ' ' || (first >= 0x09 && first <= 0x0D) || (first >= 0x1C && first <= 0x1F) ? 1
                                                                                                : 0;
  if (first == 0xC2) return byte(1) == 0x85 || byte(1) == 0xA0 ? 2 : 0;
  if (first == 0xE1) return byte(1) == 0x9A && byte(2) == 0x80 ? 3 : 0;  // U+1680
  if (first == 0xE3) return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0;  // U+3000
  if (first != 0xE2) return 0;
  if (byte(1) == 0x80) {  // U+2000-200A, 2028, 2029, 202F
    const unsigned last = byte(2);
    return (last >= 0x80 && last <= 0x8A) || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0;
  }
  return byte(1) == 0x81 && byte(2) == 0x9F ? 3 : 0;  // U+205F
}

/// Bytes of the white-space character that `text` ends with; 0 if it ends with another.
constexpr std::size_t trailing_space(std::string_view text) noexcept {
  for (std::size_t width = 1; width <= 3 && width <= text.size(); ++width) {
    const std::string_view last = text.substr(text.size() - width);
    if ((static_cast<unsigned char>(last[0]) & 0xC0) != 0x80)
      return leading_space(last) == width ? width : 0;
  }
  return 0;
}

constexpr std::string_view strip(std::string_view text) noexcept {
  const auto is_visible = [](char byte) { return byte > ' ' && byte < 0x7F; };
  if (!text.empty() && is_visible(text.front()) && is_visible(text.back())) return text;
  while (const std::size_t width = leading_space(text)) text.remove_prefix(width);
  while (const std::size_t width = trailing_space(text)) text.remove_suffix(width);
  return text;
}

}  // namespace rapidmarc
