// What the sanitizers are told. In a build without them: nothing.
//
// ThreadSanitizer: that a whole buffer was read or is about to be written. LeakSanitizer: that a
// block is left on purpose.
//
// ThreadSanitizer remembers only the last few accesses to each eight bytes. A loop that touches
// bytes one at a time evicts its own traces, so a scan on one thread and a rewrite on another can
// race unreported. One range access where the buffer changes hands leaves a trace that stays.
//
// For every buffer that one thread fills and another reads, call
//   * annotate_read_range   at the END of a scan, after the last byte was looked at;
//   * annotate_write_range  at the START of a rewrite, before the first byte is stored (a refill,
//                           or a reuse from a pool).
// memchr, memcpy and the read system calls are seen as ranges already; annotating them too is
// harmless.
//
// None of this is a substitute for a lock: a report that it provokes is a bug in the hand-over.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_THREAD__)
#define RAPIDMARC_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RAPIDMARC_THREAD_SANITIZER 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define RAPIDMARC_LEAK_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RAPIDMARC_LEAK_SANITIZER 1
#endif
#endif

#if defined(RAPIDMARC_LEAK_SANITIZER)
#include <sanitizer/lsan_interface.h>
#endif

#if defined(RAPIDMARC_THREAD_SANITIZER)
// Entry points of the sanitizer's runtime; clang ships no public header that declares them.
extern "C" {
void __tsan_read_range(void* address, unsigned long size);
void __tsan_write_range(void* address, unsigned long size);
}
#endif

namespace rapidmarc {

#if defined(RAPIDMARC_THREAD_SANITIZER)

inline void annotate_read_range(const void* address, std::size_t size) noexcept {
  __tsan_read_range(const_cast<void*>(address), size);
}

inline void annotate_write_range(void* address, std::size_t size) noexcept {
  __tsan_write_range(address, size);
}

#else

inline void annotate_read_range(const void*, std::size_t) noexcept {}
inline void annotate_write_range(void*, std::size_t) noexcept {}

#endif

#if defined(RAPIDMARC_LEAK_SANITIZER)

inline constexpr bool leak_sanitizer_enabled = true;

/// `block` was allocated, and nothing points to it any more, or nothing that the sanitizer sees.
inline void annotate_left(const void* block) noexcept { __lsan_ignore_object(block); }

#else

inline constexpr bool leak_sanitizer_enabled = false;

inline void annotate_left(const void*) noexcept {}

#endif

}  // namespace rapidmarc
