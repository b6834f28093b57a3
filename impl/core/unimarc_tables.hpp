// The code tables of UNIMARC's character sets. The values stand in unimarc_tables.cpp, which
// scripts/generate_unimarc_tables.py writes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rapidmarc::unimarc_tables {

// Which row of `cells` holds a set; row 0 is the set of which nothing is known.
inline constexpr std::uint8_t unknown = 0;
inline constexpr std::uint8_t latin = 1;              // ISO 646
inline constexpr std::uint8_t extended_latin = 2;     // ISO 5426
inline constexpr std::uint8_t cyrillic = 3;           // ISO-IR 37
inline constexpr std::uint8_t extended_cyrillic = 4;  // ISO 5427
inline constexpr std::uint8_t greek = 5;              // ISO 5428

// A cell: the character and a flag, or 0 where the set has no character.
inline constexpr std::uint32_t character_bits = 0x1FFFFF;
// A combining mark, which stands before its letter in these sets and after it in Unicode.
inline constexpr std::uint32_t combining = 1U << 31;

// A set's 96 codes from 20 to 7F (or A0 to FF, where it is the upper one).
extern const std::uint32_t cells[6][96];

}  // namespace rapidmarc::unimarc_tables
