"""Writers: one class for each format in which records can be written.

Every writer takes an open file and closes it in the end; `MARCWriter` takes a path as well. All can
be used in a ``with`` statement: the output is complete only once the writer is closed.

>>> record = Record()
>>> with MARCWriter("out.mrc") as writer:
...     writer.write(record)
"""

from __future__ import annotations

import os

from rapidmarc._arguments import positive
from rapidmarc._closing import Closing
from rapidmarc._core import RecordFile, _encode_record, _EncodeOptions
from rapidmarc._text_forms import json_of, xml_of
from rapidmarc.exceptions import WriteNeedsRecord
from rapidmarc.record import Record

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import IO, Any, Literal

    from rapidmarc.marcxml import record_to_xml_node

__all__ = [
    "JSONWriter",
    "MARCWriter",
    "Record",
    "TextWriter",
    "WriteNeedsRecord",
    "Writer",
    "XMLWriter",
    "record_to_xml_node",
]


def __getattr__(name: str) -> Any:
    # Part of this module's names as of pymarc's; loaded late because it brings the XML packages
    # along.
    if name == "record_to_xml_node":
        from rapidmarc import marcxml

        return marcxml.record_to_xml_node
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Writer(Closing):
    """What all writers share: the file, the check of what is written, and the end.

    The attribute ``file_handle`` is the file, and ``None`` once the writer is closed. Writing to a
    closed writer is silently ignored, as it is in pymarc. A writer is for one thread at a time,
    unless it says otherwise.
    """

    def __init__(self, file_handle: IO[Any]) -> None:
        self.file_handle: IO[Any] | None = file_handle

    def write(self, record: Record) -> None:
        """Write one record; raise `WriteNeedsRecord` if it is none."""
        if not isinstance(record, Record):
            raise WriteNeedsRecord

    def close(self, close_fh: bool = True) -> None:
        """Finish the output, and close the file too unless `close_fh` is false.

        Closing twice is harmless.
        """
        if close_fh and self.file_handle is not None:
            self.file_handle.close()
        self.file_handle = None


class MARCWriter(Writer):
    """Writes records in the MARC 21 transmission format (ISO 2709).

    >>> import io
    >>> file = io.BytesIO()
    >>> writer = MARCWriter(file)
    >>> writer.write(Record())
    >>> writer.close(close_fh=False)
    >>> file.getvalue()
    b'00026    a2200025   4500\\x1e\\x1d'

    `file_handle` is a binary file, which gets one ``write`` a record, or a path (``str`` or
    ``PathLike``). A file opened by path is written by a thread of its own while the caller goes on;
    at most `queue_bytes` bytes (or one record that is larger) wait to be written, and ``write``
    waits when there is no room. With ``num_threads=1`` there is no such thread: the caller gathers
    a block of at most 256 KB and then writes it. Each record is written whole or not at all, by
    however many threads that share the writer. What goes wrong with the file is raised as OSError
    by the next ``write`` or ``close`` and all that follow. A child process made by ``fork`` cannot
    use the writer.

    `encoding` is None (UTF-8, or what ``record.as_marc()`` makes of the record) or "marc-8", which
    leaves the record as it is and leader 09 of the output blank. What MARC-8 cannot express is a
    ValueError that names record, tag and code point, or with `numeric_references` a reference such
    as ``&#x4E2D;``. `oversize` says what happens to a field or record too long for the format: see
    `Record.as_marc`. A subclass of `Record` that has its own ``as_marc`` decides for itself.

    Raises FileNotFoundError, PermissionError and IsADirectoryError as ``open()`` does, and
    ValueError for arguments that are not among those named.
    """

    def __init__(
        self,
        file_handle: IO[bytes] | str | os.PathLike[str],
        *,
        encoding: Literal["marc-8"] | None = None,
        numeric_references: bool = False,
        oversize: Literal["error", "pymarc", "zero"] = "error",
        queue_bytes: int = 4 << 20,
        num_threads: Literal[1, 2] = 2,
    ) -> None:
        if encoding not in (None, "marc-8"):
            raise ValueError(f'encoding is None or "marc-8", not {encoding!r}')
        if oversize not in ("error", "pymarc", "zero"):
            raise ValueError(f"oversize is 'error', 'pymarc' or 'zero', not {oversize!r}")
        positive("queue_bytes", queue_bytes)
        if num_threads not in (1, 2):
            raise ValueError(f"num_threads is 1 or 2, not {num_threads!r}")
        self._options = _EncodeOptions(oversize, encoding == "marc-8", bool(numeric_references))
        self._is_plain = encoding is None and oversize == "error"  # what as_marc() does by itself
        handle: Any = file_handle
        if isinstance(file_handle, (str, os.PathLike)):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            descriptor = os.open(file_handle, flags, 0o666)
            name = os.fspath(file_handle)
            handle = RecordFile(descriptor, name, queue_bytes, with_thread=num_threads == 2)
        super().__init__(handle)
        # The file that takes records as they are, and how it takes one.
        self._native = handle if isinstance(handle, RecordFile) else None
        self._put = self._native._record_writer(self._options) if self._native else None

    def write(self, record: Record) -> None:
        """Write one record; raise `WriteNeedsRecord` if it is none."""
        handle: Any = self.file_handle
        put = self._put if handle is self._native else None  # one may have put another file there
        if put is not None and type(record) is Record:
            put(record)
            return
        if not isinstance(record, Record):
            raise WriteNeedsRecord
        if handle is None:
            return
        decides = type(record) is not Record and record.as_marc != Record.as_marc.__get__(record)
        if decides or (self._is_plain and put is None):
            handle.write(record.as_marc())
        elif put is not None:
            put(record)
        else:
            handle.write(_encode_record(record, self._options))

    def close(self, close_fh: bool = True) -> None:
        """Finish the output, and close the file too unless `close_fh` is false.

        A file opened by path is written to its end in any case; unless closed here, it is closed
        once nobody holds its ``file_handle`` any more. Closing twice is harmless.
        """
        handle: Any = self.file_handle
        if not isinstance(handle, RecordFile):
            super().close(close_fh)
            return
        self.file_handle = self._native = self._put = None
        if close_fh:
            handle.close()
        else:
            handle.flush()


class JSONWriter(Writer):
    """Writes records as one array of MARC-in-JSON objects to a text file.

    The array ends when the writer is closed: without that the output is not JSON. ``write_count``
    counts the records.

    >>> import io
    >>> file = io.StringIO()
    >>> writer = JSONWriter(file)
    >>> writer.write(Record())
    >>> writer.close(close_fh=False)
    >>> file.getvalue()
    '[{"leader":"          22        4500","fields":[]}]'
    """

    def __init__(self, file_handle: IO[str]) -> None:
        super().__init__(file_handle)
        self.write_count = 0
        if self.file_handle is not None:
            self.file_handle.write("[")

    def write(self, record: Record) -> None:
        """Write one record, as ``record.as_dict()`` gives it."""
        super().write(record)
        if self.file_handle is not None:
            text = json_of(record)
            self.file_handle.write(f",{text}" if self.write_count else text)
            self.write_count += 1

    def close(self, close_fh: bool = True) -> None:
        """End the array, then close as every writer does."""
        if self.file_handle is not None:
            self.file_handle.write("]")
        super().close(close_fh)


class TextWriter(Writer):
    """Writes records in the MARCMaker format to a text file.

    An empty line stands between two of them. ``write_count`` counts the records.

    >>> import sys
    >>> TextWriter(sys.stdout).write(Record())
    =LDR            22        4500
    """

    def __init__(self, file_handle: IO[str]) -> None:
        super().__init__(file_handle)
        self.write_count = 0

    def write(self, record: Record) -> None:
        """Write one record, as ``str(record)`` gives it."""
        super().write(record)
        if self.file_handle is not None:
            text = str(record)
            self.file_handle.write(f"\n{text}" if self.write_count else text)
            self.write_count += 1


class XMLWriter(Writer):
    """Writes records as one MARCXML collection, in UTF-8, to a binary file.

    The collection ends when the writer is closed: without that the output is not XML.

    >>> from rapidmarc import parse_xml_to_array
    >>> with XMLWriter(open("out.xml", "wb")) as writer:
    ...     writer.write(Record())
    >>> len(parse_xml_to_array("out.xml"))
    1
    """

    def __init__(self, file_handle: IO[bytes]) -> None:
        super().__init__(file_handle)
        if self.file_handle is not None:
            self.file_handle.write(
                b'<?xml version="1.0" encoding="UTF-8"?>'
                b'<collection xmlns="http://www.loc.gov/MARC21/slim">'
            )

    def write(self, record: Record) -> None:
        """Write one record, as `rapidmarc.marcxml.record_to_xml_node` gives it."""
        super().write(record)
        if self.file_handle is not None:
            self.file_handle.write(xml_of(record))

    def close(self, close_fh: bool = True) -> None:
        """End the collection, then close as every writer does."""
        if self.file_handle is not None:
            self.file_handle.write(b"</collection>")
        super().close(close_fh)
