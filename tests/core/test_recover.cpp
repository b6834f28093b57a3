// Framing behind damage: what counts as a leader and as padding, where pieces end, and that it does
// not matter how the bytes are cut into blocks.
#include "core/recover.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.hpp"

using namespace rapidmarc;
using rapidmarc::test::sample_record;
using rapidmarc::test::with;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Piece {
  std::size_t size;
  Error error;

  friend bool operator==(const Piece&, const Piece&) = default;
};

std::ostream& operator<<(std::ostream& out, const Piece& piece) {
  return out << piece.size << " (" << describe(piece.error) << ")";
}

/// All of `bytes`, handed over `step` bytes at a time and more only when asked for.
std::vector<Piece> pieces_of(std::string_view bytes, std::size_t step = no_limit) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  std::size_t given = 0;
  for (;;) {
    given = std::min(std::max(given, at + std::min(step, bytes.size())), bytes.size());
    const bool last = given == bytes.size();
    std::vector<RecordSpan> spans;
    std::vector<Damage> damages;
    const FrameResult result =
        frame_with_recovery(bytes.substr(at, given - at), last, no_limit, no_limit, spans, damages);
    std::size_t next = 0;
    std::size_t end = 0;
    for (std::size_t number = 0; number < spans.size(); ++number) {
      const bool damaged = next < damages.size() && damages[next].number == number;
      REQUIRE(spans[number].offset == end);
      REQUIRE(spans[number].length > 0);
      pieces.push_back({spans[number].length, damaged ? damages[next++].error : Error::none});
      end += spans[number].length;
    }
    REQUIRE(next == damages.size());
    REQUIRE(result.consumed == end);
    at += end;
    if (result.stop == Stop::end) return pieces;
    REQUIRE_FALSE(last);
    if (result.stop == Stop::need_more) {
      REQUIRE(at + result.wanted > given);
      given = at + result.wanted;
    } else {
      REQUIRE(at == given);
    }
  }
}

const std::string good = sample_record();
const std::string end_mark(1, record_terminator);

}  // namespace

TEST_CASE("Undamaged records are cut as framing cuts them") {
  CHECK(pieces_of(good + good) ==
        std::vector<Piece>{{good.size(), Error::none}, {good.size(), Error::none}});
  CHECK(pieces_of("").empty());
}

TEST_CASE("Padding between records is a piece of its own") {
  for (const std::string padding :
       {"\n", "\r\n", "\x1A", " ", "     ", "\xEF\xBB\xBF", "\x1D", "\n\xEF\xBB\xBF\r\n"}) {
    std::string bytes = good;
    bytes.append(padding).append(good);
    CHECK(pieces_of(bytes) == std::vector<Piece>{{good.size(), Error::none},
                                                 {padding.size(), Error::padding},
                                                 {good.size(), Error::none}});
    CHECK(pieces_of(padding + good)[0] == Piece{padding.size(), Error::padding});
    CHECK(pieces_of(good + padding)[1] == Piece{padding.size(), Error::padding});
  }
  CHECK(padding_length(std::string(3, '\0')) == 3);
  CHECK(padding_length("\xEF\xBB") == 0);
}

TEST_CASE("Long padding comes in bounded pieces") {
  const auto pieces = pieces_of(std::string(10'000, '\0'));
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0] == Piece{longest_padding, Error::padding});
  CHECK(pieces[2] == Piece{10'000 - 2 * longest_padding, Error::padding});
}

TEST_CASE("A record with a wrong length ends where the next leader stands behind a terminator") {
  struct {
    std::string_view stated;
    Error error;
  } const cases[] = {{"00020", Error::terminator_missing},  {"00777", Error::record_truncated},
                     {"     ", Error::length_not_a_number}, {"00000", Error::length_too_small},
                     {"0012O", Error::length_not_a_number}, {"00004", Error::length_too_small}};
  for (const auto& [stated, error] : cases) {
    const std::string bad = with(good, 0, stated);
    const std::vector<Piece> expected{
        {good.size(), Error::none}, {good.size(), error}, {good.size(), Error::none}};
    std::string between = good;
    between.append(bad).append(good);
    CHECK(pieces_of(between) == expected);
    std::string twice = bad;
    twice.append("\r\n").append(bad);
    CHECK(pieces_of(twice) ==
          std::vector<Piece>{{good.size(), error}, {2, Error::padding}, {good.size(), error}});
  }
}

TEST_CASE("A length that takes in the next record is told from a record that contains one") {
  const std::string twice = with(good, 0, test::digits(2 * good.size(), 5));
  CHECK(pieces_of(twice + good) ==
        std::vector<Piece>{{good.size(), Error::length_beyond_next}, {good.size(), Error::none}});
  const std::string container = test::make_record({{"001", "x"}, {"500", end_mark + good}});
  CHECK(pieces_of(container + good) ==
        std::vector<Piece>{{container.size(), Error::none}, {good.size(), Error::none}});
}

TEST_CASE("A faultless leader begins a record even without a terminator before it") {
  const std::string cut = good.substr(0, good.size() - 9);
  CHECK(pieces_of(cut + good) ==
        std::vector<Piece>{{cut.size(), Error::terminator_missing}, {good.size(), Error::none}});
  CHECK(pieces_of("junk" + good) ==
        std::vector<Piece>{{4, Error::length_not_a_number}, {good.size(), Error::none}});
}

TEST_CASE("A terminator inside damage does not end it unless a leader or the end follows") {
  std::string bad = with(good, 0, "xxxxx");
  bad.insert(40, end_mark);
  CHECK(pieces_of(bad + good) ==
        std::vector<Piece>{{bad.size(), Error::length_not_a_number}, {good.size(), Error::none}});
}

TEST_CASE("Damage without end comes in bounded pieces") {
  const auto pieces = pieces_of(std::string(longest_damage + 10, 'x') + good, 100'000);
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].size == longest_damage);
  CHECK(pieces[1].size == 10);
  CHECK(pieces[2] == Piece{good.size(), Error::none});
}

TEST_CASE("A leader is plausible with three of its four signs, or all where a number has grown") {
  const std::string leader = good.substr(0, 24);
  CHECK(plausible_leader(leader).value_or(LeaderShape{}).size() == 24);
  CHECK(plausible_leader(with(leader, 0, "     ")));
  CHECK(plausible_leader(with(leader, 12, "     ")));
  CHECK(plausible_leader(with(leader, 10, "  ")));
  CHECK(plausible_leader(with(leader, 20, "    ")));
  CHECK_FALSE(plausible_leader(with(with(leader, 0, "     "), 12, "     ")));
  CHECK_FALSE(plausible_leader(with(leader, 6, end_mark)));
  CHECK_FALSE(plausible_leader(leader.substr(0, 23)));
  CHECK(plausible_leader("100123nam a2200061   4500").value_or(LeaderShape{}).size() == 25);
  CHECK(plausible_leader("99999nam a22100061   4500").value_or(LeaderShape{}).size() == 25);
  CHECK(plausible_leader("100123nam a22100061   4500").value_or(LeaderShape{}).size() == 26);
  CHECK_FALSE(plausible_leader("100123nam a2200061   45 0"));
}

TEST_CASE("Pieces do not depend on how the bytes are cut") {
  std::mt19937 dice(2709);
  const auto below = [&dice](std::size_t end) { return dice() % end; };
  const std::vector<std::string> parts = {good,
                                          good,
                                          with(good, 0, "00000"),
                                          good.substr(0, 50),
                                          "\r\n",
                                          std::string(9, '\0'),
                                          "\xEF\xBB\xBF",
                                          end_mark,
                                          "junk",
                                          std::string(5'000, ' '),
                                          with(good, 0, "09999")};
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (std::size_t count = below(9); count > 0; --count) bytes += parts[below(parts.size())];
    for (std::size_t count = below(4); count > 0 && !bytes.empty(); --count)
      bytes[below(bytes.size())] = static_cast<char>(below(3) == 0 ? 0x1D : below(256));
    const std::vector<Piece> whole = pieces_of(bytes);
    for (const std::size_t step : {1U, 7U, 26U, 100U, 4'099U})
      CHECK(pieces_of(bytes, step) == whole);
  }
}

TEST_CASE("Framing with recovery respects its caller's limits") {
  std::vector<RecordSpan> spans;
  std::vector<Damage> damages;
  const std::string bytes = good + "\n" + good;
  auto result = frame_with_recovery(bytes, true, no_limit, 2, spans, damages);
  CHECK(result.stop == Stop::limit);
  CHECK(result.consumed == good.size() + 1);
  spans.clear();
  damages.clear();
  result = frame_with_recovery(bytes, true, 1, no_limit, spans, damages);
  CHECK(spans.size() == 1);
  CHECK(result.consumed == good.size());
}

TEST_CASE("Records inside of each other are cut alike one by one and all at once") {
  std::mt19937 dice(99);
  const auto below = [&dice](std::size_t end) { return dice() % end; };
  // Leaders of which each states a length that ends at a terminator further on.
  const std::vector<std::string> parts = {"00325000002200049000450\x1D",
                                          "\x1D"
                                          "00000000000",
                                          "003250000022000490004500",
                                          "002050000022000250004500",
                                          std::string(30, '\x1D'),
                                          std::string(4'200, '\x1D'),
                                          "\x1E\x1D",
                                          good,
                                          "99999nam a2299999   4500"};
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (std::size_t count = below(80); count > 0; --count) bytes += parts[below(parts.size())];
    std::vector<RecordSpan> spans;
    std::vector<Damage> damages;
    static_cast<void>(frame_with_recovery(bytes, true, no_limit, no_limit, spans, damages));
    for (const RecordSpan& span : spans) {
      std::vector<RecordSpan> first;
      static_cast<void>(frame_with_recovery(std::string_view(bytes).substr(span.offset), true,
                                            no_limit, 1, first, damages));
      REQUIRE(first.size() == 1);
      CHECK(first[0].length == span.length);
    }
  }
}
