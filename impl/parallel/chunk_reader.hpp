// One input, many threads: the input is cut at fixed offsets, each chunk is read, framed and
// decoded as one task, and the consumer takes the batches in the input's order.
//
// Nobody frames the whole input in sequence. A chunk's first record is guessed (the first plausible
// one behind a record terminator), and the consumer checks that every chunk begins where the one
// before it ended; a wrong guess costs one chunk decoded twice. The consumer never just waits:
// while its next batch is not there it decodes a chunk itself, so that T threads are the consumer
// and T - 1 workers. Workers are oneTBB tasks that never block: a worker that finds the queue full
// ends, and the consumer starts it again once the queue has run half empty.
//
// No Python here: the caller lets go of the interpreter's lock around `take`, never around
// `try_take`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/decode.hpp"
#include "io/source.hpp"
#include "parallel/batch.hpp"

namespace rapidmarc {

/// What happens when a parsed batch finds the queue full.
enum class Overflow : std::uint8_t {
  block,  // nothing more is parsed until there is room
  drop,   // the batch is dropped and counted
  error,  // `Taken::overflow`
};

struct ChunkOptions {
  DecodeOptions decode;
  std::uint32_t threads = 1;                    // that decode, the consumer included
  std::size_t chunk_size = default_block_size;  // bytes
  std::size_t queue_bytes = 10U << 20U;         // most bytes parsed ahead of the consumer
  std::size_t queue_records = 0;                // most records parsed ahead; 0: bytes alone decide
  Overflow overflow = Overflow::block;
  std::shared_ptr<const BatchWork> work;  // done on each batch by the thread that decodes it
};

struct QueueCounts {
  std::uint64_t high_water_bytes = 0;  // most bytes that ever lay parsed in the queue
  std::uint64_t high_water_records = 0;
  std::uint64_t dropped_batches = 0;
  std::uint64_t dropped_records = 0;
  std::uint64_t dropped_bytes = 0;
  std::uint64_t decoded_twice = 0;     // chunks whose first record was guessed wrong
  std::uint64_t wait_nanoseconds = 0;  // the consumer, starting workers and waiting for them
  std::uint32_t threads_seen = 1;      // threads that decoded at least one chunk
};

struct DroppedBatch;

class ChunkReader {
 public:
  enum class Outcome : std::uint8_t { batch, end, overflow };

  struct Taken {
    Outcome outcome = Outcome::end;
    std::unique_ptr<Batch>
        batch;  // outcome batch: may hold no record, but a fault or a failed read
  };

  /// Reading starts at `start`, which must be a record's first byte.
  ChunkReader(std::shared_ptr<const Source> source, std::uint64_t start,
              const ChunkOptions& options);
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;
  ~ChunkReader();

  /// The next batch if it is there without waiting, decoding or starting anything; else nothing.
  std::unique_ptr<Batch> try_take();

  /// The next batch, decoded by this thread if need be. Not to be called by two threads at once.
  Taken take();

  void give_back(std::unique_ptr<Batch> batch);

  /// Reads on from `offset`, a record's first byte: what was parsed ahead is dropped.
  void restart(std::uint64_t offset, const DecodeOptions& options);

  /// Ends the workers; `take` gives `end` from then on.
  void stop();

  /// Where the next record to be taken starts.
  std::uint64_t position() const noexcept { return expected_; }
  QueueCounts counts() const;

 private:
  struct Shared;

  friend void stop_all_workers();

  bool joins(const Batch& batch) const noexcept;
  std::unique_ptr<Batch> check_join(std::unique_ptr<Batch> batch);
  void pass_over(std::uint64_t chunk, const DroppedBatch& dropped);
  std::unique_ptr<Batch> deliver(std::unique_ptr<Batch> batch) noexcept;
  void start_workers();
  void abandon() noexcept;

  std::shared_ptr<const Source> source_;
  ChunkOptions options_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Batch> misjoined_;              // taken without waiting, but to be decoded again
  std::optional<std::uint64_t> undecoded_until_;  // a dropped chunk that has to be decoded again
  std::uint64_t expected_;
  bool ended_ = false;
  bool rest_is_one_record_ = false;
};

/// Stops the workers of every reader and waits for them: for the end of the process. Readers made
/// later work alone.
void stop_all_workers();

}  // namespace rapidmarc
