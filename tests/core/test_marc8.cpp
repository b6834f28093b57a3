// MARC-8 in both directions, and NFC behind it. That the answers are pymarc's and Unicode's for
// every character is shown by tests/parity/test_marc8*.py; here is what each part promises.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/code_point.hpp"
#include "core/marc8.hpp"
#include "core/nfc.hpp"
#include "core/utf8.hpp"

using namespace rapidmarc;
using namespace std::string_literals;

namespace {

using Notes = std::vector<Marc8Note>;

std::string decoded(std::string_view value, Notes* notes = nullptr, bool quiet = false) {
  std::string out;
  REQUIRE(marc8_append_utf8(value, out, notes, quiet) == Marc8Status::ok);
  return out;
}

std::string encoded(std::string_view text, Marc8Unmappable unmappable = Marc8Unmappable::error) {
  std::string out;
  REQUIRE_FALSE(marc8_encode(text, out, unmappable).has_value());
  return out;
}

std::string expanded(std::string_view text) {
  std::string out;
  expand_numeric_references(text, out);
  return out;
}

std::u32string normalised(std::u32string text) {
  normalise(text);
  return text;
}

std::string random_bytes(std::mt19937& source, std::string_view alphabet) {
  std::string bytes(source() % 40, '\0');
  for (char& each : bytes) {
    each = source() % 2 != 0 ? alphabet[source() % alphabet.size()] : static_cast<char>(source());
  }
  return bytes;
}

}  // namespace

TEST_CASE("MARC-8 puts marks behind their letter, composed") {
  CHECK(decoded("la communaut\xE2"
                "e") == "la communauté");
  CHECK(decoded("\xE8\xE2u!") == "ǘ!");
  CHECK(decoded("\xEBt\xECs") == "t\uFE20s\uFE21");
}

TEST_CASE("MARC-8 marks without a letter are dropped") {
  CHECK(decoded("abc\xE2") == "abc");
  CHECK(decoded("\xE2").empty());
}

TEST_CASE("MARC-8 escapes choose the sets") {
  CHECK(decoded("\x1B(Na\x1B(Ba") == "Аa");
  CHECK(decoded("CO\x1B"
                "b2\x1Bs") == "CO₂");
  CHECK(decoded("\x1B)Q\xE1\x1B)E\xB5") == "Ђæ");
  CHECK(decoded("\x1B$1!04K7o\x1B(B.") == "中国.");
}

TEST_CASE("MARC-8 controls vanish") {
  CHECK(decoded("\x88The \x89"
                "end\t!") == "The end!");
}

TEST_CASE("MARC-8 marks that only Unicode takes for marks are put in order") {
  // The superscript alef (74 in the Arabic set) follows its letter, before whose marks it belongs.
  CHECK(decoded("\xFE"
                "e\x1B(3\x74.") == "e\u0670\u0313.");
  CHECK(decoded("\xE2"
                "e\x1B(3\x74") == "é\u0670");
  CHECK(decoded("\x1B(3\x6A\x71\x74\x6B\x74\x6A") == "\u064A\u064B\u0651\u0670\u0670\u064A");
}

TEST_CASE("MARC-8 says what it could not read, unless it is quiet") {
  Notes notes;
  CHECK(decoded("A\xAF"
                "B",
                &notes) == "A B");
  REQUIRE(notes.size() == 1);
  CHECK(to_text(notes[0]) == "Unable to parse character 0xaf in g0=66 g1=69\n");

  notes.clear();
  CHECK(decoded("A\xAF"
                "B",
                &notes, true) == "A B");
  CHECK(notes.empty());
}

TEST_CASE("MARC-8 says even when it is quiet that a character is incomplete") {
  Notes notes;
  CHECK(decoded("\x1B$1!0!!0", &notes, true) == "一 ");
  REQUIRE(notes.size() == 1);
  CHECK(to_text(notes[0]) == "Multi-byte position 9 exceeds length of marc8 string 8\n");
}

TEST_CASE("MARC-8 with an escape that runs off the end is invalid and leaves the output alone") {
  for (const std::string_view value : {"a\x1B", "a\x1B)", "a\x1B-", "a\x1B$,", "a\x1Bg"}) {
    std::string out = "before";
    CHECK(marc8_append_utf8(value, out, nullptr) == Marc8Status::invalid);
    CHECK(out == "before");
  }
  CHECK(decoded("a\x1B(") == "a\x1B(");
  CHECK(decoded("a\x1Bs") == "a");
}

TEST_CASE("MARC-8 values begin afresh, but those of one decoder do not") {
  std::string out;
  Marc8Decoder decoder;
  CHECK(decoder.translate("\x1B(Na", out) == Marc8Status::ok);
  CHECK(decoder.translate("b", out) == Marc8Status::ok);
  CHECK(out == "АБ");
  CHECK(decoder.g0() == 'N');
  CHECK(decoder.g1() == Marc8Decoder::extended_latin);
  CHECK(decoded("b") == "b");
}

TEST_CASE("MARC-8 that is plain decodes to itself") {
  CHECK(marc8_is_plain(""));
  CHECK(marc8_is_plain("All printable characters ~"));
  for (int byte = 0; byte < 256; ++byte) {
    const bool plain = byte >= 0x20 && byte <= 0x7E;
    for (std::size_t place = 0; place < 20; ++place) {
      std::string value(20, 'x');
      value[place] = static_cast<char>(byte);
      CHECK(marc8_is_plain(value) == plain);
      if (plain) CHECK(decoded(value) == value);
    }
  }
}

TEST_CASE("MARC-8 of any bytes becomes valid UTF-8") {
  std::mt19937 source(31);
  for (int i = 0; i < 20'000; ++i) {
    std::string out;
    const std::string value = random_bytes(source, "\x1B\x1B($)1Ns3t\xE2\xF2!0");
    if (marc8_append_utf8(value, out, nullptr) == Marc8Status::ok) REQUIRE(is_valid_utf8(out));
  }
}

TEST_CASE("MARC-8 is the same on every thread") {
  const auto decode_many = [] {
    std::mt19937 source(20240611);
    std::string all;
    for (int i = 0; i < 5'000; ++i) {
      std::string out;
      Notes notes;
      const std::string value = random_bytes(source, "\x1B\x1B($)1Ns3t\xE2\xF2!0");
      if (marc8_append_utf8(value, out, &notes) != Marc8Status::ok) continue;
      all += out;
      marc8_encode(out, all, Marc8Unmappable::numeric_reference);
    }
    return all;
  };
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  threads.reserve(results.size());
  for (std::string& result : results) {
    threads.emplace_back([&result, &decode_many] { result = decode_many(); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(results[0].size() > 10'000);
  for (const std::string& result : results) CHECK(result == results[0]);
}

TEST_CASE("Unicode to MARC-8 chooses sets and comes back to the default ones") {
  CHECK(encoded("plain") == "plain");
  CHECK(encoded("Société") ==
        "Soci\xE2"
        "et\xE2"
        "e");
  CHECK(encoded("CO₂.") ==
        "CO\x1B"
        "b2\x1Bs.");
  CHECK(encoded("Ђ") == "\x1B)Q\xE1\x1B)E");
  CHECK(encoded("中国 é") ==
        "\x1B$1!04K7o\x1B(B \xE2"
        "e");
  CHECK(encoded("t\u0361s") == "\xEBt\xECs");
}

TEST_CASE("Unicode to MARC-8 does not care about the form of the text") {
  for (const std::string_view text : {"ợ", "o\u031B\u0323", "o\u0323\u031B", "ơ\u0323"}) {
    CHECK(encoded(text) == "\xF2\xBC");
  }
  CHECK(encoded("й") == encoded("и\u0306"));
  CHECK(encoded("각") == encoded("\u1100\u1161\u11A8"));
}

TEST_CASE("Unicode to MARC-8 tells where a character has no code and leaves the output alone") {
  const Marc8EncodeError none{Marc8EncodeError::Kind::unmappable, 99, 0};
  std::string out = "before";
  const auto unmappable = marc8_encode("é中\U0001F642", out).value_or(none);
  CHECK(unmappable.kind == Marc8EncodeError::Kind::unmappable);
  CHECK(unmappable.position == 5);
  CHECK(unmappable.code_point == U'\U0001F642');

  const auto invalid = marc8_encode("é中\xC3", out).value_or(none);
  CHECK(invalid.kind == Marc8EncodeError::Kind::invalid_utf8);
  CHECK(invalid.position == 5);
  CHECK(out == "before");
}

TEST_CASE("Unicode to MARC-8 writes references on request, and they can be expanded") {
  const std::string marc8 = encoded("é\U0001F642\u0301x", Marc8Unmappable::numeric_reference);
  CHECK(marc8 ==
        "\xE2"
        "e&#x1F642;&#x0301;x");
  CHECK(expanded(decoded(marc8)) == "é\U0001F642\u0301x");
}

TEST_CASE("Numeric references that must not be expanded stay") {
  for (const std::string_view text :
       {"", "&#x", "&#x;", "&#x41", "&#65;", "&#x1F;", "&#xD800;", "&#x110000;", "&#x0000041;"}) {
    CHECK(expanded(text) == text);
  }
  CHECK(expanded("&#x&#x41;") == "&#xA");
}

TEST_CASE("NFC composes, orders marks and knows what blocks them") {
  CHECK(normalised(U"e\u0301") == U"é");
  CHECK(normalised(U"e\u0327\u0301") == U"\u0229\u0301");
  CHECK(normalised(U"e\u0301\u0327") == U"\u0229\u0301");
  CHECK(normalised(U"o\u0332\u0301\u0301") == U"ó\u0332\u0301");
  CHECK(normalised(U"a\u0315\u0300\u05AE\u0062") == U"à\u05AE\u0315b");
  CHECK(normalised(U"\u1E9B\u0323") == U"\u1E9B\u0323");
  CHECK(normalised(U"\u0301a") == U"\u0301a");
}

TEST_CASE("NFC replaces what has another canonical form, and keeps excluded characters apart") {
  CHECK(normalised(U"\u212B\u2126") == U"Å\u03A9");
  CHECK(normalised(U"\uF9AD") == U"\u73B2");
  CHECK(normalised(U"\u0958") == U"\u0915\u093C");
  CHECK(normalised(U"\u0344") == U"\u0308\u0301");
}

TEST_CASE("NFC joins Hangul") {
  CHECK(normalised(U"\u1100\u1161") == U"가");
  CHECK(normalised(U"\u1100\u1161\u11A8") == U"각");
  CHECK(normalised(U"가\u11A8\u11A8") == U"각\u11A8");
  CHECK(normalised(U"\uD7A3") == U"\uD7A3");
  CHECK(normalised(U"\u1161\u1100") == U"\u1161\u1100");
}

TEST_CASE("Characters pass through UTF-8") {
  for (const char32_t character :
       {U'\0', U'\x7F', U'\x80', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    std::string text = "x";
    append_utf8(text, character);
    REQUIRE(is_valid_utf8(text));
    CHECK(read_utf8(text, 1).value == character);
    CHECK(read_utf8(text, 1).length == text.size() - 1);
  }
}
