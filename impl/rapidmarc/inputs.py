"""Reading by name: `open` finds out how its input is compressed and what format it has.

One file or many, plain or compressed, local or behind a URL, in ISO 2709, MARCXML, MARC-in-JSON or
MARCMaker: what comes out is a reader of records.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, cast

from rapidmarc._arguments import positive
from rapidmarc._byte_inputs import Input, inputs_of
from rapidmarc._closing import Closing
from rapidmarc._formats import format_of, parts_of
from rapidmarc._marcreader import MARCReader
from rapidmarc._readers import Reader
from rapidmarc.exceptions import TooManyErrorsError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import BinaryIO, Literal, TypeAlias, TypedDict

    from typing_extensions import Buffer, Self, Unpack

    from rapidmarc._core import Record, _Readable

    _One: TypeAlias = "str | os.PathLike[str] | Buffer | _Readable"
    _Source: TypeAlias = _One | Sequence[_One]
    _Format: TypeAlias = Literal["marc", "marcxml", "json", "jsonl", "marcmaker"]

    class _MarcOptions(TypedDict, total=False):
        """Options of `MARCReader` that `open` hands on."""

        to_unicode: bool
        force_utf8: bool
        hide_utf8_warnings: bool
        utf8_handling: str
        file_encoding: str
        permissive: bool
        backend: Literal["auto", "record", "batched", "native", "memory"]
        num_threads: int | None
        batch_size: int | Literal["auto"]
        queue_bytes: int
        queue_records: int | None
        on_overflow: Literal["block", "drop", "error"]
        normalize: Literal["NFC", "NFD"] | None
        expand_references: bool
        encoding: Literal["auto"] | None
        dialect: Literal["marc21", "unimarc", "latin1"]


RECORD_FORMATS = ("marc", "marcxml", "json", "jsonl", "marcmaker")
_ON_ERROR = ("raise", "none", "skip", "salvage")


class RecordReader(Protocol):
    """What `open` gives: records, one by one, and what could not be read."""

    @property
    def errors(self) -> dict[str, int]:
        """How many bad records there were so far, by the name of their exception's class."""

    @property
    def current_exception(self) -> Exception | None:
        """Exception of the last record, or None."""

    def __iter__(self) -> Iterator[Record | None]: ...
    def __next__(self) -> Record | None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Options:
    """What `open` was told, for each of its inputs."""

    def __init__(
        self,
        format: str | None,
        on_error: str,
        rejects: Any,
        max_errors: int | None,
        others: _MarcOptions,
    ) -> None:
        if format is not None and format not in RECORD_FORMATS:
            raise ValueError(f"format is one of {', '.join(RECORD_FORMATS)}, not {format!r}")
        if on_error not in _ON_ERROR:
            raise ValueError(f"on_error is one of {', '.join(_ON_ERROR)}, not {on_error!r}")
        if on_error == "none" and (rejects is not None or max_errors is not None):
            raise ValueError('rejects and max_errors need on_error="raise", "skip" or "salvage"')
        if max_errors:
            positive("max_errors", max_errors)
        self.format = format
        self.on_error = on_error
        self.rejects = rejects
        self.max_errors = max_errors
        self.others = others

    def reader_of(self, source: Any, found: Input) -> RecordReader:
        """A reader of one input, which is `found` already."""
        format = self.format or format_of(found.head)
        if format != "marc":
            if self.rejects is not None:
                found.close()
                raise ValueError(f"rejects has bytes of ISO 2709, and {found.name} is {format}")
            return PartsReader(found, format, self.on_error, self.max_errors)
        options: dict[str, Any] = {
            "on_error": self.on_error,
            "rejects": self.rejects,
            "max_errors": self.max_errors,
            **self.others,
        }
        if found.path is not None or found.buffer is not None:
            found.close()
            return MARCReader(source, **options)
        file, own = found.take_file()
        try:
            reader = MARCReader(file, **options)
        except BaseException:
            found.close()
            raise
        if own:
            reader._take_over(file, found.name)
        return reader


class PartsReader(Closing, Reader):
    """Reads the records of a text format. Made by `rapidmarc.open`.

    With ``on_error="skip"`` (and "salvage", of which there is nothing here) a record that cannot be
    made is left out and counted; text that cannot be parsed is raised whatever is asked for, since
    there is no going on behind it.
    """

    def __init__(self, found: Input, format: str, on_error: str, max_errors: int | None) -> None:
        self.name = found.name
        self.errors: dict[str, int] = {}
        self.current_exception: Exception | None = None
        self._on_error = on_error
        self._max_errors = max_errors
        self._file, self._own = found.take_file()
        self._parts: Iterator[Callable[[], Record]] = parts_of(
            _Unclosed(self._file), format, found.name
        )
        self._index = 0

    def __iter__(self) -> Iterator[Record | None]:
        return self

    def __next__(self) -> Record | None:
        self.current_exception = None
        while True:
            make = next(self._parts)
            index = self._index
            self._index += 1
            try:
                return make()
            except Exception as error:
                located: Any = error
                located.record_index = index
                self._note(error)
                if self._on_error == "raise":
                    raise
                self._check_limit(error)
                if self._on_error == "none":
                    return None
                self.current_exception = None

    def _note(self, error: Exception) -> None:
        self.current_exception = error
        name = type(error).__name__
        self.errors[name] = self.errors.get(name, 0) + 1

    def _check_limit(self, error: Exception) -> None:
        if self._max_errors is not None and sum(self.errors.values()) > self._max_errors:
            raise TooManyErrorsError(self._max_errors) from error

    def close(self) -> None:
        """Close the input, if it was opened here. There are no more records then."""
        self._parts = iter(())
        if self._own:
            self._file.close()


class _Unclosed:
    """A file that is not closed by those that only read it; `PartsReader` does that."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.closed = False

    def readable(self) -> bool:
        return True

    writable = seekable = lambda self: False  # asked for by io.TextIOWrapper

    def read(self, size: int = -1) -> Any:
        return self._file.read(size)

    read1 = read

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class SeveralReader(Closing, Reader):
    """Reads one input after the other. Made by `rapidmarc.open`.

    `file` is the name of the one that the last record came from. The place of a record is counted
    within its own, and exceptions have the name of it in ``source``.
    """

    def __init__(self, sources: list[Any], options: Options) -> None:
        self.file: str | None = None
        self._sources = iter(sources)
        self._options = options
        self._reader: RecordReader | None = None
        self._earlier: dict[str, int] = {}

    def _open_next(self) -> bool:
        self._close_one()
        for source in self._sources:
            self.file = None
            found = Input(source)
            self._reader = self._options.reader_of(source, found)
            self.file = found.name
            return True
        return False

    def _close_one(self) -> None:
        if self._reader is not None:
            self._earlier = self.errors
            reader, self._reader = self._reader, None
            reader.close()

    def __iter__(self) -> Iterator[Record | None]:
        # Faster than `__next__`, which would be called for each record.
        while self._reader is not None or self._open_next():
            try:
                # A generator that is dropped closes what it delegates to: not the reader itself.
                yield from chain(cast("RecordReader", self._reader))
            except Exception as error:
                self._name_file(error)
                raise
            self._close_one()

    def __next__(self) -> Record | None:
        while self._reader is not None or self._open_next():
            try:
                return next(cast("RecordReader", self._reader))
            except StopIteration:
                self._close_one()
            except Exception as error:
                self._name_file(error)
                raise
        raise StopIteration

    def _name_file(self, error: Exception) -> None:
        located: Any = error
        located.source = self.file

    @property
    def errors(self) -> dict[str, int]:
        """How many bad records there were so far, by the name of their exception's class."""
        errors = dict(self._earlier)
        if self._reader is not None:
            for name, count in self._reader.errors.items():
                errors[name] = errors.get(name, 0) + count
        return errors

    @property
    def current_exception(self) -> Exception | None:
        """Exception of the last record, or None."""
        error = None if self._reader is None else self._reader.current_exception
        if error is not None:
            self._name_file(error)
        return error

    def close(self) -> None:
        """Close what is open. There are no more records then."""
        self._sources = iter(())
        self._close_one()


def open(
    source: _Source,
    *,
    format: _Format | None = None,
    on_error: Literal["raise", "none", "skip", "salvage"] = "raise",
    rejects: str | os.PathLike[str] | BinaryIO | None = None,
    max_errors: int | None = None,
    **options: Unpack[_MarcOptions],
) -> RecordReader:
    """A reader of the records in `source`, whatever it is.

    `source` is a path, a pattern such as ``"books/*.mrc.gz"``, a URL that fsspec opens (``s3://``,
    ``https://``, ``memory://``; extra ``remote``), "-" for standard input, anything with the buffer
    protocol, a binary file object, or a list of these, which is read as one.

    By their first bytes are told: gzip, xz, bzip2 and zstd (extra ``compressed`` for fast gzip and
    for zstd), which a thread decompresses while records are parsed; and the format, unless `format`
    says it: "marc" (ISO 2709), "marcxml", "json" and "jsonl" (MARC-in-JSON: an object, an array, or
    objects one behind the other) or "marcmaker" (in which mnemonics and the backslashes that stand
    for blanks are read as what they stand for).

    A plain file of ISO 2709 gives a `MARCReader`, on its native road; `options` are those of
    `MARCReader` and concern ISO 2709 alone, like `rejects`. `on_error` and `max_errors` mean what
    they mean there, but a bad record is raised unless something else is asked for; ``next`` goes on
    behind it. What ends the reading of a file altogether is raised in any case: a
    `DamagedFileError` where compressed data cannot be read on, ``xml.sax.SAXParseException``,
    ``json.JSONDecodeError``. With several files errors have the file's name in ``source``.

    A reader is for one thread at a time, except a `MARCReader`, which threads may share.

    Raises what opening raises, FileNotFoundError for a pattern that matches nothing,
    ModuleNotFoundError that names a missing package, TypeError and ValueError as `MARCReader` does.

    >>> import rapidmarc
    >>> with rapidmarc.open("books.mrc") as reader:
    ...     for record in reader:
    ...         print(record.title)
    A plain record : called one.
    """
    found = inputs_of(source)
    if len(found) == 1:
        return Options(format, on_error, rejects, max_errors, options).reader_of(
            found[0], Input(found[0])
        )
    if rejects is not None:
        raise ValueError("rejects is for one file: what is in it would not tell which one it was")
    return SeveralReader(found, Options(format, on_error, None, max_errors, options))
