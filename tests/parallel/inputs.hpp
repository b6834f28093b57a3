// Inputs for the tests of reading in chunks, sources that misbehave on request, and a consumer that
// keeps what it was given.
#pragma once

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/records.hpp"
#include "parallel/chunk_reader.hpp"

namespace rapidmarc::test {

/// Records that follow one another, each with its number, and where they end.
struct Input {
  std::string bytes;
  std::vector<std::uint64_t> ends;

  void add(const std::string& record) {
    bytes += record;
    ends.push_back(bytes.size());
  }
  std::uint64_t begin_of(std::size_t record) const { return record == 0 ? 0 : ends[record - 1]; }
  /// Number of records that lie before `offset` as a whole.
  std::size_t whole_before(std::uint64_t offset) const {
    return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), offset) -
                                    ends.begin());
  }
};

/// `count` records of 80 to `largest` bytes.
inline Input numbered_records(std::size_t count, std::size_t largest, std::size_t first = 0) {
  std::mt19937 source(20260104);
  Input input;
  for (std::size_t i = 0; i < count; ++i) {
    input.add(numbered_record(first + i, 80 + source() % (largest - 79), "some words "));
  }
  return input;
}

/// first, first + 1, up to last - 1.
inline std::vector<std::size_t> numbers(std::size_t first, std::size_t last) {
  std::vector<std::size_t> all(last - first);
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Memory that can be cut off, can fail from some place on, and counts what is asked of it.
class TrickySource final : public Source {
 public:
  explicit TrickySource(std::string_view bytes)
      : bytes_(bytes), told_size(bytes.size()), visible(bytes.size()) {}

  std::string_view extend(std::string_view /*held*/, std::uint64_t offset, std::size_t size,
                          Block& /*block*/) const override {
    calls.fetch_add(1);
    if (wanted_threads != 0) meet();
    const std::string_view there = bytes_.substr(0, visible);
    const std::string_view read = offset < there.size()
                                      ? there.substr(static_cast<std::size_t>(offset), size)
                                      : std::string_view();
    if (offset + size <= fails_from) return read;
    const std::uint64_t sound = fails_from > offset ? fails_from - offset : 0;
    throw ReadError(EIO, read.substr(0, static_cast<std::size_t>(sound)));
  }
  std::uint64_t size() const override { return told_size; }

  std::set<std::thread::id> threads() const {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  /// Waits, once for each thread, until so many threads are here as are wanted.
  void meet() const {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    arrived_.notify_all();
    arrived_.wait_for(lock, std::chrono::seconds(20),
                      [this] { return threads_.size() >= wanted_threads; });
  }

  std::string_view bytes_;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  mutable std::set<std::thread::id> threads_;

 public:
  std::atomic<std::uint64_t> told_size;
  std::atomic<std::size_t> visible;
  std::atomic<std::uint64_t> fails_from{UINT64_MAX};
  mutable std::atomic<std::size_t> calls{0};
  std::size_t wanted_threads = 0;  // set before reading begins
};

/// What a consumer was given.
struct Reading {
  std::vector<std::size_t> numbers;  // of the records, by their 001
  std::string bytes;
  Stop stop = Stop::limit;
  Error fault = Error::none;
  std::string fault_bytes;
  int read_error = 0;
  bool ended = false;  // by Outcome::end
  bool overflow = false;

  void add(const Batch& batch) {
    for (const DecodedRecord& record : batch.tables.records) {
      const std::string_view whole = batch.bytes.substr(record.span.offset, record.span.length);
      bytes += whole;
      const Entry& entry = batch.tables.entries.at(record.first_entry);
      const std::string_view content =
          record.road == Road::image ? std::string_view(batch.tables.images).substr(record.image)
                                     : whole;
      numbers.push_back(std::stoul(std::string(content.substr(entry.offset, entry.length))));
    }
    stop = batch.framing.stop;
    fault = batch.framing.fault;
    fault_bytes = batch.bytes.substr(batch.end, batch.framing.fault_length);
    read_error = batch.read_error;
  }
};

/// The next batch as the reader's user takes it: first without waiting.
inline ChunkReader::Taken next_batch(ChunkReader& reader) {
  if (auto batch = reader.try_take()) {
    return {ChunkReader::Outcome::batch, std::move(batch)};
  }
  return reader.take();
}

/// Reads on until the end, a fault, a failed read or an overflow, `most_batches` at most.
inline Reading read_on(ChunkReader& reader, std::size_t most_batches = SIZE_MAX) {
  Reading reading;
  for (; most_batches > 0; --most_batches) {
    auto taken = next_batch(reader);
    if (taken.outcome != ChunkReader::Outcome::batch) {
      reading.ended = taken.outcome == ChunkReader::Outcome::end;
      reading.overflow = taken.outcome == ChunkReader::Outcome::overflow;
      break;
    }
    reading.add(*taken.batch);
    reader.give_back(std::move(taken.batch));
    if (reading.stop == Stop::end || reading.stop == Stop::fault || reading.read_error != 0) break;
  }
  return reading;
}

inline ChunkOptions chunk_options(std::uint32_t threads, std::size_t chunk_size) {
  ChunkOptions options;
  options.threads = threads;
  options.chunk_size = chunk_size;
  return options;
}

/// Waits until `done()`; false after twenty seconds.
template <typename Done>
bool eventually(Done done) {
  for (int i = 0; i < 20'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return done();
}

}  // namespace rapidmarc::test
