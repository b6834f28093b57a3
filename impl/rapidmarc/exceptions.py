"""What can go wrong with a record, a reader or a writer.

Names, bases and texts are pymarc's, so that existing ``except`` clauses and log filters keep
working. On top of that every error can say where it happened: a reader fills in ``record_index``
and its companions, and ``located`` puts them into one sentence. ``str()`` and ``args`` never change
because of it.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from rapidmarc._core import Record
    from rapidmarc.field import Field


def locate(error: object) -> str:
    """Say where `error` happened and what it was, in one line.

    Works for any exception, since undecodable text and malformed numbers surface as the built-in
    ``UnicodeDecodeError`` and ``ValueError``, and for findings. What is not known is left out.

    >>> error = TruncatedRecord()
    >>> error.record_index, error.byte_offset = 1204, 1163002
    >>> locate(error)
    'record 1,204, byte 1,163,002: Record length in leader is greater than the length of data'
    """
    text = getattr(error, "detail", None) or str(error) or type(error).__name__
    index = getattr(error, "record_index", None)
    offset = getattr(error, "byte_offset", None)
    control_number = getattr(error, "control_number", None)
    tag = getattr(error, "tag", None)
    source = getattr(error, "source", None)

    record = [] if index is None else [f"record {index:,}"]
    if control_number is not None:
        record.append(f"(001 {control_number})")
    place = [] if source is None else [source]
    if record:
        place.append(" ".join(record))
    if offset is not None:
        place.append(f"byte {offset:,}")
    if tag is not None and f"tag {tag}" not in text:
        place.append(f"tag {tag}")
    return f"{', '.join(place)}: {text}" if place else text


def control_number_of(record: Record) -> str | None:
    """Content of the first field 001, None if there is none."""
    field = record.get("001")
    return None if field is None else field.data


def point_at(error: Exception, record: Record) -> None:
    """Tell `error` which record it is about."""
    located: Any = error
    located.record_index, located.byte_offset = record.index, record.offset
    located.control_number = control_number_of(record)


class PymarcException(Exception):
    """Root of all errors of this package; its text is whatever it was raised with.

    Attributes that a reader sets when it knows them, else ``None``:

    * ``record_index``: position of the record in its source, counted from 0;
    * ``byte_offset``: where that record begins in its source;
    * ``control_number``: content of its field 001;
    * ``tag``: tag of the field at fault;
    * ``position``: byte of the record at which the fault lies, counted from 0;
    * ``detail``: what exactly was found, in words;
    * ``source``: name of the file, if several are read as one.
    """

    record_index: int | None = None
    byte_offset: int | None = None
    control_number: str | None = None
    tag: str | None = None
    position: int | None = None
    detail: str | None = None
    source: str | None = None

    _text: ClassVar[str | None] = None
    """A class with a fixed text shows that one whatever it was raised with, as in pymarc."""

    def __str__(self) -> str:
        return super().__str__() if self._text is None else self._text

    @property
    def located(self) -> str:
        """Place and cause in one line; see `locate`."""
        return locate(self)


class FatalReaderError(PymarcException):
    """The place of the next record is unknown: a reader stops after one of these, unless its
    ``on_error`` tells it to look for that place."""


class RecordLengthInvalid(FatalReaderError):
    """The first five bytes of a record are not a number."""

    _text = "Invalid record length in first 5 bytes of record"


class TruncatedRecord(FatalReaderError):
    """The data end before the length that the leader announces."""

    _text = "Record length in leader is greater than the length of data"


class EndOfRecordNotFound(FatalReaderError):
    """The byte at the announced end of a record is not the record terminator."""

    _text = "Unable to locate end of record marker"


class RecordLeaderInvalid(PymarcException):
    """A leader is not 24 characters long."""

    _text = "Unable to extract record leader"


class RecordDirectoryInvalid(PymarcException):
    """The directory is not a whole number of 12-byte entries."""

    _text = "Invalid directory"


class NoFieldsFound(PymarcException):
    """The directory has no entry."""

    _text = "Unable to locate fields in record data"


class BaseAddressInvalid(PymarcException):
    """The base address lies behind the end of the record."""

    _text = "Base address exceeds size of record"


class BaseAddressNotFound(PymarcException):
    """The base address is zero or negative."""

    _text = "Unable to locate base address of record"


class WriteNeedsRecord(PymarcException):
    """A writer was handed something other than a record."""

    _text = "Write requires a pymarc.Record object as an argument"


class NoActiveFile(PymarcException):
    """A writer has no file. Kept for programs that name it; nothing raises it."""

    _text = "There is no active file to write to in call to write"


class FieldNotFound(PymarcException):
    """The field to be removed is not one of the record's."""

    _text = "Record does not contain the specified field"


class BadSubfieldCodeWarning(Warning):
    """A subfield code is not ASCII. ``subf`` holds the bytes of that subfield, its code first."""

    def __init__(self, subf: bytes) -> None:
        super().__init__()
        self.subf = subf

    def __str__(self) -> str:
        return f"The subfield contained a non-ASCII subfield code: {self.subf!r}"

    def __reduce__(self) -> tuple[Any, ...]:
        # ``args`` stays empty, so the inherited way would call the class without its argument.
        return type(self), (self.subf,), self.__dict__


class BadLeaderValue(PymarcException):
    """A value does not fit the leader positions it was meant for; the text names both."""


class MissingLinkedFields(PymarcException):
    """The subfield 6 of ``field`` points to an 880, but no 880 points back."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.field = field

    def __str__(self) -> str:
        return f"{self.field.tag} field includes a subfield 6 but no linked fields could be found."


class QueueFullError(PymarcException):
    """A reader with ``on_overflow="error"`` had parsed as far ahead as it may."""

    def __str__(self) -> str:
        return super().__str__() or "The queue of records parsed ahead is full"


class StaleIndexError(PymarcException):
    """An index is not that of the file ``path``, which has changed since; ``change`` says how."""

    def __init__(self, path: str = "", change: str = "the file has changed") -> None:
        super().__init__(path, change)
        self.path = path
        self.change = change

    def __str__(self) -> str:
        return f"{self.path}: stale index: {self.change}; rapidmarc.index(path) makes a new one"


class TooManyErrorsError(PymarcException):
    """A reader met more bad records than its ``max_errors``; the last one's error is the cause."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(*() if limit is None else (limit,))
        self.limit = limit

    def __str__(self) -> str:
        more = "" if self.limit is None else f" {self.limit:,}"
        return f"More bad records than the{more} that max_errors allows"


class HandleMovedError(PymarcException):
    """Somebody else moved the file handle that a reader is reading ahead from."""

    def __str__(self) -> str:
        return super().__str__() or (
            "The file handle was moved while the reader was reading ahead; "
            'backend="record" follows a handle that moves'
        )


class DamagedFileError(OSError):
    """A compressed file cannot be decompressed any further.

    ``filename`` is its name, ``position`` the byte of it up to which all was well, as exactly as
    can be told; ``content_bytes`` bytes of content came out before.
    """

    def __init__(self, filename: str, position: int, content_bytes: int, reason: str) -> None:
        super().__init__(reason)  # more would be taken for an errno and its text
        self.filename: str = filename
        self.position = position
        self.content_bytes = content_bytes
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.filename}: {self.reason} (behind byte {self.position:,} of the file,"
            f" after {self.content_bytes:,} bytes of content)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # ``args`` has the reason alone, so the inherited way would call the class without the rest.
        return type(self), (self.filename, self.position, self.content_bytes, self.reason)


class PathError(ValueError):
    """The path of a column is none: ``expected`` says what should stand at character ``position``
    (from 0) of ``path``."""

    def __init__(self, path: str, position: int, expected: str) -> None:
        super().__init__(path, position, expected)
        self.path = path
        self.position = position
        self.expected = expected

    def __str__(self) -> str:
        pointer = " " * self.position + "^"
        return (
            f"expected at character {self.position} of the path: {self.expected}\n"
            f"    {self.path}\n    {pointer}"
        )
