#include "io/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace rapidmarc {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t least_fetched = 32U << 10U;  // below, what is asked for twice weighs more
constexpr std::size_t most_fetched = 1U << 20U;    // what the caches near a core hold, roughly

}  // namespace

std::size_t read_fully(int descriptor, std::span<char> target, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < target.size()) {
    const ssize_t count = ::pread(descriptor, target.data() + done, target.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw ReadError(errno, {target.data(), done});
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

FileSource::FileSource(int descriptor) : descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category());
}

FileSource::~FileSource() { ::close(descriptor_); }

std::int64_t FileSource::shared_position() const noexcept {
  return ::lseek(descriptor_, 0, SEEK_CUR);
}

std::string_view FileSource::extend(std::string_view held, std::uint64_t offset, std::size_t size,
                                    Block& block) const {
  const std::size_t kept = held.size();
  const std::span<char> space = block.reserve(size, kept);
  try {
    const auto target = space.subspan(kept, size - kept);
    return {space.data(), kept + read_fully(descriptor_, target, offset + kept)};
  } catch (const ReadError& error) {
    throw ReadError(error.code().value(), {space.data(), kept + error.bytes().size()});
  }
}

std::uint64_t FileSource::size() const {
  struct stat facts{};
  if (::fstat(descriptor_, &facts) != 0) throw std::system_error(errno, std::generic_category());
  return static_cast<std::uint64_t>(facts.st_size);
}

std::string_view MemorySource::extend(std::string_view /*held*/, std::uint64_t offset,
                                      std::size_t size, Block& /*block*/) const {
  if (offset >= bytes_.size()) return {};
  const std::string_view bytes = bytes_.substr(static_cast<std::size_t>(offset), size);
  // Framing jumps from record to record and would wait for the memory at each; asked for together,
  // the bytes come as fast as they can.
  if (size >= least_fetched && size <= most_fetched) {
    for (std::size_t at = 0; at < bytes.size(); at += cache_line) __builtin_prefetch(&bytes[at]);
  }
  return bytes;
}

std::string_view SourceUpTo::extend(std::string_view held, std::uint64_t offset, std::size_t size,
                                    Block& block) const {
  if (offset >= stop_) return {};
  const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(size, stop_ - offset));
  return whole_->extend(held, offset, left, block);
}

std::uint64_t SourceUpTo::size() const { return std::min(stop_, whole_->size()); }

std::shared_ptr<const Source> source_up_to(std::shared_ptr<const Source> source,
                                           std::uint64_t stop) {
  if (stop == no_stop) return source;
  return std::make_shared<SourceUpTo>(std::move(source), stop);
}

}  // namespace rapidmarc
