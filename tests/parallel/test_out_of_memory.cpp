// An allocation that fails, wherever it is, ends in std::bad_alloc or a batch that says ENOMEM; and
// whoever goes on gets every record once, in order.
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <thread>

#include "parallel/chunk_reader.hpp"
#include "parallel/inputs.hpp"

using namespace rapidmarc;
using namespace rapidmarc::test;

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
// Allocations of this thread until one fails; afterwards none does.
thread_local std::int64_t until_failure = never;

bool is_to_fail() noexcept {
  if (until_failure == never) return false;
  if (until_failure-- > 0) return false;
  until_failure = never;
  return true;
}

}  // namespace

void* operator new(std::size_t size) {
  if (is_to_fail()) throw std::bad_alloc();
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return is_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }

namespace {

/// The next allocation of a worker behind its work, which is for handing the chunk over, fails; so
/// often in all.
class Exhausting final : public BatchWork {
 public:
  explicit Exhausting(int times) : left_(times), consumer_(std::this_thread::get_id()) {}

  std::unique_ptr<BatchProduct> work_on(const Batch& /*batch*/) const override {
    if (std::this_thread::get_id() != consumer_ && left_.fetch_sub(1) > 0) until_failure = 0;
    return nullptr;
  }
  bool is_through() const noexcept { return left_.load() <= 0; }

 private:
  mutable std::atomic<int> left_;
  std::thread::id consumer_;
};

struct Despite {
  Reading reading;
  int failures = 0;
};

/// Reads on behind every failure. While the fourth batch is fetched the consumer's allocation
/// number `fails_at` fails.
Despite read_despite(ChunkReader& reader, std::int64_t fails_at = never,
                     std::chrono::microseconds pause = {}) {
  Despite found;
  for (int fetches = 0; found.failures < 1'000; ++fetches) {
    ChunkReader::Taken taken;
    bool failed = false;
    until_failure = fetches == 3 ? fails_at : never;
    try {
      taken = next_batch(reader);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    until_failure = never;
    if (!failed && taken.outcome != ChunkReader::Outcome::batch) break;
    if (failed || taken.batch->read_error == ENOMEM) ++found.failures;
    if (failed) continue;
    found.reading.add(*taken.batch);
    std::this_thread::sleep_for(pause);  // so that workers come to their chunks on a busy host
    reader.give_back(std::move(taken.batch));
    if (found.reading.stop == Stop::end) break;
  }
  return found;
}

}  // namespace

TEST_CASE("A worker without memory to hand over its chunk loses no record") {
  const Input input = numbered_records(3'000, 2'000);
  for (const std::uint32_t threads : {2U, 3U, 4U}) {
    for (const int times : {1, 2, 7}) {
      INFO(threads << " threads, " << times << " failures");
      const auto work = std::make_shared<Exhausting>(times);
      ChunkOptions options = chunk_options(threads, 8'192);
      options.work = work;
      const auto source = std::make_shared<MemorySource>(input.bytes);
      int failures = 0;
      // A fast consumer may leave the workers nothing.
      for (int readings = 0; readings < 50 && !work->is_through(); ++readings) {
        ChunkReader reader(source, 0, options);
        const Despite found = read_despite(reader, never, std::chrono::microseconds(500));
        failures += found.failures;
        CHECK(found.reading.numbers == numbers(0, input.ends.size()));
        CHECK((found.reading.bytes == input.bytes));
      }
      CHECK(work->is_through());
      CHECK(failures > 0);
    }
  }
}

TEST_CASE("A consumer whose allocation fails, whichever it is, goes on without losing a record") {
  const Input input = numbered_records(400, 2'000);
  for (const std::uint32_t threads : {1U, 2U}) {
    int failures = 0;
    for (std::int64_t fails_at = 0; fails_at < 60; ++fails_at) {
      INFO(threads << " threads, allocation " << fails_at);
      ChunkReader reader(std::make_shared<MemorySource>(input.bytes), 0,
                         chunk_options(threads, 8'192));
      const Despite found = read_despite(reader, fails_at);
      failures += found.failures;
      CHECK(found.reading.numbers == numbers(0, input.ends.size()));
      CHECK((found.reading.bytes == input.bytes));
    }
    if (threads == 1) CHECK(failures > 0);  // workers may leave the consumer nothing to allocate
  }
}
