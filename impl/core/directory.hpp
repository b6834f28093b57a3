// The directory: twelve bytes an entry (tag, field length, starting position; ISO 2709, 4.3).
//
// As with text (utf8.hpp) there is a SIMD road and a portable one with the same answers.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "core/entry.hpp"
#include "core/format.hpp"

namespace rapidmarc {

struct EntryNumbers {
  std::uint32_t field_length;
  std::uint32_t starting_position;
};

/// The highest bit is set of the lowest byte that is no digit, if there is one; the other bits, and
/// bytes above that one, mean nothing.
constexpr std::uint64_t odd_digits(std::uint64_t word) noexcept {
  return word | (word + 0x4646464646464646U) | (word - 0x3030303030303030U);
}
inline constexpr std::uint64_t highest_bits = 0x8080808080808080U;

/// Reads the nine digits behind a tag into `numbers`; false when one of them is no digit. Reads
/// exactly the 12 bytes of the entry. Eight digits are converted at once: each step adds
/// neighbours, weighted, in lanes twice as wide.
inline bool read_entry_numbers(const char* entry, EntryNumbers& numbers) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, entry + 3, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  if ((odd_digits(word) & highest_bits) != 0 || !is_digit(entry[11])) return false;
  word -= 0x3030303030303030U;
  word = ((word * (1 + (10U << 8U))) >> 8) & 0x00FF00FF00FF00FFU;
  word = ((word * (1 + (100U << 16U))) >> 16) & 0x0000FFFF0000FFFFU;
  numbers.field_length = static_cast<std::uint32_t>(word);
  numbers.starting_position =
      static_cast<std::uint32_t>(word >> 32) * 10 + static_cast<std::uint32_t>(entry[11] - '0');
  return true;
}

/// Whether `text`, of at least eight bytes, holds digits only; eight of them are looked at
/// together.
inline bool all_digits(std::string_view text) noexcept {
  std::uint64_t odd = 0;
  const auto look_at = [&odd](const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    odd |= odd_digits(word);
  };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) look_at(text.data() + at);
  look_at(text.data() + text.size() - 8);
  return (odd & highest_bits) == 0;
}

/// Fills `entries` from the directory of `record`, which holds one for every twelve bytes between
/// the leader and the terminator before `base`; at least one. True when it holds digits only, in
/// tags as well; else `entries` may hold anything. `offset` counts from the start of the record,
/// `length` is one less than stated, which makes 2^32 - 1 of nothing, and `control` is false
/// throughout. Where the entries lead to is not looked at.
bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept;

/// The data of the first field with `tag`, without its terminator, in a record that may be broken
/// in any way; nothing when the directory does not lead to one.
std::optional<std::string_view> find_field(std::string_view record, std::string_view tag) noexcept;

namespace scalar {

/// The portable road of `read_entries`; also the judge of the other in the tests.
bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept;

}  // namespace scalar
}  // namespace rapidmarc
