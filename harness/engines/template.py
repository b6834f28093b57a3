"""A new engine: copy this file, rename it (the engine takes its name) and fill in what is marked.

As it stands it reads with the standard library alone. `python -m harness verify --engine yourname`
then compares its records with pymarc's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.digest import CanonicalRecord, ControlField, DataField
from harness.engines.plain import PlainReader
from harness.engines.protocol import Job


class Template(PlainReader):
    install = "pip install your-package"  # MARK: the line that installs it

    def version(self) -> str:
        return "1"  # MARK: distribution_version("your-package"), then import it

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        return self._records(target)  # MARK: your_package.Reader(target)

    @staticmethod
    def _records(file: Any) -> Iterator[bytes]:
        while head := file.read(5):
            yield head + file.read(int(head) - 5)

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        base = int(record[12:17])  # MARK: leader, then tag and text, or tag, indicators and pairs
        fields: list[ControlField | DataField] = []
        for at in range(24, base - 1, 12):
            entry = record[at : at + 12].decode("ascii")
            tag, size, start = entry[:3], int(entry[3:7]), int(entry[7:])
            text = record[base + start : base + start + size - 1].decode("utf-8")
            if tag < "010":
                fields.append((tag, text))
            else:
                (first, second), *parts = text.split("\x1f")
                fields.append((tag, first, second, tuple((part[:1], part[1:]) for part in parts)))
        return (record[:24].decode("ascii"), tuple(fields))


ENGINES = {"template": Template()}
