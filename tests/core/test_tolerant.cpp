// The tolerant road: how odd records are read, rule by rule. That these rules are pymarc's is shown
// by tests/parity.
#include "core/tolerant.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"
#include "core/utf8.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

using Fields = std::vector<FieldParts>;

/// The fields of a record that the tolerant road must take.
Fields read(const std::string& record, const DecodeOptions& options = {}) {
  const Decoded result = decoded_tolerantly(record, options);
  REQUIRE(result.facts().road == Road::image);
  return all_parts(result);
}

/// The one field of a record that has only `data`, read as tag 500.
FieldParts read_field(const std::string& data, char coding = 'a',
                      const DecodeOptions& options = {}) {
  const Fields fields = read(make_record({{"500", data}}, coding), options);
  REQUIRE(fields.size() == 1);
  return fields[0];
}

std::vector<Note> notes_of(const std::string& record, const DecodeOptions& options = {}) {
  return decoded_tolerantly(record, options).tables.notes;
}

Error fault_of(const std::string& record, const DecodeOptions& options = {}) {
  Fault fault;
  CHECK(decoded_tolerantly(record, options, &fault).facts().road == Road::hand_over);
  return fault.error;
}

}  // namespace

TEST_CASE("A well-formed record is read as it stands") {
  CHECK(read(sample_record()) == Fields{{"001", "ocm00001", {}},
                                        {"245", "10", {"aTitle /", "cauthor."}},
                                        {"500", "  ", {"aNote."}}});
}

TEST_CASE("Numbers of the leader are what Python's int takes") {
  const std::string record = sample_record();
  const std::string size = digits(record.size(), 3);
  REQUIRE(record.substr(12, 5) == "00061");
  for (const char* base : {"   61", "61   ", "+0061", "0_061", " 61  "}) {
    CHECK(read(with(record, 12, base)) == read(record));
  }
  for (const std::string& length :
       std::vector<std::string>{"  " + size, size + "  ", "+0" + size, "00000", "-9999"}) {
    CHECK(read(with(record, 0, length)) == read(record));
  }
}

TEST_CASE("A base address of at most 25 leaves no room for a directory") {
  for (const char* base : {"00001", "00024", "00025"}) {
    CHECK(fault_of(with(sample_record(), 12, base)) == Error::directory_empty);
  }
  CHECK(fault_of(with(sample_record(), 12, "00026")) == Error::directory_ragged);
}

TEST_CASE("The byte before the base address is not looked at") {
  for (const char* byte : {" ", "x", "\xFF"}) {
    CHECK(read(with(sample_record(), 60, byte)) == read(sample_record()));
  }
}

TEST_CASE("The last byte of a field is dropped, whatever it is") {
  const std::string record = sample_record();
  CHECK(read(with(record, 27, "0005"))[0].start == "ocm0");
  CHECK(read(with(record, 61 + 8, "x"))[0].start == "ocm00001");
  CHECK(read(with(record, 27, "0010"))[0].start == "ocm00001\x1E");
}

TEST_CASE("A field that reaches past the end is cut off there") {
  const std::string record = sample_record();
  CHECK(read(with(record, 51, "9999"))[2] == FieldParts{"500", "  ", {"aNote.\x1E\x1D"}});
  CHECK(read(with(record, 55, "99999"))[2] == FieldParts{"500", "  ", {}});
  CHECK(read(with(record, 31, "99999"))[0] == FieldParts{"001", "", {}});
}

TEST_CASE("A field of length zero or one has no data") {
  for (const char* length : {"0000", "0001"}) {
    const Fields fields = read(with(with(sample_record(), 27, length), 39, length));
    CHECK(fields[0] == FieldParts{"001", "", {}});
    CHECK(fields[1] == FieldParts{"245", "  ", {}});
  }
}

TEST_CASE("Negative lengths and positions count as Python's slices do") {
  const std::string record = sample_record();
  const std::size_t size = record.size();
  // From base address + position = 0 on.
  CHECK(read(with(record, 31, "-0061"))[0].start == record.substr(0, 8));
  // Up to 61 + 0 - 64 - 1, which is four bytes before the end.
  CHECK(read(with(record, 27, " -64"))[0].start == record.substr(61, size - 4 - 61));
  // From nine bytes before the end up to one byte before it.
  CHECK(read(with(record, 31, "-0070"))[0].start == record.substr(size - 9, 8));
}

TEST_CASE("Directory numbers are what Python's int takes, and a fault when it does not") {
  const std::string record = sample_record();
  for (const char* length : {"   9", "9   ", "+009", "0_09"}) {
    CHECK(read(with(record, 27, length)) == read(record));
  }
  for (const char* length : {"    ", "0x09", "9.00", "0__9"}) {
    CHECK(fault_of(with(record, 27, length)) == Error::entry_not_a_number);
  }
}

TEST_CASE("Fields may overlap, repeat and stand in any order") {
  const std::string content =
      "10\x1F"
      "aone\x1E"
      "  \x1F"
      "atwo\x1E\x1D";
  CHECK(read(assemble(line("500", 8, 8) + line("245", 8, 0) + line("246", 8, 0), content)) ==
        Fields{{"500", "  ", {"atwo"}}, {"245", "10", {"aone"}}, {"246", "10", {"aone"}}});
  CHECK(read(assemble(line("245", 16, 0), content)) ==
        Fields{{"245", "10", {"aone\x1E  ", "atwo"}}});
}

TEST_CASE("A tag may be any ASCII, and only digits below 010 make a control field") {
  for (const char* tag : {"00A", "ABC", "   ", "0 1", "\x1F\x1F\x1F", "010"}) {
    CHECK(read(make_record({{tag,
                             "10\x1F"
                             "ax"}})) == Fields{{tag, "10", {"ax"}}});
  }
  CHECK(read(make_record({{"000",
                           "10\x1F"
                           "ax"}})) == Fields{{"000",
                                               "10\x1F"
                                               "ax",
                                               {}}});
}

TEST_CASE("Control fields are UTF-8 by leader 09 or by force, else Latin-1, never MARC-8") {
  DecodeOptions forced;
  forced.force_utf8 = true;
  CHECK(read(make_record({{"001", "\xC3\xA9"}}))[0].start == "\xC3\xA9");
  CHECK(read(make_record({{"001", "\xC3\xA9"}}, ' '), forced)[0].start == "\xC3\xA9");
  CHECK(read(make_record({{"001",
                           "\xE2"
                           "e\x1B(B\xFF"}},
                         ' '))[0]
            .start ==
        "\xC3\xA2"
        "e\x1B(B\xC3\xBF");
  CHECK(fault_of(make_record({{"001", "\xE9"}})) == Error::text_not_utf8);
}

TEST_CASE("In another character set only ASCII control fields can be read here") {
  DecodeOptions other;
  other.marc8 = false;
  CHECK(read(make_record({{"001", "ocm1"}}, ' '), other)[0].start == "ocm1");
  CHECK(fault_of(make_record({{"001", "\xE9"}}, ' '), other) == Error::none);
  CHECK(fault_of(make_record({{"500",
                               "  \x1F"
                               "ax"}},
                             ' '),
                 other) == Error::none);
  CHECK(read(make_record({{"500", "12"}}, ' '), other)[0].start == "12");
}

TEST_CASE("Indicators are two characters, filled up with blanks or cut off") {
  CHECK(read_field("\x1F"
                   "ax") == FieldParts{"500", "  ", {"ax"}});
  CHECK(read_field("1\x1F"
                   "ax") == FieldParts{"500", "1 ", {"ax"}});
  CHECK(read_field("123\x1F"
                   "ax") == FieldParts{"500", "12", {"ax"}});
  CHECK(read_field("No subfields") == FieldParts{"500", "No", {}});
  CHECK(read_field("") == FieldParts{"500", "  ", {}});
  CHECK(fault_of(make_record({{"500",
                               "\xC3\xA9\x1F"
                               "ax"}})) == Error::indicators_not_ascii);
  CHECK(fault_of(make_record({{"500",
                               "12\xC3\xA9\x1F"
                               "ax"}})) == Error::indicators_not_ascii);
}

TEST_CASE("Every field with other than two indicators is noted, with its place") {
  const std::string record = make_record({{"001", "1"},
                                          {"500",
                                           "\x1F"
                                           "anone"},
                                          {"501",
                                           "1\x1F"
                                           "aone"},
                                          {"502",
                                           "12\x1F"
                                           "atwo"},
                                          {"503",
                                           "123\x1F"
                                           "athree"},
                                          {"504", ""}});
  const std::vector<Note> notes = notes_of(record);
  REQUIRE(notes.size() == 4);
  const auto check = [&](const Note& note, Note::Kind kind, std::string_view data) {
    CHECK(static_cast<int>(note.kind) == static_cast<int>(kind));
    CHECK(std::string_view(record).substr(note.offset, note.length) == data);
  };
  check(notes[0], Note::Kind::indicators_missing,
        "\x1F"
        "anone");
  check(notes[1], Note::Kind::indicator_single,
        "1\x1F"
        "aone");
  check(notes[2], Note::Kind::indicators_many,
        "123\x1F"
        "athree");
  check(notes[3], Note::Kind::indicators_missing, "");
}

TEST_CASE("Subfields without a code are left out, those without a value stay") {
  CHECK(read_field("  \x1F\x1F"
                   "a\x1F"
                   "bx\x1F\x1F\x1F"
                   "c\x1F") == FieldParts{"500", "  ", {"a", "bx", "c"}});
  const Decoded image = decoded_tolerantly(make_record({{"500",
                                                         "  \x1F\x1F"
                                                         "ax\x1F"}}));
  CHECK(image.data(0) ==
        "  \x1F"
        "ax");
}

TEST_CASE("A subfield code above ASCII is handed over without a fault, but later faults are told") {
  CHECK(fault_of(make_record({{"500", "  \x1F\xC3\xA9x"}})) == Error::none);
  CHECK(fault_of(make_record({{"500", "  \x1F\xC3\xA9x"},
                              {"501",
                               "  \x1F"
                               "a\xFF"}})) == Error::text_not_utf8);
}

TEST_CASE("UTF-8 values are taken as they are, without normalisation") {
  CHECK(read_field("  \x1F"
                   "ae\xCC\x81\x08\x1B(N") == FieldParts{"500", "  ", {"ae\xCC\x81\x08\x1B(N"}});
}

TEST_CASE("MARC-8 values come out in NFC, and no escape lasts longer than its subfield") {
  CHECK(read_field("  \x1F"
                   "a\xE2"
                   "e\x1F"
                   "b\x1B(NA\x1F"
                   "cA",
                   ' ') == FieldParts{"500", "  ", {"a\xC3\xA9", "b\xD0\xB0", "cA"}});
}

TEST_CASE("What MARC-8 could not say is noted, place by place, unless it is to be quiet") {
  const std::string record = make_record({{"500",
                                           "  \x1F"
                                           "a\xFF\x1F"
                                           "b\xFF"},
                                          {"501",
                                           "\x1F"
                                           "a\x1B$1!!"}},
                                         ' ');
  const std::vector<Note> notes = notes_of(record);
  REQUIRE(notes.size() == 5);
  CHECK(notes[0].kind == Note::Kind::marc8);
  CHECK(notes[0].text == "Unable to parse character 0xff in g0=66 g1=69\n");
  CHECK(notes[1].text == notes[0].text);
  CHECK(notes[2].kind == Note::Kind::indicators_missing);
  CHECK(notes[3].text == "Multi-byte position 6 exceeds length of marc8 string 5\n");
  CHECK(notes[4].text == "Unable to parse character 0x20 in g0=49 g1=69\n");
  DecodeOptions quiet;  // on characters that no set has; an incomplete one is told all the same
  quiet.quiet_marc8 = true;
  CHECK(notes_of(record, quiet).size() == 2);
  CHECK(read(record, quiet) == read(record));
}

TEST_CASE("MARC-8 that ends within an escape is a fault") {
  CHECK(fault_of(make_record({{"500",
                               "  \x1F"
                               "ax\x1B"}},
                             ' ')) == Error::text_not_marc8);
}

TEST_CASE("An image is appended to those of other records, and its places count from its start") {
  const std::string record = sample_record(' ');
  Tables tables;
  tables.images = "an earlier image";
  tables.entries.resize(2);
  DecodedRecord facts;
  Fault fault;
  REQUIRE(read_tolerantly(record, {}, tables, facts, fault));
  CHECK(facts.image == 16);
  CHECK(tables.entries.size() == 5);
  CHECK(tables.entries[2].offset == 0);
  CHECK(tables.images.substr(16, 8) == "ocm00001");
}

TEST_CASE("Every image is well-formed, whatever the record") {
  std::mt19937 source(20260103);
  std::size_t images = 0;
  for (int round = 0; round < 60'000; ++round) {
    const Decoded result = decoded_tolerantly(damaged_record(source, round % 2 == 0 ? 'a' : ' '));
    if (result.facts().road != Road::image) continue;
    ++images;
    std::size_t end = 0;
    for (const Entry& entry : result.tables.entries) {
      CHECK(entry.offset == end);
      end += entry.length;
      REQUIRE(end <= result.tables.images.size());
      if (entry.control) continue;
      const std::string_view data = result.content().substr(entry.offset, entry.length);
      CHECK(data.size() >= 2);
      CHECK(is_ascii(data[0]));
      CHECK(is_ascii(data[1]));
      CHECK((data.size() == 2 || data[2] == subfield_delimiter));
    }
    CHECK(end == result.tables.images.size());
    if (!is_valid_utf8(result.tables.images)) FAIL_CHECK(result.record);
  }
  CHECK(images > 10'000);
}
