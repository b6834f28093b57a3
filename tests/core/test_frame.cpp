// Framing: every form of the record length, what to do next, the caller's limits, and the guess at
// a record's start.
#include "core/frame.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"

using namespace rapidmarc;
using rapidmarc::test::digits;
using rapidmarc::test::sample_record;
using rapidmarc::test::with;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Framed {
  FrameResult result;
  std::vector<RecordSpan> spans;
};

Framed framed(std::string_view bytes, bool last = true, std::size_t limit = no_limit,
              std::size_t most = no_limit) {
  Framed outcome;
  outcome.result = frame_records(bytes, last, limit, most, outcome.spans);
  return outcome;
}

/// A record of 19 bytes as far as framing looks, with `length` for its record length.
std::string nineteen(std::string_view length) { return std::string(length) + "0123456789ABC\x1D"; }

}  // namespace

TEST_CASE("Records are cut at the lengths in their leaders") {
  const std::string first = sample_record();
  const std::string second = nineteen("00019");
  const Framed all = framed(first + second + first);
  REQUIRE(all.spans.size() == 3);
  CHECK(all.spans[0].offset == 0);
  CHECK(all.spans[0].length == first.size());
  CHECK(all.spans[1].offset == first.size());
  CHECK(all.spans[1].length == 19);
  CHECK(all.spans[2].offset == first.size() + 19);
  CHECK(all.result.stop == Stop::end);
  CHECK(all.result.consumed == 2 * first.size() + 19);
}

TEST_CASE("A record terminator inside a record does not end it") {
  std::string record = nineteen("00019");
  record[9] = record_terminator;
  CHECK(framed(record + record).spans.size() == 2);
}

TEST_CASE("Spans are appended to those that are there") {
  std::vector<RecordSpan> spans{{7, 7}};
  frame_records(nineteen("00019"), true, no_limit, no_limit, spans);
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].offset == 7);
  CHECK(spans[1].offset == 0);
}

TEST_CASE("Record lengths with blanks, signs and underscores are those that Python reads") {
  for (const std::string_view length :
       {"00019", "   19", "19   ", " 19  ", "+0019", "1_9  ", "0_0_19", "  +19", "\t19\n "}) {
    if (length.size() != length_field_length) continue;
    INFO('"' << length << '"');
    const Framed one = framed(nineteen(length));
    CHECK(one.spans.size() == 1);
    CHECK(one.result.stop == Stop::end);
  }
}

TEST_CASE("A record length below five stands for the rest of the stream") {
  for (const std::string_view length : {"00000", "00004", "    0", "-0019", "-9999", "   -1"}) {
    INFO('"' << length << '"');
    const Framed rest = framed(nineteen("00019") + nineteen(length));
    CHECK(rest.spans.size() == 1);
    CHECK(rest.result.stop == Stop::rest_of_stream);
    CHECK(rest.result.consumed == 19);
    CHECK(rest.result.fault == Error::none);
  }
}

TEST_CASE("The shortest record is a record length that ends in a terminator by itself") {
  // "   5\x1D" is no number; a length of five needs its last byte to be a terminator.
  const Framed five = framed("00005");
  CHECK(five.result.stop == Stop::fault);
  CHECK(five.result.fault == Error::terminator_missing);
  CHECK(five.result.fault_length == 5);
  CHECK(framed("00006\x1D").spans.size() == 1);
}

TEST_CASE("A record length that is no number is a fault of five bytes") {
  for (const std::string_view length :
       {"     ", "0019a", "abcde", "+-019", "1__9 ", "_0019", "0001\x1D",
        "\xEF\xBB\xBF"
        "00"}) {
    INFO('"' << length << '"');
    for (const bool last : {false, true}) {
      const Framed wrong = framed(nineteen("00019") + nineteen(length), last);
      CHECK(wrong.spans.size() == 1);
      CHECK(wrong.result.stop == Stop::fault);
      CHECK(wrong.result.fault == Error::length_not_a_number);
      CHECK(wrong.result.consumed == 19);
      CHECK(wrong.result.fault_length == 5);
    }
  }
}

TEST_CASE("A record length that leads to no terminator is a fault of the whole length") {
  const std::string both = nineteen("00018") + nineteen("00019");
  const Framed wrong = framed(both, false);
  CHECK(wrong.spans.empty());
  CHECK(wrong.result.stop == Stop::fault);
  CHECK(wrong.result.fault == Error::terminator_missing);
  CHECK(wrong.result.consumed == 0);
  CHECK(wrong.result.fault_length == 18);
}

TEST_CASE("A record that goes on behind the bytes needs exactly what its length says") {
  const std::string record = sample_record();
  const std::string bytes = record + record;
  for (std::size_t held = 0; held < record.size(); ++held) {
    const Framed part = framed(std::string_view(bytes).substr(0, record.size() + held), false);
    INFO(held << " bytes of the record are there");
    CHECK(part.spans.size() == 1);
    CHECK(part.result.stop == Stop::need_more);
    CHECK(part.result.consumed == record.size());
    CHECK(part.result.wanted == (held < length_field_length ? length_field_length : record.size()));
  }
}

TEST_CASE("A record that the input ends in is truncated") {
  const std::string record = sample_record();
  for (std::size_t held = 1; held < record.size(); ++held) {
    const Framed part = framed(record + record.substr(0, held));
    INFO(held << " bytes of the record are there");
    CHECK(part.spans.size() == 1);
    CHECK(part.result.stop == Stop::fault);
    CHECK(part.result.fault == Error::record_truncated);
    CHECK(part.result.consumed == record.size());
    CHECK(part.result.fault_length == held);
  }
}

TEST_CASE("Nothing is the end of the input only if it is the last") {
  CHECK(framed("", true).result.stop == Stop::end);
  const Framed more = framed("", false);
  CHECK(more.result.stop == Stop::need_more);
  CHECK(more.result.wanted == length_field_length);
}

TEST_CASE("Framing stops at the first record that starts at the limit or behind it") {
  const std::string bytes = nineteen("00019") + nineteen("00019") + nineteen("00019");
  for (std::size_t limit = 0; limit <= bytes.size() + 1; ++limit) {
    const Framed part = framed(bytes, true, limit);
    INFO("limit " << limit);
    const std::size_t expected = std::min<std::size_t>(3, (limit + 18) / 19);
    CHECK(part.spans.size() == expected);
    CHECK(part.result.consumed == expected * 19);
    CHECK(part.result.stop == (expected == 3 ? Stop::end : Stop::limit));
  }
  CHECK(framed(bytes, false, bytes.size()).result.stop == Stop::limit);
}

TEST_CASE("Framing does not look at what starts behind the limit") {
  CHECK(framed(nineteen("00019") + nineteen("abcde"), true, 19).result.stop == Stop::limit);
}

TEST_CASE("Framing stops after the most records that are wanted") {
  const std::string bytes = nineteen("00019") + nineteen("00019") + nineteen("00019");
  for (std::size_t most = 0; most <= 4; ++most) {
    const Framed part = framed(bytes, true, no_limit, most);
    CHECK(part.spans.size() == std::min<std::size_t>(most, 3));
    CHECK(part.result.stop == (most < 3 ? Stop::limit : Stop::end));
  }
}

TEST_CASE("A record start is guessed behind a terminator that five digits follow") {
  const std::string record = sample_record();
  const std::string bytes = record + record;
  for (std::size_t from = 0; from < record.size(); ++from) {
    CHECK(find_record_start(bytes, from) == record.size());
  }
  CHECK(find_record_start(bytes, record.size()) == bytes.size());
}

TEST_CASE("A terminator that no record length follows is passed over") {
  CHECK(find_record_start("ab\x1D"
                          "0001x\x1D"
                          "00019xyz",
                          0) == 9U);
  CHECK(find_record_start("ab\x1D"
                          "    5\x1D"
                          "00019",
                          0) == 9U);
  CHECK(find_record_start("\x1D\x1D\x1D"
                          "00019",
                          0) == 3U);
  CHECK(find_record_start("\x1D"
                          "000\x1D"
                          "00019",
                          0) == 5U);
}

TEST_CASE("A record start is guessed as far as the digits are at hand") {
  CHECK(find_record_start("ab\x1D", 0) == 3U);
  CHECK(find_record_start("ab\x1D"
                          "0",
                          0) == 3U);
  CHECK(find_record_start("ab\x1D"
                          "0001",
                          0) == 3U);
  CHECK_FALSE(find_record_start("ab\x1D"
                                "000x",
                                0)
                  .has_value());
}

TEST_CASE("Without a terminator no record start is guessed") {
  CHECK_FALSE(find_record_start("", 0).has_value());
  CHECK_FALSE(find_record_start("0001900019", 0).has_value());
  CHECK_FALSE(find_record_start("ab\x1D"
                                "00019",
                                3)
                  .has_value());
  CHECK_FALSE(find_record_start("ab\x1D", 7).has_value());
}

TEST_CASE("Text that looks like a record's start misleads the guess") {
  CHECK(find_record_start("text\x1D"
                          "12345 text\x1D"
                          "00019",
                          0) == 5U);
}
