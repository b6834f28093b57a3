// The code tables of MARC-8 as the decoder wants them. The values stand in marc8_tables.cpp, which
// scripts/generate_marc8_tables.py writes.
//
// Every character is given in NFC, so that text without combining marks needs no normalising.
#pragma once

#include <cstdint>
#include <span>

namespace rapidmarc::marc8_tables {

// The sets are known by the final byte of the escape sequence that designates them.
inline constexpr std::uint8_t basic_latin = 0x42;
inline constexpr std::uint8_t ansel = 0x45;
inline constexpr std::uint8_t east_asian = 0x31;

// A cell of a one-byte set: the character and two flags, or 0 where the set has no character.
inline constexpr std::uint32_t character_bits = 0x1FFFFF;
// A combining mark, which stands before its letter in MARC-8 and after it in Unicode.
inline constexpr std::uint32_t combining = 1U << 31;
// A mark for Unicode, which may put it in another order, but not for MARC-8.
inline constexpr std::uint32_t reordered = 1U << 30;

// Final byte -> place of the set in `one_byte_cells`; place 0 is an empty set, for all other bytes.
extern const std::uint8_t one_byte_sets[256];
extern const std::uint32_t one_byte_cells[12][256];

// The East Asian set has three bytes a character, each below 80: the first chooses a plane, the
// second a row, the third a cell. Plane 0 and row 0 are empty; so are cells of value 0.
struct EastAsianRow {
  std::uint16_t start;  // place of its first cell
  std::uint8_t first;   // third byte of its first cell
  std::uint8_t count;
};

extern const std::uint8_t east_asian_planes[128];
extern const std::uint16_t east_asian_rows[28][128];
extern const EastAsianRow east_asian_row_heads[982];
extern const std::uint16_t east_asian_cells[48352];

inline std::uint32_t east_asian_character(std::uint8_t first, std::uint8_t second,
                                          std::uint8_t third) noexcept {
  if (((first | second | third) & 0x80) != 0) return 0;
  const EastAsianRow row = east_asian_row_heads[east_asian_rows[east_asian_planes[first]][second]];
  const unsigned column = static_cast<unsigned>(third) - row.first;
  return column < row.count ? east_asian_cells[row.start + column] : 0U;
}

/// Calls `visit(code, character)` for every East Asian character, in the order of codes.
template <typename Visitor>
void for_each_east_asian(Visitor&& visit) {
  for (std::uint32_t plane_and_row = 0; plane_and_row < 0x8000; ++plane_and_row) {
    for (std::uint32_t cell = 0; cell < 0x80; ++cell) {
      const std::uint32_t character = east_asian_character(
          static_cast<std::uint8_t>(plane_and_row >> 8), static_cast<std::uint8_t>(plane_and_row),
          static_cast<std::uint8_t>(cell));
      if (character != 0) visit(plane_and_row << 8 | cell, character);
    }
  }
}

struct CodeValue {
  std::uint32_t code;
  std::uint32_t value;
};

struct SetCodeValue {
  std::uint32_t set;
  std::uint32_t code;
  std::uint32_t value;
};

// Codes of no set that are accepted nevertheless, as some systems write them.
extern const std::span<const CodeValue> odd_codes;
// What the cells held before they were put into NFC.
extern const std::span<const SetCodeValue> unnormalised_values;
// East Asian codes to which the Library of Congress gives another character than the decoder does.
extern const std::span<const CodeValue> lc_values;

}  // namespace rapidmarc::marc8_tables
