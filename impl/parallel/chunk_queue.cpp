#include "parallel/chunk_queue.hpp"

#include <algorithm>
#include <new>

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

ChunkQueue::Load ChunkQueue::load_of(const Batch& batch) noexcept {
  return {batch.tables.records.size(), batch.end - batch.begin};
}

ChunkQueue::ChunkQueue(std::uint64_t origin, std::uint64_t input_size, const ChunkOptions& options)
    : origin_(origin),
      chunk_count_(input_size <= origin ? 1 : (input_size - origin - 1) / options.chunk_size + 1),
      chunk_size_(options.chunk_size),
      window_(window_of(options)),
      queue_bytes_(options.queue_bytes),
      queue_records_(options.queue_records),
      overflow_(options.overflow),
      shelves_seen_(options.threads, false) {}

ChunkPlace ChunkQueue::place(std::uint64_t chunk) const noexcept {
  const std::uint64_t begin = origin_ + chunk * chunk_size_;
  return {begin, begin + chunk_size_, chunk == 0};
}

std::uint64_t ChunkQueue::candidate() const {
  return refused_.empty() ? next_claim_ : refused_.begin()->first;
}

bool ChunkQueue::has_room() const {
  const std::size_t held = ready_.size() + in_flight_;
  if (held >= window_) return false;
  if (decoded_chunks_ == 0 && queue_records_ != 0) return held == 0;
  const Load usual = decoded_chunks_ == 0 ? Load{0, chunk_size_}
                                          : Load{decoded_.records / decoded_chunks_ + 1,
                                                 decoded_.bytes / decoded_chunks_};
  const Load next = refused_.empty() ? usual : refused_.begin()->second;
  return !exceeds_bounds({ready_load_.records + in_flight_ * usual.records + next.records,
                          ready_load_.bytes + in_flight_ * usual.bytes + next.bytes});
}

bool ChunkQueue::exceeds_bounds(const Load& load) const {
  return load.bytes > queue_bytes_ || (queue_records_ != 0 && load.records > queue_records_);
}

bool ChunkQueue::may_claim(bool consumer) const {
  if (stopped_ || failed_) return false;
  if (consumer && candidate() == head_) return true;
  if (candidate() >= chunk_count_) return false;
  return has_room() || (!consumer && overflow_ == Overflow::drop);
}

std::optional<std::uint64_t> ChunkQueue::claim(bool consumer) {
  const std::lock_guard lock(mutex_);
  if (!may_claim(consumer)) {
    if (!consumer && overflow_ == Overflow::error && !stopped_ && candidate() < chunk_count_) {
      overflowed_ = true;
      published_.notify_one();
    }
    return std::nullopt;
  }
  ++in_flight_;
  const std::uint64_t chunk = candidate();
  if (refused_.erase(chunk) == 0) ++next_claim_;
  return chunk;
}

void ChunkQueue::publish(std::uint64_t chunk, std::unique_ptr<Batch> batch, BatchPool& pool,
                         std::uint32_t shelf) {
  std::vector<std::unique_ptr<Batch>> unwanted;
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    try {
      unwanted = enter(chunk, std::move(batch), shelf);
    } catch (const std::bad_alloc&) {
      failed_ = true;
    }
    if (chunk == head_ || overflowed_ || failed_) published_.notify_one();
  }
  publications_.fetch_add(1, std::memory_order_release);
  for (auto& each : unwanted) pool.give_back(std::move(each));
}

/// Puts a batch among those that are ready; the batches that have to go for it.
std::vector<std::unique_ptr<Batch>> ChunkQueue::enter(std::uint64_t chunk,
                                                      std::unique_ptr<Batch> batch,
                                                      std::uint32_t shelf) {
  shelves_seen_[shelf] = true;
  const Load load = load_of(*batch);
  ready_.emplace(chunk, std::move(batch));
  decoded_ += load;
  ++decoded_chunks_;
  ready_load_ += load;
  // What the consumer decodes for itself does not lie ahead of it.
  const bool taken_at_once = shelf == 0 && chunk == head_;
  const auto ahead = [&] { return taken_at_once ? ready_load_ - load : ready_load_; };
  std::vector<std::unique_ptr<Batch>> unwanted;
  while ((ready_.size() > window_ + (taken_at_once ? 1 : 0) || exceeds_bounds(ahead())) &&
         ready_.rbegin()->first != head_) {
    unwanted.push_back(refuse_newest());
  }
  counts_.high_water_records = std::max(counts_.high_water_records, ahead().records);
  counts_.high_water_bytes = std::max(counts_.high_water_bytes, ahead().bytes);
  return unwanted;
}

std::unique_ptr<Batch> ChunkQueue::take_out(Ready::iterator place) {
  auto batch = std::move(place->second);
  ready_.erase(place);
  ready_load_ = ready_load_ - load_of(*batch);
  return batch;
}

std::unique_ptr<Batch> ChunkQueue::refuse_newest() {
  const auto newest = std::prev(ready_.end());
  const std::uint64_t chunk = newest->first;
  auto batch = take_out(newest);
  if (overflow_ == Overflow::drop) {
    dropped_[chunk] = {batch->begin_offset(), batch->end_offset(), load_of(*batch).records};
  } else {
    refused_[chunk] = load_of(*batch);
    overflowed_ = overflow_ == Overflow::error;
  }
  return batch;
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
    delivery.batch = take_out(found);
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
    return stopped_ || overflowed_ || failed_ || ready_.contains(head_) || dropped_.contains(head_);
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

bool ChunkQueue::has_failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
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

void ChunkQueue::drop_ready() {
  Ready dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(ready_);
  ready_load_ = {};
}

void ChunkQueue::note_wait(std::uint64_t nanoseconds) {
  const std::lock_guard lock(mutex_);
  counts_.wait_nanoseconds += nanoseconds;
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
