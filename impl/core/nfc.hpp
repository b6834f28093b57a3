// Unicode's normalisation forms C and D for short runs of characters (Unicode Standard Annex 15).
//
// For letters with combining marks in MARC-8 and in UNIMARC's sets, and for `normalize`. It works
// on characters, not on UTF-8, and has no fast road for text that is normalised already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rapidmarc {

/// The place of a mark in the order of marks; 0 for everything that is no combining mark.
std::uint8_t combining_class(char32_t character) noexcept;

/// The character that stands for `first` followed by `second`; 0 if there is none.
char32_t compose(char32_t first, char32_t second) noexcept;

struct CanonicalPair {
  char32_t first;
  char32_t second;  // 0: `first` alone
};

/// One step of the canonical decomposition. Hangul syllables are left whole.
std::optional<CanonicalPair> decompose(char32_t character) noexcept;

/// Whether normalisation may move `character` or join it with one before it.
bool joins_previous(char32_t character) noexcept;

/// Puts `text` into NFC.
void normalise(std::u32string& text);

/// Puts `text` into NFD.
void normalise_to_nfd(std::u32string& text);

}  // namespace rapidmarc
