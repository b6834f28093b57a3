// Decoding: whatever road a record takes, its fields, notes and fault are those of the reference;
// what the table promises about a record (ASCII, canonical) holds.
#include <algorithm>
#include <string>
#include <vector>

#include "core/decode.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/records.hpp"
#include "fuzz/target.hpp"
#include "reference/record.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

DecodeOptions options_from(unsigned flags) {
  DecodeOptions options;
  options.force_utf8 = (flags & 1) != 0;
  options.marc8 = (flags & 2) == 0;
  options.quiet_marc8 = (flags & 4) != 0;
  options.form.normal_form = static_cast<NormalForm>((flags >> 3 & 3) % 3);
  options.form.expand_references = (flags & 32) != 0;
  options.raw = (flags & 192) == 192;
  return options;
}

/// The record with the two numbers put right that a change of length spoils first, so that more
/// than the leader is looked at.
std::string with_true_length(std::string_view bytes) {
  std::string record(bytes.substr(0, longest_record));
  if (record.size() >= leader_length)
    record.replace(0, length_field_length, test::digits(record.size(), length_field_length));
  return record;
}

void compare_notes(const std::vector<Note>& notes, const std::vector<Note>& expected) {
  require(notes.size() == expected.size(), "the number of notes");
  for (std::size_t i = 0; i < notes.size(); ++i) {
    require(notes[i].kind == expected[i].kind && notes[i].text == expected[i].text &&
                notes[i].length == expected[i].length && notes[i].offset == expected[i].offset,
            "a note");
  }
}

/// Encodes anew what the table says is canonical.
void check_canonical(const test::Decoded& decoded) {
  std::vector<test::EncodedField> fields;
  std::string data;
  for (std::size_t i = 0; i < decoded.tables.entries.size(); ++i) {
    const std::string_view each = decoded.data(i);
    fields.push_back({std::string(decoded.tables.entries[i].tag_text()), each.size() + 1});
    data += std::string(each) + field_terminator;
  }
  const std::string_view leader(decoded.record);
  require(reference::encode(leader.substr(5, 7), leader.substr(17, 7), fields, data,
                            Oversize::error) == decoded.record,
          "a record that is called canonical is not");
}

void compare(std::string record, const DecodeOptions& options) {
  const reference::Reading expected = reference::decode(record, options);
  const Fault fault = find_fault(record, options);
  require(fault.error == expected.fault.error, "the fault");
  if (fault.error != Error::none) {
    require(fault.position == expected.fault.position && fault.tag == expected.fault.tag,
            "the place of the fault");
    require(fault.tag[0] == '\0' || fault.entry == expected.fault.entry, "the entry of the fault");
    require(!describe(fault).empty(), "the fault has no description");
  }

  DecodeOptions check = options;
  check.only_check = true;
  const Road checked = test::decoded(record, check).facts().road;
  const test::Decoded decoded = test::decoded(std::move(record), options);
  const DecodedRecord& facts = decoded.facts();
  require(checked == (checked == Road::passed && facts.road != Road::hand_over ? Road::passed
                                                                               : facts.road),
          "the road of a record that is only checked");
  if (facts.road == Road::hand_over) {
    require(options.raw || expected.left_to_python || fault.error != Error::none,
            "a record handed over for nothing");
    require(decoded.tables.entries.empty() && decoded.tables.images.empty() &&
                decoded.tables.notes.empty(),
            "rests of a record that was handed over");
    return;
  }
  require(!options.raw && fault.error == Error::none, "a record taken in spite of its fault");
  require(!expected.left_to_python, "a record taken that is Python's");
  for (const Entry& entry : decoded.tables.entries)
    require(entry.offset + entry.length <= decoded.content().size(), "an entry past the content");
  require(test::all_parts(decoded) == expected.fields, "the fields");
  compare_notes(decoded.tables.notes, expected.notes);
  if (facts.ascii) {
    for (std::size_t i = 0; i < decoded.tables.entries.size(); ++i) {
      const std::string_view each = decoded.data(i);
      require(std::all_of(each.begin(), each.end(), is_ascii), "a field that is not ASCII");
    }
  }
  if (facts.canonical) check_canonical(decoded);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const DecodeOptions options = options_from(input.byte());
  compare(std::string(input.rest()), options);
  compare(with_true_length(input.rest()), options);
  return 0;
}
