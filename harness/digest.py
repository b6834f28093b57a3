"""One digest for the records of any engine: leader, tags, indicators, codes and text, in order.

Every engine turns its records into the same plain shape, and only this file turns the shape into
bytes, so two digests differ exactly when two engines disagree about a record. Lengths stand before
values: no text can imitate a boundary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

STRIDE = 100
MARK = 8

# A control field is (tag, text); a data field (tag, indicator 1, indicator 2, ((code, text), ...)).
ControlField = tuple[str, str]
DataField = tuple[str, str, str, tuple[tuple[str, str], ...]]
# A record is (leader, fields); one that could not be read is ("error", name of the exception).
CanonicalRecord = tuple[str, "tuple[ControlField | DataField, ...] | str"]


def _put(parts: list[bytes], kind: bytes, text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    parts.append(b"%s%d:" % (kind, len(raw)))
    parts.append(raw)


def record_bytes(record: CanonicalRecord) -> bytes:
    """The one spelling of a record that is digested."""
    leader, fields = record
    parts: list[bytes] = []
    if isinstance(fields, str):
        _put(parts, b"E", fields)
        return b"".join(parts)
    _put(parts, b"L", leader)
    for entry in fields:
        _put(parts, b"T", entry[0])
        if len(entry) == 2:
            _put(parts, b"C", entry[1])
            continue
        _put(parts, b"1", entry[1])
        _put(parts, b"2", entry[2])
        for code, text in entry[3]:
            _put(parts, b"S", code)
            _put(parts, b"V", text)
    return b"".join(parts)


class Digest(NamedTuple):
    """Records, the SHA-256 over all of them, and its first digits after each `STRIDE` of them."""

    records: int
    value: str
    marks: str


def digest(records: Iterable[CanonicalRecord]) -> Digest:
    """The digest of a reading."""
    total = hashlib.sha256()
    marks: list[str] = []
    count = 0
    for record in records:
        raw = record_bytes(record)
        total.update(b"R%d:" % len(raw))
        total.update(raw)
        count += 1
        if count % STRIDE == 0:
            marks.append(total.hexdigest()[:MARK])
    return Digest(count, total.hexdigest(), "".join(marks))


def first_difference(one: str, other: str) -> tuple[int, int]:
    """Between which records, counted from 1, the marks of two readings part."""
    same = 0
    shorter = min(len(one), len(other)) // MARK
    while (
        same < shorter
        and one[same * MARK : (same + 1) * MARK] == other[same * MARK : (same + 1) * MARK]
    ):
        same += 1
    return same * STRIDE + 1, (same + 1) * STRIDE
