// What a chunk reader's consumer and its workers share: who decodes which chunk, what lies ready,
// and the bounds on it. Every member function locks for itself and none of them blocks on anything
// but that lock, `wait_for` aside.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "parallel/batch.hpp"
#include "parallel/chunk_reader.hpp"

namespace rapidmarc {

/// What is left of a batch that found the queue full.
struct DroppedBatch {
  std::uint64_t begin = 0;  // of its first record
  std::uint64_t end = 0;    // of its last
  std::uint64_t records = 0;
};

class ChunkQueue {
 public:
  /// Chunk number k holds the records that start at [origin + k * chunk_size, origin + (k + 1) *
  /// chunk_size).
  ChunkQueue(std::uint64_t origin, std::uint64_t input_size, const ChunkOptions& options);

  ChunkPlace place(std::uint64_t chunk) const noexcept;

  /// The number of a chunk that the caller has to decode and `publish`; nothing when there is no
  /// room or nothing left. `consumer`: the caller is the consumer, who may always have the chunk
  /// that is delivered next.
  std::optional<std::uint64_t> claim(bool consumer);
  /// Hands the batch of a claimed chunk over. Nobody knows before a chunk is decoded how much is in
  /// it; if the queue comes to hold more than its bounds allow, its newest chunks are dropped, or
  /// given out again when there is room. Only the chunk that is delivered next is never refused.
  /// Without memory to keep it the queue has failed: what was published before is still delivered.
  void publish(std::uint64_t chunk, std::unique_ptr<Batch> batch, BatchPool& pool,
               std::uint32_t shelf);

  /// A chunk in the input's order: its batch, or what is known of a dropped one.
  struct Delivery {
    std::uint64_t chunk = 0;
    std::unique_ptr<Batch> batch;
    DroppedBatch dropped;
  };
  enum class Attempt : std::uint8_t { wait, try_only };
  std::optional<Delivery> next_delivery(Attempt attempt);

  /// Blocks until the chunk that is delivered next has been published, or the queue is stopped.
  void wait_for_next();

  bool is_full_or_done() const;     // no room for a worker's next chunk
  bool has_run_half_empty() const;  // worth waking workers for
  bool overflowed() const;
  bool has_failed() const;  // a chunk is lost to it, and nothing behind that will be delivered
  bool stopped() const;
  void stop();
  void drop_ready();  // frees what was published and will not be delivered
  void note_wait(std::uint64_t nanoseconds);
  void note_decoded_twice();
  void note_dropped(const DroppedBatch& dropped);
  QueueCounts counts() const;

 private:
  struct Load {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;

    Load& operator+=(const Load& other) noexcept {
      records += other.records;
      bytes += other.bytes;
      return *this;
    }
    Load operator-(const Load& other) const noexcept {
      return {records - other.records, bytes - other.bytes};
    }
  };
  using Ready = std::map<std::uint64_t, std::unique_ptr<Batch>>;

  static Load load_of(const Batch& batch) noexcept;

  std::uint64_t candidate() const;  // the chunk to be claimed next
  bool has_room() const;
  bool exceeds_bounds(const Load& load) const;
  bool may_claim(bool consumer) const;
  std::vector<std::unique_ptr<Batch>> enter(std::uint64_t chunk, std::unique_ptr<Batch> batch,
                                            std::uint32_t shelf);
  std::unique_ptr<Batch> take_out(Ready::iterator place);
  std::unique_ptr<Batch> refuse_newest();

  const std::uint64_t origin_;
  const std::uint64_t chunk_count_;  // by the input's size at the start; the consumer goes on
                                     // behind it, workers do not
  const std::size_t chunk_size_;
  const std::size_t window_;  // chunks that may be claimed or ready, beyond the consumer's own
  const std::size_t queue_bytes_;
  const std::size_t queue_records_;
  const Overflow overflow_;

  mutable std::mutex mutex_;
  std::condition_variable published_;
  Ready ready_;
  std::map<std::uint64_t, DroppedBatch> dropped_;
  std::uint64_t next_claim_ = 0;
  std::uint64_t head_ = 0;                 // chunk that is delivered next
  std::size_t in_flight_ = 0;              // claimed, not published
  std::map<std::uint64_t, Load> refused_;  // held more than was thought; to be decoded again
  Load ready_load_;
  Load decoded_;
  std::uint64_t decoded_chunks_ = 0;
  std::vector<bool> shelves_seen_;
  bool stopped_ = false;
  bool overflowed_ = false;
  bool failed_ = false;
  QueueCounts counts_;

  // Spun on by other threads than the one that writes it, so it has cache lines of its own.
  alignas(128) std::atomic<std::uint64_t> publications_{0};
  [[maybe_unused]] char padding_[128 - sizeof(std::atomic<std::uint64_t>)]{};
};

}  // namespace rapidmarc
