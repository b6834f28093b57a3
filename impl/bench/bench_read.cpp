// The native baseline: what reading a file costs without Python, and what this host's threads are
// worth.
//
//   read/threads:N      one reader, N threads that read, frame and decode the whole file in order
//   readers/threads:N   N readers on one thread each that share nothing, the work divided
//   ceiling/threads:N   N threads decode blocks of their own that lie in memory: what the host
//                       gives to code that shares nothing, not even a file
//
// The file is named by the environment variable RAPIDMARC_BENCH_FILE. Counters: records and bytes a
// second.
#include <benchmark/benchmark.h>

#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "bench/bench_file.hpp"
#include "io/source.hpp"
#include "parallel/chunk_reader.hpp"

namespace {

using rapidmarc::Batch;
using rapidmarc::ChunkOptions;
using rapidmarc::ChunkReader;
using rapidmarc::bench::bench_path;
using rapidmarc::bench::Count;
using rapidmarc::bench::OpenFile;
using rapidmarc::bench::report;

Count read_all(const std::shared_ptr<rapidmarc::FileSource>& source, std::uint32_t threads) {
  ChunkOptions options;
  options.threads = threads;
  ChunkReader reader(source, 0, options);
  Count count;
  for (;;) {
    auto batch = reader.try_take();
    if (!batch) batch = reader.take().batch;
    if (!batch) break;
    count.records += batch->tables.records.size();
    count.bytes += batch->end - batch->begin;
    const auto stop = batch->framing.stop;
    reader.give_back(std::move(batch));
    if (stop == rapidmarc::Stop::end || stop == rapidmarc::Stop::fault) break;
  }
  return count;
}

void read(benchmark::State& state) {
  const OpenFile file(bench_path());
  const auto source = std::make_shared<rapidmarc::FileSource>(file.descriptor());
  Count count;
  for (auto _ : state) count = read_all(source, static_cast<std::uint32_t>(state.range(0)));
  report(state, count);
}

/// Runs `work(number)` on `threads` threads and returns when the last one is done.
template <typename Work>
void run_threads(std::size_t threads, Work work) {
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::jthread> pool;
  pool.reserve(threads);
  for (std::size_t number = 0; number < threads; ++number) {
    pool.emplace_back([&start, &work, number] {
      start.arrive_and_wait();
      work(number);
    });
  }
}

void readers(benchmark::State& state) {
  const OpenFile file(bench_path());
  const auto source = std::make_shared<rapidmarc::FileSource>(file.descriptor());
  const auto threads = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t passes =
      8;  // divided among the threads, so threads beyond 8 have nothing to do
  std::vector<Count> counts(threads);
  for (auto _ : state) {
    run_threads(threads, [&](std::size_t number) {
      for (std::size_t pass = number; pass < passes; pass += threads)
        counts[number] = read_all(source, 1);
    });
  }
  report(state, {counts[0].records * passes, counts[0].bytes * passes});
}

void ceiling(benchmark::State& state) {
  const OpenFile file(bench_path());
  const rapidmarc::FileSource source(file.descriptor());
  const auto threads = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t rounds = 2400;  // decoded blocks in all; divides by 1, 2, 3, 4, 6 and 8
  std::vector<std::unique_ptr<Batch>> batches;
  for (std::size_t number = 0; number < threads; ++number) {
    batches.push_back(std::make_unique<Batch>());
    rapidmarc::fill_from_chunk(*batches.back(), source, {0, rapidmarc::default_block_size, true},
                               {});
  }
  for (auto _ : state) {
    run_threads(threads, [&](std::size_t number) {
      for (std::size_t round = number; round < rounds; round += threads)
        rapidmarc::decode_batch(*batches[number]);
    });
  }
  report(state,
         {batches[0]->tables.records.size() * rounds, std::uint64_t{batches[0]->end} * rounds});
}

}  // namespace

BENCHMARK(read)->ArgName("threads")->Arg(1)->Arg(2)->Arg(3)->Arg(4)->Arg(8)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(readers)->ArgName("threads")->Arg(1)->Arg(2)->Arg(3)->Arg(4)->Arg(8)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(ceiling)->ArgName("threads")->Arg(1)->Arg(2)->Arg(3)->Arg(4)->Arg(8)->UseRealTime()->Unit(
    benchmark::kMillisecond);

int main(int argc, char** argv) { return rapidmarc::bench::run(argc, argv); }
