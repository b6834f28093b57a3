// Salvage: which fields are found without a trustworthy length, base address or directory.
#include "core/salvage.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"

using namespace rapidmarc;
using rapidmarc::test::line;
using rapidmarc::test::sample_record;
using rapidmarc::test::with;

namespace {

const std::string good = sample_record();
const std::size_t base = good.find(field_terminator) + 1;

std::vector<std::string> fields_of(std::string_view record) {
  std::vector<std::string> fields;
  for (const Entry& field : salvage_record(record).fields) {
    fields.push_back(std::string(field.tag_text()) + "=" +
                     std::string(record.substr(field.offset, field.length)));
  }
  return fields;
}

std::vector<Error> faults_of(std::string_view record) {
  std::vector<Error> errors;
  for (const Fault& fault : salvage_record(record).faults) errors.push_back(fault.error);
  return errors;
}

/// Where the entry of field `number` stands.
std::size_t entry_at(std::size_t number) { return leader_length + number * 12; }

}  // namespace

TEST_CASE("A faultless record is salvaged whole, without a word") {
  CHECK(fields_of(good).size() == 3);
  CHECK(faults_of(good).empty());
  CHECK(salvage_record(good).leader == good.substr(0, leader_length));
}

TEST_CASE("Lengths and base addresses do not matter") {
  for (const std::string_view number : {"00000", "99999", "     ", "0003x"}) {
    CHECK(fields_of(with(good, 0, number)) == fields_of(good));
    CHECK(fields_of(with(good, base_address_position, number)) == fields_of(good));
  }
}

TEST_CASE("What begins with no leader has no fields") {
  CHECK(fields_of("").empty());
  CHECK(fields_of("one\x1Etwo\x1Ethree\x1E").empty());
  CHECK(fields_of(good.substr(0, 30)).empty());
}

TEST_CASE("An entry without numbers gets the field that is left over") {
  const std::string bad = with(good, entry_at(1) + 3, "????");
  CHECK(fields_of(bad) == fields_of(good));
  CHECK(faults_of(bad) == std::vector{Error::field_misplaced});
}

TEST_CASE("Without any number the fields go by their order") {
  std::string bad = good;
  for (const std::size_t number : {0U, 1U, 2U}) bad = with(bad, entry_at(number) + 3, "x");
  CHECK(fields_of(bad) == fields_of(good));
  CHECK(faults_of(bad).size() == 3);
}

TEST_CASE(
    "A byte missing from the directory costs the field it may be missing from, and no other") {
  for (std::size_t at = entry_at(0); at < base - 1; ++at) {
    INFO("byte " << at);
    std::string bad = good;
    bad.erase(at, 1);
    const auto kept = fields_of(bad);
    const auto whole = fields_of(good);
    CHECK_FALSE(kept.empty());  // two entries meet where it is missing
    CHECK(kept.size() <= 2);
    for (const std::string& field : kept)
      CHECK(std::find(whole.begin(), whole.end(), field) != whole.end());
  }
}

TEST_CASE("A value with a terminator inside is one field where the directory says so") {
  const std::string record = test::make_record({{"001", "x"},
                                                {"500",
                                                 "  \x1F"
                                                 "aone\x1Etwo"}});
  CHECK(fields_of(with(record, 0, "00000"))[1] ==
        "500=  \x1F"
        "aone\x1Etwo");
}

TEST_CASE("A cut record keeps the fields that are whole and says what is missing") {
  const std::string cut = good.substr(0, good.size() - 4);
  CHECK(fields_of(cut).size() == 2);
  CHECK(faults_of(cut) == std::vector{Error::field_not_found, Error::field_cut});
}

TEST_CASE("The number of faults told of one record is bounded") {
  std::string directory;
  for (int i = 0; i < 3000; ++i) directory += line("500", 77, 90'000);
  CHECK(faults_of(test::assemble(directory, "x\x1E\x1D")).size() == most_faults);
}
