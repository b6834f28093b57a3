#include "columns/values.hpp"

#include <algorithm>

#include "core/strip.hpp"

namespace rapidmarc::columns {
namespace {

bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t count_characters(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins_character));
}

/// The byte at which character number `place` begins, or the end.
std::size_t byte_of(std::string_view utf8, std::size_t place) noexcept {
  std::size_t at = 0;
  for (; at < utf8.size(); ++at) {
    if (begins_character(utf8[at]) && place-- == 0) break;
  }
  return at;
}

std::size_t count_codes(std::string_view bytes, const SubfieldPattern& pattern) {
  std::size_t count = 0;
  for (RawSubfields subfields(bytes); subfields.next();) count += pattern.matches(subfields.code());
  return count;
}

}  // namespace

std::optional<std::string_view> cut(std::string_view value, const Range& positions, bool ascii) {
  const std::size_t size = ascii ? value.size() : count_characters(value);
  const auto bounds = bounds_of(positions, size);
  if (!bounds) return std::nullopt;
  if (size == value.size()) return value.substr(bounds->first, bounds->last - bounds->first + 1);
  const std::size_t begin = byte_of(value, bounds->first);
  const std::string_view rest = value.substr(begin);
  return rest.substr(0, byte_of(rest, bounds->last - bounds->first + 1));
}

std::string_view value_of(const FieldText& field, Scratch& scratch) {
  if (field.control) return field.data;
  std::string& joined = scratch.joined;
  joined.clear();
  RawSubfields subfields(field.data.substr(2));
  for (bool first = true; subfields.next(); first = false) {
    if (!first) joined += ' ';
    joined += strip(subfields.value());
  }
  return joined;
}

Occurrences::Occurrences(const Path& path, std::string_view subfields, Scratch& scratch)
    : path_(path), parts_(scratch.parts) {
  parts_.clear();
  for (const SubfieldPattern& pattern : path.subfields) {
    constexpr Bounds all{0, static_cast<std::size_t>(-1)};
    std::optional<Bounds> taken = all;
    if (pattern.occurrence) {
      const bool counted = pattern.occurrence->counts_from_end();
      taken = bounds_of(*pattern.occurrence, counted ? count_codes(subfields, pattern) : all.last);
    }
    parts_.push_back({taken, 0});
  }
}

const SubfieldPattern* Occurrences::next(char code) {
  const SubfieldPattern* found = nullptr;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const SubfieldPattern& pattern = path_.subfields[i];
    Scratch::Part& part = parts_[i];
    if (!pattern.matches(code)) continue;
    const std::size_t place = part.seen++;
    if (found == nullptr && part.taken && part.taken->contain(place)) found = &pattern;
  }
  return found;
}

}  // namespace rapidmarc::columns
