#include "stress_columns.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "columns/column_reader.hpp"
#include "stress_stage.hpp"

namespace rapidmarc::sanitizer {
namespace {

// For a corpus whose records are all read without help.
class NoOddRecords final : public columns::OddRecords {
 public:
  std::optional<std::string> read(Batch& /*batch*/, std::size_t /*number*/,
                                  std::uint64_t /*index*/) override {
    return "a record was handed over";
  }
  std::string framing_fault(const Batch& /*batch*/, std::uint64_t /*index*/) override {
    return "a fault between records";
  }
};

std::shared_ptr<const columns::TableWork> table_work() {
  auto plan = std::make_shared<columns::Plan>();
  for (const char* path : {"001", "245$a", "650$a"}) {
    plan->add_column(path, columns::ColumnKind::text,
                     std::get<columns::Path>(columns::parse_path(path)));
  }
  plan->finish();
  return std::make_shared<const columns::TableWork>(plan);
}

columns::ColumnReader column_reader(const std::shared_ptr<const columns::TableWork>& work,
                                    std::shared_ptr<const Source> source) {
  ChunkOptions options = with_workers();
  options.work = work;
  return {work, std::make_unique<columns::ChunkFeed>(std::move(source), 0, options),
          std::make_unique<NoOddRecords>(), columns::OnError::null};
}

}  // namespace

void columns_by_workers() {
  const Stage stage(1'000'000);
  const auto work = table_work();
  on_threads(3, [&](int number) {
    columns::ColumnReader reader = column_reader(work, number == 0 ? stage.memory() : stage.file());
    std::size_t rows = 0;
    while (const auto table = reader.next()) rows += table->rows;
    require(rows == stage.facts.size(), "wrong rows");
  });
}

void columns_stopped() {
  const Stage stage(600'000);
  const auto work = table_work();
  for (int round = 0; round < 60; ++round) {
    const Descriptor file(stage);
    std::optional<columns::Table> kept;
    {
      columns::ColumnReader reader = column_reader(work, std::make_shared<FileSource>(file.number));
      for (int taken = 0; taken < round % 6; ++taken) kept = reader.next();
      std::this_thread::sleep_for(std::chrono::microseconds(20 * (round % 7)));
    }
    require(round % 6 == 0 || (kept && kept->rows > 0), "no table");
  }
}

}  // namespace rapidmarc::sanitizer
