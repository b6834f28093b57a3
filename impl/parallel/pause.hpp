// Waiting a moment without sleeping: a sleeping thread comes back late, by about as long as a block
// of records takes to decode.
#pragma once

#include <cstdint>
#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "parallel/batch.hpp"

namespace rapidmarc {

inline constexpr std::uint64_t longest_spin_nanoseconds = 50'000;

inline void cpu_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `done()`, for `longest_spin_nanoseconds` at most; whether it was done. With one
/// usable core, where the thread waited for cannot run meanwhile, it does not spin at all.
template <typename Done>
bool spin_until(Done done) noexcept(noexcept(done())) {
  static const bool may_spin = std::thread::hardware_concurrency() > 1;
  if (done()) return true;
  if (!may_spin) return false;
  const std::uint64_t deadline = now_nanoseconds() + longest_spin_nanoseconds;
  do {
    for (int i = 0; i < 16; ++i) {
      cpu_pause();
      if (done()) return true;
    }
  } while (now_nanoseconds() < deadline);
  return false;
}

}  // namespace rapidmarc
