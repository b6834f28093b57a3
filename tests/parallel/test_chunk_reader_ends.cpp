// Reading in chunks: where and how it ends. Faults, failing reads, inputs that change, stopping,
// starting again, a full queue, a forked process.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/temporary_file.hpp"
#include "parallel/chunk_reader.hpp"
#include "parallel/inputs.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

TEST_CASE("A fault comes behind the records before it, with its bytes, and comes again") {
  const Input before = numbered_records(50, 400);
  struct Case {
    std::string bytes;
    Error fault;
    std::size_t fault_length;
  };
  const std::vector<Case> cases{{"abcde and more", Error::length_not_a_number, 5},
                                {"00010123456789", Error::terminator_missing, 10},
                                {"00100 too short", Error::record_truncated, 15},
                                {"001", Error::record_truncated, 3}};
  for (const Case& each : cases) {
    const std::string bytes = before.bytes + each.bytes;
    for (const std::uint32_t threads : {1U, 2U, 4U}) {
      for (const std::size_t chunk : {50U, 1'000U, 1U << 20U}) {
        ChunkReader reader(std::make_shared<MemorySource>(bytes), 0, chunk_options(threads, chunk));
        for (std::size_t first = 0; first <= 50; first += 50) {
          const Reading reading = read_on(reader);
          CHECK(reading.numbers == numbers(first, 50));
          CHECK(reading.stop == Stop::fault);
          CHECK(reading.fault == each.fault);
          CHECK(reading.fault_bytes == each.bytes.substr(0, each.fault_length));
          CHECK(reader.position() == before.bytes.size());
        }
      }
    }
  }
}

TEST_CASE("A record length below five takes all that follows for one record") {
  Input input = numbered_records(50, 400);
  const std::size_t before = input.bytes.size();
  std::string rest = with(numbered_record(50, 300, "x"), 0, "-0001");
  for (std::size_t i = 51; i < 60; ++i) rest += numbered_record(i, 300, "x");
  for (const char last : {record_terminator, 'x'}) {
    rest.back() = last;
    const std::string bytes = input.bytes + rest;
    for (const std::uint32_t threads : {1U, 2U, 4U}) {
      for (const std::size_t chunk : {100U, 1'000U, 1U << 20U}) {
        ChunkReader reader(std::make_shared<MemorySource>(bytes), 0, chunk_options(threads, chunk));
        const Reading reading = read_on(reader);
        if (last == record_terminator) {
          CHECK(reading.numbers == numbers(0, 51));
          CHECK((reading.bytes == bytes));
          CHECK(reading.stop == Stop::end);
        } else {
          CHECK(reading.numbers == numbers(0, 50));
          CHECK(reading.stop == Stop::fault);
          CHECK(reading.fault == Error::terminator_missing);
          CHECK((reading.fault_bytes == rest));
          CHECK(reader.position() == before);
        }
      }
    }
  }
}

TEST_CASE("A failed read comes at its place, behind every record before it, and can be overcome") {
  const Input input = numbered_records(40, 400);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    for (const std::size_t chunk : {64U, 1'000U, 3'000U, 1U << 20U}) {
      for (std::uint64_t place = 0; place < input.bytes.size(); place += 389) {
        INFO(threads << " threads, chunks of " << chunk << ", failure at " << place);
        const auto source = std::make_shared<TrickySource>(input.bytes);
        source->fails_from = place;
        ChunkReader reader(source, 0, chunk_options(threads, chunk));
        const std::size_t sound = input.whole_before(place);
        const Reading failed = read_on(reader);
        CHECK(failed.numbers == numbers(0, sound));
        CHECK(failed.read_error == EIO);
        CHECK(reader.position() == input.begin_of(sound));
        CHECK(read_on(reader).read_error == EIO);  // it fails as often as it is tried
        source->fails_from = UINT64_MAX;
        CHECK(read_on(reader).numbers == numbers(sound, 40));
      }
    }
  }
}

TEST_CASE("A failed read of the rest of the stream is told too") {
  const std::string bytes = numbered_record(0, 300, "x") + "-0001" + std::string(1'000, 'x');
  const auto source = std::make_shared<TrickySource>(bytes);
  ChunkReader reader(source, 0, chunk_options(1, 1'000));
  CHECK(read_on(reader, 1).stop == Stop::rest_of_stream);
  source->fails_from = 800;
  const Reading failed = read_on(reader);
  CHECK(failed.read_error == EIO);
  CHECK(failed.numbers.empty());
}

TEST_CASE("An input that grew after its end is read on") {
  const Input input = numbered_records(60, 400);
  for (const std::uint32_t threads : {1U, 3U}) {
    const auto source = std::make_shared<TrickySource>(input.bytes);
    source->told_size = source->visible = input.begin_of(20);
    ChunkReader reader(source, 0, chunk_options(threads, 1'000));
    CHECK(read_on(reader).numbers == numbers(0, 20));
    CHECK(read_on(reader).numbers.empty());
    source->told_size = source->visible = input.bytes.size();
    CHECK(read_on(reader).numbers == numbers(20, 60));
  }
}

TEST_CASE("A record that was cut off is read whole once the rest of it is there") {
  const Input input = numbered_records(30, 400);
  const auto source = std::make_shared<TrickySource>(input.bytes);
  source->visible = input.begin_of(20) + 50;
  ChunkReader reader(source, 0, chunk_options(2, 500));
  const Reading cut = read_on(reader);
  CHECK(cut.numbers == numbers(0, 20));
  CHECK(cut.fault == Error::record_truncated);
  CHECK(cut.fault_bytes.size() == 50);
  source->visible = input.bytes.size();
  CHECK(read_on(reader).numbers == numbers(20, 30));
}

TEST_CASE("An input larger than it says is read to its true end") {
  const Input input = numbered_records(60, 400);
  for (const std::uint64_t told : {std::uint64_t{0}, std::uint64_t{1}, input.begin_of(30)}) {
    const auto source = std::make_shared<TrickySource>(input.bytes);
    source->told_size = told;
    ChunkReader reader(source, 0, chunk_options(3, 700));
    CHECK(read_on(reader).numbers == numbers(0, 60));
  }
}

TEST_CASE("An input that shrinks while it is read ends where it ends then") {
  const Input input = numbered_records(200, 400);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    for (std::size_t left = 0; left < input.bytes.size(); left += 3'001) {
      const auto source = std::make_shared<TrickySource>(input.bytes);
      ChunkReader reader(source, 0, chunk_options(threads, 500));
      Reading reading = read_on(reader, 3);
      source->visible = left;
      const Reading rest = read_on(reader);
      CHECK((rest.stop == Stop::end || rest.fault == Error::record_truncated));
      reading.bytes += rest.bytes;
      CHECK((reading.bytes == input.bytes.substr(0, reading.bytes.size())));
      CHECK(reading.bytes.size() >= input.begin_of(input.whole_before(left)));
    }
  }
}

TEST_CASE("An input that shrinks to nothing where the rest of the stream should be ends") {
  const std::string bytes = numbered_record(0, 300, "x") + "-0001" + std::string(500, 'x');
  TemporaryFile shrinking(bytes);
  ChunkReader reader(std::make_shared<FileSource>(shrinking.descriptor()), 0,
                     chunk_options(1, 1'000));
  CHECK(read_on(reader, 1).stop == Stop::rest_of_stream);
  shrinking.shrink_to(bytes.size() - 505);
  const Reading rest = read_on(reader);
  CHECK(rest.stop == Stop::end);
  CHECK(rest.numbers.empty());
}

TEST_CASE("A stopped reader gives nothing more, wherever it stood") {
  const Input input = numbered_records(100, 400);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    for (const std::size_t batches : {std::size_t{0}, std::size_t{5}, SIZE_MAX}) {
      ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0,
                         chunk_options(threads, 1'000));
      read_on(reader, batches);
      reader.stop();
      CHECK(reader.try_take() == nullptr);
      CHECK(reader.take().outcome == ChunkReader::Outcome::end);
      CHECK(read_on(reader).ended);
      reader.stop();
    }
  }
}

TEST_CASE("A stopped reader does not take the rest of a stream either") {
  const std::string bytes = numbered_record(0, 300, "x") + "-0001" + std::string(500, '\x1D');
  ChunkReader reader(std::make_shared<MemorySource>(bytes), 0, chunk_options(1, 1'000));
  CHECK(read_on(reader, 1).stop == Stop::rest_of_stream);
  reader.stop();
  CHECK(read_on(reader).ended);
}

TEST_CASE("After a stop nothing reads from the source any more") {
  const Input input = numbered_records(400, 400);
  const auto source = std::make_shared<TrickySource>(input.bytes);
  ChunkReader reader(source, 0, chunk_options(4, 500));
  read_on(reader, 2);
  reader.stop();
  const std::size_t calls = source->calls;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(source->calls == calls);
  CHECK(calls < 400);
}

TEST_CASE("A reader can be left at any moment") {
  const Input input = numbered_records(100, 400);
  for (std::size_t batches = 0; batches < 30; ++batches) {
    ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, chunk_options(4, 300));
    CHECK(read_on(reader, batches).numbers.size() <= 100);
  }
}

TEST_CASE("A reader starts again at any record, before or behind, stopped or at the end") {
  const Input input = numbered_records(100, 400);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, chunk_options(threads, 700));
    for (const std::size_t first : {30U, 3U, 99U, 100U, 0U}) {
      read_on(reader, 4);
      if (first == 3) reader.stop();
      reader.restart(input.begin_of(first), {});
      CHECK(reader.position() == input.begin_of(first));
      CHECK(read_on(reader).numbers == numbers(first, 100));
    }
  }
}

TEST_CASE("What is read after a new start is decoded with the new options") {
  const std::string record = make_record({{"001", digits(0, 8)},
                                          {"500",
                                           "  \x1F"
                                           "a\xC3\xA9"}},
                                         ' ');
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += record;
  ChunkReader reader(std::make_shared<MemorySource>(bytes), 0, chunk_options(3, 300));
  auto taken = next_batch(reader);
  REQUIRE(taken.batch);
  CHECK(taken.batch->tables.records.at(0).road == Road::image);
  DecodeOptions utf8;
  utf8.force_utf8 = true;
  reader.restart(reader.position(), utf8);
  while (taken.batch->framing.stop != Stop::end) {
    taken = next_batch(reader);
    REQUIRE(taken.batch);
    CHECK(taken.batch->options == utf8);
    for (const DecodedRecord& each : taken.batch->tables.records) CHECK(each.road == Road::fast);
  }
}

TEST_CASE("The bounds of the queue are never exceeded") {
  // Records get smaller all the time, so a chunk holds more and more of them.
  Input input;
  for (std::size_t i = 0; i < 300; ++i) input.add(numbered_record(i, 6'000 - 19 * i, "words "));
  std::uint64_t ahead = 0;
  for (const std::uint32_t threads : {2U, 4U}) {
    for (const std::size_t records : {0U, 30U, 60U}) {
      ChunkOptions options = chunk_options(threads, 8'000);
      options.queue_bytes = 130'000;
      options.queue_records = records;
      ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, options);
      std::size_t found = 0;
      for (bool more = true; more;) {
        const Reading reading = read_on(reader, 1);
        found += reading.numbers.size();
        more = reading.stop != Stop::end;
        std::this_thread::sleep_for(std::chrono::microseconds(300));  // a slow consumer
      }
      const QueueCounts counts = reader.counts();
      INFO(threads << " threads, at most " << records << " records");
      CHECK(found == 300);
      ahead += counts.high_water_bytes;
      CHECK(counts.high_water_bytes <= options.queue_bytes);
      if (records != 0) CHECK(counts.high_water_records <= records);
      CHECK(counts.dropped_batches == 0);
    }
  }
  CHECK(ahead > 0);
}

TEST_CASE("What is dropped is counted, and nothing else is missing") {
  const Input input = numbered_records(300, 400);
  ChunkOptions options = chunk_options(3, 1'000);
  options.overflow = Overflow::drop;
  const auto source = std::make_shared<TrickySource>(input.bytes);
  ChunkReader reader(source, 0, options);
  Reading all = read_on(reader, 1);
  REQUIRE(eventually([&] { return source->calls >= input.bytes.size() / 1'000; }));
  for (;;) {
    const Reading next = read_on(reader, 1);
    all.numbers.insert(all.numbers.end(), next.numbers.begin(), next.numbers.end());
    all.bytes += next.bytes;
    if (next.stop == Stop::end) break;
  }
  const QueueCounts counts = reader.counts();
  CHECK(counts.dropped_records > 0);
  CHECK(counts.dropped_batches > 0);
  CHECK(all.numbers.size() + counts.dropped_records == 300);
  CHECK(all.bytes.size() + counts.dropped_bytes == input.bytes.size());
  CHECK(std::is_sorted(all.numbers.begin(), all.numbers.end()));
  CHECK(std::adjacent_find(all.numbers.begin(), all.numbers.end()) == all.numbers.end());
}

TEST_CASE("A queue that overflows is told if that is to be an error, and reading can start again") {
  const Input input = numbered_records(300, 400);
  ChunkOptions options = chunk_options(2, 300);
  options.overflow = Overflow::error;
  ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, options);
  Reading all;
  bool overflow = false;
  while (!overflow && all.stop != Stop::end) {
    auto taken = reader.take();
    overflow = taken.outcome == ChunkReader::Outcome::overflow;
    if (taken.batch) all.add(*taken.batch);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a slow consumer
  }
  REQUIRE(overflow);
  CHECK(all.numbers == numbers(0, all.numbers.size()));
  CHECK(reader.position() == all.bytes.size());
  CHECK(reader.take().outcome == ChunkReader::Outcome::overflow);
  reader.restart(reader.position(), {});
  const Reading next = read_on(reader, 1);
  REQUIRE_FALSE(next.numbers.empty());
  CHECK(next.numbers[0] == all.numbers.size());
}

TEST_CASE("A forked process reads on by itself, and the first one is not disturbed") {
  const Input input = numbered_records(300, 400);
  ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, chunk_options(3, 1'000));
  const std::size_t before = read_on(reader, 3).numbers.size();
  REQUIRE(before > 0);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool nothing_ready = reader.try_take() == nullptr;
    const bool all = read_on(reader).numbers == numbers(before, 300);
    reader.restart(0, {});
    const bool again = read_on(reader).numbers == numbers(0, 300);
    reader.stop();
    ::_exit(nothing_ready && all && again ? 0 : 1);
  }
  CHECK(read_on(reader).numbers == numbers(before, 300));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
