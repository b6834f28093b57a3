"""Base of the engines that make a table of five columns of text: workload `select`.

What they give is compared row by row, so that each must mean the same by a column: the text of the
first subfield with that code in the first field of that tag that has one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.digest import CanonicalRecord
from harness.engines.protocol import Job, Missing
from harness.engines.workloads import Loop

#: The name of each column, its tag, and its code; a control field has none.
COLUMNS: Mapping[str, tuple[str, str]] = {
    "id": ("001", ""),
    "isbn": ("020", "a"),
    "author": ("100", "a"),
    "title": ("245", "a"),
    "subject": ("650", "a"),
}
ROWS_OF_A_BATCH = 10_000
INSTALL = "pip install pyarrow"

Row = Sequence[str | None]


def arrow() -> Any:
    try:
        import pyarrow  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise Missing("the package pyarrow is not installed", INSTALL) from None
    return pyarrow


def count_rows(batches: Iterable[Any]) -> int:
    """`select`: every batch of the table is taken and let go."""
    return sum(int(batch.num_rows) for batch in batches)


def batches_of(rows: Iterable[Row]) -> Iterator[Any]:
    """Arrow's batches of rows that are Python's."""
    pyarrow = arrow()
    columns: list[list[str | None]] = [[] for _ in COLUMNS]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
        if len(columns[0]) == ROWS_OF_A_BATCH:
            yield pyarrow.RecordBatch.from_pydict(dict(zip(COLUMNS, columns, strict=True)))
            columns = [[] for _ in COLUMNS]
    yield pyarrow.RecordBatch.from_pydict(dict(zip(COLUMNS, columns, strict=True)))


class TableMaker(ABC):
    """Opens a file and iterates over batches of its table; verification takes them row by row."""

    sources: frozenset[str] = frozenset({"open"})
    workloads: frozenset[str] = frozenset({"select"})
    thread_kinds: frozenset[str] = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = INSTALL

    @abstractmethod
    def batches(self, target: Any, options: Job) -> Iterable[Any]:
        """Batches of Arrow, with the columns in the order of `COLUMNS`."""

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        found = self.batches(target, options)
        return self.rows(found) if options.get("mode") == "digest" else found

    @staticmethod
    def rows(batches: Iterable[Any]) -> Iterator[Row]:
        for batch in batches:
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def close(self, reader: Any) -> None:  # noqa: B027 - nothing is left open
        """A table that was read to its end holds nothing."""

    def work(self, workload: str) -> Loop:
        return count_rows

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        cells = zip(COLUMNS, record, strict=True)
        return ("", tuple((name, value) for name, value in cells if value is not None))

    def stats(self, reader: Any) -> dict[str, int]:
        return {}
