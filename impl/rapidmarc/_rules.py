"""The structural rules of MARC 21 for one record: leader, directory, fixed fields, codes.

From the MARC 21 Specifications for Record Structure (structure of records, leader, directory,
variable fields) and the lengths of fixed fields in the five MARC 21 formats. What stands in a
field, and which fields there must be, is no matter of structure.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from rapidmarc._eager import DELIMITER

if TYPE_CHECKING:
    from collections.abc import Iterator

Fields = list[tuple[str, int, bytes]]
"""Tag, position in the record, and data of each field."""


class Breach(NamedTuple):
    """A rule that a record does not keep, and where."""

    tag: str | None
    position: int
    text: str


# Leader 06: which format a record is in.
_FORMATS = (
    dict.fromkeys("acdefgijkmoprt", "bibliographic")
    | dict.fromkeys("uvxy", "holdings")
    | {"z": "authority", "w": "classification", "q": "community"}
)
_LEADER_OF_ALL = {9: " a", 10: "2", 11: "2", 20: "4", 21: "5", 22: "0", 23: "0"}
_LEADER = {
    "bibliographic": {
        5: "acdnp",
        7: "abcdims",
        8: " a",
        17: " 1234578uz",
        18: " acinu",
        19: " abc",
    },
    "authority": {5: "acdnosx", 17: "no"},
    "holdings": {5: "cdn", 17: "12345muz", 18: " in"},
    "classification": {5: "acdn", 17: "no"},
    "community": {5: "cdn", 7: "nopq"},
}
# Bytes of field 008 by format, of 007 by its first character, and of the rest.
_LENGTH_OF_008 = {
    "bibliographic": 40,
    "authority": 40,
    "holdings": 32,
    "classification": 14,
    "community": 15,
}
_LENGTHS_OF_007 = {
    "a": (8,), "c": (6, 14), "d": (6,), "f": (10,), "g": (9,), "h": (13,), "k": (6,), "m": (8, 23),
    "o": (2,), "q": (2,), "r": (11,), "s": (14,), "t": (2,), "v": (9,), "z": (2,),
}  # fmt: skip
_TAG = re.compile(r"[0-9]{3}|[0-9A-Z]{3}|[0-9a-z]{3}")
_INDICATORS = re.compile(rb"[ 0-9a-z]{2}")
_CODE = re.compile(rb"[!-@\[-~]")  # lowercase letters, digits, and graphic characters


def breaches(leader: str, fields: Fields, record: bytes) -> Iterator[Breach]:
    """Every rule that `record` does not keep; `leader` and `fields` are what was found in it."""
    form = _FORMATS.get(leader[6])
    yield from _in_leader(leader, form, record)
    yield from _in_order(fields)
    for tag, position, data in fields:
        if not _TAG.fullmatch(tag):
            yield Breach(
                tag, position, f"a tag is three digits, or digits and letters, not {tag!r}"
            )
        if tag.startswith("00"):
            yield from _in_control_field(tag, position, data, form)
        else:
            yield from _in_data_field(tag, position, data)


def _in_leader(leader: str, form: str | None, record: bytes) -> Iterator[Breach]:
    if leader[:5] != f"{len(record):05}":
        yield Breach(
            None, 0, f"leader 00-04 is {leader[:5]!r}, and the record has {len(record)} bytes"
        )
    base = record.find(b"\x1e") + 1
    if leader[12:17] != f"{base:05}":
        yield Breach(None, 12, f"leader 12-16 is {leader[12:17]!r}, and the fields begin at {base}")
    if form is None:
        yield Breach(None, 6, f"leader 06 is {leader[6]!r}, which names no type of record")
    for position, allowed in sorted((_LEADER_OF_ALL | _LEADER.get(form or "", {})).items()):
        if leader[position] not in allowed:
            which = f"one of {allowed!r}" if len(allowed) > 1 else repr(allowed)
            yield Breach(
                None, position, f"leader {position:02} is {leader[position]!r}, not {which}"
            )


def _in_order(fields: Fields) -> Iterator[Breach]:
    """The directory: 001 once and first, control fields by tag, data fields by its first character;
    fields one behind the other."""
    numbers = [number for number, field in enumerate(fields) if field[0] == "001"]
    if not numbers:
        yield Breach("001", 24, "there is no control number")
    elif numbers[0] != 0:
        yield Breach("001", fields[numbers[0]][1], "the control number is not the first field")
    for number in numbers[1:]:
        yield Breach("001", fields[number][1], "the control number is repeated")
    for (before, start, data), (tag, position, _) in pairwise(fields):
        width = 3 if tag.startswith("00") else 1
        if tag[:width] < before[:width] and tag != "001":
            yield Breach(tag, position, f"the field stands behind {before}")
        if position != start + len(data) + 1:
            yield Breach(tag, position, f"the field does not begin where {before} ends")


def _in_control_field(tag: str, position: int, data: bytes, form: str | None) -> Iterator[Breach]:
    lengths: tuple[int, ...] = ()
    if tag == "005":
        lengths = (16,)
    elif tag == "006":
        lengths = (18,)
    elif tag == "007":
        kind = data[:1].decode("latin-1")
        lengths = _LENGTHS_OF_007.get(kind, ())
        if not lengths:
            yield Breach(tag, position, f"007/00 is {kind!r}, which names no category of material")
    elif tag == "008" and form is not None:
        lengths = (_LENGTH_OF_008[form],)
    if lengths and len(data) not in lengths:
        wanted = " or ".join(map(str, lengths))
        yield Breach(tag, position, f"the field has {len(data)} characters, not {wanted}")
    if DELIMITER in data:
        yield Breach(tag, position, "a control field has no subfields")


def _in_data_field(tag: str, position: int, data: bytes) -> Iterator[Breach]:
    head, *subfields = data.split(DELIMITER)
    if len(head) != 2:
        yield Breach(tag, position, f"the field has {len(head)} indicators, not 2")
    elif not _INDICATORS.fullmatch(head):
        shown = head.decode("latin-1")
        yield Breach(
            tag, position, f"indicators are blanks, digits or lowercase letters, not {shown!r}"
        )
    if not subfields:
        yield Breach(tag, position, "the field has no subfield")
    at = position + len(head) + 1
    for subfield in subfields:
        code = subfield[:1]
        if not code:
            yield Breach(tag, at, "a subfield has no code")
        elif not _CODE.fullmatch(code):
            shown = code.decode("latin-1")
            yield Breach(
                tag, at, f"a subfield code is a lowercase letter or a digit, not {shown!r}"
            )
        at += len(subfield) + 1
