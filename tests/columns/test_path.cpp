// Paths: what they come to, and what is wrong with those that are none. Their behaviour on records
// is tested through Python, against records' objects.
#include "columns/path.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace rapidmarc::columns;

namespace {

Path path_of(std::string_view text) { return std::get<Path>(parse_path(text)); }

PathFault fault_of(std::string_view text) { return std::get<PathFault>(parse_path(text)); }

bool has_tag(const char* pattern, const char* tag) {
  return path_of(pattern).tag.matches(
      rapidmarc::tag_number({{tag[0], tag[1], tag[2]}, true, 0, 0}));
}

std::string piece(const Range& range, std::string_view text) {
  const auto bounds = bounds_of(range, text.size());
  if (!bounds) return "none";
  return std::string(text.substr(bounds->first, bounds->last - bounds->first + 1));
}

std::string positions(std::string_view range, std::string_view text) {
  return piece(path_of("245/" + std::string(range)).positions.value_or(Range{}), text);
}

}  // namespace

TEST_CASE("A tag is matched character by character, a dot matches any") {
  CHECK(has_tag("245", "245"));
  CHECK_FALSE(has_tag("245", "246"));
  CHECK_FALSE(has_tag("245", "545"));
  CHECK(has_tag("6..", "600"));
  CHECK(has_tag("6..", "6\xFF\0"));
  CHECK_FALSE(has_tag("6..", "700"));
  CHECK(has_tag("...", "LDR"));
  CHECK(has_tag("FMT", "FMT"));
  CHECK_FALSE(has_tag("FMT", "fmt"));
}

TEST_CASE("Each part of a path has its place") {
  CHECK(path_of("LDR").part == Path::Part::leader);
  CHECK(path_of("245").part == Path::Part::field);
  const Path indicator = path_of("245[1]^2");
  CHECK(indicator.part == Path::Part::indicator);
  CHECK(indicator.indicator == 1);
  CHECK(indicator.occurrence.value_or(Range{}).first.number == 1);
  const Path subfields = path_of("245$a$c-e[0]/1-2");
  REQUIRE(subfields.subfields.size() == 2);
  CHECK(subfields.subfields[0].matches('a'));
  CHECK_FALSE(subfields.subfields[0].matches('b'));
  CHECK(subfields.subfields[1].matches('d'));
  CHECK(subfields.subfields[1].occurrence);
  CHECK(subfields.subfields[1].positions.value_or(Range{}).last.number == 2);
}

TEST_CASE("Places are counted from the start and from the end, and cut off at it") {
  CHECK(positions("0", "abcd") == "a");
  CHECK(positions("1-2", "abcd") == "bc");
  CHECK(positions("2-9", "abcd") == "cd");
  CHECK(positions("4", "abcd") == "none");
  CHECK(positions("#", "abcd") == "d");
  CHECK(positions("1-#", "abcd") == "bcd");
  CHECK(positions("#-1", "abcd") == "cd");
  CHECK(positions("#-9", "abcd") == "abcd");
  CHECK(positions("#", "") == "none");
}

TEST_CASE("What is no path is pointed at") {
  CHECK(fault_of("").position == 0);
  CHECK(fault_of("24").position == 2);
  CHECK(fault_of("245$").position == 4);
  CHECK(fault_of("245$a[1").position == 7);
  CHECK(fault_of("001$a").position == 3);
  CHECK(fault_of(std::string_view("24\0", 3)).position == 2);
}

TEST_CASE("Any bytes are a path or are pointed at") {
  std::mt19937 source(20260105);
  const std::string characters("019aLDR.$^[]/#-{}\0\xFF", 19);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "245$a" : "";
    for (auto left = source() % 12; left > 0; --left)
      text += characters[source() % characters.size()];
    const auto parsed = parse_path(text);
    if (const auto* const fault = std::get_if<PathFault>(&parsed)) {
      CHECK(fault->position <= text.size());
      CHECK_FALSE(fault->expected.empty());
    }
  }
}
