// Where the time between two fetches goes: to making records, or to the caller's own code.
//
// The time from one fetch to the next is taken whole. To take it at every record would cost as much
// as a record does; so one call in about sixty is timed, with the caller's code that follows it,
// and these samples say which part of the whole is whose. The steps between samples vary, so that
// they cannot keep time with what a caller does every so many records.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parallel/batch.hpp"

namespace rapidmarc::python {

/// Of one reader; to be touched with the interpreter's lock held. All times in nanoseconds.
class DeliveryClock {
 public:
  struct Sample {
    std::uint64_t started;
    std::uint64_t look;     // what a look at the clock costs
    std::uint64_t fetched;  // the time of all fetches before
  };

  void fetch_begins(std::uint64_t now) noexcept {
    stop(now);
    fetch_began_ = now;
  }
  void fetch_ends(std::uint64_t now) noexcept {
    fetch_ended_ = std::max(now, fetch_began_);
    fetching_ += fetch_ended_ - fetch_began_;
  }
  /// The last batch is used up, and nothing more is fetched.
  void stop(std::uint64_t now) noexcept {
    if (fetch_ended_ != 0) between_fetches_ += now - fetch_ended_;
    fetch_ended_ = 0;
  }
  std::uint64_t fetch_began() const noexcept { return fetch_began_; }

  /// Whether the call that comes after so many records is to be timed.
  bool is_due(std::uint64_t records) const noexcept { return records >= due_; }

  Sample begin() const noexcept {
    const std::uint64_t before = now_nanoseconds();
    const std::uint64_t started = now_nanoseconds();
    return {started, started - before, fetching_};
  }

  /// The timed call ends, and the caller's code begins.
  void returns(const Sample& sample, const void* thread) noexcept {
    returned_ = now_nanoseconds();
    look_ = sample.look;
    call_ = less(returned_ - sample.started, look_ + fetching_ - sample.fetched);
    thread_ = thread;
  }

  bool is_away() const noexcept { return returned_ != 0; }

  /// The next call of the same reader; one by another thread tells nothing of the first one's code.
  void came_back(const void* thread, std::uint64_t records) noexcept {
    if (thread == thread_) {
      sampled_convert_ += call_;
      sampled_consumer_ += less(now_nanoseconds() - returned_, look_);
    }
    returned_ = 0;
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    due_ = records + shortest_step + (random_ >> 58U);
  }

  std::uint64_t convert() const noexcept { return share(sampled_convert_); }
  std::uint64_t consumer() const noexcept { return share(sampled_consumer_); }

 private:
  static constexpr std::uint64_t shortest_step = 32;  // the longest is 63 more

  static std::uint64_t less(std::uint64_t whole, std::uint64_t part) noexcept {
    return whole - std::min(whole, part);
  }

  std::uint64_t share(std::uint64_t sampled) const noexcept {
    const std::uint64_t all = sampled_convert_ + sampled_consumer_;
    if (all == 0) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(between_fetches_) *
                                      (static_cast<double>(sampled) / static_cast<double>(all)));
  }

  std::uint64_t fetch_began_ = 0;
  std::uint64_t fetch_ended_ = 0;
  std::uint64_t fetching_ = 0;
  std::uint64_t between_fetches_ = 0;
  std::uint64_t due_ = 0;
  std::uint64_t random_ = 1;
  std::uint64_t returned_ = 0;
  std::uint64_t look_ = 0;
  std::uint64_t call_ = 0;
  const void* thread_ = nullptr;
  std::uint64_t sampled_convert_ = 0;
  std::uint64_t sampled_consumer_ = 0;
};

}  // namespace rapidmarc::python
