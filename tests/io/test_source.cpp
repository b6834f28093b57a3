// Sources: the bytes of a file or of memory, from any place, and what happens at the end, at a
// failure and when the file changes.
#include "io/source.hpp"

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "io/temporary_file.hpp"

using namespace rapidmarc;
using rapidmarc::test::TemporaryFile;

namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

/// Two pages, of which the second cannot be read.
class HalfReadable {
 public:
  HalfReadable() : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* const memory =
        ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    memory_ = static_cast<char*>(memory);
    bytes_ = pattern(page_);
    bytes_.copy(memory_, page_);
    REQUIRE(::munmap(memory_ + page_, page_) == 0);
  }
  HalfReadable(const HalfReadable&) = delete;
  HalfReadable& operator=(const HalfReadable&) = delete;
  ~HalfReadable() { ::munmap(memory_, page_); }

  std::uint64_t offset() const { return reinterpret_cast<std::uintptr_t>(memory_); }
  std::string_view bytes() const { return bytes_; }

 private:
  std::size_t page_;
  char* memory_ = nullptr;
  std::string bytes_;
};

}  // namespace

TEST_CASE("Memory is read in place") {
  const std::string bytes = pattern(1'000);
  const MemorySource source(bytes);
  Block block;
  CHECK(source.size() == 1'000);
  const std::string_view middle = source.extend({}, 100, 50, block);
  CHECK(middle.data() == bytes.data() + 100);
  CHECK(middle.size() == 50);
  CHECK(source.extend(middle, 100, 70, block) == bytes.substr(100, 70));
  CHECK(block.capacity() == 0);
}

TEST_CASE("Memory ends where it ends") {
  const std::string bytes = pattern(1'000);
  const MemorySource source(bytes);
  Block block;
  CHECK(source.extend({}, 990, 50, block) == bytes.substr(990));
  CHECK(source.extend({}, 1'000, 50, block).empty());
  CHECK(source.extend({}, UINT64_MAX - 10, 50, block).empty());
}

TEST_CASE("A file is read at any place, and what was read before is not read again") {
  const std::string bytes = pattern(100'000);
  TemporaryFile file(bytes);
  const FileSource source(file.descriptor());
  CHECK(source.size() == bytes.size());
  Block block;
  for (const std::size_t offset : {0U, 1U, 4'095U, 65'000U}) {
    std::string_view held = source.extend({}, offset, 1'000, block);
    REQUIRE(held == std::string_view(bytes).substr(offset, 1'000));
    CHECK(held.data() == block.data());
    block.data()[5] = '!';  // would be gone if it were read again
    held = source.extend(held, offset, 30'000, block);
    REQUIRE(held.size() == 30'000);
    CHECK(held[5] == '!');
    CHECK(held.substr(6) == std::string_view(bytes).substr(offset + 6, 29'994));
  }
}

TEST_CASE("A file ends where it ends, and its position stays") {
  const std::string bytes = pattern(5'000);
  TemporaryFile file(bytes);
  const off_t position = ::lseek(file.descriptor(), 17, SEEK_SET);
  const FileSource source(file.descriptor());
  Block block;
  CHECK(source.extend({}, 4'000, 2'000, block) == std::string_view(bytes).substr(4'000));
  CHECK(source.extend({}, 5'000, 10, block).empty());
  CHECK(source.extend({}, 1'000'000, 10, block).empty());
  CHECK(::lseek(file.descriptor(), 0, SEEK_CUR) == position);
}

TEST_CASE("A file that grows or shrinks is read as it is at that moment") {
  TemporaryFile file("0123456789");
  const FileSource source(file.descriptor());
  Block block;
  std::string_view held = source.extend({}, 0, 20, block);
  CHECK(held == "0123456789");
  file.append("abc");
  CHECK(source.size() == 13);
  held = source.extend(held, 0, 20, block);
  CHECK(held == "0123456789abc");
  file.shrink_to(5);
  CHECK(source.size() == 5);
  CHECK(source.extend({}, 0, 20, block) == "01234");
}

TEST_CASE("Many threads read one file at once") {
  const std::string bytes = pattern(200'000);
  TemporaryFile file(bytes);
  const FileSource source(file.descriptor());
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    threads.reserve(wrong.size());
    for (std::size_t which = 0; which < wrong.size(); ++which) {
      threads.emplace_back([&, which] {
        Block block;
        for (std::size_t offset = which; offset < bytes.size(); offset += 4'001) {
          const auto read = source.extend({}, offset, 3'000, block);
          if (read != std::string_view(bytes).substr(offset, 3'000)) ++wrong[which];
        }
      });
    }
  }
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("A failed read is told with the system's error number") {
  const TemporaryFile file("0123456789");
  const std::string name = "/proc/self/fd/" + std::to_string(file.descriptor());
  const int write_only = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(write_only >= 0);
  const FileSource source(write_only);
  Block block;
  try {
    source.extend({}, 0, 10, block);
    FAIL_CHECK("a file opened for writing was read");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == EBADF);
  }
  ::close(write_only);
}

TEST_CASE("What was read before a failure is not lost") {
  const HalfReadable memory;
  const int descriptor = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  const FileSource source(descriptor);
  const std::size_t size = memory.bytes().size();
  for (const std::size_t held_before : {std::size_t{0}, std::size_t{100}}) {
    Block block;
    std::string_view held;
    if (held_before != 0) held = source.extend({}, memory.offset(), held_before, block);
    REQUIRE(held.size() == held_before);
    try {
      source.extend(held, memory.offset(), size + 1, block);
      FAIL_CHECK("a page that is not there was read");
    } catch (const ReadError& error) {
      CHECK(error.code().value() == EIO);
      CHECK(error.bytes() == memory.bytes());
    }
  }
  ::close(descriptor);
}
