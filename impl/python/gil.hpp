// The interpreter's lock (GIL): the one place where it is let go.
//
// A thread that sleeps on a contended lock comes back late, and waking it costs the thread that
// lets go almost as much time; a block of records is decoded in about as much. So a flag says
// whether one of our threads is using the lock, and a thread that wants it back spins on the flag
// for a moment before it queues for the lock. The flag is a hint and never a lock: a wrong value
// costs time, not correctness.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>

namespace rapidmarc::python {

/// What letting go of the lock cost a reader. Read and written with the lock held.
struct GilTimes {
  std::uint64_t waited = 0;     // nanoseconds in letting it go and until it was back
  std::uint64_t releases = 0;   // how often it was let go of
  std::uint64_t hand_offs = 0;  // how often another thread of ours had it meanwhile
  std::uint64_t back_at = 0;    // when it was last taken back
};

/// Lets go of the interpreter's lock for the life of the object.
///
/// What may be touched meanwhile: memory that no Python code can reach (batches being filled,
/// blocks, the pool), and bytes whose buffer export or reference the caller holds for longer than
/// this object lives. Nothing else: no reference count, no Python object, no record that was handed
/// out.
class GilRelease {
 public:
  /// Adds what it cost to `times`, if given.
  explicit GilRelease(GilTimes* times = nullptr) noexcept;
  GilRelease(const GilRelease&) = delete;
  GilRelease& operator=(const GilRelease&) = delete;
  ~GilRelease();

  /// When the lock was gone; 0 without `times`.
  std::uint64_t gone_at() const noexcept { return gone_at_; }

 private:
  PyThreadState* state_;
  GilTimes* times_;
  std::uint64_t letting_go_ = 0;
  std::uint64_t gone_at_ = 0;
};

/// Says that this thread has no more use for the lock, at the end of an iteration.
void clear_turn() noexcept;

/// Counts a call into Python code that may let go of the lock itself, such as `read` of a file
/// object: the end of the interpreter waits for it.
class CallOut {
 public:
  CallOut() noexcept;
  CallOut(const CallOut&) = delete;
  CallOut& operator=(const CallOut&) = delete;
  ~CallOut();
};

/// Set once the interpreter is shutting down.
inline std::atomic<bool> closing{false};

/// Whether the interpreter is shutting down, so that the lock must not be let go any more.
bool is_closing() noexcept;

/// While the interpreter shuts down: does not return to any thread but the one that does it. A
/// daemon thread that went on would be unwound through native code; so it stays here until the
/// process is gone.
void stay_if_closing() noexcept;

/// Around native code that may call Python code, in which another thread may take the lock and end
/// the interpreter: this thread would then be unwound through native frames, and objects be freed
/// without the lock. The end waits for whoever is inside, and nobody enters any more. With the lock
/// held.
class Inside {
 public:
  Inside() noexcept {
    if (closing.load(std::memory_order_relaxed)) stay_if_closing();
    add(1);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { add(-1); }

 private:
  friend void close_and_wait();

  static void add(int change) noexcept {
#ifdef Py_GIL_DISABLED
    threads.fetch_add(change, std::memory_order_relaxed);
#else
    // The interpreter's lock orders them.
    threads.store(threads.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
#endif
  }

  static inline std::atomic<int> threads{0};  // once more for each call within a call
};

/// To be called at exit, with the lock held: no call lets go of the lock from now on; waits up to
/// two seconds until those that have done so, or are inside, are back.
void close_and_wait();

}  // namespace rapidmarc::python
