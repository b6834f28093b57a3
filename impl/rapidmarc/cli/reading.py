"""What the commands have in common about their input: reading on behind bad records, and telling of
them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rapidmarc._byte_inputs import inputs_of
from rapidmarc.cli import exits
from rapidmarc.exceptions import DamagedFileError, locate
from rapidmarc.inputs import open as open_input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapidmarc import Record
    from rapidmarc.cli.progress import Progress
    from rapidmarc.inputs import RecordReader

# What ends the reading of a file: it cannot be decompressed, or is no JSON or UTF-8.
_FATAL = (DamagedFileError, json.JSONDecodeError, UnicodeDecodeError)

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
            text = locate(error)
            text = text if text.startswith(name) else f"{name}: {text}"
            print(f"rapidmarc: {text}", file=sys.stderr)
        elif told == MOST_TOLD:
            print(f"rapidmarc: {name}: more of the kind is only counted", file=sys.stderr)

    def met(self, name: str, error: Exception) -> bool:
        """Deal with what a reader of the file raised: tell of it, and say whether reading can go
        on. What is not about the content of a file is raised again."""
        if getattr(error, "record_index", None) is not None:
            self.tell(name, error)
            return True
        if is_fatal(error):
            self.tell(name, error)
            return False
        raise error

    def of(self, name: str) -> dict[str, int]:
        """Bad records of a file, by the class of their exception."""
        return self.by_file.get(name, {})

    @property
    def exit_code(self) -> int:
        """What the command ends with, if nothing else is wrong."""
        return exits.BROKEN if self.by_file else exits.FINE


def is_fatal(error: Exception) -> bool:
    """Whether it is about the content of a file, and ends the reading of it."""
    return isinstance(error, _FATAL) or type(error).__module__.startswith("xml.sax")


def open_reader(name: str, **options: Any) -> RecordReader:
    """A reader of the file, which raises for each bad record and can go on behind it."""
    return open_input(name, hide_utf8_warnings=True, **options)


def records_of(
    name: str, problems: Problems, progress: Progress | None = None, **options: Any
) -> Iterator[Record]:
    """The records of a file that can be read."""
    with open_reader(name, **options) as reader:
        records = go_through(reader, name, problems)
        yield from records if progress is None else progress.through(reader, records)


def go_through(reader: RecordReader, name: str, problems: Problems) -> Iterator[Record]:
    """The records that a reader has, whatever it raises between them."""
    while True:
        try:
            for record in reader:
                if record is not None:
                    yield record
            return
        except Exception as error:
            if not problems.met(name, error):
                return


def inputs(files: tuple[str, ...]) -> list[str]:
    """The files that the arguments stand for: a pattern, perhaps quoted, may stand for several."""
    return inputs_of(files)
