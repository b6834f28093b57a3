// Stress scenarios without Python: `stress_main SCENARIO` must leave no report of the sanitizer.
//
// Every scenario is checked against the serial reading of the same corpus: one that reads nothing
// would be clean as well. Threads that must overlap meet by relaxed atomics (meeting.hpp), because
// a barrier would order what they do.
//
// Exit codes: 0 as it should be, 2 wrong scenario, 70 wrong records or a scenario that broke down.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/decode.hpp"
#include "io/source.hpp"
#include "loaded_libraries.hpp"
#include "meeting.hpp"
#include "parallel/batch.hpp"
#include "parallel/chunk_reader.hpp"
#include "stress_columns.hpp"
#include "stress_corpus.hpp"
#include "stress_stage.hpp"

namespace {

using namespace rapidmarc;
using namespace rapidmarc::sanitizer;

void add_facts(const Batch& batch, Facts& facts) {
  for (const DecodedRecord& record : batch.tables.records) {
    facts.push_back(fact_of(batch.bytes, batch.offset, record, batch.tables));
  }
  annotate_read_range(batch.bytes.data(), batch.bytes.size());
}

// Takes as the binding does: what is there already first, then what has to be waited for.
ChunkReader::Taken take_next(ChunkReader& reader) {
  if (auto batch = reader.try_take()) return {ChunkReader::Outcome::batch, std::move(batch)};
  return reader.take();
}

Facts read_all(ChunkReader& reader) {
  Facts facts;
  for (;;) {
    ChunkReader::Taken taken = take_next(reader);
    require(taken.outcome == ChunkReader::Outcome::batch, "ended or overflowed without a batch");
    add_facts(*taken.batch, facts);
    // Taking more would look whether the input has grown.
    const bool last = taken.batch->framing.stop == Stop::end;
    reader.give_back(std::move(taken.batch));
    if (last) return facts;
  }
}

// Threads that share nothing but constant tables, one record after the other.
void records_alone() {
  const Stage stage(200'000);
  on_threads(workers, [&stage](int) {
    const std::string own_copy = stage.corpus;
    require(read_serially(own_copy, DecodeOptions{}) == stage.facts, "wrong records");
  });
}

// Threads that decode the same bytes with options of their own.
void same_bytes() {
  const Stage stage(200'000);
  on_threads(workers, [&stage](int number) {
    DecodeOptions options;
    options.force_utf8 = number % 2 == 1;
    const Facts facts = read_serially(stage.corpus, options);
    require(options.force_utf8 || facts == stage.facts, "wrong records");
  });
}

// Fills blocks piece by piece as a reader of file objects does: the record that was cut is carried
// over into the next batch.
void read_in_pieces(const Stage& stage, std::size_t piece, std::size_t most, BatchPool& pool,
                    std::uint32_t shelf, const std::function<void(std::unique_ptr<Batch>)>& use) {
  std::size_t place = 0;
  std::string carried;
  while (place < stage.corpus.size() || !carried.empty()) {
    std::unique_ptr<Batch> batch = pool.take(shelf);
    start_batch(*batch, DecodeOptions{});
    const std::size_t left = stage.corpus.size() - place;
    const std::size_t fresh = carried.size() < piece ? std::min(piece, left) : 0;
    const std::size_t size = carried.size() + fresh;
    char* target = batch->block.reserve(size).data();
    std::memcpy(target, carried.data(), carried.size());
    std::memcpy(target + carried.size(), stage.corpus.data() + place, fresh);
    batch->bytes = {target, size};
    batch->offset = place - carried.size();
    place += fresh;
    frame_batch(*batch, 0, place == stage.corpus.size(), size, most);
    decode_batch(*batch);
    carried.assign(batch->bytes.substr(batch->end));
    use(std::move(batch));
  }
}

// Threads with a pool each, whose blocks are filled and read over and over.
void batches_alone() {
  const Stage stage(600'000);
  on_threads(workers, [&stage](int number) {
    BatchPool pool(1, 2);
    Facts facts;
    const std::size_t most = number % 2 == 0 ? 7 : stage.corpus.size();
    read_in_pieces(stage, small_chunk, most, pool, 0, [&](std::unique_ptr<Batch> batch) {
      add_facts(*batch, facts);
      pool.give_back(std::move(batch));
    });
    require(facts == stage.facts, "wrong records");
  });
}

// Batches that one thread fills and another looks into and gives back to the first one's shelf.
void batches_handed_over() {
  const Stage stage(600'000);
  BatchPool pool(2, 4);
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<Batch>> handed;
  Facts facts;
  on_threads(2, [&](int number) {
    if (number == 0) {
      const auto hand_over = [&](std::unique_ptr<Batch> batch) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return handed.size() < 4; });
        handed.push_back(std::move(batch));
        changed.notify_all();
      };
      read_in_pieces(stage, small_chunk, stage.corpus.size(), pool, 1, hand_over);
      hand_over(nullptr);
      return;
    }
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !handed.empty(); });
      std::unique_ptr<Batch> batch = std::move(handed.front());
      handed.pop_front();
      changed.notify_all();
      lock.unlock();
      if (!batch) return;
      add_facts(*batch, facts);
      pool.give_back(std::move(batch));
    }
  });
  require(facts == stage.facts, "wrong records");
}

// Two readers at once, each inline on one thread, without any worker.
void inline_readers() {
  const Stage stage(600'000);
  on_threads(2, [&stage](int number) {
    ChunkReader reader(number == 0 ? stage.file() : stage.memory(), 0, with_workers(1));
    require(read_all(reader) == stage.facts, "wrong records");
    require(reader.counts().threads_seen == 1, "an inline reader had a worker");
  });
}

void with_four_threads(bool in_memory) {
  const Stage stage(2'000'000);
  std::uint32_t most_seen = 0;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // Three rounds in any case; more on a host too busy to let two workers run beside the consumer.
  for (int round = 0; round < 3 || most_seen < 3; ++round) {
    require(std::chrono::steady_clock::now() < deadline, "no two workers ran at once");
    ChunkReader reader(in_memory ? stage.memory() : stage.file(), 0, with_workers());
    require(read_all(reader) == stage.facts, "wrong records");
    most_seen = std::max(most_seen, reader.counts().threads_seen);
  }
}

void file_workers() { with_four_threads(false); }
void memory_workers() { with_four_threads(true); }

void several_readers() {
  const Stage stage(500'000);
  on_threads(3, [&stage](int number) {
    ChunkReader reader(number == 0 ? stage.memory() : stage.file(), 0, with_workers());
    require(read_all(reader) == stage.facts, "wrong records");
  });
}

// The guess where a chunk's first record starts is led astray; those chunks are decoded twice.
void misjoined_chunks() {
  const Stage stage(1'000'000, true);
  ChunkReader reader(stage.file(), 0, with_workers());
  require(read_all(reader) == stage.facts, "wrong records");
  require(reader.counts().decoded_twice > 0, "no chunk was misjoined: nothing was decoded twice");
}

// A queue of a few chunks before a slow consumer, under each policy.
void queue_policies() {
  const Stage stage(1'000'000);
  for (const Overflow overflow : {Overflow::block, Overflow::drop, Overflow::error}) {
    ChunkOptions options = with_workers();
    options.queue_bytes = 4 * small_chunk;
    options.queue_records = 60;
    options.overflow = overflow;
    ChunkReader reader(stage.file(), 0, options);
    std::size_t records = 0;
    for (bool last = false; !last;) {
      ChunkReader::Taken taken = take_next(reader);
      if (taken.outcome != ChunkReader::Outcome::batch) {
        require(taken.outcome == ChunkReader::Outcome::overflow && overflow == Overflow::error,
                "an overflow that was not asked for");
        break;
      }
      Facts facts;
      add_facts(*taken.batch, facts);
      records += facts.size();
      last = taken.batch->framing.stop == Stop::end;
      reader.give_back(std::move(taken.batch));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (overflow == Overflow::block) require(records == stage.facts.size(), "records were lost");
    if (overflow == Overflow::drop) {
      require(records + reader.counts().dropped_records == stage.facts.size(),
              "dropped records were not counted");
    }
  }
}

bool a_worker_has_come(const ChunkReader& reader) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (reader.counts().threads_seen < 2) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Readers that are stopped, or just destroyed, while their workers are busy. Their file is closed
// at once: a worker that still read from it would be reported.
void early_stop() {
  const Stage stage(600'000);
  int rounds_with_a_worker = 0;
  for (int round = 0; round < 120; ++round) {
    const int taken = round % 6;
    const Descriptor file(stage);
    std::unique_ptr<Batch> kept;
    {
      ChunkReader reader(std::make_shared<FileSource>(file.number), 0, with_workers());
      for (int batch = 0; batch < taken; ++batch) {
        reader.give_back(std::move(kept));
        kept = take_next(reader).batch;
      }
      // Workers need a moment to come, and are soon gone again when the queue is full.
      if (taken > 0 && a_worker_has_come(reader)) ++rounds_with_a_worker;
      std::this_thread::sleep_for(std::chrono::microseconds(20 * (round % 7)));
      if (round % 2 == 0) {
        reader.stop();
        require(reader.take().outcome == ChunkReader::Outcome::end, "stopped, yet not at an end");
      }
    }
    // A batch outlives its reader.
    Facts facts;
    if (kept) add_facts(*kept, facts);
  }
  require(rounds_with_a_worker > 0, "no worker ever ran: nothing was stopped");
}

// Reading on from a record in the middle, as after a change of options.
void restarts() {
  const Stage stage(1'000'000);
  ChunkReader reader(stage.file(), 0, with_workers());
  for (const std::size_t record : {std::size_t{300}, std::size_t{20}, std::size_t{0}}) {
    for (int batch = 0; batch < 5; ++batch) reader.give_back(take_next(reader).batch);
    reader.restart(stage.facts[record].offset, DecodeOptions{});
    require(reader.position() == stage.facts[record].offset, "wrong place");
  }
  require(read_all(reader) == stage.facts, "wrong records");
}

const std::map<std::string, std::function<void()>> scenarios = {
    {"records-alone", records_alone},
    {"same-bytes", same_bytes},
    {"batches-alone", batches_alone},
    {"batches-handed-over", batches_handed_over},
    {"inline-readers", inline_readers},
    {"file-workers", file_workers},
    {"memory-workers", memory_workers},
    {"several-readers", several_readers},
    {"misjoined-chunks", misjoined_chunks},
    {"queue-policies", queue_policies},
    {"early-stop", early_stop},
    {"restarts", restarts},
    {"columns", columns_by_workers},
    {"columns-stopped", columns_stopped},
};

}  // namespace

int main(int argc, char** argv) {
  const auto scenario = argc == 2 ? scenarios.find(argv[1]) : scenarios.end();
  if (scenario == scenarios.end()) {
    std::fprintf(stderr, "usage: stress_main SCENARIO, where SCENARIO is one of\n");
    for (const auto& [name, run] : scenarios) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  try {
    require_instrumented_tbb();
    scenario->second();
    stop_all_workers();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
    return 70;
  }
  return 0;
}
