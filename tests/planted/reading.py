"""Reads a file once with a delay planted in one phase; prints the statistics and what was planted.

python -m tests.planted.reading PHASE FILE, with the package of build/release/planted on the path.
Delays of native phases are planted by the module itself (planted.cpp), the others here.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

from harness.engines import rapidmarc, sources
from harness.engines.protocol import Job
from harness.worker import Readers

SLEEP_S = 0.001
#: Microseconds a call, for the module. A worker is held up for longer than the first thread, with
#: its two milliseconds a batch, can decode ahead of it: the queue is full, and it has to wait.
NATIVE = {"read": 20_000, "frame": 20_000, "decode": 200, "queue_wait": 250_000}


class Slow(rapidmarc.Rapidmarc):
    """The engine with a caller who takes his time, if that is what is planted."""

    def __init__(self, backend: str, phase: str) -> None:
        ahead = backend == "native"
        super().__init__(backend, frozenset({"path", "custom"}), reads_ahead=ahead)
        self.phase = phase

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        if self.phase != "convert":
            return super().open(target, options)
        # Undecoded records are built in Python, one by one.
        reader: Iterable[Any] = self.module().MARCReader(
            target, backend=self.backend, to_unicode=False, num_threads=1
        )
        return reader

    def work(self, workload: str) -> Any:
        if self.phase != "consumer":
            return super().work(workload)

        def slowly(reader: Iterable[Any]) -> int:
            count = 0
            for _ in reader:
                time.sleep(SLEEP_S)
                count += 1
            return count

        return slowly


class SlowFile(sources.OnlyRead):
    """A stranger's file object that takes its time."""

    calls = 0

    def read(self, size: int = -1) -> bytes:
        SlowFile.calls += 1
        time.sleep(20 * SLEEP_S)
        return super().read(size)


def slow_building() -> None:
    import rapidmarc._eager as eager  # type: ignore[import-not-found, unused-ignore]

    build = eager.decode_into

    def slowly(*arguments: Any) -> Any:
        time.sleep(SLEEP_S)
        return build(*arguments)

    eager.decode_into = slowly


def hog(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def main(phase: str, file: str, records: int) -> None:
    where, _, source = phase.partition("/")
    if where in NATIVE and not source:
        name = "worker" if where == "queue_wait" else where
        os.environ["RAPIDMARC_PLANTED"] = f"{name}={NATIVE[where]}"
    if source == "custom":
        sources.OnlyRead = SlowFile  # type: ignore[misc]
    if where == "convert":
        slow_building()
    job: Job = {
        "workload": "read", "source": source or "path", "file": file,
        "iterations": 12 if where in ("gil_wait", "queue_wait") else 1,
        "threads": 2 if where == "queue_wait" else 1,
        "threads_kind": "workers" if where == "queue_wait" else "readers",
    }  # fmt: skip
    engine = Slow("batched" if source else "native", where)
    engine.version()  # the import is no part of a reading
    readers = Readers(engine, job)
    stop = threading.Event()
    if where == "gil_wait":
        sys.setswitchinterval(50 * SLEEP_S)
        threading.Thread(target=hog, args=(stop,), daemon=True).start()
    readers.timed()
    stop.set()
    stats = readers.stats
    planted_ns = {
        "read": NATIVE["read"] * 1000 * (SlowFile.calls or stats["batches"]),
        "frame": NATIVE["frame"] * 1000 * stats["batches"],
        "decode": NATIVE["decode"] * 1000 * records,
        "convert": SLEEP_S * 1e9 * records,
        "consumer": SLEEP_S * 1e9 * records,
    }
    print(json.dumps({"stats": stats, "planted_ns": planted_ns.get(where)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
