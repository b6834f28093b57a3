// Which encoding a text is in: validation first, then what is plausible.
#include "core/encoding.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/marc8.hpp"
#include "core/records.hpp"

using namespace rapidmarc;

namespace {

std::string in_marc8(std::string_view utf8) {
  std::string marc8;
  REQUIRE_FALSE(marc8_encode(utf8, marc8));
  return marc8;
}

/// `utf8`, whose characters must be below U+0100, in Latin-1.
std::string in_latin1(std::string_view utf8) {
  std::string latin1;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto byte = static_cast<unsigned char>(utf8[at]);
    if (byte < 0x80) {
      latin1 += utf8[at];
    } else {
      latin1 += static_cast<char>(((byte & 0x03) << 6) | (utf8[++at] & 0x3F));
    }
  }
  return latin1;
}

Encoding guessed(std::string_view text, Encoding claimed = Encoding::marc8) {
  return guess_encoding(text, claimed);
}

const std::vector<std::string> western = {"L'été à la plage : récits présentés",
                                          "Müller, Käthe, für Österreich",
                                          "El niño y los años",
                                          "Smørrebrød på dansk",
                                          "Français, élève, où",
                                          "España y la señal"};

}  // namespace

TEST_CASE("ASCII is in whatever is claimed") {
  CHECK(guessed("Plain text.", Encoding::utf8) == Encoding::utf8);
  CHECK(guessed("Plain text.", Encoding::marc8) == Encoding::marc8);
  CHECK(guessed("", Encoding::utf8) == Encoding::utf8);
}

TEST_CASE("Valid UTF-8 is UTF-8, whatever is claimed") {
  for (const std::string& text : western) CHECK(guessed(text) == Encoding::utf8);
  CHECK(guessed("\xE4\xB8\xAD\xE6\x96\x87") == Encoding::utf8);
}

TEST_CASE("Latin-1 is told from MARC-8") {
  for (const std::string& text : western) {
    INFO(text);
    CHECK(guessed(in_latin1(text), Encoding::utf8) == Encoding::latin1);
    CHECK(guessed(in_marc8(text), Encoding::utf8) == Encoding::marc8);
  }
}

TEST_CASE("MARC-8 of other languages is MARC-8") {
  for (const std::string_view text :
       {"Dvořák, Antonín, česká hudba", "Łódź, miasto włókniarzy", "Việt Nam, tiếng Việt",
        "Dostoevskiĭ, Fëdor, zapiski", "İstanbul'da Türkçe şiir", "Ḥusayn ibn ʻAlī"}) {
    INFO(text);
    CHECK(guessed(in_marc8(text), Encoding::utf8) == Encoding::marc8);
  }
}

TEST_CASE("Escape sequences tell MARC-8 even where all bytes are ASCII") {
  CHECK(guessed(in_marc8("Толстой"), Encoding::utf8) == Encoding::marc8);
  CHECK(guessed("a\x1B"
                "b",
                Encoding::utf8) == Encoding::marc8);
  CHECK(guessed("a\x1Bz", Encoding::utf8) == Encoding::utf8);
  CHECK(guessed("at the end\x1B", Encoding::utf8) == Encoding::utf8);
}

TEST_CASE("A record is read as what its text is in, and says so") {
  DecodeOptions options;
  options.detect = true;
  const auto decoded = [&options](const std::string& record) {
    Tables tables;
    decode_record(record, {0, static_cast<std::uint32_t>(record.size())}, options, tables);
    return std::pair(tables.records[0].encoding, tables.images);
  };
  for (const char claimed : {'a', ' '}) {
    for (const std::string& text : western) {
      const std::string field =
          "  \x1F"
          "a";
      const auto record = [&](const std::string& value) {
        return test::make_record({{"500", field + value}}, claimed);
      };
      CHECK(decoded(record(in_latin1(text))) == std::pair(Encoding::latin1, field + text));
      CHECK(decoded(record(in_marc8(text))) == std::pair(Encoding::marc8, field + text));
      CHECK(decoded(record(text)).first == Encoding::utf8);
      CHECK(decoded(record("plain")).first == (claimed == 'a' ? Encoding::utf8 : Encoding::marc8));
    }
  }
}
