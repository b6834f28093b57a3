// Blocks: memory that grows on request and keeps what it holds.
#include "io/block.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string_view>

using namespace rapidmarc;

TEST_CASE("A new block has no memory") {
  Block block;
  CHECK(block.capacity() == 0);
  CHECK(block.data() == nullptr);
}

TEST_CASE("A block has at least the room that was asked for, and stays where it is if it has it") {
  Block block;
  const auto space = block.reserve(100);
  CHECK(space.size() >= 100);
  CHECK(block.capacity() == space.size());
  CHECK(space.data() == block.data());
  CHECK(block.reserve(50).data() == space.data());
  CHECK(block.capacity() == space.size());
}

TEST_CASE("A block that grows keeps the bytes that it holds") {
  Block block;
  std::memcpy(block.reserve(10).data(), "0123456789", 10);
  const auto space = block.reserve(1'000'000, 10);
  CHECK(space.size() >= 1'000'000);
  CHECK(std::string_view(space.data(), 10) == "0123456789");
}

TEST_CASE("A block that is filled piece by piece is seldom copied") {
  Block block;
  std::size_t copied = 0;
  std::size_t capacity = 0;
  for (std::size_t held = 0; held < 1'000'000; held += 100) {
    block.reserve(held + 100, held);
    if (block.capacity() != capacity) copied += held;
    capacity = block.capacity();
  }
  CHECK(copied < 3'000'000);  // with every piece copied anew it would be five thousand million
}

TEST_CASE("A block gives memory back only above the size that it may keep") {
  Block block;
  block.reserve(1'000);
  block.shrink_above(1'000);
  CHECK(block.capacity() == 1'000);
  block.shrink_above(999);
  CHECK(block.capacity() == 0);
  CHECK(block.reserve(10).size() == 10);
}
