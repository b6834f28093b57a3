#include "io/sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <utility>

#include "io/block.hpp"

namespace rapidmarc {
namespace {

constexpr int poll_milliseconds = 100;
constexpr std::size_t most_spare = 16;

/// Keeps signals from threads started meanwhile: they are for those that can react to them.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

FileSink::FileSink(int descriptor, std::size_t most_bytes, bool with_thread)
    : descriptor_(descriptor),
      most_bytes_(with_thread ? most_bytes : std::min(most_bytes, default_block_size)),
      // Two at least with a thread, so that one is filled while another is written.
      block_size_(
          std::clamp<std::size_t>(most_bytes_ / (with_thread ? 2 : 1), 1, default_block_size)),
      no_thread_(!with_thread) {
  spare_.reserve(most_spare);
  // A pipe that nobody empties must not hold the thread for good; to regular files it is nothing.
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0) ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

FileSink::~FileSink() {
  give_up();
  close();
}

bool FileSink::has_room(std::size_t size) const noexcept {
  const std::size_t waiting = this->waiting();
  return waiting == 0 || (size <= most_bytes_ && waiting <= most_bytes_ - size);
}

void FileSink::append(std::string_view record) {
  open_.ends.push_back(open_.bytes.size() + record.size());
  try {
    open_.bytes += record;
  } catch (...) {
    open_.ends.pop_back();
    throw;
  }
  appended_ += record.size();
  open_size_.store(open_.bytes.size(), std::memory_order_relaxed);
  high_water_ = std::max(high_water_, waiting());
  if (open_.bytes.size() >= block_size_) hand_over();
}

void FileSink::hand_over() {
  if (open_.bytes.empty()) return;
  {
    const Lock lock(mutex_);
    queue_.push_back(std::move(open_));
    queued_.fetch_add(open_size_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    open_size_.store(0, std::memory_order_relaxed);
    open_ = {};
    if (!spare_.empty()) {
      open_ = std::move(spare_.back());
      spare_.pop_back();
    }
    if (!stopping_ && !no_thread_ && !has_thread_) start_thread();
  }
  changed_.notify_all();
}

void FileSink::start_thread() noexcept {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
    has_thread_ = true;
  } catch (const std::exception&) {  // no thread, or no memory for one
    no_thread_ = true;
  }
}

void FileSink::run() {
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !writing_); });
    if (stopping_) return;
    write_next(lock, Time::max());
  }
}

/// Writes the first run of the queue, which is not empty, without the lock. What a pipe does not
/// take until then stays the first.
void FileSink::write_next(Lock& lock, Time until) {
  Run run = std::move(queue_.front());
  writing_ = true;
  lock.unlock();
  const std::size_t left = run.bytes.size() - run.done;
  int error = error_.load(std::memory_order_relaxed) == 0 ? write_run(run, until) : 0;
  lock.lock();
  writing_ = false;
  const bool is_left = run.done < run.bytes.size();
  if (error == 0 && is_left && given_up_.load(std::memory_order_relaxed)) error = ECANCELED;
  if (error != 0) error_.store(error, std::memory_order_release);
  if (is_left && error_.load(std::memory_order_relaxed) == 0) {
    queued_.fetch_sub(left - (run.bytes.size() - run.done), std::memory_order_relaxed);
    queue_.front() = std::move(run);
    changed_.notify_all();
    return;
  }
  queue_.pop_front();
  queued_.fetch_sub(left, std::memory_order_relaxed);
  if (error != 0) drop_queue();
  run.bytes.clear();
  run.ends.clear();
  run.done = 0;
  // A block that one large record made necessary is not kept.
  const bool is_usual = run.bytes.capacity() <= 4 * block_size_;
  if (is_usual && spare_.size() < most_spare) spare_.push_back(std::move(run));
  changed_.notify_all();
}

/// Writes what it can; on failure takes back what was written of a record only in part.
int FileSink::write_run(Run& run, Time until) {
  const int error = write_some(run.bytes, run.done, until);
  if (error == 0) return 0;
  const auto behind = std::upper_bound(run.ends.begin(), run.ends.end(), run.done);
  const std::size_t whole = behind == run.ends.begin() ? 0 : *std::prev(behind);
  const std::uint64_t kept = written_.load(std::memory_order_relaxed) - (run.done - whole);
  // A pipe cannot take anything back; then there is nothing to be done.
  if (whole < run.done && ::ftruncate(descriptor_, static_cast<off_t>(kept)) == 0) {
    written_.store(kept, std::memory_order_relaxed);
  }
  return error;
}

int FileSink::write_some(std::string_view bytes, std::size_t& done, Time until) {
  while (done < bytes.size()) {
    if (given_up_.load(std::memory_order_relaxed)) return ECANCELED;
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
      written_.fetch_add(static_cast<std::uint64_t>(count), std::memory_order_relaxed);
    } else if (errno == EAGAIN) {
      if (std::chrono::steady_clock::now() >= until) return 0;
      pollfd waiting{descriptor_, POLLOUT, 0};
      ::poll(&waiting, 1, poll_milliseconds);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

template <typename Condition>
bool FileSink::wait(std::chrono::milliseconds patience, Condition condition) {
  const Time until = std::chrono::steady_clock::now() + patience;
  Lock lock(mutex_);
  const auto can_write = [this] { return !has_thread_ && !queue_.empty() && !writing_; };
  // Others append without the lock, so `condition` may change from one look to the next.
  for (;;) {
    if (condition()) return true;
    if (can_write()) {
      write_next(lock, until);
      if (std::chrono::steady_clock::now() >= until) return condition();
    } else if (!changed_.wait_until(lock, until, [&] { return condition() || can_write(); })) {
      return false;
    }
  }
}

bool FileSink::wait_for_room(std::size_t size, std::chrono::milliseconds patience) {
  return wait(patience, [this, size] { return error() != 0 || has_room(size); });
}

bool FileSink::wait_until_written(std::chrono::milliseconds patience) {
  return wait(patience, [this] { return error() != 0 || (queue_.empty() && !writing_); });
}

void FileSink::finish(std::chrono::milliseconds stall) {
  hand_over();
  std::uint64_t before = written_.load(std::memory_order_relaxed);
  while (!wait_until_written(stall)) {
    const std::uint64_t now = written_.load(std::memory_order_relaxed);
    if (now == before) return give_up();
    before = now;
  }
}

void FileSink::drop_queue() noexcept {
  while (queue_.size() > in_writing()) {
    const Run& last = queue_.back();
    queued_.fetch_sub(last.bytes.size() - last.done, std::memory_order_relaxed);
    queue_.pop_back();
  }
}

void FileSink::give_up() noexcept {
  {
    const Lock lock(mutex_);
    given_up_.store(true, std::memory_order_relaxed);
    if (queue_.size() > in_writing() || !open_.bytes.empty()) {
      int none = 0;
      error_.compare_exchange_strong(none, ECANCELED);
    }
    drop_queue();
  }
  open_size_.store(0, std::memory_order_relaxed);
  open_ = {};
  changed_.notify_all();
}

void FileSink::stop() noexcept {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  Lock lock(mutex_);
  has_thread_ = false;
  changed_.wait(lock, [this] { return !writing_; });  // by one who waits
}

int FileSink::close() noexcept {
  stop();
  if (descriptor_ >= 0 && ::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    int none = 0;
    error_.compare_exchange_strong(none, errno);
  }
  return error();
}

void FileSink::close_in_child() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace rapidmarc
