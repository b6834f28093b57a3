// What Highway's headers want of Highway's library: which instruction sets this processor has, and
// which one was chosen. Defined here, so that the library is not loaded: when it is, it measures
// the resolution of a clock, which takes as long as all else that importing the package does.
#include <atomic>
#include <cstdint>

#if defined(RAPIDMARC_HIGHWAY)

#include <hwy/targets.h>

namespace hwy {
namespace {

std::atomic<std::int64_t> for_test{0};

std::int64_t processor_targets() noexcept {
  std::int64_t targets = HWY_ENABLED_BASELINE;
#if HWY_ARCH_X86
  __builtin_cpu_init();
  // The sets that a target is compiled for (hwy/ops/set_macros-inl.h). The processor's word counts
  // only where the system keeps the registers, which the compiler's function looks at.
  if (!__builtin_cpu_supports("ssse3")) return targets;
  targets |= HWY_SSSE3;
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul") ||
      !__builtin_cpu_supports("aes"))
    return targets;
  targets |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c"))
    return targets;
  targets |= HWY_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    targets |= HWY_AVX3;
#endif
  return targets;
}

}  // namespace

std::int64_t SupportedTargets() {
  const std::int64_t wanted = for_test.load(std::memory_order_relaxed);
  return wanted != 0 ? wanted : processor_targets();
}

void SetSupportedTargetsForTest(std::int64_t targets) {
  for_test.store(targets, std::memory_order_relaxed);
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy

#endif
