// Lets threads meet in time without ordering them in the eyes of ThreadSanitizer.
//
// A barrier, a mutex or an acquire would create the very happens-before edge whose absence the
// canaries are about, so everything here is a relaxed atomic. Test-only.
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace rapidmarc::sanitizer {

inline constexpr std::chrono::seconds patience{20};

// Relaxed waiting with an end, so that a thread that never comes fails the run instead of hanging
// it.
template <typename Condition>
void wait_until(Condition condition, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(what);
    std::this_thread::yield();
  }
}

class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}

  // Returns once `expected` calls were made, by whichever threads.
  void arrive() {
    arrived_.fetch_add(1, std::memory_order_relaxed);
    wait_until([this] { return arrived_.load(std::memory_order_relaxed) >= expected_; },
               "a thread did not come to the meeting");
  }

 private:
  const int expected_;
  std::atomic<int> arrived_{0};
};

// Lets threads act one after the other in time, and only in time. Two accesses at the very same
// moment can escape the sanitizer, since each looks for the other before either is noted.
class OneByOne {
 public:
  template <typename Action>
  void act(Action action) {
    const int place = places_.fetch_add(1, std::memory_order_relaxed);
    wait_until([&] { return acted_.load(std::memory_order_relaxed) >= place; },
               "the thread before did not act");
    action();
    acted_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<int> places_{0};
  std::atomic<int> acted_{0};
};

}  // namespace rapidmarc::sanitizer
