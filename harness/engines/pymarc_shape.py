"""Base of the engines that are used as pymarc is used; `workloads.py` has what is done with them.

Timed and verifying code are separate functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.digest import CanonicalRecord, ControlField, DataField
from harness.engines.protocol import Job, per_second
from harness.engines.workloads import OF_MODULE, PLAIN

# A writer on a path is not pymarc's.
WORKLOADS = frozenset({*PLAIN, *OF_MODULE}) - {"change_path", "change_beside"}
FILE_SOURCES = frozenset({"open", "bytesio", "custom", "pipe", "socket"})


def canonical_field(field: Any) -> ControlField | DataField:
    if field.control_field:
        return (field.tag, field.data or "")
    first, second = field.indicators
    return (field.tag, first, second, tuple((code, value) for code, value in field.subfields))


class PymarcShape(ABC):
    """A reader with pymarc's interface. A subclass says which module it is of."""

    sources: frozenset[str] = FILE_SOURCES
    workloads: frozenset[str] = WORKLOADS
    thread_kinds: frozenset[str] = frozenset({"readers"})
    batch_sizes: bool = False
    most_threads: int | None = None
    install = ""
    guess: Mapping[str, float] = per_second(read=10_000)

    @abstractmethod
    def module(self) -> Any:
        """The package, imported here and nowhere earlier."""

    @abstractmethod
    def version(self) -> str: ...

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        """The reader; a MARCXML file is read by a function of the package, so it is the target."""
        if options.get("workload") == "marcxml":
            document: Iterable[Any] = target
            return document
        return self.reader(target, options)

    def reader(self, target: Any, options: Job) -> Iterable[Any]:
        reader: Iterable[Any] = self.module().MARCReader(target)
        return reader

    def close(self, reader: Any) -> None:
        if hasattr(reader, "close"):
            reader.close()

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        if workload in OF_MODULE:
            return OF_MODULE[workload](self.module())
        return PLAIN[workload]

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        if record is None:
            return ("error", type(reader.current_exception).__name__)
        return (str(record.leader), tuple(canonical_field(field) for field in record.fields))

    def stats(self, reader: Any) -> dict[str, int]:
        return {}
