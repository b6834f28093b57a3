// The SIMD road of utf8.hpp. Compiled once for every instruction set that Highway knows, chosen at
// run time.
#pragma once

#include <string_view>

#include "core/utf8.hpp"

namespace rapidmarc::simd {

TextFacts scan_text(std::string_view text, Controls controls) noexcept;
bool is_valid_utf8(std::string_view text) noexcept;
std::string_view target_name() noexcept;

}  // namespace rapidmarc::simd
