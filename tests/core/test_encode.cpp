// Encoding: what a record is made of, and what happens to sizes that the format cannot state.
#include "core/encode.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/format.hpp"
#include "core/records.hpp"
#include "core/subfields.hpp"

using namespace rapidmarc;
using test::EncodedField;
using test::encoder_of;

namespace {

std::string encoded(const std::vector<EncodedField>& fields, const std::string& data,
                    Oversize oversize = Oversize::error) {
  return std::string(encoder_of(fields, data, oversize).finish("nam a22", " a 4500"));
}

SizeFault fault_of(const std::vector<EncodedField>& fields, std::size_t data_length) {
  return encoder_of(fields, std::string(data_length, 'x'), Oversize::error).fault();
}

}  // namespace

TEST_CASE("A record is leader, directory, fields and terminators") {
  CHECK(encoded({{"001", 4}, {"245", 6}},
                "123\x1E"
                "10\x1F"
                "ax\x1E") ==
        "00060nam a2200049 a 4500"
        "001000400000"
        "245000600004"
        "\x1E"
        "123\x1E"
        "10\x1F"
        "ax\x1E"
        "\x1D");
}

TEST_CASE("A record without fields has an empty directory") {
  CHECK(encoded({}, "") == "00026nam a2200025 a 4500\x1E\x1D");
}

TEST_CASE("What was put together without the encoder is what it gives") {
  CHECK(encoded({{"001", 9}, {"245", 21}, {"500", 10}},
                "ocm00001\x1E"
                "10\x1F"
                "aTitle /\x1F"
                "cauthor.\x1E"
                "  \x1F"
                "aNote.\x1E") == test::sample_record());
}

TEST_CASE("Sizes that digits can state fit") {
  CHECK(fault_of({}, 0).fits);
  CHECK(fault_of({{"500", 9'999}}, 9'999).fits);
  const std::vector<EncodedField> fields(11, {"500", 9'000});
  const std::size_t most = 99'999 - (24 + 11 * 12 + 1 + 1);
  CHECK(fault_of(fields, most).fits);
}

TEST_CASE("A field of more than 9,999 bytes is named with its size") {
  const SizeFault fault = fault_of({{"245", 100}, {"505", 10'000}, {"520", 12'000}}, 22'100);
  CHECK_FALSE(fault.fits);
  CHECK(fault.tag == "505");
  CHECK(fault.size == 10'000);
}

TEST_CASE("A record of more than 99,999 bytes is told by its size, without a tag") {
  const std::vector<EncodedField> fields(11, {"500", 9'000});
  const std::size_t most = 99'999 - (24 + 11 * 12 + 1 + 1);
  const SizeFault fault = fault_of(fields, most + 1);
  CHECK_FALSE(fault.fits);
  CHECK(fault.tag.empty());
  CHECK(fault.size == 100'000);
}

TEST_CASE("The size that is checked is the size that is written") {
  for (const std::size_t tag_size : {std::size_t{3}, std::size_t{5}}) {
    const std::string data(99'999 - (24 + 9 + tag_size + 2) + 1, 'x');
    const std::vector<EncodedField> fields{{std::string(tag_size, '5'), 9'000}};
    const SizeFault fault = fault_of(fields, data.size());
    CHECK_FALSE(fault.fits);
    CHECK(fault.size == encoded(fields, data, Oversize::zero).size());
  }
}

TEST_CASE("Numbers that do not fit are zeros where readers go by terminators") {
  const std::string data = std::string(10'000, 'x') + field_terminator;
  const std::string record = encoded({{"505", data.size()}}, data, Oversize::zero);
  CHECK(record.size() == 24 + 12 + 1 + data.size() + 1);
  CHECK(record.substr(0, 5) == "10039");  // the record's own length does fit
  CHECK(record.substr(12, 5) == "00037");
  CHECK(record.substr(24, 12) == "505000000000");
}

TEST_CASE("A record length and starting positions that do not fit are zeros too") {
  const std::string field = std::string(9'998, 'x') + field_terminator;
  std::vector<EncodedField> fields;
  std::string data;
  for (int i = 0; i < 12; ++i) {
    fields.push_back({"505", field.size()});
    data += field;
  }
  const std::string record = encoded(fields, data, Oversize::zero);
  CHECK(record.substr(0, 5) == "00000");
  CHECK(record.substr(12, 5) == "00169");
  CHECK(record.substr(24 + 10 * 12, 12) == "505999999990");
  CHECK(record.substr(24 + 11 * 12, 12) == "505999900000");  // 109,989 has six digits
  CHECK(record.substr(169) == data + record_terminator);
}

TEST_CASE("Numbers that do not fit are written longer where pymarc's bytes are asked for") {
  const std::string data = std::string(10'000, 'x') + field_terminator;
  const std::string record = encoded({{"505", data.size()}}, data, Oversize::spill);
  CHECK(record.substr(12, 5) == "00038");  // the directory is one byte longer
  CHECK(record.substr(24, 13) == "5051000100000");
  CHECK(record[37] == field_terminator);
  CHECK(record.substr(38) == data + record_terminator);

  const std::string large(100'000, 'x');
  CHECK(encoded({}, large, Oversize::spill).substr(0, 6) == "100026");
}

TEST_CASE("A tag is written as it is given") {
  CHECK(encoded({{"A", 1}}, "\x1E").substr(24, 10) == "A000100000");
  CHECK(encoded({{"24500", 1}}, "\x1E").substr(24, 14) == "24500000100000");
}

TEST_CASE("A leader of another length is written as it is given") {
  CHECK(encoder_of({}, "", Oversize::error).finish("nam", "") == "00026nam00025\x1E\x1D");
  CHECK(encoder_of({}, "", Oversize::error).finish("nam a22 a", " 4500") ==
        "00026nam a22 a00025 4500\x1E\x1D");
}

TEST_CASE("A shorter record behind a longer one has nothing of it") {
  RecordEncoder made;
  for (const std::string& data : {std::string(500, 'x'), std::string(3, 'y')}) {
    made.begin(Oversize::error);
    made.add_entry("245", data.size());
    made.data() += data;
    const std::string_view record = made.finish("nam a22", " a 4500");
    CHECK(record.size() == 24 + 12 + 1 + data.size() + 1);
    CHECK(record.substr(37) == data + "\x1D");
  }
}

TEST_CASE("Nothing of a record is left in the next") {
  RecordEncoder made;
  made.begin(Oversize::error);
  made.add_entry("505", 10'000);
  made.data() += std::string(10'000, 'x');
  CHECK_FALSE(made.fault().fits);
  made.begin(Oversize::error);
  CHECK(made.fault().fits);
  CHECK(made.finish("nam a22", " a 4500") == "00026nam a2200025 a 4500\x1E\x1D");
}

TEST_CASE("However much room is asked for at first, the record is the same") {
  for (const std::size_t fields : {0U, 1U, 2U, 3U, 40U}) {
    INFO("room for " << fields << " fields");
    RecordEncoder made;
    made.begin(Oversize::spill, fields);
    // Data before its entry, as it comes when a field is encoded and then measured.
    made.data() += "first\x1E";
    made.add_entry("100", 6);
    made.data() += std::string(10'000, 'x') + '\x1E';
    made.add_entry("500", 10'001);  // an entry of thirteen bytes
    made.data() += "last\x1E";
    made.add_entry("9", 5);  // one of ten
    CHECK(made.fault().size == 10'001);
    CHECK(made.finish("nam a22", " a 4500") ==
          "10073nam a2200060 a 4500100000600000500100010000690005"
          "10007\x1E"
          "first\x1E" +
              std::string(10'000, 'x') + "\x1Elast\x1E\x1D");
  }
}

TEST_CASE("A record that is kept may be changed and stays while nothing else is encoded") {
  RecordEncoder made;
  std::string& kept = made.keep("abc");
  kept[1] = 'x';
  CHECK(made.keep(kept) == "axc");
}

TEST_CASE(
    "Fields of a record that was read keep their entries behind whatever stands before them") {
  constexpr std::uint32_t base = 49;  // where the record that was read has its first field
  const std::vector<Entry> entries{{{'1', '0', '0'}, false, base + 30, 11},
                                   {{'2', '4', '5'}, false, base + 42, 99}};
  const std::string directory = "100001200030245010000042";
  const auto both = [&](std::size_t before) {
    RecordEncoder anew;
    RecordEncoder one_by_one;
    for (RecordEncoder* encoder : {&anew, &one_by_one}) {
      encoder->begin(Oversize::spill);
      for (std::size_t left = before; left != 0;) {
        const std::size_t length = std::min<std::size_t>(left, 9'000);
        encoder->add_entry("001", length);
        left -= length;
      }
    }
    anew.add_entries(directory, entries);
    for (const Entry& entry : entries)
      one_by_one.add_entry(entry.tag_text(), entry.length + std::size_t{1});
    for (RecordEncoder* encoder : {&anew, &one_by_one}) encoder->add_entry("500", 7);
    return std::pair(std::string(anew.finish("nam a22", " a 4500")),
                     std::string(one_by_one.finish("nam a22", " a 4500")));
  };
  // Further in front, in the same place, further behind, at the last place that fits, and beyond.
  for (const std::size_t before : {0U, 29U, 30U, 31U, 99'887U, 99'888U, 100'500U}) {
    INFO(before << " bytes before");
    const auto [found, expected] = both(before);
    CHECK(found == expected);
  }
  CHECK(both(30).first.find(directory) != std::string::npos);
}

TEST_CASE("Subfields that are copied whole are those that a walk gives back") {
  const std::vector<std::string> alphabet{"\x1F", "a", "b", " "};
  std::vector<std::string> all{""};
  for (std::size_t first = 0; all.size() < 4'000; ++first) {
    for (const std::string& letter : alphabet) all.push_back(all[first] + letter);
  }
  for (const std::string& bytes : all) {
    std::string walked;
    for (RawSubfields walk(bytes); walk.next();) {
      walked += subfield_delimiter;
      walked += walk.code_text();
      walked += walk.value();
    }
    INFO(bytes);
    CHECK(walks_whole(bytes) == (walked == bytes));
  }
}

TEST_CASE("No fields add no entries") {
  RecordEncoder encoder;
  encoder.begin(Oversize::error);
  encoder.add_entries({}, {});
  CHECK(encoder.finish("nam a22", " a 4500") == "00026nam a2200025 a 4500\x1E\x1D");
}
