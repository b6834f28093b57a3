#include "parallel/worker_pool.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>
#include <pthread.h>

#include <atomic>
#include <mutex>

namespace rapidmarc {
namespace {

std::atomic<std::uint64_t> forks{0};

/// Raises the limit of threads for this process to `threads` and never lowers it. Lives until the
/// process ends: the scheduler may be gone when static objects are destroyed.
void allow_threads(std::uint32_t threads) {
  static std::mutex mutex;
  static std::size_t allowed = static_cast<std::size_t>(tbb::info::default_concurrency());
  static tbb::global_control* control = nullptr;
  const std::lock_guard lock(mutex);
  if (threads <= allowed) return;
  // The smallest of all limits counts, so the old one has to go first.
  std::unique_ptr<tbb::global_control> old(control);
  old.reset();
  control =
      std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads)
          .release();
  allowed = threads;
}

}  // namespace

struct WorkerPool::Arena {
  tbb::task_arena arena;
};

WorkerPool::WorkerPool(std::uint32_t workers) {
  allow_threads(workers + 1);
  // One place is reserved for a thread that joins the arena; nobody does, so the rest are workers.
  arena_ = std::make_unique<Arena>(Arena{tbb::task_arena(static_cast<int>(workers) + 1, 1)});
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::start(std::function<void()> task) { arena_->arena.enqueue(std::move(task)); }

std::uint64_t fork_count() noexcept {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  return forks.load(std::memory_order_relaxed);
}

}  // namespace rapidmarc
