// What the benchmarks over a file have in common: the file, named by the environment variable
// RAPIDMARC_BENCH_FILE, the counters (records and bytes a second), and the main program.
#pragma once

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

namespace rapidmarc::bench {

class OpenFile {
 public:
  explicit OpenFile(const char* path) : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

inline const char* bench_path() { return std::getenv("RAPIDMARC_BENCH_FILE"); }

struct Count {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

inline void report(benchmark::State& state, const Count& count) {
  using benchmark::Counter;
  state.counters["records"] =
      Counter(static_cast<double>(count.records), Counter::kIsIterationInvariantRate);
  state.counters["bytes"] =
      Counter(static_cast<double>(count.bytes), Counter::kIsIterationInvariantRate);
  state.counters["records_counted"] = static_cast<double>(count.records);
}

inline int run(int argc, char** argv) {
  if (bench_path() == nullptr || ::access(bench_path(), R_OK) != 0) {
    std::cerr << argv[0] << ": set RAPIDMARC_BENCH_FILE to a readable file of MARC records\n";
    return 64;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace rapidmarc::bench
