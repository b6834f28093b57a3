"""The engine of `plain_reader`: all that the harness has to know of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.digest import CanonicalRecord
from harness.engines.plain import PlainReader
from harness.engines.protocol import Job, Missing
from harness.engines.workloads import Loop, read


def title(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        next((dict(field.pairs).get("a") for field in record.fields if field.tag == "245"), None)
    return count


class PlainPython(PlainReader):
    install = "PYTHONPATH=docs/any-reader"

    def module(self) -> Any:
        try:
            import plain_reader
        except ImportError:
            raise Missing("the module plain_reader is not on the path", self.install) from None
        return plain_reader

    def version(self) -> str:
        return str(self.module().__name__)

    def loops(self) -> dict[str, Loop]:
        return {"read": read, "title": title}

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        return self.module().read(target)  # type: ignore[no-any-return]

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        return record.leader, tuple(
            (f.tag, *f.indicators, tuple(f.pairs)) if f.indicators else (f.tag, f.text)
            for f in record.fields
        )


ENGINES = {"plain-reader": PlainPython()}
