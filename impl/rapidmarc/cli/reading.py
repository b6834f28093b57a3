"""What the commands have in common about their input: reading on behind bad records, and telling of
them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rapidmarc import MARCReader
from rapidmarc.cli import exits
from rapidmarc.exceptions import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapidmarc import Record

MOST_TOLD = 20
"""Bad records of a file that are told of one by one."""


class Problems:
    """What was wrong with the input: told on stderr when it is met, summed up in the end."""

    def __init__(self) -> None:
        self.by_file: dict[str, dict[str, int]] = {}

    def tell(self, name: str, error: Exception) -> None:
        """Tell of a record of the file `name` that could not be read."""
        kinds = self.by_file.setdefault(name, {})
        told = sum(kinds.values())
        kind = type(error).__name__
        kinds[kind] = kinds.get(kind, 0) + 1
        if told < MOST_TOLD:
            print(f"rapidmarc: {name}: {locate(error)}", file=sys.stderr)
        elif told == MOST_TOLD:
            print(f"rapidmarc: {name}: more of the kind is only counted", file=sys.stderr)

    def of(self, name: str) -> dict[str, int]:
        """Bad records of a file, by the class of their exception."""
        return self.by_file.get(name, {})

    @property
    def exit_code(self) -> int:
        """What the command ends with, if nothing else is wrong."""
        return exits.BROKEN if self.by_file else exits.FINE


def open_reader(name: str) -> MARCReader:
    """A reader of the file, which raises for each bad record and can go on behind it."""
    target: Any = sys.stdin.buffer if name == "-" else name
    return MARCReader(target, on_error="raise", hide_utf8_warnings=True)


def records_of(name: str, problems: Problems) -> Iterator[Record]:
    """The records of a file that can be read."""
    with open_reader(name) as reader:
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except Exception as error:
                if not is_about_record(error):
                    raise
                problems.tell(name, error)
                continue
            if record is not None:
                yield record


def is_about_record(error: object) -> bool:
    """Whether a reader raised this for a record, and can go on behind it."""
    return getattr(error, "record_index", None) is not None
