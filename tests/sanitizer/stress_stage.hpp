// What the stress scenarios of all rooms have: a corpus in memory and in a file, threads that meet,
// and readers with workers.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/decode.hpp"
#include "io/source.hpp"
#include "meeting.hpp"
#include "parallel/chunk_reader.hpp"
#include "stress_corpus.hpp"

namespace rapidmarc::sanitizer {

using Facts = std::vector<Fact>;

inline constexpr std::uint32_t workers = 4;
inline constexpr std::size_t small_chunk = 16U << 10U;

inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// Runs `work` on `count` threads at once; an error on any of them is thrown here.
inline void on_threads(int count, const std::function<void(int)>& work) {
  Meeting meeting(count);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      try {
        meeting.arrive();
        work(number);
      } catch (...) {
        errors[static_cast<std::size_t>(number)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

// The corpus in memory and in a file that is gone when the program ends.
class Stage {
 public:
  explicit Stage(std::size_t size, bool misleading = false)
      : corpus(make_corpus(size, misleading)), facts(read_serially(corpus, DecodeOptions{})) {
    require(file_ != nullptr, "no temporary file");
    require(std::fwrite(corpus.data(), 1, corpus.size(), file_) == corpus.size(), "disk full");
    std::fflush(file_);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() { std::fclose(file_); }

  std::shared_ptr<const Source> file() const {
    return std::make_shared<FileSource>(::fileno(file_));
  }
  int duplicate() const { return ::dup(::fileno(file_)); }
  std::shared_ptr<const Source> memory() const { return std::make_shared<MemorySource>(corpus); }

  const std::string corpus;
  const Facts facts;

 private:
  std::FILE* file_ = std::tmpfile();
};

// Another descriptor of the corpus file, closed at the end of its scope.
struct Descriptor {
  explicit Descriptor(const Stage& stage) : number(stage.duplicate()) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number); }

  const int number;
};

inline ChunkOptions with_workers(std::uint32_t threads = workers) {
  ChunkOptions options;
  options.threads = threads;
  options.chunk_size = small_chunk;
  return options;
}

}  // namespace rapidmarc::sanitizer
