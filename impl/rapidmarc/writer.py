"""Writers: one class for each format in which records can be written.

Every writer takes an open file and closes it in the end. All can be used in a ``with`` statement,
which matters most for JSON and XML: their output is complete only once the writer is closed.

>>> with MARCWriter(open("out.mrc", "wb")) as writer:  # doctest: +SKIP
...     writer.write(record)
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from rapidmarc.exceptions import WriteNeedsRecord
from rapidmarc.record import Record

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

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


class Writer:
    """What all writers share: the file, the check of what is written, and the end.

    The attribute ``file_handle`` is the file, and ``None`` once the writer is closed. Writing to a
    closed writer is silently ignored, as it is in pymarc.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class MARCWriter(Writer):
    """Writes records in the MARC 21 transmission format to a binary file."""

    def __init__(self, file_handle: IO[bytes]) -> None:
        super().__init__(file_handle)

    def write(self, record: Record) -> None:
        """Write one record, as ``record.as_marc()`` gives it."""
        super().write(record)
        if self.file_handle is not None:
            self.file_handle.write(record.as_marc())


class JSONWriter(Writer):
    """Writes records as one array of MARC-in-JSON objects to a text file.

    The array ends when the writer is closed: without that the output is not JSON. ``write_count``
    counts the records.
    """

    def __init__(self, file_handle: IO[str]) -> None:
        super().__init__(file_handle)
        self.write_count = 0
        if self.file_handle is not None:
            self.file_handle.write("[")

    def write(self, record: Record) -> None:
        """Write one record, as ``record.as_dict()`` gives it."""
        import json

        super().write(record)
        if self.file_handle is not None:
            text = json.dumps(record.as_dict(), separators=(",", ":"))
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
        import xml.etree.ElementTree as ET

        from rapidmarc import marcxml

        super().write(record)
        if self.file_handle is not None:
            node = marcxml.record_to_xml_node(record)
            self.file_handle.write(ET.tostring(node, encoding="utf-8"))

    def close(self, close_fh: bool = True) -> None:
        """End the collection, then close as every writer does."""
        if self.file_handle is not None:
            self.file_handle.write(b"</collection>")
        super().close(close_fh)
