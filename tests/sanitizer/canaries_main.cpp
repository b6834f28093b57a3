// Runs one canary without Python: `canaries_main NAME`. Test-only.
//
// Exit codes: the sanitizer's own (set by TSAN_OPTIONS) when it reported the race, 0 when the race
// went unseen, 2 for a wrong name, 70 when the canary could not be staged.
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "canaries.hpp"
#include "loaded_libraries.hpp"

namespace {

using namespace rapidmarc;

void two_threads_without_gil() {
  std::thread other(canaries::without_gil);
  canaries::without_gil();
  other.join();
}

void lock_holder_vs_worker() {
  std::mutex stands_for_the_gil;
  std::scoped_lock held(stands_for_the_gil);
  canaries::gil_holder_vs_worker();
}

// The sanitizer keeps a bounded history, and on rare occasions has lost the other side of a race
// when it wants to report it.
constexpr int rounds = 5;

const std::map<std::string, std::function<void()>> by_name = {
    {"worker_vs_worker", canaries::worker_vs_worker},
    {"parallel_filter_counter", canaries::parallel_filter_counter},
    {"token_rewritten", canaries::token_rewritten},
    {"without_gil", two_threads_without_gil},
    {"gil_holder_vs_worker", lock_holder_vs_worker},
    {"lock_order_inversion", canaries::lock_order_inversion},
};

}  // namespace

int main(int argc, char** argv) {
  const auto canary = argc == 2 ? by_name.find(argv[1]) : by_name.end();
  if (canary == by_name.end()) {
    std::fprintf(stderr, "usage: canaries_main NAME, where NAME is one of\n");
    for (const auto& [name, run] : by_name) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  try {
    sanitizer::require_instrumented_tbb();
    for (int round = 0; round < rounds; ++round) canary->second();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
    return 70;
  }
  return 0;
}
