// Tables: what becomes of records, batch by batch, and what their exported form owns.
#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "columns/any_order.hpp"
#include "columns/arrow.hpp"
#include "columns/column_reader.hpp"
#include "core/records.hpp"

using namespace rapidmarc;
using namespace rapidmarc::columns;
using rapidmarc::test::make_record;

namespace {

Path path_of(std::string_view text) { return std::get<Path>(parse_path(text)); }

std::string book(std::size_t number) {
  std::vector<test::SampleField> fields{{"001", std::to_string(number)}};
  for (std::size_t i = 0; i < number % 3; ++i) {
    fields.push_back({"650",
                      " 0\x1F"
                      "asubject " +
                          std::to_string(i)});
  }
  return make_record(fields);
}

std::string books(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += book(i);
  return bytes;
}

std::shared_ptr<Plan> plan_of_books() {
  auto plan = std::make_shared<Plan>();
  plan->add_column("id", ColumnKind::text, path_of("001"));
  plan->add_column("number", ColumnKind::integer, path_of("001"));
  plan->add_column("all", ColumnKind::every, path_of("6..$a"));
  plan->add_column("count", ColumnKind::count, path_of("650"));
  plan->add_column("any", plan->add_test(path_of("650"), {}));
  return plan;
}

/// Says that odd records cannot be read.
class NoneCanBeRead final : public OddRecords {
 public:
  std::optional<std::string> read(Batch& /*batch*/, std::size_t /*number*/,
                                  std::uint64_t index) override {
    return "record " + std::to_string(index);
  }
  std::string framing_fault(const Batch& /*batch*/, std::uint64_t index) override {
    return "behind record " + std::to_string(index);
  }
};

/// Borrows `bytes`.
ColumnReader reader_of(const std::string& bytes, const std::shared_ptr<Plan>& plan,
                       std::uint32_t threads, OnError on_error) {
  plan->finish();
  const auto work = std::make_shared<const TableWork>(plan);
  ChunkOptions options;
  options.threads = threads;
  options.chunk_size = 300;
  options.work = work;
  return {work, std::make_unique<ChunkFeed>(std::make_shared<MemorySource>(bytes), 0, options),
          std::make_unique<NoneCanBeRead>(), on_error};
}

std::string text_at(const Texts& texts, std::size_t row) {
  const auto begin = static_cast<std::size_t>(texts.offsets[row]);
  return texts.bytes.substr(begin, static_cast<std::size_t>(texts.offsets[row + 1]) - begin);
}

bool bit_at(const Bits& bits, std::size_t row) { return (bits.bytes[row / 8] >> row % 8 & 1) != 0; }

}  // namespace

TEST_CASE("Tables have a row for each record, in the input's order, on any number of threads") {
  const std::string bytes = books(500);
  const auto threads = GENERATE(1U, 2U, 4U);
  ColumnReader reader = reader_of(bytes, plan_of_books(), threads, OnError::raise);
  std::size_t number = 0;
  std::size_t tables = 0;
  while (const auto table = reader.next()) {
    ++tables;
    REQUIRE(table->rows > 0);
    std::size_t subject = 0;
    for (std::size_t row = 0; row < table->rows; ++row, ++number) {
      CHECK(text_at(table->columns[0].texts, row) == std::to_string(number));
      CHECK(table->columns[1].integers[row] == static_cast<std::int64_t>(number));
      CHECK(table->columns[2].lists[row + 1] - table->columns[2].lists[row] ==
            static_cast<std::int32_t>(number % 3));
      for (std::size_t i = 0; i < number % 3; ++i) {
        CHECK(text_at(table->columns[2].texts, subject++) == "subject " + std::to_string(i));
      }
      CHECK(table->columns[3].counts[row] == static_cast<std::int32_t>(number % 3));
      CHECK(bit_at(table->columns[4].answers, row) == (number % 3 != 0));
    }
  }
  CHECK(number == 500);
  CHECK(tables > 10);
  CHECK(reader.records() == 500);
}

TEST_CASE("A condition drops rows and leaves nothing of them") {
  auto plan = plan_of_books();
  plan->set_filter(plan->add_test(path_of("650[1]"), {}));
  const std::string bytes = books(100);
  ColumnReader reader = reader_of(bytes, plan, 2, OnError::raise);
  std::size_t number = 2;
  while (const auto table = reader.next()) {
    for (std::size_t row = 0; row < table->rows; ++row, number += 3) {
      CHECK(text_at(table->columns[0].texts, row) == std::to_string(number));
      CHECK(table->columns[1].integers[row] == static_cast<std::int64_t>(number));
      CHECK(table->columns[3].counts[row] == 2);
    }
    CHECK(table->columns[2].texts.size() == 2 * table->rows);
  }
  CHECK(number == 101);
}

TEST_CASE("An error comes behind the rows before it, and stays") {
  std::string bytes = books(10);
  bytes += make_record({{"001", "\xFF"}}) + books(10);
  ColumnReader reader = reader_of(bytes, plan_of_books(), 2, OnError::raise);
  std::size_t rows = 0;
  const auto read_on = [&] {
    while (const auto table = reader.next()) rows += table->rows;
  };
  CHECK_THROWS_AS(read_on(), SelectionError);
  CHECK(rows == 10);
  try {
    read_on();
    FAIL("the error is gone");
  } catch (const SelectionError& error) {
    CHECK(error.number == EINVAL);
    CHECK(error.text == "record 10");
  }
}

TEST_CASE("Parts that are read side by side give every row once, and each part's in its order") {
  const std::string bytes = books(600);
  std::vector<std::uint64_t> cuts{0};
  for (const std::size_t number : {100U, 101U, 450U}) cuts.push_back(books(number).size());
  cuts.push_back(bytes.size());
  const auto plan = plan_of_books();
  plan->finish();
  const auto work = std::make_shared<const TableWork>(plan);
  ChunkOptions options;
  options.threads = 2;
  options.chunk_size = 300;
  options.work = work;
  const auto source = std::make_shared<MemorySource>(bytes);
  std::vector<AnyOrderReader::Part> parts;
  for (std::size_t part = 0; part + 1 < cuts.size(); ++part) {
    auto feed =
        std::make_unique<ChunkFeed>(source_up_to(source, cuts[part + 1]), cuts[part], options);
    parts.push_back({std::make_unique<ColumnReader>(
                         work, std::move(feed), std::make_unique<NoneCanBeRead>(), OnError::raise),
                     cuts[part]});
  }
  AnyOrderReader reader(std::move(parts));
  std::vector<std::size_t> next{0, 100, 101, 450};
  while (const auto table = reader.next()) {
    const auto first = static_cast<std::size_t>(table->columns[1].integers.front());
    const std::size_t part = first < 100 ? 0 : first < 101 ? 1 : first < 450 ? 2 : 3;
    for (std::size_t row = 0; row < table->rows; ++row) {
      CHECK(table->columns[1].integers[row] == static_cast<std::int64_t>(next[part]++));
    }
  }
  CHECK(next == std::vector<std::size_t>{100, 101, 450, 600});
  CHECK(reader.records() == 600);
  CHECK(reader.skipped() == 0);
  CHECK_FALSE(reader.next());
}

TEST_CASE("An exported table owns its memory, and each child can be moved out of it") {
  auto plan = plan_of_books();
  const std::string bytes = books(3);
  ColumnReader reader = reader_of(bytes, plan, 1, OnError::raise);
  ArrowArray array{};
  std::size_t rows = 0;
  const std::int64_t* filled = nullptr;
  {
    Table table = reader.next().value_or(Table{});
    REQUIRE(table.columns.size() == 5);
    rows = table.rows;
    filled = table.columns[1].integers.data();
    export_table(std::move(table), array);
  }
  CHECK(array.length == static_cast<std::int64_t>(rows));
  REQUIRE(array.n_children == 5);
  CHECK(array.children[1]->buffers[1] == filled);
  ArrowArray moved = *array.children[2];
  array.children[2]->release = nullptr;
  array.release(&array);
  CHECK(array.release == nullptr);
  CHECK(moved.children[0]->n_buffers == 3);
  moved.release(&moved);

  ArrowSchema schema{};
  export_schema(*plan, schema);
  REQUIRE(schema.n_children == 5);
  CHECK(std::string(schema.children[2]->name) == "all");
  CHECK(std::string(schema.children[2]->format) == "+l");
  CHECK(std::string(schema.children[2]->children[0]->format) == "u");
  schema.release(&schema);
  CHECK(schema.release == nullptr);
}
