// The values that a path finds in one field: pieces of the record's text, without a copy wherever
// they stand in it as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns/path.hpp"
#include "core/subfields.hpp"

namespace rapidmarc::columns {

/// A field as decoding left it: UTF-8, data fields begin with two indicators.
struct FieldText {
  std::string_view data;
  bool control;
  bool ascii;  // every byte is
};

/// Memory that is used again from field to field.
struct Scratch {
  struct Part {
    std::optional<Bounds> taken;  // which of the matching subfields
    std::size_t seen = 0;         // of them
  };
  std::string joined;
  std::vector<Part> parts;
};

/// The characters of `value` at `positions`; nothing when it is shorter.
std::optional<std::string_view> cut(std::string_view value, const Range& positions, bool ascii);

/// What pymarc calls a field's value: a control field's data; of a data field the values of the
/// subfields, each stripped, joined by blanks (in `scratch`).
std::string_view value_of(const FieldText& field, Scratch& scratch);

/// Which of several patterns take the subfields of one field.
class Occurrences {
 public:
  Occurrences(const Path& path, std::string_view subfields, Scratch& scratch);
  /// The first pattern that takes the next subfield, which has `code`; null if none does.
  const SubfieldPattern* next(char code);

 private:
  const Path& path_;
  std::vector<Scratch::Part>& parts_;
};

/// Tells `visit(value)` the values that `path`, whose tag the field has, finds in `field`, in their
/// order, until it returns false. False when it did.
template <typename Visit>
bool for_each_value(const Path& path, const FieldText& field, Scratch& scratch, Visit&& visit) {
  const auto give = [&](std::string_view value, const std::optional<Range>& positions) {
    if (!positions) return visit(value);
    const auto part = cut(value, *positions, field.ascii);
    return !part || visit(*part);
  };
  if (path.part == Path::Part::field) return give(value_of(field, scratch), path.positions);
  if (field.control) return true;
  if (path.part == Path::Part::indicator) {
    return visit(field.data.substr(static_cast<std::size_t>(path.indicator), 1));
  }
  const std::string_view bytes = field.data.substr(2);
  RawSubfields subfields(bytes);
  if (path.subfields.size() == 1 && !path.subfields.front().occurrence) {
    const SubfieldPattern& pattern = path.subfields.front();
    while (subfields.next()) {
      if (pattern.matches(subfields.code()) && !give(subfields.value(), pattern.positions))
        return false;
    }
    return true;
  }
  Occurrences occurrences(path, bytes, scratch);
  while (subfields.next()) {
    const SubfieldPattern* const pattern = occurrences.next(subfields.code());
    if (pattern != nullptr && !give(subfields.value(), pattern->positions)) return false;
  }
  return true;
}

}  // namespace rapidmarc::columns
