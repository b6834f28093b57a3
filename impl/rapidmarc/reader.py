"""Readers: iterate over the records of a file.

`MARCReader`, for the transmission format, is what most programs need; it has a module of its own.
Here are the readers of the two text formats and the function that applies another to every record.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from rapidmarc._marcreader import MARCReader
from rapidmarc._readers import Reader
from rapidmarc.constants import END_OF_RECORD
from rapidmarc.exceptions import (
    EndOfRecordNotFound,
    FatalReaderError,
    PymarcException,
    RecordLengthInvalid,
    TruncatedRecord,
)
from rapidmarc.field import Field, Indicators, Subfield
from rapidmarc.leader import Leader
from rapidmarc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "END_OF_RECORD",
    "EndOfRecordNotFound",
    "FatalReaderError",
    "Field",
    "Indicators",
    "JSONReader",
    "Leader",
    "MARCMakerReader",
    "MARCReader",
    "PymarcException",
    "Reader",
    "Record",
    "RecordLengthInvalid",
    "Subfield",
    "TruncatedRecord",
    "map_records",
]


def map_records(f: Callable[[Record | None], object], *files: BinaryIO | bytes) -> None:
    """Call a function with each record of the files.

    It is called with ``None`` for a record that could not be read, as `MARCReader` yields it.
    """
    for file in files:
        for record in MARCReader(file):
            f(record)


def _open_text(target: Any, encoding: str | None) -> tuple[Any, bool]:
    """Return `target` as an open file, and whether it was opened here."""
    if hasattr(target, "read"):
        return target, False
    if isinstance(target, os.PathLike) or (isinstance(target, str) and os.path.exists(target)):
        return open(target, encoding=encoding), True
    return StringIO(target), True


class JSONReader(Reader):
    """Iterates over the records of a MARC-in-JSON file.

    `marc_target` is an open file, the path of one, or JSON text. It holds one object or an array of
    them, and all of it is loaded at once into ``records``; `stream` is accepted, and answered with
    a notice on stderr.

    >>> reader = JSONReader('{"leader": "                        ", "fields": [{"001": "ocm1"}]}')
    >>> [record["001"].data for record in reader]
    ['ocm1']
    """

    def __init__(
        self,
        marc_target: str | os.PathLike[str] | IO[str] | IO[bytes],
        encoding: str = "utf-8",
        stream: bool = False,
    ) -> None:
        import json

        self.encoding = encoding
        if stream:
            sys.stderr.write(
                "Streaming not yet implemented, your data will be loaded into memory\n"
            )
        self.file_handle, opened_here = _open_text(marc_target, encoding)
        try:
            self.records: Any = json.load(self.file_handle, strict=False)
        finally:
            if opened_here:
                self.file_handle.close()
        self.iter: Iterator[dict[str, Any]] = self._objects()

    def _objects(self) -> Iterator[dict[str, Any]]:
        several = hasattr(self.records, "__iter__") and not isinstance(self.records, dict)
        return iter(self.records if several else [self.records])

    def __iter__(self) -> Iterator[Record]:
        self.iter = self._objects()
        return self

    def __next__(self) -> Record:
        element: dict[str, Any] = next(self.iter)
        record = Record()
        record.leader = Leader(element["leader"])
        for field in element["fields"]:
            # An object with several names is read by its first.
            [(tag, content), *_] = field.items()
            if isinstance(content, dict) and "subfields" in content:
                indicators = Indicators(content["ind1"], content["ind2"])
                pairs = (pair for subfield in content["subfields"] for pair in subfield.items())
                record.add_field(Field(tag, indicators, [Subfield(*pair) for pair in pairs]))
            else:
                record.add_field(Field(tag, data=content))
        return record


class MARCMakerReader(Reader):
    r"""Iterates over the records of a MARCMaker file.

    That is the format of ``str(record)`` and of `TextWriter`.

    `target` is an open file, which is read and closed, the path of one, or the text. Records are
    separated by an empty line, and each line is one field:

    >>> [record] = MARCMakerReader("=LDR  00755cam  22002414a 4500\n=245  10$aMoby Dick\n")
    >>> record.title
    'Moby Dick'

    The backslash that stands for a blank is kept as it is. A line that is no field raises
    `PymarcException`, which names it, and reading can go on with the next record.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | IO[str] | IO[bytes],
        encoding: str | None = "utf-8",
    ) -> None:
        file_handle, _ = _open_text(target, encoding)
        with closing(file_handle):
            content = file_handle.read()
        text: str = content.decode(encoding or "utf-8") if isinstance(content, bytes) else content
        # Only real line ends count: other separators that Unicode knows may stand in a value.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.records = [part for part in text.split("\n\n") if part.strip("\n")]
        self.iter = iter(self.records)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        record = Record()
        for line in next(self.iter).strip("\n").split("\n"):
            try:
                field = self._parse_line(line)
            except Exception as error:
                raise PymarcException(f'Unable to parse line "{line}"') from error
            if isinstance(field, Leader):
                record.leader = field
            else:
                record.add_field(field)
        return record

    def _parse_line(self, line: str) -> Leader | Field:
        """Read one line: "=", the tag, two blanks, and the content."""
        if line[0] != "=":
            raise ValueError('Line should start with a "=".')
        tag, gap, content = line[1:4], line[4:6], line[6:]
        if gap != "  ":
            raise ValueError("Tag should be separated from the rest of the field by two spaces.")
        if tag == "LDR":
            return Leader(content)
        if tag < "010":
            return Field(tag, data=content)
        # Two indicators, the first "$", then one part for each subfield.
        first, second, parts = content[0], content[1], content[3:].split("$")
        return Field(tag, Indicators(first, second), [Subfield(p[:1], p[1:]) for p in parts])
