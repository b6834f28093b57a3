// The pool of worker threads: every task runs, on as many threads as were asked for; and how a
// forked process is recognised.
#include "parallel/worker_pool.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "parallel/inputs.hpp"

using namespace rapidmarc;
using rapidmarc::test::eventually;

TEST_CASE("Every task runs once, and not on the thread that started it") {
  std::atomic<int> runs{0};
  std::atomic<int> on_own_thread{0};
  {
    WorkerPool pool(2);
    const auto starter = std::this_thread::get_id();
    for (int i = 0; i < 500; ++i) {
      pool.start([&] {
        if (std::this_thread::get_id() == starter) on_own_thread.fetch_add(1);
        runs.fetch_add(1);
      });
    }
    CHECK(eventually([&] { return runs == 500; }));
  }
  CHECK(runs == 500);
  CHECK(on_own_thread == 0);
}

TEST_CASE("As many tasks run at the same time as there are workers, on any number of cores") {
  for (const std::uint32_t workers : {1U, 2U, 5U, 3U}) {
    std::mutex mutex;
    std::condition_variable changed;
    std::set<std::thread::id> threads;
    std::atomic<std::uint32_t> finished{0};
    bool all_met = true;
    WorkerPool pool(workers);
    for (std::uint32_t i = 0; i < workers; ++i) {
      pool.start([&] {
        {
          std::unique_lock lock(mutex);
          threads.insert(std::this_thread::get_id());
          changed.notify_all();
          const bool met = changed.wait_for(lock, std::chrono::seconds(20),
                                            [&] { return threads.size() == workers; });
          all_met = all_met && met;
        }
        finished.fetch_add(1);
      });
    }
    REQUIRE(eventually([&] { return finished == workers; }));
    const std::lock_guard lock(mutex);
    CHECK(all_met);
    CHECK(threads.size() == workers);
  }
}

TEST_CASE("No more tasks run at the same time than there are workers") {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::atomic<int> finished{0};
  WorkerPool pool(3);
  for (int i = 0; i < 200; ++i) {
    pool.start([&] {
      const int now = running.fetch_add(1) + 1;
      int seen = most;
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      running.fetch_sub(1);
      finished.fetch_add(1);
    });
  }
  REQUIRE(eventually([&] { return finished == 200; }));
  CHECK(most <= 3);
}

TEST_CASE("Starting a task does not wait for one") {
  std::atomic<bool> go{false};
  std::atomic<int> finished{0};
  WorkerPool pool(1);
  for (int i = 0; i < 10; ++i) {
    pool.start([&] {
      eventually([&] { return go.load(); });
      finished.fetch_add(1);
    });
  }
  CHECK(finished == 0);  // all ten were started while none could end
  go = true;
  CHECK(eventually([&] { return finished == 10; }));
}

TEST_CASE("A fork is counted in the child and not in the parent") {
  const std::uint64_t before = fork_count();
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(fork_count() == before + 1 ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(fork_count() == before);
}
