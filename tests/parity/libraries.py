"""pymarc and rapidmarc under one handle, so that a test is written once and run on each.

A `Library` opens a reader of given bytes: pymarc's over a BytesIO, rapidmarc's by the natural road
of one backend.
"""

import contextlib
import importlib
import io
from pathlib import Path
from types import ModuleType
from typing import Any

from tests import roads
from tests.data import encode
from tests.parity import compare

NAMES = ("pymarc", *roads.BACKENDS)


class Library:
    """One of the readers to be compared. Use it as a context: it closes what it opened."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.opened = contextlib.ExitStack()

    @property
    def is_pymarc(self) -> bool:
        return self.name == "pymarc"

    @property
    def module(self) -> ModuleType:
        return importlib.import_module("pymarc" if self.is_pymarc else "rapidmarc")

    def reader(self, data: bytes, **options: Any) -> Any:
        """A reader of `data`."""
        if self.is_pymarc:
            return self.module.MARCReader(io.BytesIO(data), **options)
        return self.opened.enter_context(roads.reader_for(self.name, data, self.folder, **options))

    def steps(self, data: bytes, **options: Any) -> list[compare.Step]:
        """All that reading `data` does."""
        return compare.run(self.reader(data, **options))

    def one(self, data: bytes, **options: Any) -> compare.Step:
        """What the first `next` does."""
        with compare.listening() as said:
            return compare.step(self.reader(data, **options), said)

    def record(self, data: bytes, **options: Any) -> Any:
        """The first record itself, which must be readable."""
        record = next(self.reader(data, **options))
        assert record is not None
        return record

    def outline(self, data: bytes, **options: Any) -> list[str]:
        """For each step: control number or first tag, name of the exception, or "end"."""
        found = []
        for step in self.steps(data, **options):
            if step.record is not None:
                found.append(step.record["fields"][0]["data"] or step.record["fields"][0]["tag"])
            elif step.outcome == "none" and step.exception is not None:
                found.append(step.exception[0])
            else:
                found.append("end" if step.outcome == "stop" else step.outcome)
        return found

    def error(self, data: bytes, **options: Any) -> tuple[str, str] | None:
        """Name and text of what the first `next` reports."""
        exception = self.one(data, **options).exception
        return exception and (exception[0], exception[1])

    def fields(
        self, *written: encode.Field, coding: str = encode.UTF8, **options: Any
    ) -> list[Any]:
        """What becomes of fields: tag and data, or tag, indicators and subfields."""
        step = self.one(encode.record(list(written), coding), **options)
        assert step.record is not None, step.exception
        return [
            (field["tag"], field["data"])
            if field["control_field"][0]
            else (field["tag"], "".join(field["indicators"]), field["subfields"])
            for field in step.record["fields"]
        ]

    def position(self, reader: Any) -> int:
        """Where the reader stands between two records."""
        return int(reader.file_handle.tell() if self.is_pymarc else reader.tell())

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *error: object) -> None:
        self.opened.close()
