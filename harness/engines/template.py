"""A new engine: copy this file, rename it (the engine takes its name) and fill it in.

This one is not measured (it is listed among the support files of `harness/engines/__init__.py`). It
reads with nothing but the standard library, so that it can be run and tested as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.digest import CanonicalRecord, ControlField, DataField
from harness.engines.protocol import Job, per_second


class TemplateReader:
    """Stands for the reader of the package that you want to measure."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        while head := self.file.read(5):
            yield head + self.file.read(int(head) - 5)


def read(reader: Iterable[Any]) -> int:
    count = 0
    for _ in reader:
        count += 1
    return count


class Template:
    # What the engine can do; a scenario that asks for more leaves it out and says so.
    sources = frozenset({"open", "bytesio", "custom"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = None
    # The line that installs the package, and a first guess of its rate: used until a run has
    # measured it.
    install = "pip install the-package"
    guess = per_second(read=100_000)

    def version(self) -> str:
        """`distribution_version("package")`, which raises `Missing`; then import the package."""
        return "1"

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        return TemplateReader(target)

    def close(self, reader: Any) -> None:
        """Inside the timed pass: what the reader must do at its end belongs to its time."""

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        """A loop that does the work and counts the records. No clock, no checks."""
        return {"read": read}[workload]

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        """One record in the plain shape of `harness.digest`; only verification calls this."""
        leader = record[:24]
        base = int(leader[12:17])
        fields: list[ControlField | DataField] = []
        for entry in range(24, base - 1, 12):
            tag = record[entry : entry + 3].decode("ascii")
            length, start = int(record[entry + 3 : entry + 7]), int(record[entry + 7 : entry + 12])
            body = record[base + start : base + start + length - 1]
            if tag < "010":
                fields.append((tag, body.decode("utf-8")))
                continue
            first, *rest = body.split(b"\x1f")
            pairs = tuple((part[:1].decode(), part[1:].decode("utf-8")) for part in rest)
            indicators = first.decode("ascii")
            fields.append((tag, indicators[0], indicators[1], pairs))
        return (leader.decode("ascii"), tuple(fields))

    def stats(self, reader: Any) -> dict[str, int]:
        """Whole numbers that the reader counts about itself, if it does."""
        return {}


ENGINES = {"template": Template()}
