// Encoding: the bytes of the reference whatever the sizes; and what fits is framed and decoded to
// the fields it was made from.
#include <algorithm>
#include <string>
#include <vector>

#include "core/encode.hpp"
#include "core/format.hpp"
#include "core/frame.hpp"
#include "core/records.hpp"
#include "fuzz/target.hpp"
#include "reference/record.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

struct Fields {
  std::vector<test::EncodedField> fields;
  std::string data;
  bool readable = true;  // as a record in UTF-8 with ASCII tags of three characters
};

/// Fields end at terminators; the first byte of each says how long its tag is and how often its
/// data is repeated, which is how a few bytes make a record that is too long.
Fields fields_from(std::string_view text) {
  Fields made;
  while (!text.empty() && made.data.size() < longest_record + 1'000) {
    const std::size_t end = std::min(text.find(field_terminator), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const unsigned head = part.empty() ? 0 : static_cast<unsigned char>(part[0]);
    part.remove_prefix(std::min<std::size_t>(part.size(), 1));
    const std::string_view tag = part.substr(0, head % 4 == 3 ? head / 4 % 6 : 3);
    const std::string_view data = part.substr(tag.size());
    made.readable = made.readable && tag.size() == 3;
    std::string repeated;
    for (std::size_t times = head >= 0xF0 ? 1U << (head & 0xF) : 1; times > 0; --times) {
      if (repeated.size() > longest_field + 100) break;
      repeated += data;
    }
    repeated += field_terminator;
    made.fields.push_back({std::string(tag), repeated.size()});
    made.data += repeated;
  }
  return made;
}

void check_sizes_of(const Fields& made, const SizeFault& fault) {
  std::size_t length = 24 + 1 + made.data.size() + 1;
  for (const test::EncodedField& field : made.fields) length += field.tag.size() + 9;
  for (const test::EncodedField& field : made.fields) {
    if (field.length <= longest_field) continue;
    require(!fault.fits && fault.tag == field.tag && fault.size == field.length,
            "the field that is too long");
    return;
  }
  require(fault.fits == (length <= longest_record), "whether the record fits");
  require(fault.fits || fault.size == length, "the record's size");
}

void check_round_trip(const Fields& made, const std::string& record) {
  std::vector<RecordSpan> spans;
  const FrameResult framed = frame_records(record, true, record.size(), 2, spans);
  require(framed.stop == Stop::end && spans.size() == 1 && spans[0].length == record.size(),
          "a record of ours that cannot be framed");
  const reference::Reading reading = reference::decode(record, {});
  if (reading.fault.error != Error::none || reading.left_to_python) return;
  require(reading.fields.size() == made.fields.size(), "the number of fields");
  const test::Decoded decoded = test::decoded(record);
  require(test::all_parts(decoded) == reading.fields, "the fields read back");
  std::size_t start = 0;
  for (std::size_t i = 0; i < made.fields.size(); ++i) {
    const std::string_view data =
        std::string_view(made.data).substr(start, made.fields[i].length - 1);
    require(decoded.facts().road != Road::fast || decoded.data(i) == data, "a field's data");
    start += made.fields[i].length;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto oversize = static_cast<Oversize>(input.byte() % 3);
  const Fields made = fields_from(input.rest());
  RecordEncoder encoder = test::encoder_of(made.fields, made.data, oversize);
  const SizeFault fault = encoder.fault();
  if (oversize != Oversize::spill) check_sizes_of(made, fault);
  const std::string record(encoder.finish("nam a22", " a 4500"));
  require(record == reference::encode("nam a22", " a 4500", made.fields, made.data, oversize),
          "the record");
  if (made.readable && !made.fields.empty() && fault.fits) check_round_trip(made, record);
  return 0;
}
