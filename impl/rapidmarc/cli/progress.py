"""Progress on standard error, when that is a terminal: records, their rate, and the time left."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from rapidmarc import MARCReader
from rapidmarc._byte_inputs import is_url
from rapidmarc._compression import compression_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rapidmarc import Record

_STEP = 1024  # records between two looks


class Progress:
    """A line for all inputs together; used in a ``with`` statement."""

    def __init__(self, names: Iterable[str]) -> None:
        self._bar: Any = None
        self._records = 0
        self._bytes = 0
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        total = _size(names)
        self._bar = Bar(
            TextColumn("{task.fields[records]:,} records"),
            TextColumn("{task.fields[rate]:,.0f} a second"),
            BarColumn(),
            TimeElapsedColumn() if total is None else TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, records=0, rate=0.0)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def through(self, reader: object, records: Iterable[Record]) -> Iterator[Record]:
        """The records of one input, counted on their way."""
        if self._bar is None:
            yield from records
            return
        before = self._bytes
        for record in records:
            self._records += 1
            if self._records % _STEP == 0:
                self._show(before, reader)
            yield record
        self._show(before, reader)

    def _show(self, before: int, reader: object) -> None:
        if isinstance(reader, MARCReader):
            self._bytes = before + reader.tell()
        elapsed = self._bar.tasks[0].elapsed or 1e-9
        self._bar.update(
            self._task,
            completed=self._bytes,
            records=self._records,
            rate=self._records / elapsed,
        )


def _size(names: Iterable[str]) -> int | None:
    """Bytes of all inputs, if each is a plain file."""
    total = 0
    for name in names:
        if is_url(name) or not os.path.isfile(name):
            return None
        with open(name, "rb") as file:
            if compression_of(file.read(6)) is not None:
                return None
        total += os.path.getsize(name)
    return total
