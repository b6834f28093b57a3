#include "reference/path.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/format.hpp"
#include "reference/text.hpp"

namespace rapidmarc::reference {
namespace {

using columns::Path;
using columns::Place;
using columns::Range;
using columns::SubfieldPattern;

constexpr std::string_view digit_signs = "0123456789";
constexpr std::string_view lower_case = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view tag_signs =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.";

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_one_of(char c, std::string_view signs) { return signs.find(c) != std::string_view::npos; }

std::optional<Place> read_place(std::string_view text) {
  if (text == "#") return Place{0, true};
  if (text.empty() || text.size() > 6 || !all_of(text, digit_signs)) return std::nullopt;
  return Place{static_cast<std::uint32_t>(std::stoul(std::string(text))), false};
}

std::optional<Range> read_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = read_place(text.substr(0, dash));
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) return Range{*first, *first};
  const auto last = read_place(text.substr(dash + 1));
  if (!last) return std::nullopt;
  if (first->from_end) {
    return last->from_end ? std::nullopt : std::optional(Range{{last->number, true}, {0, true}});
  }
  if (!last->from_end && last->number < first->number) return std::nullopt;
  return Range{*first, *last};
}

/// What may stand behind a tag or a code: `[` occurrence `]`, then `/` positions, then `rest`.
struct Suffix {
  std::optional<Range> occurrence;
  std::optional<Range> positions;
  std::string_view rest;
};

std::optional<Suffix> read_suffix(std::string_view text, bool with_occurrence) {
  Suffix suffix;
  if (with_occurrence && text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    suffix.occurrence = read_range(text.substr(1, bracket - 1));
    if (!suffix.occurrence) return std::nullopt;
    text.remove_prefix(bracket + 1);
  }
  if (text.starts_with('/')) {
    suffix.positions = read_range(text.substr(1));
    if (!suffix.positions) return std::nullopt;
    text = {};
  }
  suffix.rest = text;
  return suffix;
}

bool is_code(char c) { return c > ' ' && c < '\x7F' && !is_one_of(c, "${}|\\"); }

/// `text` without the `$` before it.
std::optional<SubfieldPattern> read_subfield(std::string_view text) {
  SubfieldPattern pattern;
  if (text.empty() || !is_code(text[0])) return std::nullopt;
  pattern.first = pattern.last = text[0];
  text.remove_prefix(1);
  if (text.starts_with('-')) {
    if (text.size() < 2) return std::nullopt;
    pattern.last = text[1];
    const auto both_in = [&](std::string_view signs) {
      return is_one_of(pattern.first, signs) && is_one_of(pattern.last, signs);
    };
    if (!both_in(digit_signs) && !both_in(lower_case)) return std::nullopt;
    if (pattern.last < pattern.first) return std::nullopt;
    text.remove_prefix(2);
  }
  const auto suffix = read_suffix(text, true);
  if (!suffix || !suffix->rest.empty()) return std::nullopt;
  pattern.occurrence = suffix->occurrence;
  pattern.positions = suffix->positions;
  return pattern;
}

/// `$` is no code, so it is in a path only where a subfield begins.
std::optional<std::vector<SubfieldPattern>> read_subfields(std::string_view text) {
  std::vector<SubfieldPattern> patterns;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('$', 1), text.size());
    const auto pattern = read_subfield(text.substr(1, end - 1));
    if (!pattern) return std::nullopt;
    patterns.push_back(*pattern);
    text.remove_prefix(end);
  }
  return patterns;
}

bool is_control(std::string_view tag) {
  return tag.starts_with("00") && is_one_of(tag[2], digit_signs);
}

std::string print_range(const Range& range) {
  std::string text = range.first.from_end ? "#" : std::to_string(range.first.number);
  if (range.first.from_end) {
    if (range.first.number != 0) text.append("-").append(std::to_string(range.first.number));
  } else if (range.last.from_end) {
    text.append("-#");
  } else if (range.last.number != range.first.number) {
    text.append("-").append(std::to_string(range.last.number));
  }
  return text;
}

std::string print_suffix(const std::optional<Range>& occurrence,
                         const std::optional<Range>& positions) {
  std::string text;
  if (occurrence) text.append("[").append(print_range(*occurrence)).append("]");
  if (positions) text.append("/").append(print_range(*positions));
  return text;
}

/// Whether `range` takes number `place` of `size` things.
bool takes(const Range& range, std::size_t place, std::size_t size) {
  if (range.first.from_end) return place + range.first.number + 1 >= size;
  return place >= range.first.number && (range.last.from_end || place <= range.last.number);
}

std::u32string characters_of(std::string_view text) { return to_characters(text).value_or(U""); }

/// The part of `value` at `positions`, if there is one.
void add_part(std::vector<std::string>& found, std::string_view value,
              const std::optional<Range>& positions) {
  if (!positions) {
    found.emplace_back(value);
    return;
  }
  const std::u32string characters = characters_of(value);
  std::u32string part;
  for (std::size_t place = 0; place < characters.size(); ++place) {
    if (takes(*positions, place, characters.size())) part += characters[place];
  }
  if (!part.empty()) found.push_back(to_utf8(part));
}

/// As Python's `str.isspace`.
bool is_space(char32_t c) {
  constexpr std::u32string_view others = U"\x85\xA0\u1680\u2028\u2029\u202F\u205F\u3000";
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || (c >= 0x2000 && c <= 0x200A) ||
         others.find(c) != std::u32string_view::npos;
}

std::string stripped(std::string_view text) {
  std::u32string characters = characters_of(text);
  while (!characters.empty() && is_space(characters.front())) characters.erase(0, 1);
  while (!characters.empty() && is_space(characters.back())) characters.pop_back();
  return to_utf8(characters);
}

std::string whole_value(const test::FieldParts& field) {
  if (is_control(field.tag)) return field.start;
  std::string joined;
  for (std::size_t i = 0; i < field.subfields.size(); ++i)
    joined.append(i == 0 ? "" : " ").append(stripped(field.subfields[i].substr(1)));
  return joined;
}

void add_subfields(std::vector<std::string>& found, const Path& path,
                   const test::FieldParts& field) {
  std::map<std::size_t, std::optional<Range>> wanted;  // number of a subfield: its positions
  for (const SubfieldPattern& pattern : path.subfields) {
    std::vector<std::size_t> matching;
    for (std::size_t i = 0; i < field.subfields.size(); ++i) {
      const char code = field.subfields[i][0];
      if (code >= pattern.first && code <= pattern.last) matching.push_back(i);
    }
    for (std::size_t place = 0; place < matching.size(); ++place) {
      if (!pattern.occurrence || takes(*pattern.occurrence, place, matching.size()))
        wanted.try_emplace(matching[place], pattern.positions);
    }
  }
  for (const auto& [number, positions] : wanted)
    add_part(found, std::string_view(field.subfields[number]).substr(1), positions);
}

bool has_tag(const Path& path, std::string_view tag) {
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint32_t mask = path.tag.mask >> (8 * i) & 0xFFU;
    const std::uint32_t wanted = path.tag.value >> (8 * i) & 0xFFU;
    if (mask != 0 && wanted != static_cast<unsigned char>(tag[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<Path> read_path(std::string_view text) {
  Path path;
  const std::string_view tag = text.substr(0, 3);
  const bool is_leader = tag == "LDR";
  if (tag.size() < 3 || !all_of(tag, tag_signs)) return std::nullopt;
  const auto suffix = read_suffix(text.substr(3), !is_leader);
  if (!suffix) return std::nullopt;
  path.occurrence = suffix->occurrence;
  path.positions = suffix->positions;
  if (is_leader) {
    path.part = Path::Part::leader;
    return suffix->rest.empty() ? std::optional(path) : std::nullopt;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (tag[i] == '.') continue;
    path.tag.mask |= 0xFFU << (8 * i);
    path.tag.value |= std::uint32_t{static_cast<unsigned char>(tag[i])} << (8 * i);
  }
  if (suffix->rest.empty()) return path;
  if (is_control(tag)) return std::nullopt;
  if (suffix->rest == "^1" || suffix->rest == "^2") {
    path.part = Path::Part::indicator;
    path.indicator = suffix->rest == "^1" ? 0 : 1;
    return path;
  }
  if (!suffix->rest.starts_with('$')) return std::nullopt;
  const auto subfields = read_subfields(suffix->rest);
  if (!subfields) return std::nullopt;
  path.part = Path::Part::subfields;
  path.subfields = *subfields;
  return path;
}

std::string print_path(const Path& path) {
  if (path.part == Path::Part::leader) return "LDR" + print_suffix({}, path.positions);
  std::string text;
  for (std::size_t i = 0; i < 3; ++i) {
    const bool any = (path.tag.mask >> (8 * i) & 0xFFU) == 0;
    text += any ? '.' : static_cast<char>(path.tag.value >> (8 * i) & 0xFFU);
  }
  text += print_suffix(path.occurrence, path.positions);
  if (path.part == Path::Part::indicator) text += path.indicator == 0 ? "^1" : "^2";
  for (const SubfieldPattern& pattern : path.subfields) {
    text.append("$").append(1, pattern.first);
    if (pattern.last != pattern.first) text.append("-").append(1, pattern.last);
    text += print_suffix(pattern.occurrence, pattern.positions);
  }
  return text;
}

bool may_become_path(std::string_view text, bool digits_may_follow) {
  // Whatever is missing, one of these is enough: the rest of a tag, a code, a place (the highest
  // that there is, for it must not be lower than the one before), a bracket.
  constexpr std::array<std::string_view, 10> endings{"",  "DR", "R", "...", "..",
                                                     ".", "a",  "z", "#",   "#]"};
  constexpr std::array<std::string_view, 6> with_digits{"9", "999999", "999999]", "1", "0", "9]"};
  const auto becomes_path = [text](std::string_view ending) {
    return read_path(std::string(text) + std::string(ending)).has_value();
  };
  return becomes_path("]") || std::any_of(endings.begin(), endings.end(), becomes_path) ||
         (digits_may_follow && std::any_of(with_digits.begin(), with_digits.end(), becomes_path));
}

std::vector<std::string> values(const Path& path, std::string_view leader,
                                const std::vector<test::FieldParts>& fields) {
  std::vector<std::string> found;
  if (path.part == Path::Part::leader) {
    add_part(found, leader, path.positions);
    return found;
  }
  std::vector<const test::FieldParts*> tagged;
  for (const test::FieldParts& field : fields) {
    if (has_tag(path, field.tag)) tagged.push_back(&field);
  }
  for (std::size_t place = 0; place < tagged.size(); ++place) {
    const test::FieldParts& field = *tagged[place];
    if (path.occurrence && !takes(*path.occurrence, place, tagged.size())) continue;
    if (path.part == Path::Part::field) {
      add_part(found, whole_value(field), path.positions);
    } else if (is_control(field.tag)) {
      continue;
    } else if (path.part == Path::Part::indicator) {
      found.push_back(field.start.substr(static_cast<std::size_t>(path.indicator), 1));
    } else {
      add_subfields(found, path, field);
    }
  }
  return found;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::string digits = stripped(text);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  if (digits.empty() || !all_of(digits, digit_signs)) return std::nullopt;
  while (digits.size() > 1 && digits.front() == '0') digits.erase(0, 1);
  // Numbers of as many digits are in the order of their texts.
  const std::string most = negative ? "9223372036854775808" : "9223372036854775807";
  if (digits.size() > most.size() || (digits.size() == most.size() && digits > most))
    return std::nullopt;
  if (negative) digits.insert(0, 1, '-');
  return std::stoll(digits);
}

}  // namespace rapidmarc::reference
