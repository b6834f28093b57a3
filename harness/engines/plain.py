"""Base of an engine whose objects look like nobody else's: two methods make it a reader.

`template.py` is filled in from it. Everything here may be overridden; `protocol.py` says what each
part means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from harness.digest import CanonicalRecord
from harness.engines.protocol import Job, per_second
from harness.engines.workloads import Loop, read


class PlainReader(ABC):
    """A reader for Python that is opened with a file object and iterated."""

    sources: frozenset[str] = frozenset({"open", "bytesio", "custom", "pipe", "socket"})
    thread_kinds: frozenset[str] = frozenset({"readers"})
    batch_sizes: bool = False
    most_threads: int | None = None
    install: str = ""
    guess: Mapping[str, float] = per_second(read=10_000)

    @property
    def workloads(self) -> frozenset[str]:
        return frozenset(self.loops())

    def loops(self) -> Mapping[str, Loop]:
        """What is done with each record, by the workload's name: loops that count the records."""
        return {"read": read}

    def version(self) -> str:
        """Imports the package; raises `Missing` with the line that installs it."""
        return "unknown"

    @abstractmethod
    def open(self, target: Any, options: Job) -> Iterable[Any]:
        """A new reader of the target. It may yield None for a record that it cannot read."""

    @abstractmethod
    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        """A record in the plain shape of `harness.digest`. Only verification calls this."""

    def close(self, reader: Any) -> None:  # noqa: B027 - most readers have nothing to close
        """Inside the timed pass: what the reader must do at its end belongs to its time."""

    def work(self, workload: str) -> Loop:
        return self.loops()[workload]

    def stats(self, reader: Any) -> dict[str, int]:
        """Whole numbers that the reader counts about itself, if it does."""
        return {}
