#include "core/format.hpp"

namespace rapidmarc {

std::optional<std::int64_t> parse_python_int(std::string_view text) noexcept {
  constexpr auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  bool after_digit = false;
  for (const char c : text) {
    if (is_digit(c)) {
      value = value * 10 + (c - '0');
      after_digit = true;
    } else if (c == '_' && after_digit) {
      after_digit = false;
    } else {
      return std::nullopt;
    }
  }
  if (!after_digit) return std::nullopt;
  return negative ? -value : value;
}

}  // namespace rapidmarc
