// The queue between the consumer and its workers: who decodes which chunk, in which order batches
// are delivered, and how much may lie ready.
#include "parallel/chunk_queue.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace rapidmarc;

namespace {

constexpr bool worker = false;
constexpr bool consumer = true;

/// A queue of hundred chunks of 100 bytes with what it needs.
struct Bench {
  explicit Bench(std::uint32_t threads, std::size_t queue_bytes = 10'000,
                 std::size_t queue_records = 0, Overflow overflow = Overflow::block)
      : pool(threads, 4),
        queue(0, 10'000, options_of(threads, queue_bytes, queue_records, overflow)) {}

  static ChunkOptions options_of(std::uint32_t threads, std::size_t queue_bytes,
                                 std::size_t queue_records, Overflow overflow) {
    ChunkOptions options;
    options.threads = threads;
    options.chunk_size = 100;
    options.queue_bytes = queue_bytes;
    options.queue_records = queue_records;
    options.overflow = overflow;
    return options;
  }

  void publish(std::uint64_t chunk, std::size_t records = 1, std::uint32_t bytes = 100,
               std::uint32_t shelf = 1) {
    auto batch = pool.take(shelf);
    batch->tables.records.assign(records, {});
    batch->offset = chunk * 100;
    batch->begin = 0;
    batch->end = bytes;
    queue.publish(chunk, std::move(batch), pool, shelf);
  }

  /// Claims as a worker until there is no room.
  std::vector<std::uint64_t> claim_all() {
    std::vector<std::uint64_t> chunks;
    while (const auto chunk = queue.claim(worker)) chunks.push_back(*chunk);
    return chunks;
  }

  std::unique_ptr<Batch> take() {
    auto delivery = queue.next_delivery(ChunkQueue::Attempt::wait);
    return delivery ? std::move(delivery->batch) : nullptr;
  }

  BatchPool pool;
  ChunkQueue queue;
};

/// Lets the first chunk pass, so that the queue knows what a chunk holds.
void pass_first(Bench& bench, std::size_t records = 1) {
  REQUIRE(bench.queue.claim(worker) == 0U);
  bench.publish(0, records);
  REQUIRE(bench.take());
}

using Chunks = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("Chunks tile the input from where reading starts") {
  ChunkOptions options;
  options.chunk_size = 1'000;
  const ChunkQueue queue(77, 10'000, options);
  CHECK(queue.place(0).begin == 77);
  CHECK(queue.place(0).at_record_start);
  for (std::uint64_t chunk = 1; chunk < 20; ++chunk) {
    CHECK(queue.place(chunk).begin == queue.place(chunk - 1).end);
    CHECK(queue.place(chunk).end == 77 + (chunk + 1) * 1'000);
    CHECK_FALSE(queue.place(chunk).at_record_start);
  }
}

TEST_CASE(
    "With a bound on records the first chunk is decoded alone: how many it holds is unknown") {
  Bench bench(4, 10'000, 100);
  CHECK(bench.claim_all() == Chunks{0});
  CHECK(bench.queue.is_full_or_done());
  bench.publish(0);
  CHECK_FALSE(bench.claim_all().empty());
  CHECK(Bench(4).claim_all().size() == 8);
}

TEST_CASE("Chunks are given out in order, each once, two for each thread and at least four") {
  for (const std::uint32_t threads : {2U, 3U, 5U}) {
    Bench bench(threads, 10'000);
    pass_first(bench);
    const Chunks chunks = bench.claim_all();
    CHECK(chunks.size() == std::max(4U, 2 * threads));
    for (std::size_t i = 0; i < chunks.size(); ++i) CHECK(chunks[i] == i + 1);
  }
}

TEST_CASE("No more chunks are given out than the bounds have room for") {
  Bench by_bytes(8, 300);
  pass_first(by_bytes);
  CHECK(by_bytes.claim_all() == Chunks{1, 2, 3});
  Bench by_records(8, 10'000, 40);
  pass_first(by_records, 9);
  CHECK(by_records.claim_all() == Chunks{1, 2, 3, 4});
}

TEST_CASE("Workers get chunks of the input only, the consumer also the one behind it") {
  Bench bench(4);
  for (std::uint64_t chunk = 0; chunk < 100; ++chunk) {
    REQUIRE(bench.queue.claim(worker) == chunk);
    bench.publish(chunk);
    REQUIRE(bench.take());
  }
  CHECK_FALSE(bench.queue.claim(worker).has_value());
  CHECK(bench.queue.claim(consumer) == 100U);
}

TEST_CASE("The consumer may always have the chunk that is delivered next, full or not") {
  Bench bench(2, 1, 1);  // no room for anything
  for (std::uint64_t chunk = 0; chunk < 5; ++chunk) {
    REQUIRE(bench.queue.claim(consumer) == chunk);
    CHECK_FALSE(bench.queue.claim(worker).has_value());
    bench.publish(chunk, 50, 100, 0);
    REQUIRE(bench.take());
  }
  CHECK(bench.queue.counts().high_water_records == 0);
}

TEST_CASE("Batches are delivered in the input's order, whatever order they were decoded in") {
  Bench bench(4);
  pass_first(bench);
  REQUIRE(bench.claim_all().size() == 8);
  for (const std::uint64_t chunk : {3U, 8U, 2U}) bench.publish(chunk);
  CHECK_FALSE(bench.take());
  for (const std::uint64_t chunk : {1U, 7U, 4U, 6U, 5U}) bench.publish(chunk);
  for (std::uint64_t chunk = 1; chunk <= 8; ++chunk) {
    const auto batch = bench.take();
    REQUIRE(batch);
    CHECK(batch->offset == chunk * 100);
  }
  CHECK_FALSE(bench.take());
}

TEST_CASE("What lies ready at most is remembered") {
  Bench bench(4);
  pass_first(bench, 2);
  REQUIRE(bench.claim_all().size() == 8);
  for (std::uint64_t chunk = 1; chunk <= 3; ++chunk) bench.publish(chunk, 7, 90);
  bench.take();
  bench.publish(4, 1, 10);
  CHECK(bench.queue.counts().high_water_records == 21);
  CHECK(bench.queue.counts().high_water_bytes == 270);
}

TEST_CASE("A chunk that holds more than was thought is given out again when there is room") {
  Bench bench(4, 10'000, 20);
  pass_first(bench, 1);
  REQUIRE(bench.claim_all() == Chunks{1, 2, 3, 4, 5, 6, 7, 8});
  bench.publish(1, 8);
  bench.publish(2, 8);
  bench.publish(3, 8);  // more than twenty
  CHECK(bench.queue.counts().high_water_records == 16);
  CHECK(bench.claim_all().empty());
  for (std::uint64_t chunk = 4; chunk <= 8; ++chunk) bench.publish(chunk, 8);
  CHECK(bench.take()->offset == 100);
  CHECK(bench.queue.claim(worker) == 3U);
  CHECK(bench.claim_all().empty());
  CHECK(bench.take()->offset == 200);
  CHECK_FALSE(bench.take());
  bench.publish(3, 8);
  CHECK(bench.take()->offset == 300);
  CHECK(bench.queue.claim(consumer) == 4U);
}

TEST_CASE("The newest chunk makes way for the one that is delivered next") {
  Bench bench(4, 1'000);
  pass_first(bench);
  REQUIRE(bench.claim_all().size() == 8);
  bench.publish(3, 1, 400);
  bench.publish(2, 1, 400);
  bench.publish(1, 1, 400);
  CHECK(bench.queue.counts().high_water_bytes == 800);
  CHECK(bench.take()->offset == 100);
  CHECK(bench.take()->offset == 200);
  CHECK(bench.queue.claim(consumer) == 3U);
}

TEST_CASE("Whatever chunks hold, the bounds hold, and every chunk is delivered once and in order") {
  std::mt19937 source(20260106);
  for (int round = 0; round < 300; ++round) {
    const std::size_t bytes = 200 + source() % 1'000;
    const std::size_t records = source() % 2 == 0 ? 0 : 10 + source() % 60;
    Bench bench(static_cast<std::uint32_t>(2 + source() % 7), bytes, records);
    std::vector<std::uint64_t> in_flight;
    std::uint64_t delivered = 0;
    const auto size_of = [](std::uint64_t chunk) { return 1 + chunk * 7 % 10; };
    while (delivered < 100) {
      if (const auto chunk = bench.queue.claim(worker)) in_flight.push_back(*chunk);
      if (!in_flight.empty() && source() % 2 == 0) {
        std::swap(in_flight[source() % in_flight.size()], in_flight.back());
        const std::uint64_t chunk = in_flight.back();
        in_flight.pop_back();
        bench.publish(chunk, size_of(chunk), static_cast<std::uint32_t>(size_of(chunk) * 15));
      }
      if (source() % 4 != 0) continue;
      if (const auto batch = bench.take()) {
        CHECK(batch->offset == delivered * 100);
        ++delivered;
      } else if (const auto chunk = bench.queue.claim(consumer)) {
        const auto size = size_of(*chunk);
        bench.publish(*chunk, size, static_cast<std::uint32_t>(size * 15), 0);
      }
    }
    CHECK(bench.queue.counts().high_water_bytes <= bytes);
    if (records != 0) CHECK(bench.queue.counts().high_water_records <= records);
  }
}

TEST_CASE("With drop workers go on, and what finds the queue full is dropped but for its place") {
  Bench bench(2, 400, 0, Overflow::drop);
  pass_first(bench);
  for (std::uint64_t chunk = 1; chunk < 10; ++chunk) {
    REQUIRE(bench.queue.claim(worker) == chunk);
    bench.publish(chunk, 3);
  }
  for (std::uint64_t chunk = 1; chunk < 10; ++chunk) {
    const auto delivery =
        bench.queue.next_delivery(ChunkQueue::Attempt::wait).value_or(ChunkQueue::Delivery{});
    CHECK(delivery.chunk == chunk);
    CHECK((delivery.batch != nullptr) == (chunk <= 4));
    if (delivery.batch) continue;
    CHECK(delivery.dropped.begin == chunk * 100);
    CHECK(delivery.dropped.end == chunk * 100 + 100);
    CHECK(delivery.dropped.records == 3);
    bench.queue.note_dropped(delivery.dropped);
  }
  CHECK(bench.queue.counts().dropped_batches == 5);
  CHECK(bench.queue.counts().dropped_records == 15);
  CHECK(bench.queue.counts().dropped_bytes == 500);
  CHECK(bench.queue.counts().high_water_bytes <= 400);
}

TEST_CASE("With error a worker that finds the queue full says so, and not before") {
  Bench bench(2, 400, 0, Overflow::error);
  pass_first(bench);
  for (std::uint64_t chunk = 1; chunk <= 4; ++chunk) REQUIRE(bench.queue.claim(worker) == chunk);
  CHECK_FALSE(bench.queue.overflowed());
  CHECK_FALSE(bench.queue.claim(worker).has_value());
  CHECK(bench.queue.overflowed());
}

TEST_CASE("With error the end of the input is no overflow") {
  ChunkOptions options;
  options.overflow = Overflow::error;
  options.threads = 2;
  ChunkQueue queue(0, 10, options);
  CHECK(queue.claim(false) == 0U);
  CHECK_FALSE(queue.claim(false).has_value());
  CHECK_FALSE(queue.overflowed());
}

TEST_CASE("With block a full queue is no overflow") {
  Bench bench(2, 400);
  pass_first(bench);
  REQUIRE(bench.claim_all().size() == 4);
  CHECK_FALSE(bench.queue.claim(worker).has_value());
  CHECK_FALSE(bench.queue.overflowed());
  CHECK(bench.queue.is_full_or_done());
}

TEST_CASE("Waking workers is worth it once the queue has run half empty") {
  Bench bench(2, 10'000);
  pass_first(bench);
  CHECK(bench.queue.has_run_half_empty());
  REQUIRE(bench.claim_all().size() == 4);
  for (std::uint64_t chunk = 1; chunk <= 4; ++chunk) bench.publish(chunk);
  CHECK_FALSE(bench.queue.has_run_half_empty());
  bench.take();
  CHECK_FALSE(bench.queue.has_run_half_empty());
  bench.take();
  CHECK(bench.queue.has_run_half_empty());
}

TEST_CASE("A stopped queue gives nothing out and delivers nothing") {
  Bench bench(2);
  pass_first(bench);
  REQUIRE(bench.queue.claim(worker) == 1U);
  bench.publish(1);
  CHECK_FALSE(bench.queue.stopped());
  bench.queue.stop();
  CHECK(bench.queue.stopped());
  CHECK_FALSE(bench.queue.claim(worker).has_value());
  CHECK_FALSE(bench.queue.claim(consumer).has_value());
  CHECK_FALSE(bench.take());
  CHECK(bench.queue.is_full_or_done());
  bench.queue.wait_for_next();  // returns
}

TEST_CASE("What lies ready and will not be delivered is freed when that is asked for") {
  struct Watched final : BatchProduct {
    explicit Watched(std::shared_ptr<int> token) : held(std::move(token)) {}
    std::shared_ptr<int> held;
  };
  Bench bench(2);
  const auto token = std::make_shared<int>();
  REQUIRE(bench.queue.claim(worker) == 0U);
  auto batch = bench.pool.take(1);
  batch->product = std::make_unique<Watched>(token);
  bench.queue.publish(0, std::move(batch), bench.pool, 1);
  bench.queue.stop();
  CHECK(token.use_count() == 2);
  bench.queue.drop_ready();
  CHECK(token.use_count() == 1);
  CHECK_FALSE(bench.take());
}

TEST_CASE("Who waits is woken by the next chunk, by a stop and by an overflow") {
  for (const int way : {0, 1, 2}) {
    Bench bench(2, 400, 0, way == 2 ? Overflow::error : Overflow::block);
    pass_first(bench);
    REQUIRE(bench.claim_all().size() == 4);
    std::jthread other([&bench, way] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (way == 0) bench.publish(1);
      if (way == 1) bench.queue.stop();
      if (way == 2) static_cast<void>(bench.queue.claim(worker));
    });
    bench.queue.wait_for_next();
    CHECK(((bench.take() != nullptr) == (way == 0)));
    CHECK(bench.queue.stopped() == (way == 1));
    CHECK(bench.queue.overflowed() == (way == 2));
  }
}

TEST_CASE("Threads and chunks decoded twice are counted") {
  Bench bench(4);
  CHECK(bench.queue.counts().threads_seen == 1);
  pass_first(bench);
  REQUIRE(bench.claim_all().size() == 8);
  bench.publish(1, 1, 100, 2);
  bench.publish(2, 1, 100, 3);
  bench.publish(3, 1, 100, 3);
  CHECK(bench.queue.counts().threads_seen == 3);
  bench.queue.note_decoded_twice();
  CHECK(bench.queue.counts().decoded_twice == 1);
}
