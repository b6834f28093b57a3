// Columns: what a selection costs beyond reading (bench_read's `read`), and what its threads are
// worth.
//
//   texts/threads:N   five columns of text
//   mixed/threads:N   every kind of column, and a condition
//   build             five columns of text from records that are decoded already
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bench/bench_file.hpp"
#include "columns/column_reader.hpp"
#include "io/source.hpp"

namespace {

using rapidmarc::Batch;
using rapidmarc::bench::bench_path;
using rapidmarc::bench::Count;
using rapidmarc::bench::OpenFile;
using rapidmarc::bench::report;
using namespace rapidmarc::columns;

Path path_of(std::string_view text) { return std::get<Path>(parse_path(text)); }

std::shared_ptr<Plan> texts_plan() {
  auto plan = std::make_shared<Plan>();
  for (const char* path : {"001", "008/35-37", "245$a", "100$a", "260$b"}) {
    plan->add_column(path, ColumnKind::text, path_of(path));
  }
  plan->finish();
  return plan;
}

std::shared_ptr<Plan> mixed_plan() {
  auto plan = std::make_shared<Plan>();
  plan->add_column("id", ColumnKind::text, path_of("001"));
  plan->add_column("title", ColumnKind::text, path_of("245$a-c"));
  plan->add_column("isbn", ColumnKind::every, path_of("020$a"));
  plan->add_column("subjects", ColumnKind::count, path_of("6..$a"));
  plan->add_column("year", ColumnKind::integer, path_of("008/7-10"));
  plan->add_column("online", plan->add_test(path_of("856$u"), {}));
  Test english;
  english.kind = Test::Kind::equals;
  english.text = "eng";
  plan->set_filter(plan->add_test(path_of("008/35-37"), english));
  plan->finish();
  return plan;
}

/// For a file without odd records.
class NoOddRecords final : public OddRecords {
 public:
  std::optional<std::string> read(Batch& /*batch*/, std::size_t /*number*/,
                                  std::uint64_t /*index*/) override {
    return "odd";
  }
  std::string framing_fault(const Batch& /*batch*/, std::uint64_t /*index*/) override {
    return "fault";
  }
};

void select(benchmark::State& state, const std::shared_ptr<const Plan>& plan) {
  const OpenFile file(bench_path());
  const auto source = std::make_shared<rapidmarc::FileSource>(file.descriptor());
  rapidmarc::ChunkOptions options;
  options.threads = static_cast<std::uint32_t>(state.range(0));
  if (const char* const bytes = std::getenv("RAPIDMARC_BENCH_BATCH")) {
    options.chunk_size = static_cast<std::size_t>(std::atoll(bytes));
  }
  Count count;
  for (auto _ : state) {
    const auto work = std::make_shared<const TableWork>(plan);
    options.work = work;
    ColumnReader reader(work, std::make_unique<ChunkFeed>(source, 0, options),
                        std::make_unique<NoOddRecords>(), OnError::skip);
    while (auto table = reader.next()) benchmark::DoNotOptimize(table->columns.data());
    count = {reader.records(), source->size()};
  }
  report(state, count);
}

void texts(benchmark::State& state) { select(state, texts_plan()); }
void mixed(benchmark::State& state) { select(state, mixed_plan()); }

void build(benchmark::State& state) {
  const OpenFile file(bench_path());
  const rapidmarc::FileSource source(file.descriptor());
  Batch batch;
  rapidmarc::fill_from_chunk(batch, source, {0, rapidmarc::default_block_size, true}, {});
  const TableWork work(texts_plan());
  for (auto _ : state) benchmark::DoNotOptimize(work.work_on(batch));
  report(state, {batch.tables.records.size(), batch.end});
}

}  // namespace

BENCHMARK(texts)->ArgName("threads")->Arg(1)->Arg(2)->Arg(4)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(mixed)->ArgName("threads")->Arg(1)->Arg(2)->Arg(4)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(build)->Unit(benchmark::kMicrosecond);

int main(int argc, char** argv) { return rapidmarc::bench::run(argc, argv); }
