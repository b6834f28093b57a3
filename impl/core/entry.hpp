// Where a field lies in its record, and the table of such places.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rapidmarc {

/// A field's place: `offset` and `length` of its data without terminator, from the start of the
/// record's content.
struct Entry {
  char tag[3];
  bool control;
  std::uint32_t offset;
  std::uint32_t length;

  std::string_view tag_text() const noexcept { return {tag, sizeof tag}; }
};

/// A tag's three bytes as a number, the first in the lowest byte.
inline std::uint32_t tag_number(const Entry& entry) noexcept {
  static_assert(offsetof(Entry, tag) == 0 && sizeof(Entry) >= sizeof(std::uint32_t));
  std::uint32_t word = 0;
  std::memcpy(&word, &entry, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word & 0xFFFFFFU;
}

/// Allocates as std::allocator does, but leaves what a vector is resized by as the memory was: all
/// of it is written right afterwards.
template <typename Value>
struct Unfilled : std::allocator<Value> {
  static_assert(std::is_trivially_default_constructible_v<Value>);
  template <typename Other>
  // NOLINTNEXTLINE(readability-identifier-naming): what allocators have to call it
  struct rebind {
    using other = Unfilled<Other>;
  };

  void construct(Value* /*place*/) const noexcept {}
  template <typename... From>
  void construct(Value* place, From&&... from) const {
    std::construct_at(place, std::forward<From>(from)...);
  }
};

using Entries = std::vector<Entry, Unfilled<Entry>>;

}  // namespace rapidmarc
