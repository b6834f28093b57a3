"""From one format to another: `convert`.

Records go through one by one, in their order; ISO 2709 is read and decoded ahead on all cores, and
a thread of its own writes. Tables (Parquet, CSV) are made from columns, without objects.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rapidmarc._compression import compressed_writer
from rapidmarc._core import RecordFile, _EncodeOptions
from rapidmarc._formats import marcmaker_of
from rapidmarc._text_forms import json_of, xml_of
from rapidmarc.exceptions import locate, point_at
from rapidmarc.inputs import RECORD_FORMATS, RecordReader
from rapidmarc.inputs import open as open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import BinaryIO, Literal, TypeAlias

    from typing_extensions import Unpack

    from rapidmarc._core import Record
    from rapidmarc.columns import Column, Condition
    from rapidmarc.inputs import _Format, _MarcOptions, _Source

    _TargetFormat: TypeAlias = Literal[
        "marc", "marcxml", "json", "jsonl", "marcmaker", "parquet", "csv"
    ]

TABLE_FORMATS = ("parquet", "csv")
TARGET_FORMATS = (*RECORD_FORMATS, *TABLE_FORMATS)
_BY_SUFFIX = {
    ".mrc": "marc",
    ".marc": "marc",
    ".marc21": "marc",
    ".dat": "marc",
    ".iso": "marc",
    ".iso2709": "marc",
    ".xml": "marcxml",
    ".marcxml": "marcxml",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".mrk": "marcmaker",
    ".mrk8": "marcmaker",
    ".txt": "marcmaker",
    ".parquet": "parquet",
    ".csv": "csv",
}
_COMPRESSED = {".gz": "gzip", ".xz": "xz", ".bz2": "bzip2", ".zst": "zstd"}
# In XML: what has to be looked at, what cannot be there, and where it has attributes.
_NOT_PLAIN = re.compile(rb"[\x00-\x1f]|\xef\xbf[\xbe\xbf]")
_NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_TAG = re.compile(rb"<[^<>]*>")
_WRITE_BYTES = 1 << 16
_QUEUE_BYTES = 4 << 20


@dataclass
class Conversion:
    """What `convert` did."""

    records: int = 0
    """Records (or rows) written."""
    errors: dict[str, int] = field(default_factory=dict)
    """Records that were left out, by the class of their exception; for a table "skipped" has the
    number of them all."""


def named_format(target: object) -> tuple[str | None, str | None]:
    """The format and compression that the name of a target says, if it has one and says any."""
    if not isinstance(target, (str, os.PathLike)):
        return None, None
    stem, suffix = os.path.splitext(os.fspath(target))
    compression = _COMPRESSED.get(suffix.lower())
    if compression is not None:
        suffix = os.path.splitext(stem)[1]
    return _BY_SUFFIX.get(suffix.lower()), compression


def target_format(target: object, format: str | None = None) -> tuple[str, str | None]:
    """The format and compression that a target is to have: `format`, or what its name says.

    Raises ValueError if nothing says it.
    """
    if format is not None and format not in TARGET_FORMATS:
        raise ValueError(f"format is one of {', '.join(TARGET_FORMATS)}, not {format!r}")
    named, compression = named_format(target)
    format = format or named
    if format is None:
        raise ValueError(
            f"the name does not tell the format of the target; format is one of "
            f"{', '.join(TARGET_FORMATS)}"
        )
    if format == "parquet" and compression is not None:
        raise ValueError("a Parquet file is compressed inside, not as a whole")
    return format, compression


def convert(
    source: _Source,
    target: str | os.PathLike[str] | BinaryIO,
    *,
    format: _TargetFormat | None = None,
    source_format: _Format | None = None,
    columns: Mapping[str, str | Column | Condition] | None = None,
    where: Condition | None = None,
    on_error: Literal["raise", "skip", "salvage"] = "raise",
    rejects: str | os.PathLike[str] | BinaryIO | None = None,
    max_errors: int | None = None,
    **options: Unpack[_MarcOptions],
) -> Conversion:
    """Write the records of `source` to `target` in another format, in their order.

    `source` is all that `rapidmarc.open` takes, with `source_format`, `on_error`, `rejects`,
    `max_errors` and `options` as there. `target` is a path, or a binary file object, which is left
    open. Its format is `format`, or what the path's suffix says: "marc", "marcxml", "json" (an
    array), "jsonl", "marcmaker" (as ``str(record)``, but with mnemonics where a character would be
    taken for another), and, with the `columns` and `where` of `rapidmarc.select` (extra ``arrow``),
    "parquet" and "csv". In a CSV file the values of `every` are joined by ``|``. A further suffix
    ``.gz``, ``.xz``, ``.bz2`` or ``.zst`` compresses.

    A path is written under another name and gets its own once all is well; so it may be that of the
    source, and what it held stays if anything is raised. A record that the format cannot hold (too
    long for ISO 2709, a line end in MARCMaker) is a bad record as well.

    Raises what `rapidmarc.open` and `rapidmarc.select` raise, and OSError for the target.

    >>> convert("books.mrc", "books.jsonl").records
    1
    """
    kind, compression = target_format(target, format)
    if on_error not in ("raise", "skip", "salvage"):
        raise ValueError(f"on_error is raise, skip or salvage, not {on_error!r}")
    if kind in TABLE_FORMATS:
        if columns is None:
            raise ValueError(f"{kind} needs columns, as rapidmarc.select takes them")
        if on_error == "salvage" or rejects is not None or max_errors is not None:
            raise ValueError(f"{kind} is made with on_error raise or skip, without rejects")
        if options:
            raise ValueError(f"{kind} is made without the options {', '.join(options)}")
        from rapidmarc._tables import write_table

        with Target(target, compression) as out:
            return write_table(source, out.file, kind, columns, where, source_format, on_error)
    if columns is not None or where is not None:
        raise ValueError(f"columns and where are for {' and '.join(TABLE_FORMATS)}, not {kind}")
    reader = open_input(
        source,
        format=source_format,
        on_error=on_error,
        rejects=rejects,
        max_errors=max_errors,
        **options,
    )
    with reader, Target(target, compression) as out:
        return write_records(reader, out, kind, on_error)


class Target:
    """A file that gets its name once all of it is written; used in a ``with`` statement."""

    def __init__(
        self, target: str | os.PathLike[str] | BinaryIO, compression: str | None = None
    ) -> None:
        self._path: str | None = None
        self._part = ""
        self.file: Any = target
        if isinstance(target, (str, os.PathLike)):
            name = os.fspath(target)
            # A pipe or device is meant itself: what /dev/stdout leads to may have no path.
            special = os.path.exists(name) and not os.path.isfile(name)
            path = name if special else os.path.realpath(name)
            self._path = None if special else path
            self._part = path if special else f"{path}.{os.getpid()}.part"
            flags = os.O_WRONLY | os.O_CREAT | (0 if special else os.O_EXCL) | os.O_TRUNC
            try:
                # An interruption may come as soon as the file is there.
                descriptor = os.open(self._part, flags, 0o666)
                self.file = RecordFile(descriptor, name, _QUEUE_BYTES)
            except OSError:
                raise  # it could not be made, or is another's
            except BaseException:
                if self._path is not None and os.path.exists(self._part):
                    os.unlink(self._part)
                raise
        self._own = self.file is not target
        self._raw = self.file
        if compression is not None:
            try:
                self.file = compressed_writer(self._raw, compression)
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise

    def __enter__(self) -> Target:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            if self.file is not self._raw and kind is None:
                self.file.close()
            if self._own:
                self._raw.close()
            if self._path is not None and kind is None:
                _keep_mode(self._path, self._part)
                os.replace(self._part, self._path)
        finally:
            if self._path is not None and os.path.exists(self._part):
                os.unlink(self._part)


def _keep_mode(path: str, part: str) -> None:
    if os.path.exists(path):
        os.chmod(part, os.stat(path).st_mode & 0o7777)


class RecordsOut:
    """Records in one of the formats on their way into a binary file, some of them at a time."""

    def __init__(self, file: Any, kind: str) -> None:
        self._text = _ENCODERS[kind]
        self._native: Any = None
        if kind == "marc" and isinstance(file, RecordFile):
            # It encodes straight into the file's queue.
            self._native = file._record_writer(_EncodeOptions())
        self._head, self._between, self._end = _FRAMES[kind]
        self.begin(file)

    def begin(self, file: Any) -> None:
        """Go on in another file, which knows nothing of the one before."""
        self._file = file
        self._waiting: list[bytes] = [self._head]
        self._size = len(self._head)
        self.records = 0

    def write(self, record: Record) -> None:
        """Write a record. Raises ValueError for one that the format cannot hold."""
        if self._native is not None:
            self.flush()  # what came as bytes stands before it
            self._native(record)
            self.records += 1
            return
        self.write_bytes(self._text(record))

    def write_bytes(self, data: bytes) -> None:
        """Write a record that is encoded already."""
        if self.records:
            self._waiting.append(self._between)
        self._waiting.append(data)
        self.records += 1
        self._size += len(data)
        if self._size >= _WRITE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what waits."""
        if self._waiting:
            self._file.write(b"".join(self._waiting))
            self._waiting.clear()
            self._size = 0

    def finish(self) -> None:
        """Write the end."""
        self._waiting.append(self._end)
        self.flush()


def _as_marc(record: Record) -> bytes:
    return record.as_marc()


def _as_xml(record: Record) -> bytes:
    xml = xml_of(record)
    if _NOT_PLAIN.search(xml):
        if _NOT_IN_XML.search(xml):
            raise ValueError("XML cannot hold a control character that stands in the record")
        # A parser would make a line end of the one, and a blank of the others in an attribute.
        xml = _TAG.sub(_with_references, xml.replace(b"\r", b"&#13;"))
    return xml


def _with_references(tag: re.Match[bytes]) -> bytes:
    return tag[0].replace(b"\t", b"&#9;").replace(b"\n", b"&#10;")


def _as_json(record: Record) -> bytes:
    return json_of(record).encode()


def _as_json_line(record: Record) -> bytes:
    return _as_json(record) + b"\n"


def _as_marcmaker(record: Record) -> bytes:
    return marcmaker_of(record).encode()


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "marc": _as_marc,
    "marcxml": _as_xml,
    "json": _as_json,
    "jsonl": _as_json_line,
    "marcmaker": _as_marcmaker,
}
# What stands before the first record, between two, and behind the last.
_FRAMES = {
    "marc": (b"", b"", b""),
    "marcxml": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<collection xmlns="http://www.loc.gov/MARC21/slim">\n',
        b"\n",
        b"\n</collection>\n",
    ),
    "json": (b"[", b",\n", b"]\n"),
    "jsonl": (b"", b"", b""),
    "marcmaker": (b"", b"\n", b""),
}


def write_records(
    records: RecordReader | Iterable[Record | None], target: Target, kind: str, on_error: str
) -> Conversion:
    """Write all of them; those that the format cannot hold are raised, or with another `on_error`
    counted."""
    done = Conversion()
    out = RecordsOut(target.file, kind)
    for record in records:
        if record is None:
            continue
        try:
            out.write(record)
        except (ValueError, OverflowError) as error:
            name = type(error).__name__
            done.errors[name] = done.errors.get(name, 0) + 1
            if on_error == "raise":
                raise _unwritable(error, record) from error
    out.finish()
    done.records = out.records
    for name, count in getattr(records, "errors", {}).items():
        done.errors[name] = done.errors.get(name, 0) + count
    return done


def _unwritable(error: Exception, record: Record) -> ValueError:
    told: Any = ValueError(str(error))
    point_at(told, record)
    located = ValueError(locate(told))
    located.__dict__.update(told.__dict__)
    return located
