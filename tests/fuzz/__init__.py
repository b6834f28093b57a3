"""Fuzzing: libFuzzer targets that compare core with the reference, their seeds, and the runner."""
