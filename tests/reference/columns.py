"""What a column has to hold, told from a record's objects: slow, obvious, and with its own reading
of paths.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from rapidmarc import Field, Record

_RANGE = r"(?:\d+|#)(?:-(?:\d+|#))?"
_SUBFIELD = rf"\$[^$](?:-[a-z0-9])?(?:\[{_RANGE}\])?(?:/{_RANGE})?"
_PATH = re.compile(
    rf"(LDR|[0-9A-Za-z.]{{3}})(?:\[({_RANGE})\])?(?:/({_RANGE})|\^([12])|((?:{_SUBFIELD})+))?"
)
_PART = re.compile(rf"\$(.)(?:-(.))?(?:\[({_RANGE})\])?(?:/({_RANGE}))?")


def values(record: Record, path: str) -> list[str]:
    """All values that `path` finds in `record`."""
    found = _PATH.fullmatch(path)
    assert found is not None, path
    tag, occurrence, positions, indicator, subfields = found.groups()
    if tag == "LDR":
        return list(_cut(str(record.leader), positions))
    fields = [field for field in record if re.fullmatch(tag, field.tag)]
    if occurrence is not None:
        fields = _taken(fields, occurrence)
    return [
        value for field in fields for value in _of_field(field, positions, indicator, subfields)
    ]


def _of_field(
    field: Field, positions: str | None, indicator: str | None, subfields: str | None
) -> Iterator[str]:
    if indicator is None and subfields is None:
        yield from _cut(field.value(), positions)
    elif field.control_field:
        return
    elif indicator is not None:
        yield field.indicator1 if indicator == "1" else field.indicator2
    else:
        yield from _of_subfields(field, subfields or "")


def _of_subfields(field: Field, subfields: str) -> Iterator[str]:
    places: dict[int, str | None] = {}  # number of a subfield: the positions to take of it
    for first, last, occurrence, positions in _PART.findall(subfields):
        of_code = [
            number
            for number, (code, _) in enumerate(field.subfields)
            if first <= code <= (last or first)
        ]
        for number in _taken(of_code, occurrence) if occurrence else of_code:
            places.setdefault(number, positions or None)
    for number, (_, value) in enumerate(field.subfields):
        if number in places:
            yield from _cut(value, places[number])


def _cut(value: str, positions: str | None) -> Iterator[str]:
    if positions is None:
        yield value
    elif part := _taken(value, positions):
        yield part


def _taken(items: Any, places: str) -> Any:
    first, dash, last = places.partition("-")
    size = len(items)
    if first == "#":
        return items[max(0, size - 1 - int(last)) :] if dash else items[-1:]
    if not dash:
        return items[int(first) : int(first) + 1]
    return items[int(first) :] if last == "#" else items[int(first) : int(last) + 1]


def whole_number(value: str) -> int | None:
    """The value of digits with a sign, if they are in 64 bits."""
    if not re.fullmatch(r"[+-]?[0-9]+", value.strip()):
        return None
    number = int(value)
    return number if -(2**63) <= number < 2**63 else None


KINDS: dict[str, Callable[[list[str]], Any]] = {
    "text": lambda found: found[0] if found else None,
    "every": lambda found: found,
    "count": len,
    "integer": lambda found: whole_number(found[0]) if found else None,
    "exists": bool,
}
