// Where records go to: a file that is written block by block, by a thread of its own while the
// caller fills the next one, or by the caller. How much may wait to be written is bounded.
//
// The thread starts with the first full block, so a small output never has one. Where no thread is
// wanted or can be had, or it has been stopped, whoever waits writes instead.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rapidmarc {

/// One thread at a time may append, hand over and close; any number may wait at the same time. No
/// method throws for what happens to the file: see `error`.
class FileSink {
 public:
  /// Takes over `descriptor`, which is open for writing and stands at the beginning. At most
  /// `most_bytes` wait to be written, or one record if that alone is larger; no more than a block
  /// without a thread, for then nothing is gained by waiting.
  FileSink(int descriptor, std::size_t most_bytes, bool with_thread = true);
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  /// Gives up what is not written yet; `finish` or `wait_until_written` come first.
  ~FileSink();

  /// Whether a record of `size` bytes can be appended now.
  bool has_room(std::size_t size) const noexcept;
  /// Takes a copy of `record`, for which there is room. Never waits.
  void append(std::string_view record);
  /// Lets the block that is being filled be written as it is.
  void hand_over();

  /// Waits, up to `patience`, until there is room or the file has failed; whether that is so. The
  /// open block counts, so it has to be handed over first.
  bool wait_for_room(std::size_t size, std::chrono::milliseconds patience);
  /// The same for everything handed over being written.
  bool wait_until_written(std::chrono::milliseconds patience);
  /// Hands over and waits as long as bytes are written; gives up when for `stall` none were.
  void finish(std::chrono::milliseconds stall);
  /// What waits to be written is dropped; `error` is ECANCELED from then on if that was something.
  void give_up() noexcept;

  /// Ends the thread behind the block that it is writing.
  void stop() noexcept;
  /// Stops and closes the descriptor. The errno of what went wrong first, or 0.
  int close() noexcept;
  /// For a child process, where neither the thread nor its bytes are: closes the descriptor only.
  /// The sink must then be neither used nor freed.
  void close_in_child() noexcept;

  /// The errno with which writing failed, or 0. The file then ends with the last record that was
  /// written whole (a pipe or device: perhaps with a part of one), and nothing is written any more.
  int error() const noexcept { return error_.load(std::memory_order_acquire); }
  int descriptor() const noexcept { return descriptor_; }
  std::uint64_t appended() const noexcept { return appended_; }
  /// The most bytes that ever waited.
  std::size_t high_water() const noexcept { return high_water_; }

 private:
  /// Whole records, one behind the other.
  struct Run {
    std::string bytes;
    std::vector<std::size_t> ends;  // of the records
    std::size_t done = 0;           // bytes that are written
  };
  using Lock = std::unique_lock<std::mutex>;
  using Time = std::chrono::steady_clock::time_point;

  void start_thread() noexcept;
  void run();
  void write_next(Lock& lock, Time until);
  int write_run(Run& run, Time until);
  int write_some(std::string_view bytes, std::size_t& done, Time until);
  template <typename Condition>
  bool wait(std::chrono::milliseconds patience, Condition condition);
  /// How many of the queue's runs somebody is writing, and so has and counts.
  std::size_t in_writing() const noexcept { return writing_ ? 1 : 0; }
  void drop_queue() noexcept;
  std::size_t waiting() const noexcept {
    return queued_.load(std::memory_order_relaxed) + open_size_.load(std::memory_order_relaxed);
  }

  int descriptor_;
  const std::size_t most_bytes_;
  const std::size_t block_size_;

  // The appending thread's.
  Run open_;
  std::uint64_t appended_ = 0;
  std::size_t high_water_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Run> queue_;   // guarded by mutex_, as are the next five; the first may be empty
  std::vector<Run> spare_;  // written, kept for their memory
  bool writing_ = false;    // somebody is writing what was the queue's first
  bool stopping_ = false;
  bool has_thread_ = false;
  bool no_thread_ = false;  // none is wanted, or none can be had
  // Bytes appended but not written, of the queue and of the open run. Apart, because appending is
  // done record by record, and adding to what other threads change too takes a while.
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> open_size_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<bool> given_up_{false};
  std::atomic<int> error_{0};
  std::thread thread_;
};

}  // namespace rapidmarc
