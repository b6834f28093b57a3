// Deliberate races: each must be reported, or a green sanitizer run means nothing. Test-only.
//
// Every function races with itself or with a thread it starts and is found in the report by its
// name. They exist in ThreadSanitizer builds alone, as a program (`canaries_main`) and as the
// Python module `rapidmarc_canaries`; neither is installed.
#pragma once

#include "core/annotate.hpp"

#if !defined(RAPIDMARC_THREAD_SANITIZER)
#error "the canaries are deliberate races; they are built with -fsanitize=thread or not at all"
#endif

namespace rapidmarc::canaries {

// Two oneTBB tasks store to one variable.
void worker_vs_worker();

// The parallel filter of a pipeline counts in a variable that its tokens share.
void parallel_filter_counter();

// The owner of a buffer refills it although a worker's scan of it was never waited for.
void token_rewritten();

// Called by two threads that both run without the GIL: both store to one variable.
void without_gil();

// The caller holds the GIL, or the lock that stands for it, and changes what a worker changes too:
// the lock of one side is no protection.
void gil_holder_vs_worker();

// Takes two mutexes in both orders, one order after the other, so that nothing really locks up.
void lock_order_inversion();

}  // namespace rapidmarc::canaries
