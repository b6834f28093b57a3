// The one place that knows oneTBB: runs tasks on at most so many worker threads beside the caller's
// own.
//
// oneTBB promises no concurrency, so a task must never wait for another thread. It starts one
// worker fewer than there are cores unless told otherwise; whoever asks for more threads than that
// gets them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace rapidmarc {

class WorkerPool {
 public:
  explicit WorkerPool(std::uint32_t workers);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// Lets a worker run `task` soon. Never blocks.
  void start(std::function<void()> task);

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

/// Goes up by one in a child process at each fork: threads of the parent do not exist there.
std::uint64_t fork_count() noexcept;

}  // namespace rapidmarc
