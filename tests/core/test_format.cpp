// The two ways in which numbers stand in a record, and which tags are those of control fields.
#include "core/format.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace rapidmarc;
using namespace std::string_view_literals;

namespace {

/// Python's grammar for an integer in ASCII, written down as such: the judge of the parser.
std::optional<std::int64_t> judged_int(const std::string& text) {
  static const std::regex grammar("[ \t\n\v\f\r]*([+-]?)([0-9](?:_?[0-9])*)[ \t\n\v\f\r]*");
  std::smatch parts;
  if (!std::regex_match(text, parts, grammar)) return std::nullopt;
  std::string digits = parts[2];
  std::erase(digits, '_');
  const std::int64_t value = std::stoll(digits);
  return parts[1] == "-" ? -value : value;
}

}  // namespace

TEST_CASE("Numbers that Python's int takes are taken, with its value") {
  const std::vector<std::pair<std::string_view, std::int64_t>> table{{"00024", 24},
                                                                     {"99999", 99'999},
                                                                     {"   42", 42},
                                                                     {"42   ", 42},
                                                                     {" 42 ", 42},
                                                                     {"+0042", 42},
                                                                     {"-0042", -42},
                                                                     {"-0", 0},
                                                                     {"1_000", 1'000},
                                                                     {"0_0_1", 1},
                                                                     {"\t7\n", 7},
                                                                     {"\v7\f\r", 7},
                                                                     {" +1_2 ", 12},
                                                                     {"0", 0},
                                                                     {"00000", 0},
                                                                     {" -1  ", -1},
                                                                     {"123456789", 123'456'789}};
  for (const auto& [text, value] : table) {
    INFO('"' << text << '"');
    CHECK(parse_python_int(text) == value);
  }
}

TEST_CASE("Numbers that Python's int refuses are refused") {
  for (const std::string_view text : {"",
                                      " ",
                                      "     ",
                                      "+",
                                      "-",
                                      "+-1",
                                      "--1",
                                      "+ 1",
                                      "- 1",
                                      "1 2",
                                      "_1",
                                      "1_",
                                      "1__2",
                                      "+_1",
                                      "1_ ",
                                      "12a45",
                                      "0x10",
                                      "1e3",
                                      "1.0",
                                      "abcde",
                                      "\x1C"
                                      "12",
                                      "12\x1F",
                                      "\xA0"
                                      "12"}) {
    INFO('"' << text << '"');
    CHECK_FALSE(parse_python_int(text).has_value());
  }
  CHECK_FALSE(parse_python_int("1\0"sv).has_value());
  CHECK_FALSE(parse_python_int("\0001"sv).has_value());
}

TEST_CASE("Every text of up to five characters is read as Python's grammar for integers says") {
  constexpr std::string_view alphabet = "09 \t+-_x";
  std::vector<std::string> texts{""};
  for (std::size_t begin = 0, length = 1; length <= length_field_length; ++length) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) texts.push_back(texts[begin] + c);
    }
  }
  REQUIRE(texts.size() > 37'000);
  std::size_t taken = 0;
  for (const std::string& text : texts) {
    const auto expected = judged_int(text);
    taken += expected.has_value() ? 1 : 0;
    if (parse_python_int(text) != expected) FAIL_CHECK('"' << text << '"');
  }
  CHECK(taken > 100);
}

TEST_CASE("Plain numbers are digits only") {
  CHECK(parse_digits("00000") == 0U);
  CHECK(parse_digits("00714") == 714U);
  CHECK(parse_digits("999999999") == 999'999'999U);
  for (const std::string_view text : {"", " 0714", "+0714", "0_714", "0714a", "1000000000"}) {
    INFO('"' << text << '"');
    CHECK_FALSE(parse_digits(text).has_value());
  }
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text{'1', static_cast<char>(byte)};
    CHECK(parse_digits(text).has_value() == (byte >= '0' && byte <= '9'));
  }
}

TEST_CASE("Control fields have three digits below 010 for a tag") {
  for (const char* tag : {"001", "005", "009", "000"}) CHECK(is_control_tag(tag));
  for (const char* tag : {"010", "100", "245", "00A", "0 1", " 01", "A01"}) {
    CHECK_FALSE(is_control_tag(tag));
  }
}
