// Framing: where does the record that starts here end? Works on the bytes handed to it; reads,
// allocates and prints nothing, and says what its caller has to do next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace rapidmarc {

/// A whole record inside a block: its first byte, counted from the block's, and its length in
/// bytes.
struct RecordSpan {
  std::uint32_t offset;
  std::uint32_t length;
};

/// What stands at the place where framing stopped.
enum class Stop : std::uint8_t {
  limit,           // the caller's own limit; more may follow
  need_more,       // a record that goes on behind these bytes
  end,             // nothing: the input ends here
  fault,           // `fault` says what; the reader cannot go on
  rest_of_stream,  // a length below 5: pymarc takes all that follows for one record
};

struct FrameResult {
  Stop stop = Stop::limit;
  Error fault = Error::none;
  std::uint32_t consumed = 0;      // bytes before the place where framing stopped
  std::uint32_t fault_length = 0;  // bytes of the chunk that the reader shows for the fault
  std::uint32_t wanted =
      0;  // need_more: the least number of bytes from `consumed` on that would help
};

/// The record length that the five bytes at `leader` state, read as Python's `int` reads them.
std::optional<std::int64_t> record_length_at(const char* leader) noexcept;

/// Cuts `bytes`, which start at a record's first byte, into records by their leader's length
/// (leader 00-04), as pymarc's reader does, and appends their spans to `spans`. `last` says that
/// nothing follows these bytes. Stops at the first record that starts at or behind `limit`, and
/// after `most` records.
FrameResult frame_records(std::string_view bytes, bool last, std::size_t limit, std::size_t most,
                          std::vector<RecordSpan>& spans);

/// The place of the first record that plausibly starts at or behind `from`: right behind a record
/// terminator, and five digits follow (as far as they are at hand). A guess, to be confirmed by
/// framing from the record before it.
std::optional<std::size_t> find_record_start(std::string_view bytes, std::size_t from) noexcept;

}  // namespace rapidmarc
