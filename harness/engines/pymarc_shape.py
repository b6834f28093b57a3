"""The work that is done with each record, for every engine whose objects look like pymarc's.

The loops are as short as a user's would be: what they cost is part of the figure, and the same for
all engines. Timed and verifying code are separate functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.digest import CanonicalRecord, ControlField, DataField
from harness.engines.protocol import Job, per_second

WORKLOADS = frozenset({"read", "title", "extract", "roundtrip", "write"})
FILE_SOURCES = frozenset({"open", "bytesio", "custom", "pipe", "socket"})


class Nowhere:
    """A binary file that keeps nothing."""

    def write(self, data: bytes) -> int:
        return len(data)

    def close(self) -> None:
        pass


def read(reader: Iterable[Any]) -> int:
    count = 0
    for _ in reader:
        count += 1
    return count


def title(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            field = record.get("245")
            if field is not None:
                field.get("a")
    return count


def extract(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            field = record.get("245")
            if field is not None:
                field.get("a")
            for field in record.fields:
                field.value()
    return count


def roundtrip(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            record.as_marc()
    return count


def writer_loop(writer_type: Callable[[Any], Any]) -> Callable[[Iterable[Any]], int]:
    """The `write` workload for an engine that has a writer."""

    def write(reader: Iterable[Any]) -> int:
        writer = writer_type(Nowhere())
        count = 0
        for record in reader:
            count += 1
            if record is not None:
                writer.write(record)
        return count

    return write


def canonical_field(field: Any) -> ControlField | DataField:
    if field.control_field:
        return (field.tag, field.data or "")
    first, second = field.indicators
    return (field.tag, first, second, tuple((code, value) for code, value in field.subfields))


class PymarcShape(ABC):
    """Base of the engines that are used as pymarc is used. A subclass names its package."""

    package = ""
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
        reader: Iterable[Any] = self.module().MARCReader(target)
        return reader

    def close(self, reader: Any) -> None:
        reader.close()

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        if workload == "write":
            return writer_loop(self.module().MARCWriter)
        loops = {"read": read, "title": title, "extract": extract, "roundtrip": roundtrip}
        return loops[workload]

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        if record is None:
            return ("error", type(reader.current_exception).__name__)
        return (str(record.leader), tuple(canonical_field(field) for field in record.fields))

    def stats(self, reader: Any) -> dict[str, int]:
        return {}
