// The constants of the exchange format (ISO 2709 as MARC 21 uses it) and the two ways in which
// numbers stand in it.
//
// Numbers of well-formed records are plain digits; `parse_digits` reads those. Records from the
// wild hold more, and the reader must take what Python's `int` takes; `parse_python_int` is that
// road.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rapidmarc {

inline constexpr std::size_t leader_length = 24;           // ISO 2709, 4.2: record label
inline constexpr std::size_t directory_entry_length = 12;  // tag 3, length 4, starting position 5
inline constexpr std::size_t tag_length = 3;
inline constexpr std::size_t length_field_length = 5;     // leader 00-04
inline constexpr std::size_t base_address_position = 12;  // leader 12-16
inline constexpr std::size_t coding_scheme_position = 9;  // leader 09: 'a' is UTF-8
inline constexpr std::size_t longest_field = 9'999;       // what four digits can say
inline constexpr std::size_t longest_record = 99'999;     // what five digits can say

inline constexpr char subfield_delimiter = '\x1F';
inline constexpr char field_terminator = '\x1E';
inline constexpr char record_terminator = '\x1D';
inline constexpr char escape = '\x1B';  // of MARC-8

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

/// A control field has a tag of three digits below 010 (00A is a data field, as in pymarc).
constexpr bool is_control_tag(const char* tag) noexcept {
  return tag[0] == '0' && tag[1] == '0' && is_digit(tag[2]);
}

/// Field and record terminators in `text`.
constexpr std::size_t count_terminators(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return c == field_terminator || c == record_terminator;
  }));
}

/// The value of `text` when it holds digits only, else nothing.
constexpr std::optional<std::uint32_t> parse_digits(std::string_view text) noexcept {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 9) return std::nullopt;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

/// What Python's `int(text)` gives for ASCII text of at most nine characters: blanks around it, a
/// sign and single underscores between digits are allowed.
std::optional<std::int64_t> parse_python_int(std::string_view text) noexcept;

}  // namespace rapidmarc
