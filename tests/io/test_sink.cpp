// The sink: what was appended arrives in order, the bound holds, and errors come back.
#include "io/sink.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/block.hpp"

namespace rapidmarc {
namespace {

using namespace std::chrono_literals;

constexpr auto moment = 50ms;
constexpr auto ages = 60s;

/// A file that is gone at the end of the test.
class TemporaryFile {
 public:
  TemporaryFile() : descriptor_(::mkstemp(path_.data())) { REQUIRE(descriptor_ >= 0); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.data()); }

  /// For a sink, which closes it.
  int descriptor() const noexcept { return descriptor_; }
  std::string content() const {
    std::ifstream file(path_.data(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::array<char, 28> path_{"/tmp/rapidmarc-sink-XXXXXX"};
  int descriptor_;
};

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { ::close(ends[0]); }

  std::string read_to_end() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t count = 1; count > 0;) {
      count = ::read(ends[0], some.data(), some.size());
      if (count > 0) all.append(some.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  std::array<int, 2> ends{};
};

std::string record(int number, std::size_t size) {
  std::string bytes = std::to_string(number);
  bytes.resize(size, '.');
  return bytes;
}

void append(FileSink& sink, std::string_view bytes) {
  while (!sink.has_room(bytes.size())) {
    sink.hand_over();
    sink.wait_for_room(bytes.size(), moment);
  }
  sink.append(bytes);
}

/// Appends until the pipe behind the sink, which nobody reads, is full, and then the sink.
std::string fill(FileSink& sink) {
  std::string all;
  int number = 0;
  while (sink.has_room(1000) || (sink.hand_over(), sink.wait_for_room(1000, moment))) {
    all += record(number, 1000);
    sink.append(record(number++, 1000));
  }
  return all;
}

void check_that_a_reader_gets(std::string_view expected, FileSink& sink, const Pipe& pipe) {
  std::string found;
  std::thread reader([&] { found = pipe.read_to_end(); });
  CHECK(sink.wait_for_room(1000, ages));
  sink.finish(ages);
  CHECK(sink.close() == 0);
  reader.join();
  CHECK(found == expected);
}

TEST_CASE("records arrive whole and in order, whatever the bound") {
  for (const std::size_t most : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20U}) {
    const TemporaryFile file;
    std::string expected;
    FileSink sink(file.descriptor(), most);
    for (int number = 0; number < 500; ++number) {
      expected += record(number, static_cast<std::size_t>(number * 7 % 400 + 5));
      append(sink, record(number, static_cast<std::size_t>(number * 7 % 400 + 5)));
    }
    CHECK(sink.appended() == expected.size());
    sink.finish(ages);
    CHECK(sink.close() == 0);
    CHECK(file.content() == expected);
  }
}

TEST_CASE("no more than the bound waits to be written") {
  const Pipe pipe;
  FileSink sink(pipe.ends[1], 10'000);
  const std::string expected = fill(sink);
  CHECK(sink.high_water() == 10'000);
  CHECK_FALSE(sink.has_room(1));
  check_that_a_reader_gets(expected, sink, pipe);
}

TEST_CASE("a record larger than the bound goes when nothing else waits") {
  const TemporaryFile file;
  FileSink sink(file.descriptor(), 4'000);  // 60 bytes stay with the caller
  append(sink, record(1, 60));
  CHECK_FALSE(sink.has_room(5000));
  append(sink, record(2, 5000));
  sink.finish(ages);
  CHECK(sink.close() == 0);
  CHECK(file.content() == record(1, 60) + record(2, 5000));
}

TEST_CASE("a full disk is an error that stays") {
  const int descriptor = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  FileSink sink(descriptor, 100);
  sink.append(record(1, 80));
  sink.hand_over();
  CHECK(sink.wait_until_written(ages));
  CHECK(sink.error() == ENOSPC);
  CHECK(sink.wait_for_room(1000, ages));
  CHECK(sink.close() == ENOSPC);
  CHECK(sink.close() == ENOSPC);
}

TEST_CASE("a file that reaches its largest size ends with a whole record") {
  const TemporaryFile file;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{2500, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  FileSink sink(file.descriptor(), 1 << 20U);
  for (int number = 0; number < 5; ++number) sink.append(record(number, 1000));
  sink.finish(ages);
  CHECK(sink.close() == EFBIG);
  ::setrlimit(RLIMIT_FSIZE, &before);
  static_cast<void>(std::signal(SIGXFSZ, handler));
  CHECK(file.content() == record(0, 1000) + record(1, 1000));
}

TEST_CASE("a stalled pipe is given up, and the sink ends") {
  const Pipe pipe;
  FileSink sink(pipe.ends[1], 1 << 20U);
  for (int number = 0; number < 500; ++number) sink.append(record(number, 1000));
  sink.finish(moment);
  CHECK(sink.close() == ECANCELED);
}

TEST_CASE("without a thread, who waits writes") {
  const bool wanted = GENERATE(true, false);
  const TemporaryFile file;
  FileSink sink(file.descriptor(), 2000, wanted);
  if (wanted) sink.stop();
  std::string expected;
  for (int number = 0; number < 50; ++number) {
    expected += record(number, 300);
    append(sink, record(number, 300));
  }
  sink.finish(ages);
  CHECK(sink.high_water() <= 2000);
  CHECK(sink.close() == 0);
  CHECK(file.content() == expected);
}

TEST_CASE("without a thread, no more than a block waits to be written") {
  const TemporaryFile file;
  FileSink sink(file.descriptor(), std::size_t{1} << 30U, false);
  for (int number = 0; number < 2000; ++number) append(sink, record(number, 1000));
  CHECK(sink.high_water() <= default_block_size);
  sink.finish(ages);
  CHECK(sink.close() == 0);
  CHECK(file.content().size() == 2'000'000);
}

TEST_CASE("who writes to a pipe that takes nothing gets back after a while, and goes on later") {
  const Pipe pipe;
  FileSink sink(pipe.ends[1], std::size_t{1} << 30U, false);
  const std::string expected = fill(sink);
  CHECK_FALSE(sink.wait_until_written(moment));
  check_that_a_reader_gets(expected, sink, pipe);
}

TEST_CASE("without a thread, a stalled pipe is given up") {
  const Pipe pipe;
  FileSink sink(pipe.ends[1], std::size_t{1} << 20U, false);
  for (int number = 0; number < 200; ++number) sink.append(record(number, 1000));
  sink.finish(moment);
  CHECK(sink.close() == ECANCELED);
}

TEST_CASE("threads that take turns at appending all get through, with hardly any room") {
  const bool with_thread = GENERATE(true, false);
  const auto most = GENERATE(std::size_t{1200}, std::size_t{2500}, std::size_t{20'000});
  const TemporaryFile file;
  FileSink sink(file.descriptor(), most, with_thread);
  std::mutex turn;  // as the interpreter's lock: who waits lets go of it
  const auto write = [&sink, &turn](int first) {
    for (int number = first; number < first + 500; ++number) {
      std::unique_lock lock(turn);
      while (!sink.has_room(1000)) {
        sink.hand_over();
        lock.unlock();
        sink.wait_for_room(1000, moment);
        lock.lock();
      }
      sink.append(record(number, 1000));
    }
  };
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int number = 0; number < 4; ++number) writers.emplace_back(write, 1000 * number);
  for (std::thread& writer : writers) writer.join();
  sink.finish(ages);
  CHECK(sink.close() == 0);
  CHECK(file.content().size() == 2'000'000);
}

TEST_CASE("nothing is written of a sink that is freed before it is finished") {
  const TemporaryFile file;
  {
    FileSink sink(file.descriptor(), 1 << 20U);
    sink.append(record(1, 1000));
  }
  CHECK(file.content().empty());
}

}  // namespace
}  // namespace rapidmarc
