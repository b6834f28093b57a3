// A block: memory that bytes are read into, owned by one batch and reused with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "core/annotate.hpp"

namespace rapidmarc {

/// Bytes of a block, sized for the second-level cache: a block, its tables and the consumer's
/// objects stay in it together.
inline constexpr std::size_t default_block_size = 256U << 10U;

class Block {
 public:
  /// At least `capacity` writable bytes, of which the first `kept` are those held so far. Pointers
  /// into the block die when it has to grow. A block that keeps bytes grows by half at least: what
  /// comes piece by piece is then copied in linear time.
  std::span<char> reserve(std::size_t capacity, std::size_t kept = 0) {
    if (capacity > capacity_) {
      if (kept != 0) capacity = std::max(capacity, capacity_ + capacity_ / 2);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (kept != 0) std::memcpy(larger.get(), bytes_.get(), kept);
      bytes_ = std::move(larger);
      capacity_ = capacity;
    }
    annotate_write_range(bytes_.get() + kept, capacity - kept);
    return {bytes_.get(), capacity_};
  }

  char* data() noexcept { return bytes_.get(); }
  std::size_t capacity() const noexcept { return capacity_; }

  /// Gives memory back that a rare large record made necessary.
  void shrink_above(std::size_t capacity) noexcept {
    if (capacity_ > capacity) {
      bytes_.reset();
      capacity_ = 0;
    }
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

}  // namespace rapidmarc
