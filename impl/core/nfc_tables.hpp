// The tables of Unicode behind nfc.cpp. The values stand in nfc_tables.cpp, which
// scripts/generate_marc8_tables.py writes. Hangul syllables are not in them; they follow a rule.
#pragma once

#include <cstdint>
#include <span>

namespace rapidmarc::nfc_tables {

// Characters of one combining class other than 0; sorted.
struct CombiningRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint8_t combining_class;
};

// One step of a canonical decomposition; `second` is 0 if a single character is meant. Sorted by
// `composed`.
struct Decomposition {
  std::uint32_t composed;
  std::uint32_t first;
  std::uint32_t second;
};

extern const std::span<const CombiningRange> combining_ranges;
extern const std::span<const Decomposition> decompositions;
// Places in `decompositions` of the pairs that NFC joins again, sorted by first and second.
extern const std::span<const std::uint16_t> compositions;
// Characters of combining class 0 that stand second in a pair; sorted.
extern const std::span<const std::uint32_t> second_starters;

}  // namespace rapidmarc::nfc_tables
