// One character to UTF-8 and from it. Whole texts are checked by utf8.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapidmarc {

inline constexpr std::size_t longest_utf8 = 4;  // bytes of a character

/// Writes `code_point`, which must be a Unicode scalar value, to `out`, where there is room for the
/// longest. Returns how many bytes it has.
inline std::size_t write_utf8(char* out, char32_t code_point) noexcept {
  const auto low_bits = [code_point](unsigned shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | (code_point >> 6));
    out[1] = low_bits(0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (code_point >> 12));
    out[1] = low_bits(6);
    out[2] = low_bits(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (code_point >> 18));
  out[1] = low_bits(12);
  out[2] = low_bits(6);
  out[3] = low_bits(0);
  return 4;
}

/// Appends `code_point`, which must be a Unicode scalar value.
inline void append_utf8(std::string& out, char32_t code_point) {
  std::array<char, longest_utf8> bytes;  // NOLINT(*-member-init): written next
  out.append(bytes.data(), write_utf8(bytes.data(), code_point));
}

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // in bytes
};

/// The character at `offset` of `text`, which must be valid UTF-8.
inline CodePoint read_utf8(std::string_view text, std::size_t offset) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[offset + i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

}  // namespace rapidmarc
