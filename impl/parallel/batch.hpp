// A batch: a run of records that lie one behind the other in the input, decoded together. It owns
// the block their bytes lie in (unless these are borrowed memory) and the tables of their fields;
// records handed to users point into both.
//
// A batch is touched by one thread at a time: by the thread that fills it until it is handed over,
// then by the consumer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/decode.hpp"
#include "core/recover.hpp"
#include "io/block.hpp"
#include "io/source.hpp"

namespace rapidmarc {

/// Nanoseconds that threads spent in the steps of the work; taken once a batch.
struct PhaseTimes {
  std::uint64_t read = 0;
  std::uint64_t frame = 0;
  std::uint64_t decode = 0;

  PhaseTimes& operator+=(const PhaseTimes& other) noexcept {
    read += other.read;
    frame += other.frame;
    decode += other.decode;
    return *this;
  }
};

std::uint64_t now_nanoseconds() noexcept;

/// What is made of a batch, by the thread that decoded it.
class BatchProduct {
 public:
  BatchProduct() = default;
  BatchProduct(const BatchProduct&) = delete;
  BatchProduct& operator=(const BatchProduct&) = delete;
  virtual ~BatchProduct() = default;
};

struct Batch;

/// Work on batches that is done right after decoding, while they are in the cache. Any number of
/// threads may do it at once.
class BatchWork {
 public:
  BatchWork() = default;
  BatchWork(const BatchWork&) = delete;
  BatchWork& operator=(const BatchWork&) = delete;
  virtual ~BatchWork() = default;
  /// Throws std::bad_alloc and nothing else.
  virtual std::unique_ptr<BatchProduct> work_on(const Batch& batch) const = 0;
};

struct Batch {
  Block block;
  std::string_view bytes;    // what is decoded: in `block`, or borrowed memory
  std::uint64_t offset = 0;  // of bytes[0] in the input
  std::uint64_t chunk_end =
      0;                    // in the input; records that start behind it belong to the next chunk
  std::uint32_t begin = 0;  // of the first record, in `bytes`
  std::uint32_t end = 0;    // behind the last whole record, in `bytes`
  FrameResult framing;      // why it ends there; positions count from `begin`
  int read_error = 0;       // errno of a failed read: what was read before it is decoded
  Tables tables;
  DecodeOptions options;  // the ones it was decoded with
  PhaseTimes times;
  std::uint64_t phase_began = 0;  // for whoever fills it to set; then the end of the last phase
  std::uint32_t home = 0;         // pool shelf of the thread that fills it; 0 is the consumer's
  std::vector<RecordSpan> spans;
  std::unique_ptr<BatchProduct> product;  // of the reader's work, if it has any
  std::vector<Damage> damages;  // those spans that are no records; with `options.recover` only

  std::uint64_t begin_offset() const noexcept { return offset + begin; }
  std::uint64_t end_offset() const noexcept { return offset + end; }
  std::size_t memory() const noexcept;
};

/// Books the time since `phase_began`, and begins the next phase.
void end_phase(Batch& batch, std::uint64_t PhaseTimes::* phase) noexcept;

/// Forgets what a batch was filled with, ready for `options`.
void start_batch(Batch& batch, const DecodeOptions& options) noexcept;

/// Frames the records of `batch.bytes` that start in [begin, limit), at most `most` of them. `last`
/// says that the input ends with `bytes`.
void frame_batch(Batch& batch, std::uint32_t begin, bool last, std::size_t limit, std::size_t most);

/// Copies the pieces that framing found in bytes of somebody else, and those of a fault behind
/// them, into the batch's own block, and decodes them.
void keep_pieces(Batch& batch);

/// Decodes the records that framing found, with `batch.options`; may be called again after these
/// have changed.
void decode_batch(Batch& batch);

/// The most bytes that are taken for one record when its length says nothing.
inline constexpr std::size_t largest_rest = 1U << 30U;

struct ChunkPlace {
  std::uint64_t begin;  // the chunk's records start at [begin, end)
  std::uint64_t end;
  bool at_record_start;  // `begin` is known to be one; else the first plausible one is looked for
};

/// Reads the chunk at `place`, with as many bytes behind it as its last record needs, and decodes
/// its records. A failed read is noted in the batch. If no record starts in the chunk, the batch
/// comes out empty, `begin` at the chunk's end.
void fill_from_chunk(Batch& batch, const Source& source, ChunkPlace place,
                     const DecodeOptions& options);

/// Takes all that follows `offset` for one record: what pymarc does with a record length below 5. A
/// fault is noted in `batch.framing`; more than 1 GiB is one.
void fill_from_rest(Batch& batch, const Source& source, std::uint64_t offset,
                    const DecodeOptions& options);

/// The framing part of it, for bytes that are in `batch.bytes` already.
void frame_rest(Batch& batch);

/// Batches that are not in use, kept with their memory: freeing and faulting it anew would cost
/// more than parsing does. One shelf a thread, last in, first out, so that memory goes back to the
/// core whose cache holds it.
class BatchPool {
 public:
  /// Keeps at most `spare` unused batches on each of `shelves` shelves.
  BatchPool(std::uint32_t shelves, std::size_t spare);

  std::unique_ptr<Batch> take(std::uint32_t shelf);
  void give_back(std::unique_ptr<Batch> batch);
  /// Frees all that is kept.
  void clear();

 private:
  struct alignas(128) Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Batch>> batches;
  };
  std::vector<Shelf> shelves_;
  std::size_t spare_;
};

}  // namespace rapidmarc
