// Errors: what is said about each, and where each kind of fault is found.
#include "core/error.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/records.hpp"

using namespace rapidmarc;
using rapidmarc::test::assemble;
using rapidmarc::test::line;
using rapidmarc::test::make_record;
using rapidmarc::test::sample_record;
using rapidmarc::test::with;

namespace {

constexpr int error_count = static_cast<int>(Error::field_cut) + 1;

Fault fault_of(std::string_view record) { return find_fault(record, {}); }

void check_fault(std::string_view record, Error error, std::size_t position) {
  const Fault fault = fault_of(record);
  CHECK(describe(fault.error) == describe(error));
  CHECK(fault.position == position);
}

void check_field_fault(std::string_view record, Error error, std::size_t position,
                       std::uint32_t entry, const char* tag) {
  check_fault(record, error, position);
  const Fault fault = fault_of(record);
  CHECK(fault.entry == entry);
  CHECK(std::string(fault.tag.data()) == tag);
}

}  // namespace

TEST_CASE("Every error has a text of its own, in one line without a full stop") {
  std::set<std::string_view> texts;
  for (int code = 0; code < error_count; ++code) {
    const std::string_view text = describe(static_cast<Error>(code));
    INFO(text);
    CHECK(text.size() > 5);
    CHECK(text.find('\n') == std::string_view::npos);
    CHECK(text.back() != '.');
    CHECK(text != "unknown fault");
    texts.insert(text);
  }
  CHECK(texts.size() == error_count);
}

TEST_CASE("What is no error code is told so") {
  const auto none =
      static_cast<Error>(error_count);  // NOLINT(clang-analyzer-optin.core.EnumCastOutOfRange)
  CHECK(describe(none) == "unknown fault");
}

TEST_CASE("A fault of a field names its directory entry, counted from one, and the tag") {
  const Fault fault{Error::text_not_utf8, 714, 16, {'6', '5', '0', '\0'}};
  CHECK(describe(fault) == "directory entry 17 (tag 650): text is not valid UTF-8");
}

TEST_CASE("A fault before the fields names no directory entry") {
  CHECK(describe(Fault{Error::base_address_missing, 12, 0, {}}) ==
        describe(Error::base_address_missing));
  CHECK(describe(Fault{}) == "no fault");
}

TEST_CASE("A sound record has no fault") {
  for (const char coding : {'a', ' '}) CHECK(fault_of(sample_record(coding)).error == Error::none);
}

TEST_CASE("Faults of the leader lie where its numbers are") {
  const std::string record = sample_record();
  check_fault(with(record, 7, "\xC3"), Error::leader_not_ascii, 0);
  check_fault(record.substr(0, 23), Error::leader_short, 0);
  check_fault("", Error::leader_short, 0);
  check_fault(with(record, 12, "x0061"), Error::base_address_not_a_number, 12);
  check_fault(with(record, 12, "00000"), Error::base_address_missing, 12);
  check_fault(with(record, 12, "-0061"), Error::base_address_missing, 12);
  check_fault(with(record, 12, test::digits(record.size(), 5)), Error::base_address_beyond_end, 12);
  check_fault(with(record, 0, "0011x"), Error::length_not_a_number, 0);
  check_fault(with(record, 0, test::digits(record.size() + 1, 5)), Error::length_beyond_end, 0);
}

TEST_CASE("Faults of the directory lie where it begins, those of a number where that begins") {
  const std::string record = sample_record();
  check_fault(with(record, 30, "\xC3"), Error::directory_not_ascii, 24);
  check_fault(assemble("24500030000", "10\x1E\x1D"), Error::directory_ragged, 24);
  check_fault(assemble("", "\x1D"), Error::directory_empty, 24);
  check_field_fault(with(record, 36 + 3, "00x1"), Error::entry_not_a_number, 36 + 3, 1, "245");
  check_field_fault(with(record, 48 + 7, "    x"), Error::entry_not_a_number, 48 + 7, 2, "500");
}

TEST_CASE("Faults of a field lie where the text begins that cannot be read") {
  const std::string record = sample_record();
  const std::size_t title = record.find("10\x1F");
  check_field_fault(with(record, title + 1, "\xC3"), Error::indicators_not_ascii, title, 1, "245");
  check_field_fault(with(record, title + 6, "\xFF"), Error::text_not_utf8, title + 4, 1, "245");
  check_field_fault(with(record, record.find("ocm"), "\xFF"), Error::text_not_utf8,
                    record.find("ocm"), 0, "001");
  const std::string marc8 = make_record({{"001", "1"},
                                         {"500",
                                          "  \x1F"
                                          "aEnds\x1B"}},
                                        ' ');
  check_field_fault(marc8, Error::text_not_marc8, marc8.find("Ends"), 1, "500");
}

TEST_CASE("Of two faults the one is told that is looked for first") {
  const std::string record = sample_record();
  const std::string both = with(with(record, 12, "00000"), 0, "0011x");
  CHECK(fault_of(both).error == Error::base_address_missing);
  CHECK(fault_of(with(both, 7, "\xC3")).error == Error::leader_not_ascii);
  CHECK(fault_of(with(with(record, 36 + 3, "00x1"), 48 + 3, "00x1")).entry == 1);
}

TEST_CASE("Bytes without a text of their own are no fault to who asks for raw records") {
  // A record in another character set is handed over, which is no fault either.
  DecodeOptions other;
  other.marc8 = false;
  const std::string record = with(sample_record(' '), sample_record().find("Title"), "\xE9");
  CHECK(find_fault(record, other).error == Error::none);
}
