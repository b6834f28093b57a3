// Places to cut an input at: proven by the bytes around them, or counted off.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "parallel/inputs.hpp"
#include "parallel/partition.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

std::vector<std::uint64_t> thirds(std::uint64_t size) { return {size / 3, 2 * size / 3}; }

/// Records of one length, each with a leader in its middle that counts on to that in the next one.
Input two_chains(std::size_t count) {
  Input input;
  for (std::size_t i = 0; i < count; ++i) {
    std::string record = numbered_record(10'000 + i, 400, "some words ");
    std::string leader(1, record_terminator);
    leader += digits(record.size(), length_field_length);
    leader += "nam a2200049   4500";
    record.replace(200, leader.size(), leader);
    input.add(record);
  }
  return input;
}

}  // namespace

TEST_CASE("A cut is the first record at or behind its target, proven from the bytes around it") {
  const Input input = numbered_records(3'000, 900);
  const MemorySource source(input.bytes);
  for (std::uint64_t target = 1; target < input.bytes.size(); target += 9'973) {
    const auto proven = prove_boundary(source, input.bytes.size(), target);
    REQUIRE(proven);
    CHECK(proven.value_or(0) == input.begin_of(input.whole_before(target - 1) + 1));
  }
}

TEST_CASE("A target behind the end is cut at the end") {
  const Input input = numbered_records(10, 400);
  const MemorySource source(input.bytes);
  CHECK(find_boundaries(source, std::vector<std::uint64_t>{input.bytes.size() + 5}).offsets ==
        std::vector<std::uint64_t>{input.bytes.size()});
  CHECK(find_boundaries(MemorySource({}), std::vector<std::uint64_t>{0, 5}).offsets ==
        std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("Where two chains of records never meet, records are counted off") {
  const Input input = two_chains(30'000);
  const MemorySource source(input.bytes);
  const std::vector<std::uint64_t> targets{input.bytes.size() / 4, input.bytes.size() / 3};
  CHECK_FALSE(prove_boundary(source, input.bytes.size(), targets.front()));
  const Boundaries found = find_boundaries(source, targets);
  CHECK(found.counts.counted == 2);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::size_t size = input.bytes.size() / 30'000;
    CHECK(found.offsets[i] % size == 0);
    CHECK(found.offsets[i] - targets[i] < size);
  }
}

TEST_CASE("Cuts of a damaged input lie where its pieces do") {
  const Input before = numbered_records(800, 900);
  const Input after = numbered_records(800, 900, 800);
  const std::string bytes = before.bytes + std::string(300'000, 'x') + after.bytes;
  const MemorySource source(bytes);
  const Boundaries found = find_boundaries(source, thirds(bytes.size()));
  CHECK(found.offsets.front() >= bytes.size() / 3);
  CHECK(found.offsets.back() - found.offsets.front() < bytes.size());
  const std::uint64_t in_the_damage = before.bytes.size() + 150'000;
  const auto behind = find_boundaries(source, std::vector<std::uint64_t>{in_the_damage});
  CHECK(behind.offsets.front() == before.bytes.size() + 300'000);
}

TEST_CASE("A source that was cut short ends there, and its places stay what they were") {
  const Input input = numbered_records(100, 400);
  const std::uint64_t stop = input.ends[59];
  const auto source = source_up_to(std::make_shared<MemorySource>(input.bytes), stop);
  CHECK(source->size() == stop);
  ChunkReader reader(source, input.begin_of(20), chunk_options(2, 1'000));
  const Reading reading = read_on(reader);
  CHECK(reading.numbers == numbers(20, 60));
  CHECK(reading.stop == Stop::end);
  CHECK(reader.position() == stop);
}
