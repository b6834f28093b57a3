// Where bytes come from when the reader may choose the place: a regular file, or memory. Any thread
// may read from a source at any time; a source keeps no position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "io/block.hpp"

namespace rapidmarc {

/// A read that failed, with the bytes that were read before it did.
class ReadError : public std::system_error {
 public:
  ReadError(int number, std::string_view bytes)
      : std::system_error(number, std::generic_category()), bytes_(bytes) {}

  /// From the first byte that was asked for; they lie where they would without the failure.
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// The bytes [offset, offset + size) of the input, fewer only at its end; the first `held.size()`
  /// of them were read into `block` before. They lie in `block` or in place and stay valid as long
  /// as both the block (unless it is used again) and the source do. Throws ReadError.
  virtual std::string_view extend(std::string_view held, std::uint64_t offset, std::size_t size,
                                  Block& block) const = 0;

  /// Size of the input in bytes, as far as it can be told; it may change while it is read.
  virtual std::uint64_t size() const = 0;
};

/// A regular file, read by `pread`, so that its descriptor's position neither matters nor moves.
/// Reads from a duplicate of the descriptor: whoever owns the original may close it at any time.
class FileSource final : public Source {
 public:
  /// Throws std::system_error.
  explicit FileSource(int descriptor);
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override;

  std::string_view extend(std::string_view held, std::uint64_t offset, std::size_t size,
                          Block& block) const override;
  std::uint64_t size() const override;

  /// Where the position stands that the original descriptor and this one share; -1 if it cannot be
  /// told.
  std::int64_t shared_position() const noexcept;

 private:
  int descriptor_;
};

/// Bytes that lie in memory, which is borrowed.
class MemorySource final : public Source {
 public:
  explicit MemorySource(std::string_view bytes) noexcept : bytes_(bytes) {}

  std::string_view extend(std::string_view held, std::uint64_t offset, std::size_t size,
                          Block& block) const override;
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

/// Another source up to one of its bytes, as though it ended there. Offsets stay what they are.
class SourceUpTo final : public Source {
 public:
  SourceUpTo(std::shared_ptr<const Source> whole, std::uint64_t stop) noexcept
      : whole_(std::move(whole)), stop_(stop) {}

  std::string_view extend(std::string_view held, std::uint64_t offset, std::size_t size,
                          Block& block) const override;
  std::uint64_t size() const override;

 private:
  std::shared_ptr<const Source> whole_;
  std::uint64_t stop_;
};

/// Where a source ends that is not cut short.
inline constexpr std::uint64_t no_stop = static_cast<std::uint64_t>(-1);

/// `source`, cut short unless `stop` is `no_stop`.
std::shared_ptr<const Source> source_up_to(std::shared_ptr<const Source> source,
                                           std::uint64_t stop);

/// Reads from `descriptor` at `offset` until `target` is full or the input ends; the number of
/// bytes read. Interrupted calls are repeated. Throws ReadError.
std::size_t read_fully(int descriptor, std::span<char> target, std::uint64_t offset);

}  // namespace rapidmarc
