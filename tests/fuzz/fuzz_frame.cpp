// Framing: the same spans and the same next step as the reference, and, however the stream is cut
// into pieces, the same records as from the whole.
#include <limits>
#include <string>
#include <vector>

#include "core/format.hpp"
#include "core/frame.hpp"
#include "fuzz/target.hpp"
#include "reference/record.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

bool same(const std::vector<RecordSpan>& left, const std::vector<RecordSpan>& right,
          std::size_t shift = 0) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].offset + shift != right[i].offset || left[i].length != right[i].length)
      return false;
  }
  return true;
}

void compare(std::string_view stream, bool last, std::size_t limit, std::size_t most) {
  std::vector<RecordSpan> spans;
  std::vector<RecordSpan> expected_spans;
  const FrameResult result = frame_records(stream, last, limit, most, spans);
  const FrameResult expected = reference::frame(stream, last, limit, most, expected_spans);
  require(same(spans, expected_spans), "spans");
  require(result.stop == expected.stop, "why framing stopped");
  require(result.fault == expected.fault, "the fault");
  require(result.consumed == expected.consumed, "bytes consumed");
  require(result.fault_length == expected.fault_length, "bytes of the fault");
  require(result.wanted == expected.wanted, "bytes wanted");
}

/// Frames as a reader does that gets `step` bytes at a time and carries the rest over.
void compare_in_pieces(std::string_view stream, std::size_t step) {
  std::vector<RecordSpan> whole;
  const FrameResult expected = frame_records(stream, true, no_limit, no_limit, whole);
  std::vector<RecordSpan> joined;
  std::size_t begin = 0;
  for (std::size_t end = std::min(step, stream.size());;) {
    const bool last = end == stream.size();
    std::vector<RecordSpan> spans;
    const FrameResult result =
        frame_records(stream.substr(begin, end - begin), last, no_limit, no_limit, spans);
    for (const RecordSpan& span : spans)
      joined.push_back({span.offset + static_cast<std::uint32_t>(begin), span.length});
    begin += result.consumed;
    if (last || (result.stop != Stop::need_more && result.stop != Stop::limit)) {
      require(same(joined, whole), "spans of a stream in pieces");
      require(result.stop == expected.stop && begin == expected.consumed,
              "the end of a stream in pieces");
      return;
    }
    const std::size_t wanted = result.stop == Stop::need_more ? begin + result.wanted : 0;
    require(result.stop != Stop::need_more || wanted > end, "wanting what is there");
    end = std::min(end + step, stream.size());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  const std::size_t limit = (flags & 2) != 0 ? input.byte() : no_limit;
  const std::size_t most = (flags & 4) != 0 ? input.byte() % 8 : no_limit;
  const std::size_t step = input.byte() + 1;
  const std::string_view stream = input.rest();
  compare(stream, (flags & 1) != 0, limit, most);
  compare_in_pieces(stream, step);
  const std::size_t from = std::min(step - 1, stream.size());
  require(find_record_start(stream, from) == reference::record_start(stream, from),
          "the guess at a record's start");
  for (std::size_t length = 0; length <= std::min<std::size_t>(stream.size(), 9); ++length) {
    const std::string_view text = stream.substr(0, length);
    require(parse_python_int(text) == reference::python_int(text), "a number as Python reads it");
  }
  return 0;
}
