#include "parallel/chunk_reader.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <new>
#include <vector>

#include "core/annotate.hpp"
#include "parallel/chunk_queue.hpp"
#include "parallel/pause.hpp"
#include "parallel/worker_pool.hpp"

namespace rapidmarc {
namespace {

std::atomic<bool> workers_forbidden{false};

}  // namespace

/// Kept alive by the reader and by every task that runs or waits to run.
struct ChunkReader::Shared {
  Shared(std::shared_ptr<const Source> input, std::uint64_t start,
         const ChunkOptions& chunk_options, std::uint32_t worker_count)
      : source(std::move(input)),
        options(chunk_options),
        queue(start, source->size(), chunk_options),
        pool(chunk_options.threads, 2 * std::size_t{chunk_options.threads} + 2),
        workers(worker_count),
        forks(fork_count()) {
    if (worker_count != 0) arena = std::make_unique<WorkerPool>(worker_count);
    for (std::uint32_t shelf = worker_count; shelf > 0; --shelf) free_shelves.push_back(shelf);
  }

  /// Decodes a chunk into `batch`, which is taken before the chunk is claimed: what was claimed has
  /// to be published.
  std::unique_ptr<Batch> fill(std::unique_ptr<Batch> batch, ChunkPlace place) {
    try {
      fill_from_chunk(*batch, *source, place, options.decode);
      do_work(*batch);
    } catch (const std::bad_alloc&) {
      // Records that were found and not decoded must not be passed over.
      batch->tables.clear();
      batch->spans.clear();
      batch->damages.clear();
      batch->framing = {};
      batch->end = batch->begin;
      batch->read_error = ENOMEM;
    }
    return batch;
  }

  /// Decodes chunks until there is none to be claimed.
  void decode_chunks(std::uint32_t shelf) {
    for (;;) {
      auto batch = pool.take(shelf);
      const auto chunk = queue.claim(false);
      if (!chunk) {
        pool.give_back(std::move(batch));
        return;
      }
      queue.publish(*chunk, fill(std::move(batch), queue.place(*chunk)), pool, shelf);
    }
  }

  void do_work(Batch& batch) const {
    if (options.work) batch.product = options.work->work_on(batch);
  }

  /// What a worker does: decode chunk after chunk until the queue is full.
  void work() {
    std::uint32_t shelf = 0;
    {
      const std::lock_guard lock(workers_mutex);
      if (queue.stopped()) {
        --scheduled;
        idle.notify_all();
        return;
      }
      ++running;
      shelf = free_shelves.back();
      free_shelves.pop_back();
    }
    try {
      do {
        decode_chunks(shelf);
      } while (!queue.stopped() && spin_until([this] { return !queue.is_full_or_done(); }));
    } catch (const std::bad_alloc&) {
      // The consumer goes on, and is told if it finds no memory either.
    }
    const std::lock_guard lock(workers_mutex);
    free_shelves.push_back(shelf);
    --running;
    --scheduled;
    idle.notify_all();
  }

  void stop_and_wait() {
    queue.stop();
    std::unique_lock lock(workers_mutex);
    idle.wait(lock, [this] { return running == 0; });
  }

  /// Waits for tasks that have not begun as well.
  void wait_for_tasks() {
    std::unique_lock lock(workers_mutex);
    idle.wait(lock, [this] { return scheduled == 0; });
  }

  /// Only for the owner, who does not take from it any more. Tasks that have not begun keep this
  /// object until a busy host lets them, and shall keep neither the file open nor any batch.
  void finish() {
    stop_and_wait();
    source.reset();
    queue.drop_ready();
    pool.clear();
  }

  std::shared_ptr<const Source> source;  // null once finished
  const ChunkOptions options;
  ChunkQueue queue;
  BatchPool pool;
  const std::uint32_t workers;
  const std::uint64_t forks;
  std::unique_ptr<WorkerPool> arena;

  std::mutex workers_mutex;
  std::condition_variable idle;
  std::vector<std::uint32_t> free_shelves;  // 0 is the consumer's
  std::uint32_t running = 0;
  std::uint32_t scheduled = 0;  // running or waiting to run
};

namespace {

/// Every reader that has workers, so that they can be stopped before the process ends.
class Registry {
 public:
  using Entry = std::weak_ptr<void>;

  void add(const std::shared_ptr<void>& shared) {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) { return entry.expired(); });
    entries_.push_back(shared);
  }

  std::vector<std::shared_ptr<void>> living() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<void>> found;
    for (const Entry& entry : entries_) {
      if (auto shared = entry.lock()) found.push_back(std::move(shared));
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

ChunkReader::ChunkReader(std::shared_ptr<const Source> source, std::uint64_t start,
                         const ChunkOptions& options)
    : source_(std::move(source)), options_(options), expected_(start) {
  options_.threads = std::max(1U, options_.threads);
  options_.chunk_size = std::max<std::size_t>(1, options_.chunk_size);
  restart(start, options_.decode);
}

ChunkReader::~ChunkReader() {
  if (shared_->forks == fork_count()) {
    shared_->finish();
  } else {
    abandon();
  }
}

/// After a fork: the threads that may hold the locks of `shared_` live in the parent only, so
/// nothing that they guard may be touched, and nothing freed.
void ChunkReader::abandon() noexcept {
  shared_->source.reset();  // under no lock, and no other thread is there to use it
  annotate_left(std::make_unique<std::shared_ptr<Shared>>(std::move(shared_)).release());
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the leak is the point

/// Everything that may fail comes first: without memory the reader is what it was.
void ChunkReader::restart(std::uint64_t offset, const DecodeOptions& options) {
  const bool forked = shared_ && shared_->forks != fork_count();
  if (forked || workers_forbidden.load(std::memory_order_relaxed)) options_.threads = 1;
  options_.decode = options;
  auto next = std::make_shared<Shared>(source_, offset, options_, options_.threads - 1);
  if (options_.threads > 1) registry().add(next);
  if (forked) {
    abandon();
  } else if (shared_) {
    shared_->finish();
  }
  shared_ = std::move(next);
  expected_ = offset;
  ended_ = false;
  rest_is_one_record_ = false;
  misjoined_.reset();
  undecoded_until_.reset();
}

void ChunkReader::start_workers() {
  std::uint32_t missing = 0;
  {
    const std::lock_guard lock(shared_->workers_mutex);
    missing = shared_->workers - shared_->scheduled;
    shared_->scheduled += missing;
  }
  try {
    for (; missing > 0; --missing) shared_->arena->start([shared = shared_] { shared->work(); });
  } catch (...) {
    const std::lock_guard lock(shared_->workers_mutex);
    shared_->scheduled -= missing;
    throw;
  }
}

std::unique_ptr<Batch> ChunkReader::try_take() {
  if (ended_ || misjoined_ || undecoded_until_ || rest_is_one_record_ ||
      shared_->forks != fork_count())
    return nullptr;
  if (shared_->workers == 0 || shared_->queue.has_run_half_empty()) return nullptr;
  auto delivery = shared_->queue.next_delivery(ChunkQueue::Attempt::try_only);
  if (!delivery) return nullptr;
  if (!delivery->batch) {
    pass_over(delivery->chunk, delivery->dropped);
    return nullptr;
  }
  if (!joins(*delivery->batch)) {
    misjoined_ = std::move(delivery->batch);
    return nullptr;
  }
  return deliver(std::move(delivery->batch));
}

ChunkReader::Taken ChunkReader::take() {
  const bool forked = shared_->forks != fork_count();
  if (!forked && shared_->queue.stopped()) return {};
  if (forked || ended_) restart(expected_, options_.decode);
  if (rest_is_one_record_) {
    auto batch = shared_->pool.take(0);
    fill_from_rest(*batch, *source_, expected_, options_.decode);
    shared_->do_work(*batch);
    return {Outcome::batch, deliver(std::move(batch))};
  }
  for (;;) {
    if (undecoded_until_) {
      misjoined_ = shared_->fill(shared_->pool.take(0), {expected_, *undecoded_until_, true});
      undecoded_until_.reset();
    }
    if (misjoined_) {
      if (auto batch = check_join(std::move(misjoined_))) return {Outcome::batch, std::move(batch)};
    }
    ChunkQueue& queue = shared_->queue;
    if (queue.stopped()) return {};
    if (queue.overflowed()) return {Outcome::overflow, nullptr};
    if (queue.has_failed()) {
      restart(expected_, options_.decode);
      throw std::bad_alloc();
    }
    if (shared_->workers != 0 && queue.has_run_half_empty()) {
      const std::uint64_t started = now_nanoseconds();
      start_workers();
      queue.note_wait(now_nanoseconds() - started);
    }
    if (auto delivery = queue.next_delivery(ChunkQueue::Attempt::wait)) {
      if (delivery->batch) {
        misjoined_ = std::move(delivery->batch);
      } else {
        pass_over(delivery->chunk, delivery->dropped);
      }
      continue;
    }
    auto batch = shared_->pool.take(0);
    if (const auto chunk = queue.claim(true)) {
      auto filled = shared_->fill(std::move(batch), queue.place(*chunk));
      queue.publish(*chunk, std::move(filled), shared_->pool, 0);
      continue;
    }
    shared_->pool.give_back(std::move(batch));
    queue.wait_for_next();
  }
}

/// A dropped chunk still says where its records end, unless its first record was guessed wrong:
/// then it is decoded after all.
void ChunkReader::pass_over(std::uint64_t chunk, const DroppedBatch& dropped) {
  const std::uint64_t chunk_end = shared_->queue.place(chunk).end;
  if (expected_ >= chunk_end) return;
  if (dropped.begin != expected_) {
    undecoded_until_ = chunk_end;
    return;
  }
  expected_ = dropped.end;
  shared_->queue.note_dropped(dropped);
}

/// Whether the batch can be delivered as it is: it begins where the one before it ended.
bool ChunkReader::joins(const Batch& batch) const noexcept {
  return expected_ < batch.chunk_end && batch.begin_offset() == expected_;
}

/// The batch, decoded again if its first record was guessed wrong; nothing for a chunk in which no
/// record starts.
std::unique_ptr<Batch> ChunkReader::check_join(std::unique_ptr<Batch> batch) {
  if (!joins(*batch)) {
    const std::uint64_t chunk_end = batch->chunk_end;
    shared_->pool.give_back(std::move(batch));
    if (expected_ >= chunk_end) return nullptr;
    batch = shared_->fill(shared_->pool.take(0), {expected_, chunk_end, true});
    shared_->queue.note_decoded_twice();
  }
  return deliver(std::move(batch));
}

std::unique_ptr<Batch> ChunkReader::deliver(std::unique_ptr<Batch> batch) noexcept {
  expected_ = batch->end_offset();
  ended_ = batch->framing.stop == Stop::end || batch->framing.stop == Stop::fault;
  rest_is_one_record_ = batch->framing.stop == Stop::rest_of_stream;
  return batch;
}

void ChunkReader::give_back(std::unique_ptr<Batch> batch) {
  if (shared_->forks == fork_count()) shared_->pool.give_back(std::move(batch));
}

void ChunkReader::stop() {
  if (shared_->forks == fork_count()) shared_->stop_and_wait();
}

QueueCounts ChunkReader::counts() const {
  return shared_->forks == fork_count() ? shared_->queue.counts() : QueueCounts{};
}

void stop_all_workers() {
  workers_forbidden.store(true, std::memory_order_relaxed);
  for (const auto& shared : registry().living()) {
    const auto reader = std::static_pointer_cast<ChunkReader::Shared>(shared);
    if (reader->forks != fork_count()) continue;
    reader->stop_and_wait();
    // A process may end with tasks that have not begun; it is the sanitizer that would mind.
    if (leak_sanitizer_enabled) reader->wait_for_tasks();
  }
}

}  // namespace rapidmarc
