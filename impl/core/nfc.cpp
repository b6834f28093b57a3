// NFC in the three steps of the annex: take apart, put the marks in order, join.
#include "core/nfc.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "core/nfc_tables.hpp"

namespace rapidmarc {
namespace {

// Hangul syllables (Unicode Standard, 3.12): a leading consonant, a vowel, perhaps a trailing one.
constexpr char32_t syllable_base = 0xAC00;
constexpr char32_t leading_base = 0x1100;
constexpr char32_t vowel_base = 0x1161;
constexpr char32_t trailing_base = 0x11A7;  // one before the first trailing consonant
constexpr char32_t leading_count = 19;
constexpr char32_t vowel_count = 21;
constexpr char32_t trailing_count = 28;
constexpr char32_t syllable_count = leading_count * vowel_count * trailing_count;

constexpr bool is_within(char32_t character, char32_t base, char32_t count) noexcept {
  return character >= base && character - base < count;
}

constexpr bool is_vowel(char32_t character) noexcept {
  return is_within(character, vowel_base, vowel_count);
}

constexpr bool is_trailing(char32_t character) noexcept {
  return is_within(character, trailing_base + 1, trailing_count - 1);
}

char32_t compose_hangul(char32_t first, char32_t second) noexcept {
  if (is_vowel(second) && is_within(first, leading_base, leading_count)) {
    return syllable_base +
           ((first - leading_base) * vowel_count + (second - vowel_base)) * trailing_count;
  }
  if (is_trailing(second) && is_within(first, syllable_base, syllable_count) &&
      (first - syllable_base) % trailing_count == 0) {
    return first + (second - trailing_base);
  }
  return 0;
}

// Below these no character has a decomposition, and none is a mark.
constexpr char32_t first_decomposable = 0xC0;
constexpr char32_t first_mark = 0x300;

void append_decomposed(char32_t character, std::u32string& out) {
  if (is_within(character, syllable_base, syllable_count)) {
    const char32_t index = character - syllable_base;
    out.push_back(leading_base + index / (vowel_count * trailing_count));
    out.push_back(vowel_base + index / trailing_count % vowel_count);
    if (index % trailing_count != 0) out.push_back(trailing_base + index % trailing_count);
  } else if (const auto pair = decompose(character)) {
    append_decomposed(pair->first, out);
    if (pair->second != 0) append_decomposed(pair->second, out);
  } else {
    out.push_back(character);
  }
}

// Sorts the marks of [begin, end) by class. Those of the same class keep their order, which means
// something; and however many there are, the time is in proportion.
void order_run(std::u32string& text, std::size_t begin, std::size_t end) {
  std::array<std::size_t, 256> place{};
  for (std::size_t i = begin; i < end; ++i) ++place[combining_class(text[i])];
  std::exclusive_scan(place.begin(), place.end(), place.begin(), begin);
  const std::u32string run = text.substr(begin, end - begin);
  for (const char32_t mark : run) text[place[combining_class(mark)]++] = mark;
}

void order_marks(std::u32string& text) {
  std::size_t begin = 0;  // of the run of marks that ends at i
  bool in_order = true;
  std::uint8_t class_before = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const std::uint8_t own_class = i < text.size() ? combining_class(text[i]) : std::uint8_t{0};
    if (own_class == 0) {
      if (!in_order) order_run(text, begin, i);
      begin = i + 1;
      in_order = true;
    } else if (own_class < class_before) {
      in_order = false;
    }
    class_before = own_class;
  }
}

// A mark joins the last starter unless a mark of its own or a higher class stands between them.
void compose_all(std::u32string& text) {
  std::size_t kept = 0;
  std::size_t starter = std::u32string::npos;
  std::uint8_t class_before = 0;
  for (const char32_t character : text) {
    const std::uint8_t own_class = combining_class(character);
    if (starter != std::u32string::npos && (kept == starter + 1 || class_before < own_class)) {
      if (const char32_t composed = compose(text[starter], character)) {
        text[starter] = composed;
        continue;
      }
    }
    if (own_class == 0) starter = kept;
    class_before = own_class;
    text[kept++] = character;
  }
  text.resize(kept);
}

/// What the letters of ASCII make with the marks that Latin texts use most, so that these need no
/// search.
class LatinCompositions {
 public:
  static constexpr char32_t marks = 64;

  LatinCompositions() {
    for (const std::uint16_t each : nfc_tables::compositions) {
      const auto& pair = nfc_tables::decompositions[each];
      if (has(pair.first, pair.second))
        of_pair_[place(pair.first, pair.second)] = static_cast<std::uint16_t>(pair.composed);
    }
  }

  static bool has(char32_t first, char32_t second) noexcept {
    return is_within(first, 0x40, 0x40) && is_within(second, first_mark, marks);
  }
  char32_t at(char32_t first, char32_t second) const noexcept {
    return of_pair_[place(first, second)];
  }

 private:
  static std::size_t place(char32_t first, char32_t second) noexcept {
    return (first - 0x40) * marks + (second - first_mark);
  }

  std::array<std::uint16_t, 0x40 * marks> of_pair_{};
};

}  // namespace

std::uint8_t combining_class(char32_t character) noexcept {
  if (character < first_mark) return 0;
  const auto& ranges = nfc_tables::combining_ranges;
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), character,
                                      [](char32_t wanted, const nfc_tables::CombiningRange& range) {
                                        return wanted < range.first;
                                      });
  if (after == ranges.begin()) return 0;
  const auto& range = *std::prev(after);
  return character <= range.last ? range.combining_class : std::uint8_t{0};
}

char32_t compose(char32_t first, char32_t second) noexcept {
  if (LatinCompositions::has(first, second)) {
    static const LatinCompositions compositions;
    return compositions.at(first, second);
  }
  if (const char32_t syllable = compose_hangul(first, second)) return syllable;
  const auto& order = nfc_tables::compositions;
  const auto place = std::lower_bound(
      order.begin(), order.end(), CanonicalPair{first, second},
      [](std::uint16_t each, const CanonicalPair& wanted) {
        const auto& pair = nfc_tables::decompositions[each];
        return pair.first != wanted.first ? pair.first < wanted.first : pair.second < wanted.second;
      });
  if (place == order.end()) return 0;
  const auto& pair = nfc_tables::decompositions[*place];
  return pair.first == first && pair.second == second ? char32_t{pair.composed} : 0;
}

std::optional<CanonicalPair> decompose(char32_t character) noexcept {
  if (character < first_decomposable) return std::nullopt;
  const auto& table = nfc_tables::decompositions;
  const auto place = std::lower_bound(table.begin(), table.end(), character,
                                      [](const nfc_tables::Decomposition& each, char32_t wanted) {
                                        return each.composed < wanted;
                                      });
  if (place == table.end() || place->composed != character) return std::nullopt;
  return CanonicalPair{place->first, place->second};
}

bool joins_previous(char32_t character) noexcept {
  if (character < first_mark) return false;
  const auto& starters = nfc_tables::second_starters;
  return combining_class(character) != 0 || is_vowel(character) || is_trailing(character) ||
         std::binary_search(starters.begin(), starters.end(), character);
}

void normalise_to_nfd(std::u32string& text) {
  std::u32string decomposed;
  for (const char32_t character : text) append_decomposed(character, decomposed);
  order_marks(decomposed);
  text = std::move(decomposed);
}

void normalise(std::u32string& text) {
  normalise_to_nfd(text);
  compose_all(text);
}

}  // namespace rapidmarc
