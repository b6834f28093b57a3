"""marctable: data frames of records, by way of pymarc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.engines.columns import COLUMNS, ROWS_OF_A_BATCH, Row, TableMaker
from harness.engines.protocol import Job, distribution_version, per_second
from harness.engines.workloads import Loop


class Marctable(TableMaker):
    """Its batches are data frames, as it gives them."""

    install = "pip install marctable"
    guess = per_second(select=8_000)

    def version(self) -> str:
        version = distribution_version("marctable")
        import marctable.utils  # type: ignore[import-untyped, unused-ignore]  # noqa: F401

        return version

    def batches(self, target: Any, options: Job) -> Iterable[Any]:
        from marctable.utils import dataframe_iter

        rules = [tag + code for tag, code in COLUMNS.values()]
        frames: Iterable[Any] = dataframe_iter(target, rules, batch=ROWS_OF_A_BATCH)
        return frames

    def work(self, workload: str) -> Loop:
        return lambda frames: sum(len(frame) for frame in frames)

    @staticmethod
    def rows(batches: Iterable[Any]) -> Iterator[Row]:
        for frame in batches:
            for values in frame.itertuples(index=False):
                yield [first(value) for value in values]


def first(value: Any) -> str | None:
    """A column whose subfield may be repeated has lists; what a record lacks is None or NaN."""
    if isinstance(value, list):
        return str(value[0]) if value else None
    return value if isinstance(value, str) else None


ENGINES = {"marctable": Marctable()}
