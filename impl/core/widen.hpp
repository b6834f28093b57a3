// UTF-8 to characters of one width, as Python's strings hold them: how many there are, how wide the
// widest is, and then all of them. The texts of records are short, so words of eight bytes do.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "core/code_point.hpp"
#include "core/format.hpp"

namespace rapidmarc {

/// The last character of the widest of: ASCII, Latin-1, the basic plane, all of Unicode.
enum class Widest : std::uint32_t {
  ascii = 0x7F,
  latin1 = 0xFF,
  basic_plane = 0xFFFF,
  any = 0x10FFFF
};

struct Extent {
  std::size_t characters = 0;
  Widest widest = Widest::ascii;
};

namespace words {

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t tops = 0x80 * ones;

inline std::uint64_t load(const char* bytes, std::size_t count = 8) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

/// In how many bytes of `word` the top bit is set.
inline std::size_t count_tops(std::uint64_t word) noexcept {
  return static_cast<std::size_t>((word >> 7U & ones) * ones >> 56U);
}

/// How many bytes stand before the first, in memory, whose top bit is set.
inline std::size_t before_top(std::uint64_t word) noexcept {
  const std::uint64_t top = word & tops;
  if (top == 0) return 8;
  const int bits =
      std::endian::native == std::endian::little ? std::countr_zero(top) : std::countl_zero(top);
  return static_cast<std::size_t>(bits) / 8;
}

}  // namespace words

/// What `utf8` has in it, which must be valid.
inline Extent extent_of(std::string_view utf8) noexcept {
  std::size_t behind_leads = 0;  // bytes 80 to BF
  std::uint64_t any = 0;         // by byte, its top bit: the byte is above 7F,
  std::uint64_t wide = 0;        // ... is C4 or more, where U+0100 begins,
  std::uint64_t widest = 0;      // ... is F0 or more, where U+10000 begins
  const auto look_at = [&](std::uint64_t word) {
    any |= word;
    const std::uint64_t leads = word & (word << 1U);  // bits 7 and 6
    behind_leads += words::count_tops(word & ~(word << 1U));
    wide |= leads & (word << 2U | word << 3U | word << 4U | word << 5U);
    widest |= leads & (word << 2U) & (word << 3U);
  };
  std::size_t at = 0;
  for (; at + 8 <= utf8.size(); at += 8) look_at(words::load(&utf8[at]));
  if (at < utf8.size()) look_at(words::load(&utf8[at], utf8.size() - at));
  const auto is_there = [](std::uint64_t tops_of) { return (tops_of & words::tops) != 0; };
  return {utf8.size() - behind_leads, is_there(widest) ? Widest::any
                                      : is_there(wide) ? Widest::basic_plane
                                      : is_there(any)  ? Widest::latin1
                                                       : Widest::ascii};
}

/// The characters of `utf8`, which must be valid; there is room for exactly these, and a `Unit` is
/// as wide as the widest.
template <typename Unit>
void widen(std::string_view utf8, std::span<Unit> out) noexcept {
  std::size_t at = 0;
  std::size_t done = 0;
  while (done + 8 <= out.size()) {  // so there are eight bytes as well
    const char* const bytes = &utf8[at];
    // All eight, for that is simplest; what is none of ASCII is written again.
    for (std::size_t i = 0; i < 8; ++i) out[done + i] = static_cast<unsigned char>(bytes[i]);
    const std::size_t plain = words::before_top(words::load(bytes));
    at += plain;
    done += plain;
    if (plain == 8) continue;
    do {
      const CodePoint character = read_utf8(utf8, at);
      out[done++] = static_cast<Unit>(character.value);
      at += character.length;
    } while (done < out.size() && !is_ascii(utf8[at]));
  }
  while (done < out.size()) {
    const CodePoint character = read_utf8(utf8, at);
    out[done++] = static_cast<Unit>(character.value);
    at += character.length;
  }
}

}  // namespace rapidmarc
