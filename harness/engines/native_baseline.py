"""native-baseline: the C++ reader without Python. The distance to it is the price of Python."""

from __future__ import annotations

from harness.engines import benchmark
from harness.engines.protocol import Answer, Job, per_second


class NativeBaseline:
    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers", "workers"})
    batch_sizes = False
    most_threads: int | None = None
    install = benchmark.INSTALL
    guess = per_second(read=4_000_000)

    def version(self) -> str:
        changed = benchmark.find_program().stat().st_mtime_ns
        return f"bench_read of {changed}"

    def measure(self, job: Job) -> Answer:
        return benchmark.measure(job, "read" if job["threads_kind"] == "workers" else "readers")

    def count(self, file: str) -> int:
        raise TypeError("bench_read gives rates, not records")


ENGINES = {"native-baseline": NativeBaseline()}
