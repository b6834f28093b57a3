// Paths: which part of a record a column takes, in the notation of MARCspec (tag with `.` as
// wildcard, `[n]` occurrence, `^1` and `^2` indicators, `$` subfields, `/` character positions,
// `LDR`; without sub-specifications in braces).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/decode.hpp"

namespace rapidmarc::columns {

/// A number counted from 0, from the start or from the end.
struct Place {
  std::uint32_t number = 0;
  bool from_end = false;
};

/// Places of characters in a value, or of repeated fields and subfields: `first` to `last`.
struct Range {
  Place first;
  Place last;

  bool counts_from_end() const noexcept { return first.from_end || last.from_end; }
};

/// Places in something of a known size.
struct Bounds {
  std::size_t first;
  std::size_t last;

  bool contain(std::size_t place) const noexcept { return place >= first && place <= last; }
};

/// What `range` comes to in something of `size`, cut off at its end; nothing when it lies outside.
std::optional<Bounds> bounds_of(const Range& range, std::size_t size) noexcept;

/// Tags as numbers of three bytes; a wildcard has no bits in `mask`.
struct TagPattern {
  std::uint32_t mask = 0;
  std::uint32_t value = 0;

  bool matches(std::uint32_t tag) const noexcept { return (tag & mask) == value; }
};

struct SubfieldPattern {
  char first = 0;  // codes from first to last
  char last = 0;
  std::optional<Range> occurrence;  // among those of one field
  std::optional<Range> positions;

  bool matches(char code) const noexcept { return code >= first && code <= last; }
};

struct Path {
  enum class Part : std::uint8_t { leader, field, indicator, subfields };
  Part part = Part::field;
  TagPattern tag;
  std::optional<Range> occurrence;  // among the fields that have the tag, in the record's order
  std::optional<Range> positions;   // parts leader and field
  int indicator = 0;                // part indicator: 0 or 1
  std::vector<SubfieldPattern> subfields;
};

/// Why a path is none: the place of the first character that is wrong, in bytes, and what was
/// expected there.
struct PathFault {
  std::size_t position;
  std::string expected;
};

std::variant<Path, PathFault> parse_path(std::string_view text);

}  // namespace rapidmarc::columns
