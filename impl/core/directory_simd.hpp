// The SIMD road of directory.hpp. Compiled once for every instruction set that Highway knows,
// chosen at run time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/entry.hpp"

namespace rapidmarc::simd {

bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept;

}  // namespace rapidmarc::simd
