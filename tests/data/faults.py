"""One fault each, to be put between good records: what stands there, and what a reader that goes on
behind damage has to make of it.
"""

from typing import NamedTuple

from tests.data.encode import control, data, entries, record

FIELDS = [
    control("001", "bad"),
    data("245", "10", "aThe title :", "bof it."),
    data("500", "  ", "aA note, caf\u00e9."),
]
WHOLE = record(FIELDS)
SIZE = len(WHOLE)


class Fault(NamedTuple):
    """Bytes with one fault; the class of the exception for it, none where they are padding."""

    content: bytes
    error: str | None


def _length(stated: bytes, error: str) -> Fault:
    return Fault(record(FIELDS, length=stated), error)


def _entry(old: bytes, new: bytes) -> bytes:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


FAULTS = {
    "length short": _length(b"%05d" % (SIZE - 3), "EndOfRecordNotFound"),
    "length long": _length(b"%05d" % (SIZE + 3), "EndOfRecordNotFound"),
    "length far too long": _length(b"99999", "TruncatedRecord"),
    "length blank": _length(b"     ", "RecordLengthInvalid"),
    "length zero": _length(b"00000", "RecordLengthInvalid"),
    "length of NUL": _length(b"\0\0\0\0\0", "RecordLengthInvalid"),
    "length non-digit": _length(b"0012O", "RecordLengthInvalid"),
    "length of two records": Fault(
        record(FIELDS, length=b"%05d" % (2 * SIZE)), "EndOfRecordNotFound"
    ),
    "LF": Fault(b"\n", None),
    "CRLF": Fault(b"\r\n", None),
    "BOM": Fault(b"\xef\xbb\xbf", None),
    "NUL": Fault(b"\0" * 7, None),
    "0x1A": Fault(b"\x1a", None),
    "second record terminator": Fault(b"\x1d", None),
    "blanks": Fault(b" " * 5, None),
    "much padding": Fault(b"\r\n" * 10_000, None),
    "junk": Fault(b"-- next record --", "RecordLengthInvalid"),
    "base address zero": Fault(record(FIELDS, base=b"00000"), "BaseAddressNotFound"),
    "base address past the end": Fault(record(FIELDS, base=b"09999"), "BaseAddressInvalid"),
    "base address non-digit": Fault(record(FIELDS, base=b"0o123"), "ValueError"),
    "directory ragged": Fault(
        record(FIELDS, directory=b"".join(entries(FIELDS))[:-1]), "RecordDirectoryInvalid"
    ),
    "directory empty": Fault(record(FIELDS, directory=b""), "NoFieldsFound"),
    "directory non-digit": Fault(_entry(entries(FIELDS)[1], b"24500X100004"), "ValueError"),
    "UTF-8": Fault(record(FIELDS).replace(b"\xc3\xa9", b"\xe9 "), "UnicodeDecodeError"),
    "truncation": Fault(WHOLE[:-20], "EndOfRecordNotFound"),
    "truncation in the directory": Fault(WHOLE[:40], "EndOfRecordNotFound"),
}
