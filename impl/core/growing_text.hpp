// What a value that is not in Unicode becomes, character by character, and where its printable
// ASCII ends: that part is the same in Unicode, and most of what there is.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/code_point.hpp"

namespace rapidmarc {

inline bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c - 0x20) <= 0x7E - 0x20;
}

/// The top bit of each of eight bytes that is above 7E or below 20. Carries and borrows go upwards
/// only, so the lowest such byte is told correctly.
inline std::uint64_t odd_bytes(const char* bytes) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, 8);
  return (word | (word + ones) | (word - 0x20 * ones)) & (0x80 * ones);
}

/// How many bytes at the start of `text` are printable ASCII.
inline std::size_t plain_prefix(std::string_view text) noexcept {
  const char* const data = text.data();
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= text.size(); i += 8) {
      const std::uint64_t odd = odd_bytes(data + i);
      if (odd != 0) return i + static_cast<std::size_t>(std::countr_zero(odd)) / 8;
    }
    // The last eight bytes once more: those before `i` are no odd ones.
    if (i != 0 && i < text.size()) {
      const std::size_t last = text.size() - 8;
      const std::uint64_t odd = odd_bytes(data + last);
      return odd == 0 ? text.size() : last + static_cast<std::size_t>(std::countr_zero(odd)) / 8;
    }
  }
  while (i < text.size() && is_plain(data[i])) ++i;
  return i;
}

/// The text of one value while it grows, in memory that is there already for all but long ones.
class GrowingText {
 public:
  GrowingText() noexcept {}  // NOLINT(*-equals-default, *-member-init): its memory starts unwritten
  GrowingText(const GrowingText&) = delete;
  GrowingText& operator=(const GrowingText&) = delete;
  ~GrowingText() = default;

  std::string_view view() const noexcept { return {begin_, size_}; }
  std::size_t size() const noexcept { return size_; }
  void cut_off(std::size_t size) noexcept { size_ = size; }

  void put(char32_t character) {
    if (capacity_ - size_ < longest_utf8) grow(longest_utf8);
    size_ += write_utf8(begin_ + size_, character);
  }
  void put(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) grow(bytes.size());
    bytes.copy(begin_ + size_, bytes.size());
    size_ += bytes.size();
  }
  /// Puts as many bytes of the start as are printable ASCII, and returns how many these are.
  std::size_t put_plain(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) grow(bytes.size());
    char* const end = begin_ + size_;
    std::size_t plain = 0;
    if constexpr (std::endian::native == std::endian::little) {
      for (; plain + 8 <= bytes.size(); plain += 8) {
        std::memcpy(end + plain, &bytes[plain], 8);
        if (const std::uint64_t odd = odd_bytes(&bytes[plain])) {
          plain += static_cast<std::size_t>(std::countr_zero(odd)) / 8;
          size_ += plain;
          return plain;
        }
      }
    }
    for (; plain < bytes.size() && is_plain(bytes[plain]); ++plain) end[plain] = bytes[plain];
    size_ += plain;
    return plain;
  }

 private:
  void grow(std::size_t by) {
    std::vector<char> larger(std::max(2 * capacity_, size_ + by));
    view().copy(larger.data(), size_);
    more_ = std::move(larger);
    begin_ = more_.data();
    capacity_ = more_.size();
  }

  std::array<char, 512> first_;
  std::vector<char> more_;
  char* begin_ = first_.data();
  std::size_t capacity_ = first_.size();
  std::size_t size_ = 0;
};

}  // namespace rapidmarc
