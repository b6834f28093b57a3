"""The sanitizer room: what `harness.tsan` needs to run a case under ThreadSanitizer and judge it.

`toolchain` finds the parts, `tbb` builds the instrumented oneTBB, `cases` lists what is run for
which gate, `process` runs one case, `judge` decides what its exit code and its reports mean.
"""
