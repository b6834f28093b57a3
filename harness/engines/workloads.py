"""The work that is done with each record, for every engine whose objects look like pymarc's.

The loops are as short as a user's would be: what they cost is part of the figure, and the same for
all engines. None of them checks anything: outputs are compared by `harness.verify`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

Loop = Callable[[Iterable[Any]], int]


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
            try:
                record["245"]["a"]
            except KeyError:  # a record without a title
                continue
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


def subfields(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            for field in record.fields:
                for _code, _value in field.subfields:
                    pass
    return count


def roundtrip(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            record.as_marc()
    return count


def as_dict(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            record.as_dict()
    return count


def as_json(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            record.as_json()
    return count


def write_to_nowhere(module: Any) -> Loop:
    """`write`: every record through the engine's writer, to a file that keeps nothing."""

    def write(reader: Iterable[Any]) -> int:
        writer = module.MARCWriter(Nowhere())
        count = 0
        for record in reader:
            count += 1
            if record is not None:
                writer.write(record)
        return count

    return write


def change_all(reader: Iterable[Any], writer: Any) -> int:
    """Another title for every record, and all of them written."""
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            try:  # noqa: SIM105 - what suppress costs is no part of the work
                record["245"]["a"] = "Another title"
            except KeyError:
                pass
            writer.write(record)
    writer.close()
    return count


def change_and_write(module: Any) -> Loop:
    """`change`: every record changed and written to an open file."""

    def change(reader: Iterable[Any]) -> int:
        with tempfile.TemporaryFile() as file:
            return change_all(reader, module.MARCWriter(file))

    return change


def change_and_write_by_path(num_threads: int) -> Callable[[Any], Loop]:
    """`change_path`, `change_beside`: the same through a writer that is given a path.

    On one thread the loop writes, block by block; on two another thread does, beside the loop.
    """

    def of_module(module: Any) -> Loop:
        def change(reader: Iterable[Any]) -> int:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "changed.mrc")
                return change_all(reader, module.MARCWriter(path, num_threads=num_threads))

        return change

    return of_module


def marcxml(module: Any) -> Loop:
    """`marcxml`: every record of a MARCXML file; what is handed over is the file itself."""

    def parse(file: Any) -> int:
        count = 0

        def note(record: Any) -> None:
            nonlocal count
            count += 1

        module.map_xml(note, file)
        return count

    return parse


#: The loops that need nothing of the engine's package.
PLAIN: dict[str, Loop] = {
    "read": read,
    "title": title,
    "extract": extract,
    "subfields": subfields,
    "roundtrip": roundtrip,
    "as_dict": as_dict,
    "as_json": as_json,
}
#: Those that use its writer or its reader of MARCXML, by its pymarc-like names.
OF_MODULE: dict[str, Callable[[Any], Loop]] = {
    "write": write_to_nowhere,
    "change": change_and_write,
    "change_path": change_and_write_by_path(1),
    "change_beside": change_and_write_by_path(2),
    "marcxml": marcxml,
}
