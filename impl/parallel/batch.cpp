#include "parallel/batch.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>

#include "core/format.hpp"

namespace rapidmarc {
namespace {

// Behind a chunk its last record goes on. One read of this size fetches the rest of most records.
constexpr std::size_t chunk_overhang = 4096;
// A block that had to grow beyond this for one large record gives the memory back afterwards.
constexpr std::size_t largest_pooled_block = 4U << 20U;
// The most that is taken for one record when a leader's length sends pymarc to the end of the
// stream.

}  // namespace

std::uint64_t now_nanoseconds() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

std::size_t Batch::memory() const noexcept {
  return block.capacity() + tables.entries.capacity() * sizeof(Entry) +
         tables.records.capacity() * sizeof(DecodedRecord) + tables.images.capacity() +
         spans.capacity() * sizeof(RecordSpan);
}

void end_phase(Batch& batch, std::uint64_t PhaseTimes::* phase) noexcept {
  const std::uint64_t now = now_nanoseconds();
  batch.times.*phase += now - batch.phase_began;
  batch.phase_began = now;
}

void start_batch(Batch& batch, const DecodeOptions& options) noexcept {
  batch.options = options;
  batch.tables.clear();
  batch.spans.clear();
  batch.product.reset();
  batch.damages.clear();
  batch.read_error = 0;
  batch.times = {};
  batch.framing = {};
  batch.bytes = {};
  batch.begin = batch.end = 0;
}

void frame_batch(Batch& batch, std::uint32_t begin, bool last, std::size_t limit,
                 std::size_t most) {
  batch.begin = begin;
  batch.spans.clear();
  batch.damages.clear();
  const std::string_view bytes = batch.bytes.substr(begin);
  const std::size_t reach = limit < begin ? 0 : limit - begin;
  batch.framing = batch.options.recover
                      ? frame_with_recovery(bytes, last, reach, most, batch.spans, batch.damages)
                      : frame_records(bytes, last, reach, most, batch.spans);
  batch.end = begin + batch.framing.consumed;
  end_phase(batch, &PhaseTimes::frame);
}

void keep_pieces(Batch& batch) {
  const std::string_view kept = batch.bytes.substr(0, batch.end + batch.framing.fault_length);
  const std::span<char> space = batch.block.reserve(std::max<std::size_t>(1, kept.size()));
  std::copy(kept.begin(), kept.end(), space.begin());
  batch.bytes = {space.data(), kept.size()};
  decode_batch(batch);
}

void decode_batch(Batch& batch) {
  batch.tables.clear();
  std::size_t next = 0;
  const auto decode_until = [&](std::size_t end) {
    for (; next < end; ++next) {
      const RecordSpan span = batch.spans[next];
      decode_record(batch.bytes, {span.offset + batch.begin, span.length}, batch.options,
                    batch.tables);
    }
  };
  for (const Damage& damage : batch.damages) {
    decode_until(damage.number);
    DecodedRecord none;
    none.span = {batch.spans[next].offset + batch.begin, batch.spans[next].length};
    none.damage = damage.error;
    batch.tables.records.push_back(none);
    ++next;
  }
  decode_until(batch.spans.size());
  annotate_read_range(batch.bytes.data(), batch.bytes.size());
  end_phase(batch, &PhaseTimes::decode);
}

void fill_from_chunk(Batch& batch, const Source& source, ChunkPlace place,
                     const DecodeOptions& options) {
  start_batch(batch, options);
  batch.phase_began = now_nanoseconds();
  // A chunk that does not start at a record needs the byte before it, which may be a record
  // terminator.
  const std::uint64_t from = place.at_record_start ? place.begin : place.begin - 1;
  const auto chunk_size = static_cast<std::size_t>(place.end - from);
  std::size_t wanted = chunk_size + chunk_overhang;
  batch.offset = from;
  batch.chunk_end = place.end;
  for (;;) {
    try {
      batch.bytes = source.extend(batch.bytes, from, wanted, batch.block);
    } catch (const ReadError& error) {
      batch.bytes = error.bytes();
      batch.read_error = error.code().value();
    }
    end_phase(batch, &PhaseTimes::read);
    const bool last = batch.bytes.size() < wanted && batch.read_error == 0;
    std::size_t begin = 0;
    if (!place.at_record_start) {
      const std::size_t size = std::min(batch.bytes.size(), chunk_size);
      begin = find_record_start(batch.bytes.substr(0, size), 0).value_or(size);
      end_phase(batch, &PhaseTimes::frame);
      if (begin >= size) {
        batch.begin = batch.end = static_cast<std::uint32_t>(size);
        if (size == chunk_size) batch.read_error = 0;
        if (last && batch.bytes.size() <= chunk_size) batch.framing.stop = Stop::end;
        return;
      }
    }
    frame_batch(batch, static_cast<std::uint32_t>(begin), last, chunk_size,
                std::numeric_limits<std::size_t>::max());
    if (batch.framing.stop != Stop::need_more || batch.read_error != 0) break;
    wanted = batch.end + batch.framing.wanted;
    // Where lengths are wrong each piece may ask for a little more than the one before it.
    if (options.recover) wanted = std::max(wanted, batch.bytes.size() + longest_record);
  }
  // What could not be read lies behind the chunk's records: it is the next chunk's matter.
  if (batch.framing.stop != Stop::need_more) batch.read_error = 0;
  decode_batch(batch);
}

void fill_from_rest(Batch& batch, const Source& source, std::uint64_t offset,
                    const DecodeOptions& options) {
  start_batch(batch, options);
  batch.phase_began = now_nanoseconds();
  batch.offset = offset;
  batch.chunk_end = std::numeric_limits<std::uint64_t>::max();
  std::size_t wanted = default_block_size;
  try {
    for (;;) {
      batch.bytes = source.extend(batch.bytes, offset, wanted, batch.block);
      if (batch.bytes.size() < wanted || wanted > largest_rest) break;
      wanted *= 2;
    }
  } catch (const ReadError& error) {
    batch.read_error = error.code().value();
    return;
  }
  end_phase(batch, &PhaseTimes::read);
  frame_rest(batch);
  decode_batch(batch);
}

void frame_rest(Batch& batch) {
  const auto size = static_cast<std::uint32_t>(std::min(batch.bytes.size(), largest_rest));
  batch.framing.stop = batch.bytes.empty() ? Stop::end : Stop::fault;  // it may have shrunk
  batch.framing.fault_length = size;
  if (batch.bytes.empty()) return;
  if (batch.bytes.size() > largest_rest) {
    batch.framing.fault = Error::length_not_a_number;
  } else if (batch.bytes.back() != record_terminator) {
    batch.framing.fault = Error::terminator_missing;
  } else {
    batch.spans.push_back({0, size});
    batch.end = size;
    batch.framing = {};
    batch.framing.stop = Stop::end;
    batch.framing.consumed = size;
  }
}

BatchPool::BatchPool(std::uint32_t shelves, std::size_t spare) : shelves_(shelves), spare_(spare) {}

std::unique_ptr<Batch> BatchPool::take(std::uint32_t shelf) {
  {
    Shelf& place = shelves_[shelf];
    const std::lock_guard lock(place.mutex);
    if (!place.batches.empty()) {
      auto batch = std::move(place.batches.back());
      place.batches.pop_back();
      return batch;
    }
  }
  auto batch = std::make_unique<Batch>();
  batch->home = shelf;
  return batch;
}

void BatchPool::give_back(std::unique_ptr<Batch> batch) {
  if (!batch) return;
  batch->bytes = {};
  batch->product.reset();
  batch->block.shrink_above(largest_pooled_block);
  // It may come from a pool with more shelves: one of before a fork, or before the process ends.
  if (batch->home >= shelves_.size()) return;
  Shelf& place = shelves_[batch->home];
  const std::lock_guard lock(place.mutex);
  if (place.batches.size() < spare_) place.batches.push_back(std::move(batch));
}

void BatchPool::clear() {
  for (Shelf& place : shelves_) {
    const std::lock_guard lock(place.mutex);
    place.batches.clear();
  }
}

}  // namespace rapidmarc
