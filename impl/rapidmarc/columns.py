"""Fields of many records as columns of a table, without a Python object for any of them.

`select` takes a file and says what each column holds; the result speaks Arrow's PyCapsule interface
and so goes, without a copy, into pyarrow, pandas, Polars, DuckDB and whatever else understands it.

What a column takes is said by a path in the notation of MARCspec: a tag, in which ``.`` stands
for any character, or ``LDR``; ``[n]`` for one of several fields with that tag; then ``$`` and a
subfield code (several, or a run like ``$a-c``, with ``[n]`` for one of several in a field), or
``^1`` or ``^2`` for an indicator; ``/`` and the places of the characters to take. All are counted
from 0; ``#`` is the last, ``#-2`` the last three.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rapidmarc import _core
from rapidmarc._arguments import (
    NO_STOP,
    check_handle,
    contiguous,
    is_buffer,
    positive,
    usable_cores,
)
from rapidmarc.exceptions import PathError

if TYPE_CHECKING:
    from rapidmarc._core import _Source

__all__ = [
    "Column",
    "Condition",
    "PathError",
    "Selection",
    "count",
    "equals",
    "every",
    "exists",
    "integer",
    "length",
    "matches",
    "offset",
    "select",
    "starts_with",
    "text",
]

# Bytes of the input that make a batch: enough that consumers do not feel the number of batches.
_BATCH_BYTES = 1 << 20
_LARGEST_BATCH = 256 << 20
_ON_ERROR = ("raise", "skip", "none")
_PLACES = ("offset", "length")  # columns without a path


@dataclass(frozen=True)
class Column:
    """What a column holds: made by `text`, `every`, `count`, `integer`, `offset` and `length`."""

    kind: str
    path: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _PLACES:
            _core._check_path(self.path)

    def _form(self) -> tuple[Any, ...]:
        return (self.kind, self.path)


@dataclass(frozen=True)
class Condition:
    """What may hold for a record: made by `exists`, `equals`, `starts_with` and `matches`.

    Conditions are joined by ``&`` and ``|`` and turned round by ``~``. As a column a condition is a
    truth value.
    """

    kind: str
    path: str = ""
    text: str = ""
    parts: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if self.parts:
            return
        _core._check_path(self.path)
        if self.kind == "matches":
            _core._check_regex(self.text)

    def __and__(self, other: Condition) -> Condition:
        return _joined("all", self, other) if isinstance(other, Condition) else NotImplemented

    def __or__(self, other: Condition) -> Condition:
        return _joined("any", self, other) if isinstance(other, Condition) else NotImplemented

    def __invert__(self) -> Condition:
        return _joined("none", self)

    def __bool__(self) -> bool:
        raise TypeError("conditions are joined by & and |, and turned round by ~")

    def _form(self) -> tuple[Any, ...]:
        if self.parts:
            return (self.kind, [part._form() for part in self.parts])
        return (self.kind, self.path, self.text)


def _joined(kind: str, *parts: Condition) -> Condition:
    return Condition(kind, parts=parts)


def text(path: str) -> Column:
    """The text of the first match, or null: what a plain string means (type utf8)."""
    return Column("text", path)


def every(path: str) -> Column:
    """The texts of all matches, in the record's order (type list of utf8)."""
    return Column("every", path)


def count(path: str) -> Column:
    """The number of matches (type int32)."""
    return Column("count", path)


def integer(path: str) -> Column:
    """The first match as a number; null if there is none or it is no whole number (type int64)."""
    return Column("integer", path)


def offset() -> Column:
    """The record's first byte in the input (type int64); never null."""
    return Column("offset")


def length() -> Column:
    """The number of the record's bytes (type int64); never null."""
    return Column("length")


def exists(path: str) -> Condition:
    """Whether there is a match (as a column: type bool)."""
    return Condition("exists", path)


def equals(path: str, value: str) -> Condition:
    """Whether some match is `value`."""
    return Condition("equals", path, value)


def starts_with(path: str, prefix: str) -> Condition:
    """Whether some match starts with `prefix`."""
    return Condition("starts_with", path, prefix)


def matches(path: str, pattern: str) -> Condition:
    """Whether the regular expression `pattern` is found in some match.

    The syntax is RE2's: Python's without back-references and assertions. ValueError for a pattern
    that is none, and in a build without RE2.
    """
    return Condition("matches", path, pattern)


class Selection:
    """The columns of an input, read when a consumer asks for them.

    Each consumer reads the input anew, so a selection can be used any number of times; only a file
    object can be read but once. Consumers of the same selection may work in different threads.
    """

    def __init__(
        self,
        source: _Source,
        columns: Mapping[str, str | Column | Condition],
        *,
        where: Condition | None = None,
        num_threads: int | None = None,
        on_error: Literal["raise", "skip", "none"] = "raise",
        batch_bytes: int = _BATCH_BYTES,
        byte_range: tuple[int, int] | None = None,
        dialect: Literal["marc21", "unimarc", "latin1"] = "marc21",
        ordered: bool = True,
    ) -> None:
        if on_error not in _ON_ERROR:
            raise ValueError(f"on_error is one of {', '.join(_ON_ERROR)}, not {on_error!r}")
        if where is not None and not isinstance(where, Condition):
            raise TypeError(f"where is a condition, not {type(where).__name__}")
        self._threads = positive("num_threads", num_threads) or usable_cores()
        self._batch_bytes = min(positive("batch_bytes", batch_bytes) or 1, _LARGEST_BATCH)
        self._columns = {name: _column(name, column) for name, column in columns.items()}
        if not self._columns:
            raise ValueError("no columns are asked for")
        self._native = _core._Selection(
            [(name, column._form()) for name, column in self._columns.items()],
            None if where is None else where._form(),
            on_error,
            dialect,
        )
        self._ordered = ordered
        self._used_up = False
        self._range = byte_range
        self._source: Any = source
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb", buffering=0) as file:
                self._check_range(file)  # what open() would say as well, and not in mid-query
            self._source = os.path.abspath(source)
        elif is_buffer(source):
            self._source = contiguous(source)
            self._check_range(self._source)
        elif hasattr(source, "read"):
            check_handle(source)
            self._check_range(source)
        else:
            raise TypeError(f"Expected str, Path, or file-like object, got {type(source).__name__}")

    def _check_range(self, source: Any) -> None:
        if self._range is not None:
            from rapidmarc._ranges import checked_range

            self._range = checked_range(self._range, source)

    @property
    def columns(self) -> dict[str, Column | Condition]:
        """What each column holds, by its name."""
        return dict(self._columns)

    @property
    def records(self) -> int:
        """Records that the newest consumer has passed so far, those without a row included."""
        return self._native.records

    @property
    def skipped(self) -> int:
        """Those of them that could not be decoded and have no row."""
        return self._native.skipped

    def __arrow_c_schema__(self) -> object:
        """The names and types of the columns, as Arrow's PyCapsule interface has them."""
        return self._native.schema()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A stream of batches, as Arrow's PyCapsule interface has it.

        `requested_schema` is a wish that the interface allows to be passed over, and is. ValueError
        for a file object that was read already.
        """
        source = self._source
        if isinstance(source, str):
            import stat

            file = open(source, "rb", buffering=0)  # noqa: SIM115  # a pipe's is closed by the stream
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                with file:
                    return self._stream("native", file)
            return self._stream("handle", file)
        if is_buffer(source):
            return self._stream("memory", source)
        if self._used_up:
            raise ValueError("the file object was read already; give its path to read it again")
        self._used_up = True
        return self._stream("handle", source)

    def _stream(self, way: str, source: Any) -> object:
        edges = [*(self._range or (0, NO_STOP))]
        if way == "handle":
            if self._range is not None:
                from rapidmarc._ranges import PartOfHandle

                source = PartOfHandle(source, *self._range)
        elif not self._ordered and self._threads > 2:
            from rapidmarc._ranges import cuts_between

            # The consumer's thread goes from part to part; each of the others has one of its own.
            parts = self._threads - 1
            edges[1:1] = cuts_between(way, source, self._range, parts, self._batch_bytes)
        return self._native.stream(way, source, self._threads, self._batch_bytes, edges)


def _column(name: str, column: str | Column | Condition) -> Column | Condition:
    if not isinstance(name, str):
        raise TypeError(f"the name of a column is a str, not {type(name).__name__}")
    if isinstance(column, str):
        return text(column)
    if isinstance(column, (Column, Condition)):
        return column
    raise TypeError(f"column {name!r} is a path or made by rapidmarc.columns, not {column!r}")


def select(
    source: _Source,
    columns: Mapping[str, str | Column | Condition],
    *,
    where: Condition | None = None,
    num_threads: int | None = None,
    on_error: Literal["raise", "skip", "none"] = "raise",
    batch_bytes: int = _BATCH_BYTES,
    byte_range: tuple[int, int] | None = None,
    dialect: Literal["marc21", "unimarc", "latin1"] = "marc21",
    ordered: bool = True,
) -> Selection:
    """A table of the records in `source`, a row for each, as a stream of Arrow batches.

    `source` is what `MARCReader` takes: a path, anything with the buffer protocol, or an object
    with ``read`` in binary mode. `columns` says by name what the columns hold: a path (the text of
    its first match), or what `every`, `count`, `exists`, `integer` and their companions in
    `rapidmarc.columns` make of one. Only records for which `where` holds give a row.

    Text is decoded as `MARCReader` does it, `dialect` included. Reading, decoding and building
    columns is done on `num_threads` threads (None: all usable cores; a file object is read on one),
    without the interpreter's lock, `batch_bytes` bytes of the input at a time, in its order. What
    is read ahead of the consumer is bounded.

    `on_error` says what becomes of a record that cannot be decoded: "raise" ends the stream with an
    error that tells record, byte and field, behind the rows before it; with "skip" the record has
    no row and is counted in `Selection.skipped`; with "none" its row is all null (and missing where
    there is a condition). With both, reading goes on behind damage, as `MARCReader` does it with
    ``on_error="skip"``.

    `byte_range` is a pair (start, stop), as `rapidmarc.partitions` gives them: only these bytes of
    the source are read, as though they were all of it. A file object must be seekable.

    With `ordered` false batches may come in any order, the rows of one still in the input's. On
    three threads and more a path or a buffer is then read at several places at once, and a slow
    place holds nobody up; an error says from which byte it counts records.

    Raises PathError for a path that is none, OSError for a file that cannot be opened, TypeError
    and ValueError for arguments that are not understood. Errors while reading come from the
    consumer, in its words.

    >>> table = select("books.mrc", {"id": "001", "title": "245$a", "subjects": count("6..$a")})
    >>> table.columns["subjects"]
    Column(kind='count', path='6..$a')
    """
    return Selection(
        source,
        columns,
        where=where,
        num_threads=num_threads,
        on_error=on_error,
        batch_bytes=batch_bytes,
        byte_range=byte_range,
        dialect=dialect,
        ordered=ordered,
    )
