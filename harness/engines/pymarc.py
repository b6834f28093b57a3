"""pymarc: the reference for every output, and the reader that others are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.engines.columns import COLUMNS, Row, TableMaker, arrow, batches_of
from harness.engines.protocol import Job, distribution_version, per_second
from harness.engines.pymarc_shape import PymarcShape


class Pymarc(PymarcShape):
    install = "pip install pymarc==5.4.0"
    guess = per_second(
        read=10_000,
        title=10_000,
        extract=9_000,
        subfields=9_000,
        roundtrip=7_000,
        write=7_000,
        change=7_000,
        as_dict=8_000,
        as_json=6_000,
        marcxml=3_000,
    )

    def module(self) -> Any:
        import pymarc

        return pymarc

    def version(self) -> str:
        version = distribution_version("pymarc")
        self.module()
        return version


class Columns(TableMaker):
    """What a program does today: five lookups a record, lists, and a table of them."""

    install = Pymarc.install
    guess = per_second(select=9_000)

    def version(self) -> str:
        arrow()
        return Pymarc().version()

    def batches(self, target: Any, options: Job) -> Iterable[Any]:
        return batches_of(map(row, Pymarc().module().MARCReader(target)))


def row(record: Any) -> Row:
    if record is None:
        return [None] * len(COLUMNS)
    return [first(record, tag, code) for tag, code in COLUMNS.values()]


def first(record: Any, tag: str, code: str) -> str | None:
    for field in record.get_fields(tag):
        values = field.get_subfields(code) if code else [field.data]
        if values:
            value: str | None = values[0]
            return value
    return None


ENGINES: dict[str, Pymarc | Columns] = {"pymarc": Pymarc(), "pymarc/columns": Columns()}
