// Every road: each instruction set that this processor has, and where there is no SIMD the portable
// one.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>

#include "core/utf8.hpp"

#if defined(RAPIDMARC_HIGHWAY)
#include <hwy/highway.h>
#endif

namespace rapidmarc::test {

/// Runs `check` once for each instruction set that this program was built for and this processor
/// has, the best one last, which stays chosen.
template <typename Check>
void on_every_road(Check check) {
#if defined(RAPIDMARC_HIGHWAY)
  const std::int64_t all = hwy::SupportedTargets() & HWY_TARGETS;
  for (int bit = 62; bit >= 0; --bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if ((all & target) == 0) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    REQUIRE(text_scan_road() == hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
#else
  check();
#endif
}

}  // namespace rapidmarc::test
