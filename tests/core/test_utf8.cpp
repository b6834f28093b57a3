// UTF-8 validation and the scan of a record's text: every road (each instruction set that this
// processor has, and the portable one) gives the answers of an obvious judge.
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/code_point.hpp"
#include "core/roads.hpp"
#include "core/utf8_scalar.hpp"

using namespace rapidmarc;
using test::on_every_road;
using namespace std::string_literals;

namespace {

constexpr std::size_t longest = 130;  // bytes; more than two of the widest vectors

bool same(const TextFacts& one, const TextFacts& other) {
  return one.ascii == other.ascii && one.plain == other.plain &&
         one.empty_subfield == other.empty_subfield && one.odd_code == other.odd_code;
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences.
bool judged_utf8(std::string_view text) {
  struct Row {
    unsigned first_low, first_high, second_low, second_high;
    std::size_t length;
  };
  static constexpr Row rows[]{
      {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
      {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
      {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
  std::size_t at = 0;
  while (at < text.size()) {
    const unsigned first = byte_at(text, at);
    const auto* const row = std::find_if(
        std::begin(rows), std::end(rows),
        [first](const Row& each) { return each.first_low <= first && first <= each.first_high; });
    if (row == std::end(rows) || at + row->length > text.size()) return false;
    for (std::size_t i = 1; i < row->length; ++i) {
      const unsigned byte = byte_at(text, at + i);
      if (byte < (i == 1 ? row->second_low : 0x80U) || byte > (i == 1 ? row->second_high : 0xBFU)) {
        return false;
      }
    }
    at += row->length;
  }
  return true;
}

TextFacts judged_text(std::string_view text) {
  TextFacts facts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = byte_at(text, i);
    const bool delimiter_or_terminator = byte == 0x1D || byte == 0x1E || byte == 0x1F;
    if (byte >= 0x80) facts.ascii = false;
    if ((byte < 0x20 && !delimiter_or_terminator) || byte == 0x7F) facts.plain = false;
    if (byte != 0x1F || i + 1 == text.size()) continue;
    const unsigned next = byte_at(text, i + 1);
    if (next == 0x1F || next == 0x1E) facts.empty_subfield = true;
    if (next >= 0x80) facts.odd_code = true;
  }
  return facts;
}

std::string shown(std::string_view text) {
  std::string hex;
  for (const char c : text) {
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4U];
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15U];
    hex += ' ';
  }
  return hex;
}

void check_utf8(std::string_view text) {
  const bool expected = judged_utf8(text);
  if (is_valid_utf8(text) != expected) FAIL_CHECK(text_scan_road() << ": " << shown(text));
  if (scalar::is_valid_utf8(text) != expected) FAIL_CHECK("portable: " << shown(text));
}

void check_text(std::string_view text) {
  const TextFacts expected = judged_text(text);
  if (!same(scan_text(text), expected)) FAIL_CHECK(text_scan_road() << ": " << shown(text));
  if (!same(scalar::scan_text(text), expected)) FAIL_CHECK("portable: " << shown(text));
  TextFacts without_controls = expected;
  without_controls.plain = true;
  if (!same(scan_text(text, Controls::ignored), without_controls) ||
      !same(scalar::scan_text(text, Controls::ignored), without_controls))
    FAIL_CHECK("controls ignored, " << text_scan_road() << ": " << shown(text));
}

/// Calls `check` with `filler` text of every length up to `longest` that has `piece` at every
/// offset, cut off where it runs over the end.
template <typename Check>
void at_every_place(std::string_view piece, std::string_view filler, Check check) {
  std::string background;
  while (background.size() < longest) background += filler;
  for (std::size_t length = 1; length <= longest; ++length) {
    for (std::size_t offset = 0; offset < length; ++offset) {
      std::string text = background.substr(0, length);
      const std::string_view part = piece.substr(0, length - offset);
      text.replace(offset, part.size(), part);
      check(text);
    }
  }
}

/// A first and a last byte of every class that the rules of UTF-8 tell apart.
constexpr std::array<unsigned char, 24> class_bytes{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                                    0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                                                    0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};

}  // namespace

TEST_CASE("The road of the text scan has a name") {
#if defined(RAPIDMARC_HIGHWAY)
  CHECK(text_scan_road() == hwy::TargetName(hwy::SupportedTargets() & HWY_TARGETS &
                                            -(hwy::SupportedTargets() & HWY_TARGETS)));
#else
  CHECK(text_scan_road() == "scalar");
#endif
}

TEST_CASE("Nothing is valid UTF-8 and plain ASCII text") {
  on_every_road([] {
    CHECK(is_valid_utf8(""));
    CHECK(same(scan_text(""), TextFacts{}));
  });
}

TEST_CASE("Every Unicode character is valid UTF-8, between any others") {
  std::string text;
  for (char32_t character = 0; character <= 0x10FFFF; ++character) {
    if (character < 0xD800 || character > 0xDFFF) append_utf8(text, character);
  }
  REQUIRE(text.size() == 4'382'592);
  on_every_road([&text] {
    CHECK(is_valid_utf8(text));
    // In the middle of a character nothing can be cut.
    for (std::size_t size = text.size() - 3; size < text.size(); ++size) {
      CHECK_FALSE(is_valid_utf8(std::string_view(text).substr(0, size)));
    }
  });
  CHECK(scalar::is_valid_utf8(text));
}

TEST_CASE("Surrogates and what is above U+10FFFF are no UTF-8") {
  std::size_t taken = 0;
  on_every_road([&taken] {
    std::string text(longest, 'x');
    for (char32_t character = 0xD800; character <= 0x110000; ++character) {
      if (character == 0xE000) character = 0x110000;
      std::string piece;
      append_utf8(piece, character);
      text.replace(61, piece.size(), piece);
      taken += is_valid_utf8(text) ? 1 : 0;
      taken += scalar::is_valid_utf8(text) ? 1 : 0;
      text.replace(61, 4, "xxxx");
    }
  });
  CHECK(taken == 0);
}

TEST_CASE("Every pair of bytes, and any kind of byte behind it, is judged as the standard says") {
  on_every_road([] {
    std::string text(80, 'x');
    for (unsigned pair = 0; pair < 0x10000; ++pair) {
      text[32] = static_cast<char>(pair >> 8U);
      text[33] = static_cast<char>(pair & 0xFFU);
      for (const unsigned char third : class_bytes) {
        text[34] = static_cast<char>(third);
        const bool expected = judged_utf8(std::string_view(text).substr(31, 5));
        if (is_valid_utf8(text) != expected) FAIL_CHECK(text_scan_road() << ": " << shown(text));
      }
    }
  });
}

TEST_CASE("Every four bytes of any kind are judged as the standard says") {
  on_every_road([] {
    std::string text(80, 'x');
    for (std::size_t number = 0; number < 24 * 24 * 24 * 24; ++number) {
      std::size_t rest = number;
      for (std::size_t i = 0; i < 4; ++i, rest /= 24) {
        text[62 + i] = static_cast<char>(class_bytes[rest % 24]);
      }
      const std::string_view four = std::string_view(text).substr(62, 4);
      const bool expected = judged_utf8(four);
      if (is_valid_utf8(text) != expected || scalar::is_valid_utf8(four) != expected) {
        FAIL_CHECK(text_scan_road() << ": " << shown(four));
      }
    }
  });
}

TEST_CASE("Characters, whole and broken, are judged alike at every place of a text") {
  const std::vector<std::string> pieces{"\x7F",
                                        "\xC3\xA9",
                                        "\xE4\xB8\xAD",
                                        "\xF0\x9F\x93\x9A",
                                        "\x80",
                                        "\xBF\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC3",
                                        "\xC3\xC3\xA9",
                                        "\xE0\x9F\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xED\xA0\x80",
                                        "\xE4\xB8",
                                        "\xE4",
                                        "\xE4\xB8\xAD\xAD",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF0\x9F\x93",
                                        "\xF5\x80\x80\x80",
                                        "\xFF",
                                        "\xEF\xBF\xBF"};
  on_every_road([&pieces] {
    for (const std::string_view filler : {"x", "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x93\x9A"}) {
      for (const std::string& piece : pieces) at_every_place(piece, filler, check_utf8);
    }
  });
}

TEST_CASE("What a record's text holds is found at every place of it") {
  const std::vector<std::string> pieces{"\x1F\x1F", "\x1F\x1E",     "\x1F\x1D", "\x1F"s + "a",
                                        "\x1F\x80", "\x1F\xC3\xA9", "\x1F\x7F", "\x1F"s + '\0',
                                        "\x1E\x1D", "\x1F",         "\x1E",     "\x1D",
                                        "\x1C",     "\x1B",         "\x01",     "\0"s,
                                        "\x7F",     "\x80",         "\xFF",     " ",
                                        "~"};
  on_every_road([&pieces] {
    for (const std::string_view filler : {"x",
                                          "\x1F"
                                          "a",
                                          "\xC3\xA9"}) {
      for (const std::string& piece : pieces) at_every_place(piece, filler, check_text);
    }
  });
}

TEST_CASE("Random texts are judged alike on every road, wherever they start in memory") {
  constexpr std::string_view alphabet =
      "ab \x1F\x1F\x1E\x1D\x1B\x7F\x80\xBF\xC2\xA9\xE0\xA0\xED\x9F\xF0\x90\xF4\x8F";
  on_every_road([alphabet] {
    std::mt19937 source(20260101);
    std::size_t valid = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes;
      const std::size_t size = source() % 300;
      const bool characters = round % 2 == 0;
      while (bytes.size() < size) {
        if (characters) {
          append_utf8(bytes, U"a\x1Fé中\x1F4DA"[source() % 5]);
        } else {
          bytes += alphabet[source() % alphabet.size()];
        }
      }
      if (source() % 4 == 0 && !bytes.empty()) {
        bytes[source() % bytes.size()] = static_cast<char>(source());
      }
      const std::size_t start = bytes.empty() ? 0 : source() % std::min<std::size_t>(16, size + 1);
      const std::string_view text = std::string_view(bytes).substr(start);
      valid += judged_utf8(text) ? 1 : 0;
      check_utf8(text);
      check_text(text);
    }
    CHECK(valid > 1'000);
    CHECK(valid < 19'000);
  });
}
