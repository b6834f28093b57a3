// The deliberate races of canaries.hpp. What must not happen here is the point of this file.
//
// They are deterministic: the threads meet by relaxed atomics (meeting.hpp), which order nothing,
// and only then touch the shared variable, one after the other.
#include "canaries.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include "meeting.hpp"

namespace rapidmarc::canaries {

// What the canaries fight over. Of external linkage: stores to a variable that nobody else could
// read would be optimised away, and the race with them.
namespace shared {
int of_workers = 0;
int of_filters = 0;
int of_callers = 0;
int of_holder_and_worker = 0;
}  // namespace shared

namespace {

using sanitizer::Meeting;
using sanitizer::OneByOne;
using sanitizer::wait_until;

// oneTBB starts one worker less than there are cores, whatever the arena asks for: on two cores a
// race between two workers needs this limit raised.
class ManyWorkers {
  oneapi::tbb::global_control control_{oneapi::tbb::global_control::max_allowed_parallelism, 4};
};

void wait_for(const std::atomic<int>& done, int count) {
  wait_until([&] { return done.load(std::memory_order_relaxed) >= count; },
             "a oneTBB task did not run");
}

}  // namespace

void worker_vs_worker() {
  ManyWorkers workers;
  oneapi::tbb::task_arena arena(4);
  Meeting meeting(2);
  OneByOne order;
  std::atomic<int> done{0};
  for (int task = 0; task < 2; ++task) {
    arena.enqueue([&] {
      meeting.arrive();
      order.act([] { ++shared::of_workers; });
      done.fetch_add(1, std::memory_order_relaxed);
    });
  }
  wait_for(done, 2);
}

void parallel_filter_counter() {
  namespace tbb = oneapi::tbb;
  ManyWorkers workers;
  Meeting first_two(2);
  OneByOne order;
  int tokens_left = 8;
  std::atomic<int> tokens_seen{0};
  auto source = [&](tbb::flow_control& flow) {
    if (tokens_left == 0) flow.stop();
    return tokens_left > 0 ? tokens_left-- : 0;
  };
  auto count = [&](int token) {
    if (tokens_seen.fetch_add(1, std::memory_order_relaxed) < 2) first_two.arrive();
    order.act([] { ++shared::of_filters; });
    return token;
  };
  tbb::parallel_pipeline(
      4, tbb::make_filter<void, int>(tbb::filter_mode::serial_in_order, source) &
             tbb::make_filter<int, int>(tbb::filter_mode::parallel, count) &
             tbb::make_filter<int, void>(tbb::filter_mode::serial_in_order, [](int) {}));
}

void token_rewritten() {
  ManyWorkers workers;
  oneapi::tbb::task_arena arena(4);
  std::vector<unsigned char> token(4096, 'x');
  std::atomic<int> scanned{0};
  std::atomic<unsigned> sum{0};
  arena.enqueue([&] {
    unsigned seen = 0;
    for (unsigned char byte : token) seen += byte;
    sum.store(seen, std::memory_order_relaxed);
    annotate_read_range(token.data(), token.size());
    scanned.fetch_add(1, std::memory_order_relaxed);
  });
  wait_for(scanned, 1);
  annotate_write_range(token.data(), token.size());
  for (unsigned char& byte : token) byte = 'y';
}

void without_gil() {
  static Meeting meeting(2);
  static OneByOne order;
  meeting.arrive();
  order.act([] { ++shared::of_callers; });
}

void gil_holder_vs_worker() {
  ManyWorkers workers;
  oneapi::tbb::task_arena arena(4);
  Meeting meeting(2);
  OneByOne order;
  std::atomic<int> done{0};
  arena.enqueue([&] {
    meeting.arrive();
    order.act([] { ++shared::of_holder_and_worker; });
    done.fetch_add(1, std::memory_order_relaxed);
  });
  meeting.arrive();
  order.act([] { ++shared::of_holder_and_worker; });
  wait_for(done, 1);
}

void lock_order_inversion() {
  std::mutex first;
  std::mutex second;
  std::thread([&] {
    std::scoped_lock outer(first);
    std::scoped_lock inner(second);
  }).join();
  std::thread([&] {
    std::scoped_lock outer(second);
    std::scoped_lock inner(first);
  }).join();
}

}  // namespace rapidmarc::canaries
