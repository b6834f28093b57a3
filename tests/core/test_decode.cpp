// Decoding: which of the three roads takes a record, where its fields lie, what is known of it.
#include "core/decode.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

constexpr const char* accented =
    "10\x1F"
    "aT\xC3\xA9tle";

DecodeOptions forced_utf8() {
  DecodeOptions options;
  options.force_utf8 = true;
  return options;
}

DecodeOptions other_character_set() {
  DecodeOptions options;
  options.marc8 = false;
  return options;
}

void check_road(const Decoded& result, Road road, bool canonical = false) {
  CHECK(static_cast<int>(result.facts().road) == static_cast<int>(road));
  CHECK(result.facts().canonical == canonical);
  CHECK(result.facts().entry_count == result.tables.entries.size());
  if (road == Road::hand_over) {
    CHECK(result.tables.entries.empty());
    CHECK(result.tables.images.empty());
    CHECK(result.tables.notes.empty());
  }
}

}  // namespace

TEST_CASE("A well-formed record becomes a table of its fields, in their order") {
  const Decoded result = decoded(sample_record());
  check_road(result, Road::fast, true);
  CHECK(result.facts().ascii);
  REQUIRE(result.tables.entries.size() == 3);
  CHECK(result.tables.entries[0].control);
  CHECK_FALSE(result.tables.entries[1].control);
  CHECK(result.tables.entries[0].offset == 24 + 3 * 12 + 1);
  CHECK(result.data(0) == "ocm00001");
  CHECK(result.tables.entries[1].offset == 24 + 3 * 12 + 1 + 9);
  CHECK(result.data(1) ==
        "10\x1F"
        "aTitle /\x1F"
        "cauthor.");
  CHECK(result.data(2) ==
        "  \x1F"
        "aNote.");
  CHECK(result.tables.entries[2].tag_text() == "500");
}

TEST_CASE("Fields are not put in the order of their tags") {
  const Decoded result = decoded(make_record({{"900",
                                               "  \x1F"
                                               "a1"},
                                              {"100",
                                               "  \x1F"
                                               "a2"},
                                              {"900",
                                               "  \x1F"
                                               "a3"},
                                              {"001", "4"}}));
  check_road(result, Road::fast, true);
  std::string tags;
  for (const Entry& entry : result.tables.entries) tags += entry.tag_text();
  CHECK(tags == "900100900001");
}

TEST_CASE("Places count from the record's start, wherever it lies in its block") {
  const std::string record = sample_record();
  const std::string block = "behind" + record + record;
  Tables tables;
  const auto size = static_cast<std::uint32_t>(record.size());
  decode_record(block, {6, size}, {}, tables);
  decode_record(block, {6 + size, size}, {}, tables);
  REQUIRE(tables.records.size() == 2);
  REQUIRE(tables.entries.size() == 6);
  CHECK(tables.records[0].span.offset == 6);
  CHECK(tables.records[1].span.offset == 6 + size);
  CHECK(tables.records[1].first_entry == 3);
  CHECK(tables.records[1].entry_count == 3);
  CHECK(tables.entries[0].offset == tables.entries[3].offset);
}

TEST_CASE("Text above ASCII is taken as it is if it is UTF-8") {
  const Decoded result = decoded(make_record({{"245", accented}}));
  check_road(result, Road::fast, true);
  CHECK_FALSE(result.facts().ascii);
  CHECK(result.data(0) == accented);
}

TEST_CASE("UTF-8 can be forced on a record that does not claim it") {
  check_road(decoded(make_record({{"245", accented}}, ' '), forced_utf8()), Road::fast, true);
  check_road(decoded(make_record({{"245", accented}}, ' ')), Road::image);
}

TEST_CASE("Plain ASCII is read alike in UTF-8 and in MARC-8, but other sets are handed over") {
  const Decoded result = decoded(sample_record(' '));
  check_road(result, Road::fast, true);
  CHECK(all_parts(result) == all_parts(decoded(sample_record('a'))));
  check_road(decoded(sample_record(' '), other_character_set()), Road::hand_over);
  check_road(decoded(sample_record('a'), other_character_set()), Road::fast, true);
}

TEST_CASE("A record that is only checked is passed if it is all digits and ASCII, else decoded") {
  DecodeOptions check;
  check.only_check = true;
  const auto road = [&check](const std::string& record) {
    return static_cast<int>(decoded(record, check).facts().road);
  };
  const auto is = [](Road expected) { return static_cast<int>(expected); };
  CHECK(road(sample_record('a')) == is(Road::passed));
  CHECK(road(sample_record(' ')) == is(Road::passed));
  CHECK(road(make_record({{"245", accented}})) == is(Road::fast));
  CHECK(road(make_record({{"24X", "10"}})) == is(Road::fast));
  CHECK(road(make_record({{"500",
                           "  \x1F"
                           "a\x1B(Bx"}},
                         ' ')) == is(Road::image));
  CHECK(road(make_record({{"245",
                           "10\x1F"
                           "a\xFF"}})) == is(Road::hand_over));
  for (const std::size_t place : {12U, 16U, 24U + 5, 24U + 11}) {  // base address, directory
    std::string record = sample_record();
    record[place] = 'x';
    CHECK(road(record) == is(Road::hand_over));
  }
  CHECK(decoded(sample_record(), check).tables.entries.empty());
  check.marc8 = false;
  CHECK(road(sample_record(' ')) == is(Road::hand_over));
}

TEST_CASE("What MARC-8 gives a meaning of its own goes to the tolerant road") {
  for (const char* text : {"  \x1F"
                           "a\x1B(Bx",
                           "  \x1F"
                           "a\x08x",
                           "  \x1F"
                           "a\xE2"
                           "e"}) {
    check_road(decoded(make_record({{"500", text}}, ' ')), Road::image);
  }
  // A terminator inside a field, which MARC-8 drops.
  check_road(decoded(make_record({{"500",
                                   "  \x1F"
                                   "ax\x1E"
                                   "y"}},
                                 ' ')),
             Road::image);
  check_road(decoded(make_record({{"500",
                                   "  \x1F"
                                   "ax\x1E"
                                   "y"}},
                                 'a')),
             Road::fast, true);
}

TEST_CASE("Raw records are not looked into") {
  DecodeOptions raw;
  raw.raw = true;
  check_road(decoded(sample_record(), raw), Road::hand_over);
}

TEST_CASE("A record whose directory tells another story than its fields is not canonical") {
  const std::string one =
      "10\x1F"
      "aone\x1E";
  const std::string two =
      "  \x1F"
      "atwo\x1E";
  const std::string both = one + two + '\x1D';
  const std::string swapped = line("245", 8, 8) + line("500", 8, 0);
  const std::string repeated = line("245", 8, 0) + line("246", 8, 0) + line("500", 8, 8);
  const std::string overlapping = line("245", 16, 0) + line("500", 8, 8);
  const std::string gap_behind = line("245", 8, 0);
  const std::string gap_before = line("500", 8, 8);
  for (const std::string& directory : {swapped, repeated, overlapping, gap_behind, gap_before}) {
    INFO(directory);
    const Decoded result = decoded(assemble(directory, both));
    check_road(result, Road::fast, false);
    CHECK(all_parts(result) == all_parts(decoded_tolerantly(result.record)));
    // In MARC-8 such a record could not be told from one with terminators inside its fields.
    check_road(decoded(assemble(directory, both, ' ')), Road::image);
  }
}

TEST_CASE("A record that encoding would change is not canonical") {
  const std::string record = sample_record();
  check_road(decoded(with(record, 60, " ")), Road::fast, false);     // the directory's terminator
  check_road(decoded(with(record, 0, "00060")), Road::fast, false);  // the record length
  check_road(decoded(with(record, record.size() - 1, " ")), Road::fast, false);
  check_road(decoded(make_record({{"245",
                                   "10\x1F\x1F"
                                   "ax"}})),
             Road::fast, false);
  check_road(decoded(make_record({{"245",
                                   "10\x1F"
                                   "ax\x1F"}})),
             Road::fast, false);
}

TEST_CASE("Indicators that need an interpretation go to the tolerant road") {
  for (const char* data : {"", "1",
                           "\x1F"
                           "ax",
                           "1\x1F"
                           "ax",
                           "100\x1F"
                           "ax",
                           "10x"}) {
    INFO('"' << data << '"');
    check_road(decoded(make_record({{"001", "1"}, {"245", data}})), Road::image);
  }
  check_road(decoded(make_record({{"001", "1"}, {"245", "10"}})), Road::fast, true);
}

TEST_CASE("Numbers and places that are odd go to the tolerant road") {
  const std::string record = sample_record();
  for (const auto& [position, bytes] : std::vector<std::pair<std::size_t, std::string_view>>{
           {0, "  "}, {12, " "}, {39, " "}, {43, "+"}, {39, "0020"}, {39, "0000"}, {55, "99999"}}) {
    INFO(bytes << " at " << position);
    check_road(decoded(with(record, position, bytes)), Road::image);
  }
  check_road(decoded(with(record, record.size() - 2, "x")), Road::image);  // a field's terminator
}

TEST_CASE("A faulty record is handed over and leaves nothing behind") {
  const std::string record = sample_record();
  const std::string with_notes = make_record({{"245",
                                               "1\x1F"
                                               "ax"},
                                              {"500",
                                               "  \x1F"
                                               "a\xFF"}});
  for (const std::string& faulty :
       {with(record, 12, "00000"), with(record, 12, "x"), with(record, 0, "99999"),
        with(record, 24, "\xC3\xA9"), with(record, 43, "x"), record.substr(0, 20), std::string(),
        with(record, record.find("Title"), "\xFF"), with(record, record.find("10\x1F"), "\xC3\xA9"),
        with_notes}) {
    const Decoded result = decoded(faulty);
    check_road(result, Road::hand_over);
    CHECK(find_fault(faulty, {}).error != Error::none);
  }
}

TEST_CASE("A subfield code above ASCII is handed over, though nothing is wrong with it") {
  const std::string record = make_record({{"245", "10\x1F\xC3\xA9x"}});
  check_road(decoded(record), Road::hand_over);
  CHECK(find_fault(record, {}).error == Error::none);
}

TEST_CASE("A record that fails does not disturb the ones around it") {
  const std::string sound = make_record({{"245",
                                          "1\x1F"
                                          "ax"}},
                                        ' ');  // image and note
  const std::string faulty = make_record({{"245",
                                           "1\x1F"
                                           "ax"},
                                          {"500",
                                           "  \x1F"
                                           "a\x1B"}},
                                         ' ');
  const std::string block = sound + faulty + sound;
  const auto size = static_cast<std::uint32_t>(sound.size());
  const auto middle = static_cast<std::uint32_t>(faulty.size());
  Tables tables;
  decode_record(block, {0, size}, {}, tables);
  decode_record(block, {size, middle}, {}, tables);
  decode_record(block, {size + middle, size}, {}, tables);
  REQUIRE(tables.records.size() == 3);
  CHECK(tables.records[1].road == Road::hand_over);
  CHECK(tables.records[1].entry_count == 0);
  CHECK(tables.records[1].note_count == 0);
  const DecodedRecord& last = tables.records[2];
  CHECK(last.road == Road::image);
  CHECK(last.first_entry == 1);
  CHECK(last.first_note == 1);
  CHECK(last.note_count == 1);
  CHECK(tables.images ==
        "1 \x1F"
        "ax1 \x1F"
        "ax");
  CHECK(last.image == 5);
  CHECK(tables.entries.at(1).offset == 0);
}

TEST_CASE("Cleared tables are empty, and decoding goes on as at first") {
  Decoded result = decoded(make_record({{"245",
                                         "1\x1F"
                                         "ax"}}));
  result.tables.clear();
  CHECK(result.tables.records.empty());
  CHECK(result.tables.entries.empty());
  CHECK(result.tables.images.empty());
  CHECK(result.tables.notes.empty());
  decode_record(result.record, {0, static_cast<std::uint32_t>(result.record.size())}, {},
                result.tables);
  CHECK(result.facts().first_entry == 0);
  CHECK(result.data(0) ==
        "1 \x1F"
        "ax");
}

TEST_CASE("What the fast road takes it reads as the tolerant road does") {
  std::mt19937 source(20260102);
  std::size_t taken = 0;
  std::size_t handed_over = 0;
  for (int round = 0; round < 60'000; ++round) {
    const char coding = round % 2 == 0 ? 'a' : ' ';
    const Decoded fast = decoded(damaged_record(source, coding));
    Fault fault;
    const Decoded tolerant = decoded_tolerantly(fast.record, {}, &fault);
    const Fault found = find_fault(fast.record, {});
    if (fast.facts().road == Road::hand_over) {
      ++handed_over;
      CHECK(tolerant.facts().road == Road::hand_over);
      CHECK(found.error == fault.error);
      continue;
    }
    taken += fast.facts().road == Road::fast ? 1 : 0;
    CHECK(found.error == Error::none);
    if (all_parts(fast) != all_parts(tolerant)) FAIL_CHECK(fast.record);
  }
  CHECK(taken > 5'000);
  CHECK(handed_over > 10'000);
}

TEST_CASE("Fields that are looked at together give the tables that they give one by one") {
  const std::string record = make_record({{"001", "1"},
                                          {"008", ""},
                                          {"100",
                                           "1 \x1F"
                                           "aName,"},
                                          {"245",
                                           "  \x1F"
                                           "a"},
                                          {"010",
                                           "\x7F~\x1F"
                                           "b\x1F"
                                           "c"},
                                          {"500",
                                           "00\x1F"
                                           "aNote."}});
  // A byte behind the record belies its length, and then fields are looked at one by one.
  const std::string behind = "x";
  std::size_t plain = 0;
  std::size_t odd = 0;
  for (std::size_t place = leader_length; place < record.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = record;
      changed[place] = static_cast<char>(byte);
      const Decoded together = decoded(changed);
      const Decoded apart = decoded(changed + behind);
      const bool is_plain = together.facts().road == Road::fast && together.facts().canonical;
      ++(is_plain ? plain : odd);
      if (together.facts().road != Road::fast && apart.facts().road != Road::fast) continue;
      INFO("byte " << byte << " at " << place);
      REQUIRE(together.facts().road == apart.facts().road);
      REQUIRE(all_parts(together) == all_parts(apart));
      for (std::size_t i = 0; i < together.tables.entries.size(); ++i)
        REQUIRE(together.tables.entries[i].offset == apart.tables.entries[i].offset);
    }
  }
  CHECK(plain > 1'000);
  CHECK(odd > 1'000);
}
