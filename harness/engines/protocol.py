"""What an engine is: a reader driven in a fresh Python process, or a program that times itself.

Light on purpose: the worker process imports this file, and everything it imports counts as
interpreter.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypedDict, runtime_checkable

from harness.digest import CanonicalRecord


class Missing(Exception):
    """The engine cannot run here: why, and the line that installs what is missing."""

    def __init__(self, reason: str, install: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.install = install


class Job(TypedDict, total=False):
    """What the parent asks for; JSON on the worker's standard input."""

    mode: str  # "measure" | "digest" | "numbers" | "version"
    engine: str
    work: str  # for the ceiling: the engine whose work is done without sharing anything
    workload: str
    source: str
    file: str
    disk: str
    threads: int
    threads_kind: str
    batch_size: int | str
    iterations: int  # readings of the file in one pass, over all threads together
    records: int  # that one pass must deliver
    bytes: int
    passes: int
    warmup: str
    beside: str  # what another Python thread does in a pass after the timed ones
    package: str  # folder of another build of rapidmarc, for this job alone
    rendezvous: bool  # wait for a line on standard input before each pass


Answer = dict[
    str, Any
]  # what comes back, one JSON line: the figures of a measurement, or {"error": ...}


class Engine(Protocol):
    """What the plan and the doctor have to know of any engine."""

    @property
    def sources(self) -> frozenset[str]: ...
    @property
    def workloads(self) -> frozenset[str]: ...
    @property
    def thread_kinds(self) -> frozenset[str]: ...
    @property
    def batch_sizes(self) -> bool: ...  # whether it takes a batch size other than "auto"
    @property
    def most_threads(self) -> int | None: ...
    @property
    def install(self) -> str: ...
    @property
    def guess(
        self,
    ) -> Mapping[str, float]: ...  # records a second by workload, for the first plan only
    def version(self) -> str: ...  # imports the package; raises Missing


@runtime_checkable
class ReaderEngine(Engine, Protocol):
    """A reader written for Python. Its methods run inside the worker process."""

    def open(self, target: Any, options: Job) -> Iterable[Any]: ...
    def close(self, reader: Any) -> None: ...
    def work(self, workload: str) -> Callable[[Iterable[Any]], int]: ...
    def canonical(self, reader: Any, record: Any) -> CanonicalRecord: ...
    def stats(self, reader: Any) -> dict[str, int]: ...


@runtime_checkable
class ProgramEngine(Engine, Protocol):
    """A program that is started and measured from outside. Its methods run in the parent."""

    def measure(self, job: Job) -> Answer: ...
    def count(self, file: str) -> int: ...  # records in the file, for verification


@runtime_checkable
class NumbersEngine(Protocol):
    """A program that tells which records it read."""

    def numbers(self, file: str) -> list[str]: ...  # the 001 of each


AnyEngine = ReaderEngine | ProgramEngine


def program_answer(job: Job, passes: list[float]) -> Answer:
    """What a program's passes come to. Its memory is not measured: it is not ours to compare."""
    return {
        "passes": passes,
        "seconds": min(passes),
        "records": job["records"],
        "bytes": job["bytes"],
        "peak_rss_bytes": None,
        "baseline_rss_bytes": None,
        "stats": {},
    }


def per_second(**rates: float) -> Mapping[str, float]:
    """A first guess of rates by workload: `per_second(read=10_000)`."""
    return rates


def distribution_version(name: str) -> str:
    """The version of an installed package without importing it."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        raise Missing(f"the package {name} is not installed", f"pip install {name}") from None
