// Recovery: whatever the bytes, the pieces add up, each moves on and stays within its bounds, and
// they are the same one by one, all at once, and from a stream that comes in parts; of each piece
// the salvaged fields are bytes of it, each up to a field terminator. What the pieces and the
// fields have to be is compared by the target `python`, with tests/reference/recover.py and
// salvage.py.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/format.hpp"
#include "core/recover.hpp"
#include "core/salvage.hpp"
#include "fuzz/target.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Piece {
  std::size_t begin;
  std::size_t size;
  Error error;

  friend bool operator==(const Piece&, const Piece&) = default;
};

/// Frames as a reader does that gets `step` bytes at a time, more when it asks for more, and takes
/// `most` pieces at a time.
std::vector<Piece> pieces_of(std::string_view bytes, std::size_t step, std::size_t most) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  std::size_t given = std::min(step, bytes.size());
  for (;;) {
    const bool last = given == bytes.size();
    std::vector<RecordSpan> spans;
    std::vector<Damage> damages;
    const FrameResult result =
        frame_with_recovery(bytes.substr(at, given - at), last, no_limit, most, spans, damages);
    std::size_t damage = 0;
    for (std::size_t number = 0; number < spans.size(); ++number) {
      const bool is_damage = damage < damages.size() && damages[damage].number == number;
      const Error error = is_damage ? damages[damage++].error : Error::none;
      pieces.push_back({at + spans[number].offset, spans[number].length, error});
    }
    require(damage == damages.size(), "damage without a piece");
    at += result.consumed;
    if (result.stop == Stop::end) return pieces;
    if (result.stop == Stop::need_more) {
      require(!last && at + result.wanted > given, "wanting what is there");
      given = std::min(given + step, bytes.size());
    } else {
      require(!spans.empty() || most == 0, "no step");
    }
  }
}

void check_salvaged(std::string_view piece) {
  const Salvaged found = salvage_record(piece);
  require(found.faults.size() <= most_faults, "faults without a bound");
  if (!plausible_leader(piece)) {
    require(found.leader.empty() && found.fields.empty(), "fields without a leader");
    return;
  }
  require(found.leader.size() == leader_length &&
              std::all_of(found.leader.begin(), found.leader.end(),
                          [](char c) { return c >= ' ' && c <= '~'; }),
          "the leader");
  for (const Entry& field : found.fields) {
    require(field.offset + field.length < piece.size(), "a field outside its record");
    require(piece[field.offset + field.length] == field_terminator, "a field without an end");
  }
  for (const Fault& fault : found.faults) {
    require(fault.position <= piece.size(), "a fault outside its record");
    require(!describe(fault).empty(), "a fault without a word");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t step = input.byte() + 1;
  const std::string_view bytes = input.rest();
  const std::vector<Piece> pieces = pieces_of(bytes, no_limit, no_limit);
  std::size_t at = 0;
  for (const Piece& piece : pieces) {
    require(piece.begin == at && piece.size != 0, "pieces that do not add up");
    at += piece.size;
    require(piece.size <= longest_damage, "a piece without a bound");
    require(piece.error != Error::padding || piece.size < longest_padding + 3, "long padding");
    if (piece.error != Error::padding) check_salvaged(bytes.substr(piece.begin, piece.size));
  }
  require(at == bytes.size(), "bytes that are in no piece");
  require(pieces_of(bytes, no_limit, 1) == pieces, "pieces one by one");
  require(pieces_of(bytes, step, no_limit) == pieces, "pieces of a stream");
  require(pieces_of(bytes, step, 1) == pieces, "pieces of a stream, one by one");
  return 0;
}
