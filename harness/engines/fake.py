"""fake: an engine without a reader, for tests and for A/A runs. It sleeps instead of parsing.

The seconds of one reading come from `RAPIDMARC_FAKE_PASS_S`. The variants: `steady` (sleeps without
the GIL, so it scales), `twin` (the same, under another name), `slow` (5% slower, which a comparison
must find), `serial` (holds a lock while it sleeps, so it does not scale), `miscount` (loses a
record), `wrong` (another text), `crash` (dies).

`real`, `real-twin` and `real-slow` read for real, by rapidmarc/batched; the last reads every 20th
file twice: a slow-down of 5% that no sleep imitates.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.digest import CanonicalRecord
from harness.engines.protocol import Job, per_second
from harness.engines.rapidmarc import Rapidmarc

DEFAULT_PASS_S = 0.002
KNOWN_SLOWDOWN = 1.05
TWICE_EVERY = 20  # readings

_one_at_a_time = threading.Lock()


class FakeReader:
    """Delivers the records of a target as bytes, and remembers what it was asked for."""

    def __init__(self, target: Any, seconds: float, lock: threading.Lock | None, lose: int) -> None:
        if isinstance(target, str):
            with open(target, "rb") as file:
                data = file.read()
        elif isinstance(target, bytes):
            data = target
        else:
            data = target.read()
        self.records = [part + b"\x1d" for part in data.split(b"\x1d")[:-1]]
        self.records = self.records[: len(self.records) - lose]
        self.seconds = seconds
        self.lock = lock
        self.delivered = 0

    def __iter__(self) -> Iterator[bytes]:
        if self.lock is not None:
            with self.lock:
                time.sleep(self.seconds)
        else:
            time.sleep(self.seconds)
        for record in self.records:
            self.delivered += 1
            yield record


def _count(reader: Iterable[Any]) -> int:
    return sum(1 for _ in reader)


class Fake:
    sources = frozenset({"path", "open", "bytesio", "custom", "bytes", "pipe", "socket"})
    workloads = frozenset({"read", "title", "extract", "roundtrip", "select", "write"})
    thread_kinds = frozenset({"readers", "workers"})
    batch_sizes = True
    most_threads: int | None = None
    install = ""
    guess = per_second(read=100_000)

    def __init__(self, variant: str) -> None:
        self.variant = variant

    def version(self) -> str:
        return "1"

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        if self.variant == "crash":
            os._exit(9)
        seconds = float(os.environ.get("RAPIDMARC_FAKE_PASS_S", DEFAULT_PASS_S))
        if self.variant == "slow":
            seconds *= KNOWN_SLOWDOWN
        if options.get("threads_kind") == "workers" and self.variant != "serial":
            seconds /= options.get("threads", 1)
        lock = _one_at_a_time if self.variant == "serial" else None
        return FakeReader(target, seconds, lock, lose=1 if self.variant == "miscount" else 0)

    def close(self, reader: Any) -> None:
        pass

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        return _count

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        text = record[24:].decode("latin-1") + ("!" if self.variant == "wrong" else "")
        return (record[:24].decode("latin-1"), (("raw", text),))

    def stats(self, reader: Any) -> dict[str, int]:
        return {"records": reader.delivered}


class Real(Rapidmarc):
    """rapidmarc/batched under another name, with or without more work."""

    def __init__(self, *, slow: bool = False) -> None:
        super().__init__("batched", frozenset({"open", "bytesio"}), reads_ahead=False)
        self.slow = slow
        self._readings = 0

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        self._readings += 1
        if self.slow and self._readings % TWICE_EVERY == 0:
            _count(super().open(target, options))
            target.seek(0)
        return super().open(target, options)


VARIANTS = ("steady", "twin", "slow", "serial", "miscount", "wrong", "crash")
ENGINES: dict[str, Fake | Real] = {
    **{f"fake/{variant}": Fake(variant) for variant in VARIANTS},
    "fake/real": Real(),
    "fake/real-twin": Real(),
    "fake/real-slow": Real(slow=True),
}
