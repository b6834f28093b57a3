// The portable road of utf8.hpp; also the judge of the SIMD road in the tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/format.hpp"
#include "core/utf8.hpp"

namespace rapidmarc::scalar {

inline TextFacts scan_text(std::string_view text,
                           Controls controls = Controls::looked_for) noexcept {
  TextFacts facts;
  unsigned char high = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    high |= byte;
    if (byte < 0x20 ? byte < 0x1D : byte == 0x7F) facts.plain = false;
    if (byte == 0x1F && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      facts.empty_subfield = facts.empty_subfield || next == 0x1F || next == 0x1E;
      facts.odd_code = facts.odd_code || next >= 0x80;
    }
  }
  facts.ascii = high < 0x80;
  if (controls == Controls::ignored) facts.plain = true;
  return facts;
}

inline bool is_valid_utf8(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    if (*p < 0x80) {
      std::uint64_t word = 0;
      while (end - p >= 8) {
        std::memcpy(&word, p, 8);
        if ((word & 0x8080808080808080U) != 0) break;
        p += 8;
      }
      while (p < end && *p < 0x80) ++p;
      continue;
    }
    const unsigned char lead = *p;
    const auto left = end - p;
    const auto continues = [p](std::ptrdiff_t i) { return (p[i] & 0xC0) == 0x80; };
    if (lead >= 0xC2 && lead <= 0xDF) {
      if (left < 2 || !continues(1)) return false;
      p += 2;
    } else if ((lead & 0xF0) == 0xE0) {
      if (left < 3 || !continues(1) || !continues(2)) return false;
      if (lead == 0xE0 && p[1] < 0xA0) return false;  // overlong
      if (lead == 0xED && p[1] > 0x9F) return false;  // surrogate
      p += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (left < 4 || !continues(1) || !continues(2) || !continues(3)) return false;
      if (lead == 0xF0 && p[1] < 0x90) return false;  // overlong
      if (lead == 0xF4 && p[1] > 0x8F) return false;  // above U+10FFFF
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace rapidmarc::scalar
