// Characters of one width: as many, as wide and the same as one by one.
#include "core/widen.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

std::vector<char32_t> one_by_one(std::string_view utf8) {
  std::vector<char32_t> characters;
  for (std::size_t at = 0; at < utf8.size();) {
    const CodePoint each = read_utf8(utf8, at);
    characters.push_back(each.value);
    at += each.length;
  }
  return characters;
}

Widest widest_of(const std::vector<char32_t>& characters) {
  const char32_t last =
      characters.empty() ? 0 : *std::max_element(characters.begin(), characters.end());
  for (const Widest each : {Widest::ascii, Widest::latin1, Widest::basic_plane}) {
    if (last <= static_cast<char32_t>(each)) return each;
  }
  return Widest::any;
}

template <typename Unit>
std::vector<char32_t> widened(std::string_view utf8, std::size_t characters) {
  std::vector<Unit> units(characters + 1, Unit{0x5A});
  widen(utf8, std::span(units.data(), characters));
  CHECK(units.back() == Unit{0x5A});  // nothing was written behind the end
  return {units.begin(), units.end() - 1};
}

void check(std::string_view utf8) {
  REQUIRE(is_valid_utf8(utf8));
  const std::vector<char32_t> expected = one_by_one(utf8);
  const Extent extent = extent_of(utf8);
  CHECK(extent.characters == expected.size());
  CHECK(extent.widest == widest_of(expected));
  if (extent.widest <= Widest::latin1)
    CHECK(widened<std::uint8_t>(utf8, expected.size()) == expected);
  if (extent.widest <= Widest::basic_plane)
    CHECK(widened<std::uint16_t>(utf8, expected.size()) == expected);
  CHECK(widened<std::uint32_t>(utf8, expected.size()) == expected);
}

TEST_CASE("characters at both ends of each width are told apart") {
  for (const char32_t character :
       {U'\x00',    U'\x7F',    U'\x80',    U'\xBF',    U'\xC0',     U'\xFF',    U'\x100',
        U'\x7FF',   U'\x800',   U'\xFFF',   U'\x1000',  U'\xD7FF',   U'\xE000',  U'\xFFFF',
        U'\x10000', U'\x3FFFF', U'\x40000', U'\xFFFFF', U'\x100000', U'\x10FFFF'}) {
    for (std::size_t before = 0; before < 17; ++before) {
      std::string text(before, 'a');
      append_utf8(text, character);
      check(text);
      check(text + std::string(before, 'z'));
    }
  }
}

TEST_CASE("any text becomes what it is, one character after the other") {
  std::mt19937 random(4711);  // NOLINT: the same texts each time
  const std::vector<std::pair<char32_t, char32_t>> ranges = {
      {0x20, 0x7E}, {0x20, 0xFF}, {0x100, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0x10FFFF}};
  for (int turn = 0; turn < 5000; ++turn) {
    const auto kinds = random() % ranges.size() + 1;
    std::string text;
    for (auto left = random() % 40; left > 0; --left) {
      const auto [first, last] = ranges[random() % 3 == 0 ? random() % kinds : 0];
      append_utf8(text, first + static_cast<char32_t>(random() % (last - first + 1)));
    }
    check(text);
  }
}

TEST_CASE("no text has no characters") { check(""); }

}  // namespace
}  // namespace rapidmarc
