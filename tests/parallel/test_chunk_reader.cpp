// Reading in chunks: every record comes once and in the input's order, however many threads decode
// and wherever the chunks begin.
#include "parallel/chunk_reader.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "io/temporary_file.hpp"
#include "parallel/inputs.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

void check_whole(const Input& input, const Reading& reading) {
  CHECK(reading.numbers == numbers(0, input.ends.size()));
  CHECK((reading.bytes == input.bytes));
  CHECK(reading.stop == Stop::end);
  CHECK(reading.fault == Error::none);
}

/// Reads all of `input` and checks that nothing is missing; how often a chunk was decoded twice.
std::uint64_t read_whole(const Input& input, const ChunkOptions& options) {
  INFO(options.threads << " threads, chunks of " << options.chunk_size);
  ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, options);
  check_whole(input, read_on(reader));
  CHECK(reader.position() == input.bytes.size());
  return reader.counts().decoded_twice;
}

/// A record of about 1,700 bytes with `text` from byte 1,450 on.
std::string record_with(std::string_view text) {
  return make_record({{"001", digits(0, 8)},
                      {"500",
                       "  \x1F"
                       "a" +
                           std::string(1'380, 'x') + std::string(text) + std::string(250, 'y')}});
}

}  // namespace

TEST_CASE("Records come in the input's order for any number of threads and any size of chunks") {
  const Input small = numbered_records(60, 400);
  const Input large = numbered_records(300, 20'000);
  for (const std::uint32_t threads : {1U, 2U, 3U, 4U, 8U}) {
    for (const std::size_t chunk : {1U, 7U, 64U, 1'000U}) {
      CHECK(read_whole(small, chunk_options(threads, chunk)) == 0);
    }
    for (const std::size_t chunk : {4'096U, 65'536U, 1U << 20U}) {
      CHECK(read_whole(large, chunk_options(threads, chunk)) == 0);
    }
  }
}

TEST_CASE("Records that span many chunks are whole") {
  Input input;
  for (std::size_t i = 0; i < 12; ++i) {
    input.add(numbered_record(i, i % 3 == 0 ? 99'999 : 500, "long text "));
  }
  REQUIRE(input.ends[0] > 99'900);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    for (const std::size_t chunk : {512U, 4'096U, 50'000U}) {
      CHECK(read_whole(input, chunk_options(threads, chunk)) == 0);
    }
  }
}

TEST_CASE("A file is read as memory is") {
  const Input input = numbered_records(300, 5'000);
  const TemporaryFile file(input.bytes);
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    ChunkReader reader(std::make_shared<FileSource>(file.descriptor()), 0,
                       chunk_options(threads, 10'000));
    check_whole(input, read_on(reader));
  }
}

TEST_CASE("An input that holds nothing ends at once") {
  for (const std::uint32_t threads : {1U, 4U}) {
    ChunkReader reader(std::make_shared<MemorySource>(""), 0, chunk_options(threads, 100));
    const Reading reading = read_on(reader);
    CHECK(reading.numbers.empty());
    CHECK(reading.stop == Stop::end);
  }
}

TEST_CASE("Chunks that end where records end are neither doubled nor lost") {
  Input input;
  for (std::size_t i = 0; i < 100; ++i) input.add(numbered_record(i, 100, "x"));
  const std::size_t size = input.ends[0];
  REQUIRE(input.bytes.size() == 100 * size);
  for (const std::size_t chunk : {size - 1, size, size + 1, 2 * size, 50 * size, 100 * size}) {
    for (const std::uint32_t threads : {1U, 3U}) read_whole(input, chunk_options(threads, chunk));
  }
}

TEST_CASE("Reading may start at any record") {
  const Input input = numbered_records(50, 400);
  for (const std::size_t first : {1U, 17U, 49U, 50U}) {
    ChunkReader reader(std::make_shared<MemorySource>(input.bytes), input.begin_of(first),
                       chunk_options(3, 300));
    CHECK(reader.position() == input.begin_of(first));
    CHECK(read_on(reader).numbers == numbers(first, 50));
  }
}

TEST_CASE("Every batch says where its records lie, and the reader where the next one starts") {
  const Input input = numbered_records(100, 400);
  ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, chunk_options(2, 1'000));
  std::uint64_t expected = 0;
  for (;;) {
    CHECK(reader.position() == expected);
    const auto taken = next_batch(reader);
    REQUIRE(taken.outcome == ChunkReader::Outcome::batch);
    const Batch& batch = *taken.batch;
    CHECK(batch.begin_offset() == expected);
    for (const DecodedRecord& record : batch.tables.records) {
      CHECK(batch.offset + record.span.offset == expected);
      expected += record.span.length;
    }
    CHECK(batch.end_offset() == expected);
    if (batch.framing.stop == Stop::end) break;
  }
  CHECK(expected == input.bytes.size());
}

TEST_CASE(
    "A false record end within a field is found out, and its chunk decoded again and counted") {
  // Chunk 1 begins at 1,000, within the first record, and takes the false end for a true one.
  const std::string inner = numbered_record(777, 100, "false ");
  const std::vector<std::string> false_ends{
      "\x1D" + inner,          // looks sound up to the record's true end
      "\x1D" + inner + inner,  // twice
      "\x1D"
      "00019",  // leads to no terminator
      "\x1D"
      "00000",  // would be the rest of the stream
      "\x1D"
      "00004",
      "\x1D"
      "99999",  // would go on behind the input's end
      "\x1D"
      "00006\x1D",  // a record without a leader
      "\x1D"
      "0\x1D"
      "00030",
  };
  for (const std::string& text : false_ends) {
    Input input;
    input.add(record_with(text));
    REQUIRE(input.bytes.size() > 1'600);
    REQUIRE(input.bytes.size() < 2'000);
    for (std::size_t i = 1; i < 40; ++i) input.add(numbered_record(i, 90 + i, "words "));
    for (const std::uint32_t threads : {1U, 2U, 4U}) {
      INFO(text);
      CHECK(read_whole(input, chunk_options(threads, 1'000)) == 1);
    }
  }
}

TEST_CASE("A record terminator within a field that no number follows misleads nobody") {
  for (const char* text : {"\x1D",
                           "\x1D"
                           "abc",
                           "\x1D"
                           "0001 ",
                           "\x1E\x1D\x1E"}) {
    Input input;
    input.add(record_with(text));
    for (std::size_t i = 1; i < 40; ++i) input.add(numbered_record(i, 100, "words "));
    CHECK(read_whole(input, chunk_options(2, 1'000)) == 0);
  }
}

TEST_CASE("A false record end in a chunk in which no record starts costs nothing") {
  Input input;
  input.add(
      record_with("\x1D"
                  "00019"));  // in the chunk from 1,400 to 1,500, as byte 1,450 is
  for (std::size_t i = 1; i < 5; ++i) input.add(numbered_record(i, 100, "words "));
  CHECK(read_whole(input, chunk_options(2, 100)) == 0);
}

TEST_CASE("Records whose length has blanks are found where the records before them end") {
  Input input;
  for (std::size_t i = 0; i < 60; ++i) {
    input.add(with(numbered_record(i, 100, "x"), 0, "  "));
  }
  const std::uint64_t chunks = (input.bytes.size() + 999) / 1'000;
  REQUIRE(input.bytes.size() % 1'000 != 0);
  // No start is recognised but the first one; each further chunk is decoded again.
  for (const std::uint32_t threads : {1U, 2U, 4U}) {
    CHECK(read_whole(input, chunk_options(threads, 1'000)) == chunks - 1);
  }
}

TEST_CASE("Random chunks and false record ends never change what is read") {
  std::mt19937 source(20260105);
  for (int round = 0; round < 60; ++round) {
    Input input;
    for (std::size_t i = 0; i < 40; ++i) {
      std::string text = "words ";
      if (source() % 3 == 0) text += record_terminator + digits(source() % 400, 5) + "more\x1D";
      input.add(numbered_record(i, 80 + source() % 600, text));
    }
    read_whole(input,
               chunk_options(static_cast<std::uint32_t>(1 + round % 4), 1 + source() % 1'500));
  }
}

TEST_CASE("As many threads decode as were asked for, the consumer among them") {
  const Input input = numbered_records(200, 400);
  for (const std::uint32_t threads : {1U, 2U, 4U, 6U}) {
    const auto source = std::make_shared<TrickySource>(input.bytes);
    source->wanted_threads = threads;
    ChunkReader reader(source, 0, chunk_options(threads, 1'000));
    check_whole(input, read_on(reader));
    CHECK(source->threads().size() == threads);
    CHECK(reader.counts().threads_seen == threads);
  }
}

TEST_CASE("No threads at all means the consumer's own") {
  const Input input = numbered_records(20, 400);
  ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0, chunk_options(0, 0));
  check_whole(input, read_on(reader));
  CHECK(reader.counts().threads_seen == 1);
}

TEST_CASE("Several readers read one source at once, each everything") {
  const Input input = numbered_records(200, 2'000);
  const auto source = std::make_shared<MemorySource>(input.bytes);
  std::vector<Reading> readings(3);
  {
    std::vector<std::jthread> consumers;
    consumers.reserve(readings.size());
    for (Reading& reading : readings) {
      consumers.emplace_back([&reading, &source] {
        ChunkReader reader(source, 0, chunk_options(3, 2'000));
        reading = read_on(reader);
      });
    }
  }
  for (const Reading& reading : readings) check_whole(input, reading);
}
