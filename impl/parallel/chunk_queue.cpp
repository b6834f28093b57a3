#include "parallel/chunk_queue.hpp"

#include <algorithm>

#include "parallel/pause.hpp"

namespace rapidmarc {
namespace {

/// Chunks ahead of the consumer: two a thread hide its ups and downs, more only leave the caches.
std::size_t window_of(const ChunkOptions& options) {
  const std::size_t by_threads = std::max<std::size_t>(4, 2 * std::size_t{options.threads});
  const std::size_t by_bytes = std::max<std::size_t>(1, options.queue_bytes / options.chunk_size);
  return std::min(by_threads, by_bytes);
}

}  // namespace

ChunkQueue::ChunkQueue(std::uint64_t origin, std::uint64_t input_size, const ChunkOptions& options)
    : origin_(origin),
      chunk_count_(input_size <= origin ? 1 : (input_size - origin - 1) / options.chunk_size + 1),
      chunk_size_(options.chunk_size),
      window_(window_of(options)),
      queue_records_(options.queue_records),
      overflow_(options.overflow),
      shelves_seen_(options.threads, false) {}

ChunkPlace ChunkQueue::place(std::uint64_t chunk) const noexcept {
  const std::uint64_t begin = origin_ + chunk * chunk_size_;
  return {begin, begin + chunk_size_, chunk == 0};
}

bool ChunkQueue::has_room() const {
  const std::size_t held = ready_.size() + in_flight_;
  if (held >= window_) return false;
  if (queue_records_ == 0) return true;
  if (decoded_chunks_ == 0) return held == 0;
  const std::uint64_t records_a_chunk = decoded_records_ / decoded_chunks_ + 1;
  return ready_records_ + (in_flight_ + 1) * records_a_chunk <= queue_records_;
}

bool ChunkQueue::may_claim(bool consumer) const {
  if (stopped_) return false;
  if (consumer && next_claim_ == head_) return true;
  if (next_claim_ >= chunk_count_) return false;
  return has_room() || (!consumer && overflow_ == Overflow::drop);
}

std::optional<std::uint64_t> ChunkQueue::claim(bool consumer) {
  const std::lock_guard lock(mutex_);
  if (!may_claim(consumer)) {
    if (!consumer && overflow_ == Overflow::error && !stopped_ && next_claim_ < chunk_count_) {
      overflowed_ = true;
      published_.notify_one();
    }
    return std::nullopt;
  }
  ++in_flight_;
  return next_claim_++;
}

void ChunkQueue::publish(std::uint64_t chunk, std::unique_ptr<Batch> batch, BatchPool& pool,
                         std::uint32_t shelf) {
  std::unique_ptr<Batch> unwanted;
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    shelves_seen_[shelf] = true;
    const std::size_t records = batch->tables.records.size();
    decoded_records_ += records;
    ++decoded_chunks_;
    if (overflow_ == Overflow::drop && chunk != head_ && ready_.size() >= window_) {
      dropped_[chunk] = {batch->begin_offset(), batch->end_offset(), records};
      unwanted = std::move(batch);
    } else {
      ready_records_ += records;
      ready_bytes_ += batch->end - batch->begin;
      counts_.high_water_records =
          std::max<std::uint64_t>(counts_.high_water_records, ready_records_);
      counts_.high_water_bytes = std::max<std::uint64_t>(counts_.high_water_bytes, ready_bytes_);
      ready_.emplace(chunk, std::move(batch));
    }
    if (chunk == head_) published_.notify_one();
  }
  publications_.fetch_add(1, std::memory_order_release);
  if (unwanted) pool.give_back(std::move(unwanted));
}

std::optional<ChunkQueue::Delivery> ChunkQueue::next_delivery(Attempt attempt) {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (attempt == Attempt::wait) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return std::nullopt;
  }
  if (stopped_) return std::nullopt;
  Delivery delivery;
  delivery.chunk = head_;
  if (const auto found = ready_.find(head_); found != ready_.end()) {
    delivery.batch = std::move(found->second);
    ready_.erase(found);
    ready_records_ -= delivery.batch->tables.records.size();
    ready_bytes_ -= delivery.batch->end - delivery.batch->begin;
  } else if (const auto lost = dropped_.find(head_); lost != dropped_.end()) {
    delivery.dropped = lost->second;
    dropped_.erase(lost);
  } else {
    return std::nullopt;
  }
  ++head_;
  return delivery;
}

void ChunkQueue::wait_for_next() {
  const std::uint64_t started = now_nanoseconds();
  const std::uint64_t seen = publications_.load(std::memory_order_acquire);
  const auto there = [this] {
    return stopped_ || overflowed_ || ready_.contains(head_) || dropped_.contains(head_);
  };
  {
    std::unique_lock lock(mutex_);
    if (!there()) {
      lock.unlock();
      spin_until([this, seen] { return publications_.load(std::memory_order_acquire) != seen; });
      lock.lock();
      if (publications_.load(std::memory_order_relaxed) == seen) published_.wait(lock, there);
    }
    counts_.wait_nanoseconds += now_nanoseconds() - started;
  }
}

bool ChunkQueue::is_full_or_done() const {
  const std::lock_guard lock(mutex_);
  return !may_claim(false);
}

bool ChunkQueue::has_run_half_empty() const {
  const std::lock_guard lock(mutex_);
  return may_claim(false) && ready_.size() + in_flight_ <= window_ / 2;
}

bool ChunkQueue::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

bool ChunkQueue::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void ChunkQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  published_.notify_all();
}

void ChunkQueue::note_decoded_twice() {
  const std::lock_guard lock(mutex_);
  ++counts_.decoded_twice;
}

void ChunkQueue::note_dropped(const DroppedBatch& dropped) {
  const std::lock_guard lock(mutex_);
  ++counts_.dropped_batches;
  counts_.dropped_records += dropped.records;
  counts_.dropped_bytes += dropped.end - dropped.begin;
}

QueueCounts ChunkQueue::counts() const {
  const std::lock_guard lock(mutex_);
  QueueCounts counts = counts_;
  counts.threads_seen = static_cast<std::uint32_t>(
      std::max<std::ptrdiff_t>(1, std::count(shelves_seen_.begin(), shelves_seen_.end(), true)));
  return counts;
}

}  // namespace rapidmarc
