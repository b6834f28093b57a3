"""Readers: iterate over the records of a file.

`MARCReader`, for the transmission format, is what most programs need; it has a module of its own.
Here are the readers of the two text formats and the function that applies another to every record.
"""

from __future__ import annotations

import os
import sys
from io import StringIO
from itertools import chain, islice

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

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO, Any, BinaryIO

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

    >>> with open("books.mrc", "rb") as file:
    ...     map_records(lambda record: print(record.title), file)
    A plain record : called one.
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


def _place_of(file: Any) -> int | None:
    """Where an open file stands; nothing if it cannot be put there again."""
    try:
        place: int = file.tell()
        return place if file.seekable() else None
    except (AttributeError, OSError):
        return None


class JSONReader(Reader):
    """Iterates over the records of a MARC-in-JSON file.

    `marc_target` is an open file, the path of one, or JSON text. It holds one object or an array of
    them. Of a long array (over 65,536 characters) one record after the other is read; a file that
    was handed over open has to stay so meanwhile. All of it is loaded when ``records``, the list of
    the objects, is asked for, and when the file cannot be read twice (a pipe). `stream` changes
    nothing, and is answered with pymarc's notice on stderr.

    What is no JSON is a ``json.JSONDecodeError``: at once if it stands in the first record or in a
    short file, otherwise when reading gets there. A record without leader, fields or indicators
    is a ``KeyError``, one with a leader of other than 24 characters `RecordLeaderInvalid`.
    A reader is for one thread at a time.

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
        self.encoding = encoding
        if stream:
            sys.stderr.write(
                "Streaming not yet implemented, your data will be loaded into memory\n"
            )
        self.file_handle, self._opened_here = _open_text(marc_target, encoding)
        self._target = marc_target
        self._start = _place_of(self.file_handle)
        self._is_loaded = False
        self._records: Any = None
        self._taken = 0  # objects handed out by `iter`
        self.iter: Iterator[dict[str, Any]] = self._objects()

    @property
    def records(self) -> Any:
        """What the file holds: a list of objects, or whatever else it is. Loads all of it."""
        if not self._is_loaded:
            self._rewind()
            self._load()
            self.iter = islice(self._objects(), self._taken, None)
        return self._records

    @records.setter
    def records(self, records: Any) -> None:
        self._records = records
        self._is_loaded = True

    def _objects(self) -> Iterator[dict[str, Any]]:
        """The objects from the first on. The first is read at once, with the errors it may have."""
        if not self._is_loaded and self._start is not None:
            from rapidmarc._json_stream import JSONText

            try:
                text = JSONText(self.file_handle)
                if text.is_long_array():
                    rest = text.elements()
                    return chain(list(islice(rest, 1)), self._to_the_end(rest))
            except BaseException:
                self._close()
                raise
            self._rewind()
        if not self._is_loaded:
            self._load()
        several = hasattr(self._records, "__iter__") and not isinstance(self._records, dict)
        return iter(self._records if several else [self._records])

    def _load(self) -> None:
        import json

        try:
            self.records = json.load(self.file_handle, strict=False)
        finally:
            self._close()

    def _to_the_end(self, objects: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        yield from objects
        self._close()

    def _close(self) -> None:
        if self._opened_here:
            self.file_handle.close()

    def _rewind(self) -> None:
        if self._opened_here and self.file_handle.closed:
            self.file_handle, _ = _open_text(self._target, self.encoding)
        self.file_handle.seek(self._start)

    def __iter__(self) -> Iterator[Record]:
        if self._is_loaded or self._taken:
            if not self._is_loaded:
                self._rewind()
            self.iter = self._objects()
        self._taken = 0
        return self

    def __next__(self) -> Record:
        element: dict[str, Any] = next(self.iter)
        self._taken += 1
        return record_of_json(element)


def record_of_json(element: dict[str, Any]) -> Record:
    """The record that an object of MARC-in-JSON stands for; see `JSONReader` for the errors."""
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
        try:
            content = file_handle.read()
        finally:
            file_handle.close()
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
