// Batches: how a chunk of the input becomes one, and the pool that keeps their memory.
#include "parallel/batch.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "io/temporary_file.hpp"
#include "parallel/inputs.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

constexpr std::size_t no_limit = SIZE_MAX;

/// Ten records of one size in memory.
Input ten_records() {
  Input input;
  for (std::size_t i = 0; i < 10; ++i) input.add(numbered_record(i, 200, "words "));
  return input;
}

std::vector<std::size_t> numbers_of(const Batch& batch) {
  Reading reading;
  reading.add(batch);
  return reading.numbers;
}

std::unique_ptr<Batch> chunk_of(const Source& source, ChunkPlace place) {
  auto batch = std::make_unique<Batch>();
  fill_from_chunk(*batch, source, place, {});
  return batch;
}

}  // namespace

TEST_CASE("A batch that starts anew has nothing of the old one but the memory") {
  const Input input = ten_records();
  Batch batch;
  fill_from_chunk(batch, MemorySource(input.bytes), {0, 500, true}, {});
  batch.read_error = 5;
  const std::size_t memory = batch.memory();
  DecodeOptions options;
  options.raw = true;
  start_batch(batch, options);
  CHECK(batch.tables.records.empty());
  CHECK(batch.spans.empty());
  CHECK(batch.bytes.empty());
  CHECK(batch.begin == 0);
  CHECK(batch.end == 0);
  CHECK(batch.read_error == 0);
  CHECK(batch.times.read + batch.times.frame + batch.times.decode == 0);
  CHECK(batch.options == options);
  CHECK(batch.memory() == memory);
}

TEST_CASE("Framing counts from where it begins, up to a place or a number of records") {
  const Input input = ten_records();
  Batch batch;
  batch.bytes = input.bytes;
  const auto second = static_cast<std::uint32_t>(input.begin_of(1));
  frame_batch(batch, second, true, no_limit, 3);
  CHECK(batch.spans.size() == 3);
  CHECK(batch.begin == second);
  CHECK(batch.end == input.ends[3]);
  CHECK(batch.framing.stop == Stop::limit);
  frame_batch(batch, second, true, input.begin_of(3), no_limit);
  CHECK(batch.spans.size() == 2);
  frame_batch(batch, second, true, 0, no_limit);
  CHECK(batch.spans.empty());
  frame_batch(batch, second, true, no_limit, no_limit);
  CHECK(batch.spans.size() == 9);
  CHECK(batch.framing.stop == Stop::end);
}

TEST_CASE("A batch can be decoded again with other options") {
  const Input input = ten_records();
  Batch batch;
  batch.bytes = input.bytes;
  frame_batch(batch, 0, true, no_limit, no_limit);
  batch.options.raw = true;
  decode_batch(batch);
  REQUIRE(batch.tables.records.size() == 10);
  CHECK(batch.tables.records[9].road == Road::hand_over);
  batch.options.raw = false;
  decode_batch(batch);
  REQUIRE(batch.tables.records.size() == 10);
  CHECK(numbers_of(batch) == numbers(0, 10));
}

TEST_CASE("A chunk holds the records that start in it, the last one whole") {
  const Input input = ten_records();
  const MemorySource source(input.bytes);
  const std::uint64_t size = input.ends[0];
  for (std::uint64_t begin = 0; begin < input.bytes.size(); begin += 7) {
    const std::uint64_t end = begin + 500;
    const auto batch = chunk_of(source, {begin, end, begin == 0});
    const std::size_t first = (begin + size - 1) / size;
    const std::size_t last = std::min<std::size_t>(10, (end + size - 1) / size);
    INFO("chunk from " << begin);
    CHECK(numbers_of(*batch) == numbers(std::min(first, last), last));
    CHECK(batch->chunk_end == end);
    if (first >= last) continue;
    CHECK(batch->begin_offset() == input.begin_of(first));
    CHECK(batch->end_offset() == input.ends[last - 1]);
    CHECK(batch->framing.stop == (last == 10 ? Stop::end : Stop::limit));
  }
}

TEST_CASE("A chunk within a record is empty, and the record belongs to the chunk it starts in") {
  const std::string record = numbered_record(0, 50'000, "long ");
  const MemorySource source(record);
  const auto empty = chunk_of(source, {10'000, 20'000, false});
  CHECK(empty->tables.records.empty());
  CHECK(empty->begin_offset() == 20'000);
  CHECK(empty->end_offset() == 20'000);
  const auto whole = chunk_of(source, {0, 10'000, true});
  CHECK(numbers_of(*whole) == numbers(0, 1));
  CHECK(whole->end_offset() == record.size());
}

TEST_CASE("A chunk at a known record start begins there, whatever stands before it") {
  const Input input = ten_records();
  const std::string bytes = "no terminator" + input.bytes;
  const auto batch = chunk_of(MemorySource(bytes), {13, 500, true});
  CHECK(batch->begin_offset() == 13);
  CHECK(numbers_of(*batch) == numbers(0, 3));
}

TEST_CASE("A chunk from a file owns its bytes, one from memory borrows them") {
  const Input input = ten_records();
  const TemporaryFile file(input.bytes);
  const auto owned = chunk_of(FileSource(file.descriptor()), {0, 500, true});
  CHECK(owned->bytes.data() == owned->block.data());
  CHECK(numbers_of(*owned) == numbers(0, 3));
  CHECK(owned->memory() > owned->bytes.size());
  const auto borrowed = chunk_of(MemorySource(input.bytes), {0, 500, true});
  CHECK(borrowed->bytes.data() == input.bytes.data());
}

TEST_CASE("A failed read is noted if the chunk's records needed it, not if others did") {
  const Input input = ten_records();
  TrickySource source(input.bytes);
  source.fails_from = input.ends[2] + 10;
  const auto sound = chunk_of(source, {0, input.ends[2], true});
  CHECK(numbers_of(*sound) == numbers(0, 3));
  CHECK(sound->read_error == 0);
  const auto cut = chunk_of(source, {0, input.ends[2] + 1, true});
  CHECK(numbers_of(*cut) == numbers(0, 3));
  CHECK(cut->read_error == EIO);
  const auto guessed = chunk_of(source, {250, input.ends[2] + 1, false});
  CHECK(numbers_of(*guessed) == numbers(2, 3));
  CHECK(guessed->read_error == EIO);
  const auto nothing = chunk_of(source, {input.bytes.size() - 50, input.bytes.size(), false});
  CHECK(nothing->read_error == EIO);
  const auto within = chunk_of(source, {input.begin_of(2) + 5, input.begin_of(2) + 20, false});
  CHECK(within->tables.records.empty());
  CHECK(within->read_error == 0);
}

TEST_CASE("The rest of a stream is one record if it ends in a terminator") {
  const Input input = ten_records();
  Batch batch;
  fill_from_rest(batch, MemorySource(input.bytes), input.begin_of(4), {});
  REQUIRE(batch.tables.records.size() == 1);
  CHECK(batch.tables.records[0].span.length == input.bytes.size() - input.begin_of(4));
  CHECK(batch.framing.stop == Stop::end);
  CHECK(batch.begin_offset() == input.begin_of(4));
  CHECK(batch.end_offset() == input.bytes.size());
  fill_from_rest(batch, MemorySource(input.bytes + "x"), 0, {});
  CHECK(batch.tables.records.empty());
  CHECK(batch.framing.stop == Stop::fault);
  CHECK(batch.framing.fault == Error::terminator_missing);
  CHECK(batch.framing.fault_length == input.bytes.size() + 1);
  fill_from_rest(batch, MemorySource(input.bytes), input.bytes.size(), {});
  CHECK(batch.tables.records.empty());
  CHECK(batch.framing.stop == Stop::end);
}

TEST_CASE("The rest of a stream is taken whole, however long it is") {
  const std::string bytes(3'000'000, record_terminator);
  const TemporaryFile file(bytes);
  Batch batch;
  fill_from_rest(batch, FileSource(file.descriptor()), 1'000, {});
  REQUIRE(batch.tables.records.size() == 1);
  CHECK(batch.tables.records[0].span.length == 2'999'000);
}

TEST_CASE("A pool gives back what was returned last, to the shelf it came from") {
  BatchPool pool(2, 2);
  auto one = pool.take(0);
  auto two = pool.take(0);
  auto other = pool.take(1);
  CHECK(one->home == 0);
  CHECK(other->home == 1);
  const Batch* const first = one.get();
  const Batch* const second = two.get();
  const Batch* const third = other.get();
  pool.give_back(std::move(one));
  pool.give_back(std::move(other));
  pool.give_back(std::move(two));
  CHECK(pool.take(0).get() == second);
  CHECK(pool.take(1).get() == third);
  CHECK(pool.take(0).get() == first);
  pool.give_back(nullptr);
}

TEST_CASE("A pool keeps memory, but neither more batches than it may nor huge blocks") {
  BatchPool pool(1, 1);
  auto kept = pool.take(0);
  auto surplus = pool.take(0);
  kept->block.reserve(1'000);
  surplus->block.reserve(2'000);
  kept->bytes = "borrowed";
  pool.give_back(std::move(kept));
  pool.give_back(std::move(surplus));
  auto again = pool.take(0);
  CHECK(again->block.capacity() == 1'000);
  CHECK(again->bytes.empty());
  CHECK(pool.take(0)->block.capacity() == 0);
  again->block.reserve(64U << 20U);
  pool.give_back(std::move(again));
  CHECK(pool.take(0)->block.capacity() == 0);
}

TEST_CASE("A pool that is cleared keeps nothing, and goes on") {
  BatchPool pool(2, 1);
  for (const std::uint32_t shelf : {0U, 1U}) {
    auto batch = pool.take(shelf);
    batch->block.reserve(1'000);
    pool.give_back(std::move(batch));
  }
  pool.clear();
  CHECK(pool.take(0)->block.capacity() == 0);
  CHECK(pool.take(1)->block.capacity() == 0);
}

TEST_CASE("A batch from a pool with more shelves is freed, not laid on one that is not there") {
  BatchPool large(3, 1);
  auto batch = large.take(2);
  BatchPool small(1, 1);
  small.give_back(std::move(batch));
  CHECK(small.take(0)->home == 0);
}
