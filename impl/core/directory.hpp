// The directory: twelve bytes an entry (tag, field length, starting position; ISO 2709, 4.3).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/format.hpp"

namespace rapidmarc {

struct EntryNumbers {
  std::uint32_t field_length;
  std::uint32_t starting_position;
};

/// Reads the nine digits behind a tag into `numbers`; false when one of them is no digit. Reads
/// exactly the 12 bytes of the entry. Eight digits are converted at once: each step adds
/// neighbours, weighted, in lanes twice as wide.
inline bool read_entry_numbers(const char* entry, EntryNumbers& numbers) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, entry + 3, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  // What is no digit gets its highest bit set by one of the two, or had it.
  const std::uint64_t above = word + 0x4646464646464646U;
  word -= 0x3030303030303030U;
  if (((above | word) & 0x8080808080808080U) != 0 || !is_digit(entry[11])) return false;
  word = ((word * (1 + (10U << 8U))) >> 8) & 0x00FF00FF00FF00FFU;
  word = ((word * (1 + (100U << 16U))) >> 16) & 0x0000FFFF0000FFFFU;
  numbers.field_length = static_cast<std::uint32_t>(word);
  numbers.starting_position =
      static_cast<std::uint32_t>(word >> 32) * 10 + static_cast<std::uint32_t>(entry[11] - '0');
  return true;
}

}  // namespace rapidmarc
