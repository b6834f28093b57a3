"""ceiling: the speed-up that this host gives to code that shares nothing.

Threads of the C++ program where the work measured is rapidmarc's and the program is built;
otherwise T processes that do the work of the engine being judged, started together and timed from
the first start to the last end.
"""

from __future__ import annotations

from harness.engines import SOURCES, WORKLOADS, benchmark
from harness.engines.protocol import Answer, Job, Missing, per_second


class Ceiling:
    sources = frozenset(SOURCES)
    workloads = frozenset(WORKLOADS)
    thread_kinds = frozenset({"readers"})
    batch_sizes = True
    most_threads: int | None = None
    install = ""
    guess = per_second(read=4_000_000)

    def version(self) -> str:
        return "threads" if self._native("rapidmarc/native") else "processes"

    @staticmethod
    def _native(work: str) -> bool:
        if not work.startswith("rapidmarc/"):
            return False
        try:
            benchmark.find_program()
        except Missing:
            return False
        return True

    def measure(self, job: Job) -> Answer:
        if self._native(job["work"]):
            return benchmark.measure(job, "ceiling")
        from harness.processes import run_together

        share = job["iterations"] // job["threads"]
        single: Job = {
            **job,
            "mode": "measure",
            "engine": job["work"],
            "threads": 1,
            "threads_kind": "readers",
            "iterations": share,
            "records": job["records"] // job["threads"],
            "bytes": job["bytes"] // job["threads"],
            "rendezvous": True,
        }
        return run_together(single, job["threads"])

    def count(self, file: str) -> int:
        raise TypeError("the ceiling delivers no records")


ENGINES = {"ceiling": Ceiling()}
