// Records for the C++ tests: well-formed ones from their fields, and the pieces from which to make
// one with a single fault. Written without the encoder, which is itself under test.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/format.hpp"
#include "core/tolerant.hpp"

namespace rapidmarc::test {

struct EncodedField {
  std::string tag;
  std::size_t length = 0;  // with the terminator
};

/// An encoder that is ready to finish a record.
inline RecordEncoder encoder_of(const std::vector<EncodedField>& fields, std::string_view data,
                                Oversize oversize) {
  RecordEncoder made;
  made.begin(oversize);
  for (const EncodedField& field : fields) made.add_entry(field.tag, field.length);
  made.data() += data;
  return made;
}

struct SampleField {
  std::string tag;
  std::string data;  // without its terminator
};

/// `number` in `width` digits.
inline std::string digits(std::size_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

/// One line of a directory.
inline std::string line(std::string_view tag, std::size_t length, std::size_t position) {
  return std::string(tag) + digits(length, 4) + digits(position, 5);
}

/// Leader, `directory`, then `content`, which brings all its terminators; the leader's numbers are
/// right, whatever the directory says.
inline std::string assemble(std::string_view directory, std::string_view content,
                            char coding = 'a') {
  const std::size_t base = leader_length + directory.size() + 1;
  std::string record = digits(base + content.size(), 5) + "nam ";
  record += coding;
  record += "22";
  record += digits(base, 5);
  record += " a 4500";
  record += directory;
  record += field_terminator;
  record += content;
  return record;
}

/// A well-formed record.
inline std::string make_record(const std::vector<SampleField>& fields, char coding = 'a') {
  std::string directory;
  std::string content;
  for (const SampleField& field : fields) {
    directory += line(field.tag, field.data.size() + 1, content.size());
    content += field.data;
    content += field_terminator;
  }
  content += record_terminator;
  return assemble(directory, content, coding);
}

/// `record` with the bytes from `position` on replaced by `bytes`: the way to make a single fault.
inline std::string with(std::string record, std::size_t position, std::string_view bytes) {
  bytes.copy(record.data() + position, bytes.size());
  return record;
}

/// A small record of three fields: 001, 245 and 500.
inline std::string sample_record(char coding = 'a') {
  return make_record({{"001", "ocm00001"},
                      {"245",
                       "10\x1F"
                       "aTitle /\x1F"
                       "cauthor."},
                      {"500",
                       "  \x1F"
                       "aNote."}},
                     coding);
}

/// A well-formed record of about `size` bytes (at least 80) that says which one it is.
inline std::string numbered_record(std::size_t number, std::size_t size, std::string_view text) {
  std::vector<SampleField> fields{{"001", digits(number, 8)}};
  std::size_t left = size < 80 ? 0 : size - 80;
  while (fields.size() == 1 || left > 0) {
    std::string data =
        "  \x1F"
        "a";
    while (data.size() < std::min<std::size_t>(left, 9'000)) data += text;
    left -= std::min(left, data.size() + 13);
    fields.push_back({"500", data});
  }
  return make_record(fields);
}

/// A record that was decoded alone, with what is needed to look into it.
struct Decoded {
  std::string record;
  Tables tables;

  const DecodedRecord& facts() const { return tables.records.at(0); }
  std::string_view content() const {
    return facts().road == Road::image ? std::string_view(tables.images).substr(facts().image)
                                       : std::string_view(record);
  }
  std::string_view data(std::size_t i) const {
    const Entry& entry = tables.entries.at(i);
    return content().substr(entry.offset, entry.length);
  }
};

inline Decoded decoded(std::string record, const DecodeOptions& options = {}) {
  Decoded result{std::move(record), {}};
  decode_record(result.record, {0, static_cast<std::uint32_t>(result.record.size())}, options,
                result.tables);
  return result;
}

/// The same by the tolerant road alone; `fault` says why it gave up, if it did.
inline Decoded decoded_tolerantly(std::string record, const DecodeOptions& options = {},
                                  Fault* fault = nullptr) {
  Decoded result{std::move(record), {}};
  DecodedRecord facts;
  Fault found;
  if (read_tolerantly(result.record, options, result.tables, facts, found)) {
    facts.road = Road::image;
  } else {
    result.tables.clear();
  }
  if (fault != nullptr) *fault = found;
  result.tables.records.push_back(facts);
  return result;
}

/// A field as users see it.
struct FieldParts {
  std::string tag;
  std::string start;                   // a control field's data, a data field's indicators
  std::vector<std::string> subfields;  // codes with their values; those without a code left out

  friend bool operator==(const FieldParts&, const FieldParts&) = default;
};

inline FieldParts parts(const Decoded& decoded, std::size_t i) {
  const Entry& entry = decoded.tables.entries.at(i);
  const std::string_view data = decoded.data(i);
  FieldParts field{std::string(entry.tag_text()), std::string(data), {}};
  if (entry.control) return field;
  field.start = data.substr(0, 2);
  for (std::size_t at = 2; at < data.size();) {
    const std::size_t end = std::min(data.find(subfield_delimiter, at + 1), data.size());
    if (end > at + 1) field.subfields.emplace_back(data.substr(at + 1, end - at - 1));
    at = end;
  }
  return field;
}

inline std::vector<FieldParts> all_parts(const Decoded& decoded) {
  std::vector<FieldParts> fields;
  for (std::size_t i = 0; i < decoded.tables.entries.size(); ++i) {
    fields.push_back(parts(decoded, i));
  }
  return fields;
}

/// A record like the sample, with up to three bytes changed at random: to bytes that mean something
/// in a record, as a rule.
inline std::string damaged_record(std::mt19937& source, char coding) {
  constexpr std::string_view telling = "0123459 -+_ax\x1D\x1E\x1F\x1B\x7F\x80\xC3\xA9\xE2\xFF";
  std::string record = make_record({{"001", "ocm00001"},
                                    {"245",
                                     "10\x1F"
                                     "aT\xC3\xA9tle /\x1F"
                                     "c\xE4\xB8\xAD."},
                                    {"500",
                                     "  \x1F"
                                     "aNote.\x1F"
                                     "b"}},
                                   coding);
  if (source() % 2 == 0) record = sample_record(coding);
  for (std::size_t changes = source() % 3 + 1; changes > 0; --changes) {
    record[source() % record.size()] =
        source() % 4 == 0 ? static_cast<char>(source()) : telling[source() % telling.size()];
  }
  return record;
}

}  // namespace rapidmarc::test
