// Delays planted in the native phases of a reader. The module of the release build is linked once
// more with these functions in the place of some of its own (the linker's --wrap, by mangled name),
// so the product itself knows nothing of them. RAPIDMARC_PLANTED names a phase and the microseconds
// that each of its calls sleeps, as in "decode=200"; "worker=2000" delays the first record of each
// batch that a thread other than the first one decodes.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/decode.hpp"
#include "core/frame.hpp"

namespace rapidmarc {
namespace {

std::chrono::microseconds planted(std::string_view phase) {
  static const char* const wanted = std::getenv("RAPIDMARC_PLANTED");
  const std::string_view all = wanted == nullptr ? "" : wanted;
  if (!all.starts_with(phase) || !all.substr(phase.size()).starts_with('=')) return {};
  return std::chrono::microseconds(std::stol(std::string(all.substr(phase.size() + 1))));
}

void sleep_in(std::string_view phase) {
  const auto delay = planted(phase);
  if (delay.count() > 0) std::this_thread::sleep_for(delay);
}

const std::thread::id first_thread = std::this_thread::get_id();

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" ssize_t real_pread(int, void*, size_t, off_t) asm("__real_pread");
extern "C" ssize_t planted_pread(int, void*, size_t, off_t) asm("__wrap_pread");
FrameResult real_frame_records(std::string_view, bool, std::size_t, std::size_t,
                               std::vector<RecordSpan>&) asm("__real_" RAPIDMARC_FRAME_RECORDS);
FrameResult planted_frame_records(std::string_view, bool, std::size_t, std::size_t,
                                  std::vector<RecordSpan>&) asm("__wrap_" RAPIDMARC_FRAME_RECORDS);
void real_decode_record(std::string_view, RecordSpan, const DecodeOptions&,
                        Tables&) asm("__real_" RAPIDMARC_DECODE_RECORD);
void planted_decode_record(std::string_view, RecordSpan, const DecodeOptions&,
                           Tables&) asm("__wrap_" RAPIDMARC_DECODE_RECORD);
// NOLINTEND(bugprone-reserved-identifier)

ssize_t planted_pread(int descriptor, void* space, size_t size, off_t offset) {
  sleep_in("read");
  return real_pread(descriptor, space, size, offset);
}

FrameResult planted_frame_records(std::string_view bytes, bool last, std::size_t limit,
                                  std::size_t most, std::vector<RecordSpan>& spans) {
  sleep_in("frame");
  return real_frame_records(bytes, last, limit, most, spans);
}

void planted_decode_record(std::string_view block, RecordSpan span, const DecodeOptions& options,
                           Tables& tables) {
  sleep_in("decode");
  const bool first_of_batch = tables.records.empty();
  if (first_of_batch && planted("worker").count() > 0) {
    // The first thread leaves the other time to take a batch.
    if (std::this_thread::get_id() == first_thread) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    } else {
      sleep_in("worker");
    }
  }
  real_decode_record(block, span, options, tables);
}

}  // namespace rapidmarc
