// Paths of columns, and what is asked about what they find: a text is a path for the parser if it
// is one for the reference, and the same one, also printed and read again; the fault of one that is
// none is at the first character with which no path can begin; columns and conditions over a record
// hold what the reference reads off its fields.
//
// An input is a byte of flags, then lines: a path, another for the condition, the text that it asks
// for; then fields, each a tag and its data, as they stand in a record.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "columns/path.hpp"
#include "columns/plan.hpp"
#include "columns/table_builder.hpp"
#include "core/records.hpp"
#include "fuzz/target.hpp"
#include "reference/path.hpp"

using namespace rapidmarc;
using namespace rapidmarc::columns;
using fuzz::require;

namespace {

/// The bytes up to the next end of a line, which are taken off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check_fault(std::string_view text, const PathFault& fault) {
  require(!fault.expected.empty(), "a fault that expects nothing");
  require(fault.position <= text.size(), "a fault outside the text");
  require(reference::may_become_path(text.substr(0, fault.position), true),
          "a fault behind the first wrong character");
  if (fault.position == text.size()) return;
  // Of a number that is wrong as a whole the first digit is pointed at.
  std::size_t end = fault.position;
  while (end < text.size() && is_digit(text[end])) ++end;
  const bool is_number = end > fault.position;
  require(!reference::may_become_path(text.substr(0, is_number ? end : end + 1), !is_number),
          "a fault before the first wrong character");
}

/// The path that `text` is, after all that can be said about it alone.
std::optional<Path> checked_path(std::string_view text) {
  const auto parsed = parse_path(text);
  const auto expected = reference::read_path(text);
  const Path* const path = std::get_if<Path>(&parsed);
  require((path != nullptr) == expected.has_value(), "whether a text is a path");
  if (path == nullptr) {
    check_fault(text, std::get<PathFault>(parsed));
    return std::nullopt;
  }
  const std::string printed = reference::print_path(*path);
  require(printed == reference::print_path(fuzz::required(expected, "a path")),
          "the path that a text is");
  const auto again = parse_path(printed);
  require(std::holds_alternative<Path>(again), "a printed path cannot be read");
  require(reference::print_path(std::get<Path>(again)) == printed, "a path read again");
  return *path;
}

test::Decoded record_of(std::string_view fields) {
  std::vector<test::SampleField> made;
  while (!fields.empty()) {
    const std::size_t end = std::min(fields.find(field_terminator), fields.size());
    std::string field(fields.substr(0, end));
    if (field.size() < 3) field.resize(3, ' ');
    made.push_back({field.substr(0, 3), field.substr(3)});
    fields.remove_prefix(std::min(end + 1, fields.size()));
  }
  return test::decoded(test::make_record(made));
}

Test test_from(unsigned flags, std::string_view text) {
  Test test;
  test.kind = static_cast<Test::Kind>(flags & 3U);
  test.text = text;
  if (test.kind != Test::Kind::matches) return test;
  auto compiled = Regex::compile(text);
  if (Regex* const regex = std::get_if<Regex>(&compiled)) {
    test.regex = std::move(*regex);
  } else {
    require(!std::get<std::string>(compiled).empty(), "an expression refused without a word");
  }
  return test;
}

bool holds(const Test& test, const std::string& value) {
  switch (test.kind) {
    case Test::Kind::exists: return true;
    case Test::Kind::equals: return value == test.text;
    case Test::Kind::starts_with: return value.substr(0, test.text.size()) == test.text;
    case Test::Kind::matches: return test.regex && test.regex->found_in(value);
  }
  return false;
}

/// Joined from the answers to two tests, the second of which asks whether the column has a value.
Condition joined(unsigned flags, Condition first, Condition second) {
  Condition condition;
  condition.kind = static_cast<Condition::Kind>(1 + flags % 3);
  condition.parts = {std::move(first), std::move(second)};
  return condition;
}

bool holds(unsigned flags, bool first, bool second) {
  switch (flags % 3) {
    case 0: return first && second;
    case 1: return first || second;
    default: return !first && !second;
  }
}

std::vector<std::string> texts_of(const Texts& texts) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto begin = static_cast<std::size_t>(texts.offsets[i]);
    found.push_back(
        texts.bytes.substr(begin, static_cast<std::size_t>(texts.offsets[i + 1]) - begin));
  }
  return found;
}

void check_table(unsigned flags, const Path& path, const Path& asked, std::string_view text,
                 const test::Decoded& decoded) {
  Test test = test_from(flags, text);
  const auto fields = test::all_parts(decoded);
  const std::string_view leader = std::string_view(decoded.record).substr(0, leader_length);
  const auto expected = reference::values(path, leader, fields);
  const auto candidates = reference::values(asked, leader, fields);
  const bool found = std::any_of(candidates.begin(), candidates.end(),
                                 [&test](const auto& value) { return holds(test, value); });
  const bool whole = holds(flags >> 2, found, !expected.empty());

  Plan plan;
  plan.add_column("text", ColumnKind::text, path);
  plan.add_column("every", ColumnKind::every, path);
  plan.add_column("count", ColumnKind::count, path);
  plan.add_column("integer", ColumnKind::integer, path);
  plan.add_column("test", plan.add_test(asked, test));
  const bool filtered = (flags & 64U) != 0;
  if (filtered) {
    plan.set_filter(
        joined(flags >> 2, plan.add_test(asked, std::move(test)), plan.add_test(path, {})));
  }
  plan.finish();
  TableBuilder builder(plan);
  // Twice: what is left of a row must not be in the next.
  const RecordText record{leader, decoded.content().data(), decoded.tables.entries,
                          decoded.facts().ascii};
  builder.add(record);
  builder.add(record);
  const Table table = std::move(builder).take();
  if (filtered && !whole) {
    require(table.rows == 0 && table.columns[1].texts.size() == 0, "a row that was to be dropped");
    return;
  }
  require(table.rows == 2, "the rows");
  require(table.columns[0].nulls == (expected.empty() ? 2U : 0U), "the nulls of a text");
  require(table.columns[0].texts.size() == 2, "the texts");
  const std::string first = expected.empty() ? "" : expected.front();
  require(texts_of(table.columns[0].texts) == std::vector{first, first}, "the first value");
  auto twice = expected;
  twice.insert(twice.end(), expected.begin(), expected.end());
  require(texts_of(table.columns[1].texts) == twice, "the values");
  require(table.columns[2].counts.back() == static_cast<std::int32_t>(expected.size()),
          "the number of values");
  const auto number = expected.empty() ? std::nullopt : reference::whole_number(first);
  require(table.columns[3].nulls == (number ? 0U : 2U), "whether there is a number");
  require(!number || table.columns[3].integers.back() == *number, "the number");
  require(table.columns[4].answers.bytes.front() == (found ? 3 : 0), "the answer of a test");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  std::string_view rest = input.rest();
  const auto path = checked_path(take_line(rest));
  const auto asked = checked_path(take_line(rest));
  const std::string_view text = take_line(rest);
  if (!path || !asked || rest.empty()) return 0;
  const test::Decoded decoded = record_of(rest);
  if (decoded.facts().road == Road::hand_over) return 0;
  check_table(flags, *path, *asked, text, decoded);
  return 0;
}
