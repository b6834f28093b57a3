#include "python/gil.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "parallel/pause.hpp"

namespace rapidmarc::python {
namespace {

/// Spun on by other threads than the one that writes it, so it has cache lines of its own, with
/// nothing before or behind.
struct alignas(128) TurnFlag {
  std::atomic<bool> taken{false};
  [[maybe_unused]] char padding[255]{};
};

TurnFlag turn;
std::atomic<PyThreadState*> last_holder{nullptr};  // of the threads that let go of the lock here
std::atomic<std::uint32_t> away{0};  // calls that have let go of the lock and are not back
std::thread::id closer;  // the thread that ends the interpreter; written before `closing`

}  // namespace

GilRelease::GilRelease(GilTimes* times) noexcept : state_(nullptr), times_(times) {
  const std::uint64_t started = times_ != nullptr ? now_nanoseconds() : 0;
  gone_at_ = started;
  if (closing.load(std::memory_order_relaxed)) return;
  away.fetch_add(1, std::memory_order_relaxed);
  turn.taken.store(false, std::memory_order_relaxed);
  state_ = PyEval_SaveThread();
  if (times_ == nullptr) return;
  gone_at_ = now_nanoseconds();
  letting_go_ = gone_at_ - started;
}

GilRelease::~GilRelease() {
  if (state_ == nullptr) return;
  const std::uint64_t started = times_ != nullptr ? now_nanoseconds() : 0;
  spin_until([] { return !turn.taken.load(std::memory_order_relaxed); });
  PyEval_RestoreThread(state_);
  turn.taken.store(true, std::memory_order_relaxed);
  away.fetch_sub(1, std::memory_order_relaxed);
  const bool handed_over = last_holder.load(std::memory_order_relaxed) != state_;
  if (handed_over) last_holder.store(state_, std::memory_order_relaxed);
  if (times_ == nullptr) return;
  times_->back_at = now_nanoseconds();
  times_->waited += letting_go_ + times_->back_at - started;
  ++times_->releases;
  if (handed_over) ++times_->hand_offs;
}

void clear_turn() noexcept { turn.taken.store(false, std::memory_order_relaxed); }

CallOut::CallOut() noexcept { away.fetch_add(1, std::memory_order_relaxed); }

CallOut::~CallOut() { away.fetch_sub(1, std::memory_order_relaxed); }

void stay_if_closing() noexcept {
  if (!closing.load(std::memory_order_acquire) || std::this_thread::get_id() == closer) return;
  PyEval_SaveThread();
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

bool is_closing() noexcept { return closing.load(std::memory_order_relaxed); }

void close_and_wait() {
  closer = std::this_thread::get_id();
  closing.store(true, std::memory_order_release);
  // A call that waits for a pipe may never come back; the interpreter must still be able to end.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  PyThreadState* const state = PyEval_SaveThread();
  turn.taken.store(false, std::memory_order_relaxed);
  while ((away.load(std::memory_order_relaxed) != 0 ||
          Inside::threads.load(std::memory_order_relaxed) != 0) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  PyEval_RestoreThread(state);
}

}  // namespace rapidmarc::python
