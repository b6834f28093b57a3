"""Figures that are no rate: what an import costs, how soon the first record comes, what is kept.

Each is measured in the fresh process of a cell, like any engine; the figure is in the statistics
of the line. Of rapidmarc only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.counters import resident_bytes
from harness.engines.protocol import Answer, Job, program_answer
from harness.engines.rapidmarc import Rapidmarc

KEEP_ONE_OF = 100
IMPORT = """
import json, sys, time
before = set(sys.modules)
start = time.perf_counter()
import rapidmarc
seconds = time.perf_counter() - start
new = {name.split(".")[0] for name in set(sys.modules) - before}
strange = sorted(new - {"rapidmarc"} - set(sys.stdlib_module_names))
print(json.dumps({"seconds": seconds, "third_party": strange}))
"""


class Import:
    """`import rapidmarc` in a fresh interpreter, and the modules that it brings from elsewhere."""

    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = Rapidmarc.install
    guess = Rapidmarc.guess

    def version(self) -> str:
        return Rapidmarc("native", frozenset(), reads_ahead=True).version()

    def measure(self, job: Job) -> Answer:
        found = [self._import() for _ in range(job["passes"])]
        best = min(found, key=lambda each: float(each["seconds"]))
        figures = {
            "import_ms": 1e3 * best["seconds"],
            "third_party_modules": len(best["third_party"]),
        }
        passes = [float(each["seconds"]) for each in found]
        return {**program_answer(job, passes), "stats": figures}

    @staticmethod
    def _import() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, timeout=60
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def count(self, file: str) -> int:
        raise TypeError("an import reads no records")


class FirstRecord(Rapidmarc):
    """From the call of the constructor, with a path, to the first record."""

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        start = time.perf_counter_ns()
        self._reader = super().open(target, options)
        self._first = next(iter(self._reader))
        self._taken = time.perf_counter_ns() - start
        return self._all()

    def _all(self) -> Iterator[Any]:
        yield self._first
        yield from self._reader

    def close(self, reader: Any) -> None:
        super().close(self._reader)

    def stats(self, reader: Any) -> dict[str, int]:
        return {"first_record_us": self._taken // 1000}


class Kept(Rapidmarc):
    """Memory that grows when one record in a hundred is kept, against the bytes of those."""

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        return self._keep

    def _keep(self, reader: Iterable[Any]) -> int:
        before = resident_bytes()
        kept = []
        count = 0
        for record in reader:
            count += 1
            if count % KEEP_ONE_OF == 0:
                kept.append(record)
        self._grown = max(0, resident_bytes() - before)
        self._bytes = sum(len(record.as_marc()) for record in kept)
        return count

    def stats(self, reader: Any) -> dict[str, int]:
        return {
            "kept_bytes": self._bytes,
            "grown_bytes": self._grown,
            "grown_percent": 100 * self._grown // max(1, self._bytes),
        }


ENGINES = {
    "probe/import": Import(),
    "probe/first-record": FirstRecord("native", frozenset({"path"}), reads_ahead=True),
    "probe/kept": Kept("native", frozenset({"path"}), reads_ahead=True),
    "probe/kept-open": Kept("batched", frozenset({"open"}), reads_ahead=False),
}
