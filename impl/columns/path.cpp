#include "columns/path.hpp"

#include <algorithm>

#include "core/format.hpp"

namespace rapidmarc::columns {
namespace {

constexpr std::size_t longest_number = 6;  // digits; no record is longer

bool is_tag_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
}

bool is_subfield_code(char c) noexcept {
  return c >= '!' && c <= '~' && c != '$' && c != '{' && c != '}' && c != '|' && c != '\\';
}

/// The first thing that is wrong is thrown to `parse_path`, which alone catches it.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Path parse() {
    Path path;
    const std::string_view tag = text_.substr(0, tag_length);
    if (tag == "LDR") {
      path.part = Path::Part::leader;
      at_ = tag_length;
    } else {
      read_tag(path);
      if (next_is('[')) path.occurrence = read_occurrence();
    }
    if (next_is('/')) path.positions = read_positions();
    if (path.part == Path::Part::leader) {
      expect_end("the end or '/' behind LDR");
      return path;
    }
    if (path.positions) {
      expect_end("the end behind the positions of a field");
    } else if (next_is('^')) {
      refuse_control_field(tag, "an indicator");
      read_indicator(path);
    } else if (next_is('$')) {
      refuse_control_field(tag, "a subfield");
      path.part = Path::Part::subfields;
      while (next_is('$')) path.subfields.push_back(read_subfield());
      expect_end("'$', '[', '/' or the end");
    } else {
      expect_end("'[', '/', '^', '$' or the end behind the tag");
    }
    return path;
  }

 private:
  [[noreturn]] void fail(std::string expected) const { throw PathFault{at_, std::move(expected)}; }

  bool at_end() const noexcept { return at_ == text_.size(); }
  bool next_is(char c) const noexcept { return !at_end() && text_[at_] == c; }

  void expect_end(const char* expected) const {
    if (next_is('{')) fail("no '{': conditions are given by where=, not in the path");
    if (!at_end()) fail(expected);
  }

  void read_tag(Path& path) {
    for (; at_ < tag_length; ++at_) {
      if (at_end() || !is_tag_character(text_[at_])) {
        fail("a tag of three characters (digits, letters, or '.' for any), or LDR");
      }
      if (text_[at_] == '.') continue;
      path.tag.mask |= 0xFFU << (8 * at_);
      path.tag.value |= std::uint32_t{static_cast<unsigned char>(text_[at_])} << (8 * at_);
    }
  }

  void refuse_control_field(std::string_view tag, const char* what) const {
    if (is_control_tag(tag.data())) fail(std::string("no ") + what + ": this is a control field");
  }

  void read_indicator(Path& path) {
    ++at_;
    if (!next_is('1') && !next_is('2')) fail("1 or 2 behind '^'");
    path.part = Path::Part::indicator;
    path.indicator = text_[at_++] - '1';
    expect_end("the end behind an indicator");
  }

  SubfieldPattern read_subfield() {
    ++at_;
    SubfieldPattern pattern;
    pattern.first = pattern.last = read_code("a subfield code behind '$'");
    if (next_is('-')) {
      if (!is_digit(pattern.first) && !is_lower(pattern.first))
        fail("no '-' behind this code: ranges are of letters from a to z, or of digits");
      ++at_;
      const std::size_t place = at_;
      pattern.last = read_code("a subfield code behind '-'");
      const bool alike = is_digit(pattern.first) ? is_digit(pattern.last) : is_lower(pattern.last);
      if (!alike || pattern.last < pattern.first) {
        at_ = place;
        fail("a code of the same kind (letters or digits) that is not lower than the first");
      }
    }
    if (next_is('[')) pattern.occurrence = read_occurrence();
    if (next_is('/')) pattern.positions = read_positions();
    return pattern;
  }

  static bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

  char read_code(const char* expected) {
    if (at_end() || !is_subfield_code(text_[at_])) fail(expected);
    return text_[at_++];
  }

  Range read_occurrence() {
    ++at_;
    const Range range = read_range();
    if (!next_is(']')) fail("']' behind the occurrence");
    ++at_;
    return range;
  }

  Range read_positions() {
    ++at_;
    return read_range();
  }

  /// `3`, `#`, `0-2`, `1-#`, and counted from the end `#-2`: the last three.
  Range read_range() {
    Range range;
    range.first = range.last = read_place();
    if (!next_is('-')) return range;
    ++at_;
    const std::size_t place = at_;
    range.last = read_place();
    if (range.first.from_end) {
      if (range.last.from_end) {
        at_ = place;
        fail("a number behind '#-'");
      }
      range.first = {range.last.number, true};
      range.last = {0, true};
    } else if (!range.last.from_end && range.last.number < range.first.number) {
      at_ = place;
      fail("a number that is not lower than the one before '-'");
    }
    return range;
  }

  Place read_place() {
    if (next_is('#')) {
      ++at_;
      return {0, true};
    }
    const std::size_t begin = at_;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    if (at_ == begin) fail("a number or '#'");
    if (at_ - begin > longest_number) {
      at_ = begin;
      fail("a number of at most six digits");
    }
    return {parse_digits(text_.substr(begin, at_ - begin)).value_or(0), false};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Bounds> bounds_of(const Range& range, std::size_t size) noexcept {
  if (size == 0) return std::nullopt;
  const auto resolve = [size](Place place) {
    if (!place.from_end) return std::size_t{place.number};
    return place.number < size ? size - 1 - place.number : 0;
  };
  const std::size_t first = resolve(range.first);
  const std::size_t last = std::min(resolve(range.last), size - 1);
  if (first > last) return std::nullopt;
  return Bounds{first, last};
}

std::variant<Path, PathFault> parse_path(std::string_view text) {
  try {
    return Parser(text).parse();
  } catch (PathFault& fault) {
    return std::move(fault);
  }
}

}  // namespace rapidmarc::columns
