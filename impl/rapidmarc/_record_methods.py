"""The part of `Record` that is written in Python: what is called seldom, or is made of other
methods.

The native type (impl/python/record.cpp) has the rest. Importing this module attaches these
functions to it.
"""

from __future__ import annotations

from rapidmarc._core import Record, _decode_natively, _json_of
from rapidmarc.exceptions import FieldNotFound, MissingLinkedFields

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import Any

    from rapidmarc._core import Field


def _tags(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SERIES = _tags("440 490 800 810 811 830")
_SUBJECTS = _tags("600 610 611 630 648 650 651 653 654 655 656 657 658 662 690 691 696 697 698 699")
_ADDED_ENTRIES = _tags("700 710 711 720 730 740 752 753 754 790 791 792 793 796 797 798 799")
_NOTES = _tags(
    "500 501 502 504 505 506 507 508 510 511 513 514 515 516 518 520 521 522 524 525 526 530 533"
    " 534 535 536 538 540 541 544 545 546 547 550 552 555 556 561 562 563 565 567 580 581 583 584"
    " 585 586 590 591 592 593 594 595 596 597 598 599"
)


def decode_marc(
    self: Record,
    marc: bytes,
    to_unicode: bool = True,
    force_utf8: bool = False,
    hide_utf8_warnings: bool = False,
    utf8_handling: str = "strict",
    encoding: str = "iso8859-1",
) -> None:
    """Decode the bytes of one record (ISO 2709): replaces the leader, appends the fields.

    Raises the exceptions of `rapidmarc.exceptions` for a leader or a directory that cannot be read,
    ``ValueError`` for a number that is none and ``UnicodeDecodeError`` for text that is not in the
    encoding expected.
    """
    from rapidmarc._eager import decode_into, emit_note

    plain = to_unicode and encoding == "iso8859-1" and bool(self.force_utf8) == bool(force_utf8)
    if plain and type(marc) is bytes and not self.fields:
        notes = _decode_natively(self, marc, bool(force_utf8), bool(hide_utf8_warnings))
        if notes is not None:
            for kind, what in notes:
                emit_note(kind, what)
            return
    decode_into(self, marc, to_unicode, force_utf8, hide_utf8_warnings, utf8_handling, encoding)


def add_grouped_field(self: Record, *fields: Field) -> None:
    """Insert each field behind those whose tags begin with the same or a lower digit.

    Tags that are not digits go to the end, and stay there.

    >>> record = Record(fields=[Field("245"), Field("650")])
    >>> record.add_grouped_field(Field("210"))
    >>> [field.tag for field in record]
    ['245', '210', '650']
    """
    for field in fields:
        _insert(self, field, width=1)


def add_ordered_field(self: Record, *fields: Field) -> None:
    """Insert each field behind those with the same or a lower tag.

    Tags that are not digits go to the end.

    >>> record = Record(fields=[Field("245"), Field("650")])
    >>> record.add_ordered_field(Field("210"))
    >>> [field.tag for field in record]
    ['210', '245', '650']
    """
    for field in fields:
        _insert(self, field, width=None)


def _insert(record: Record, field: Field, width: int | None) -> None:
    fields = record.fields
    if fields and field.tag.isdigit():
        rank = int(field.tag[:width])
        for place, other in enumerate(fields):
            if not other.tag.isdigit() or int(other.tag[:width]) > rank:
                fields.insert(place, field)
                return
    fields.append(field)


def remove_field(self: Record, *fields: Field) -> None:
    """Remove the given field objects; raises `FieldNotFound` at the first that is not there."""
    for field in fields:
        try:
            self.fields.remove(field)
        except ValueError:
            raise FieldNotFound from None


def remove_fields(self: Record, *tags: str) -> None:
    """Remove all fields with one of `tags`.

    >>> record = Record(fields=[Field("245"), Field("650")])
    >>> record.remove_fields("650", "651")
    >>> [field.tag for field in record]
    ['245']
    """
    if tags:
        unwanted = frozenset(tags)
        self.fields[:] = [field for field in self.fields if field.tag not in unwanted]


def get_linked_fields(self: Record, field: Field) -> list[Field]:
    """Return the 880 fields that show `field` in another script, by its subfield 6.

    Raises `MissingLinkedFields` when the field says that there are some and there are none.
    """
    number = field.linkage_occurrence_num()
    linked = [other for other in self.get_fields("880") if other.linkage_occurrence_num() == number]
    if number is not None and not linked:
        raise MissingLinkedFields(field)
    return linked


def as_json(self: Record, **kwargs: Any) -> str:
    """Return the record as MARC-in-JSON; `kwargs` are those of ``json.dumps``.

    A value that is no text, as of a `RawField`, is a ``TypeError``.

    >>> Record().as_json()
    '{"leader": "          22        4500", "fields": []}'
    """
    if not kwargs:
        text = _json_of(self, ", ", ": ")
        if text is not None:
            return text
    import json

    return json.dumps(self.as_dict(), **kwargs)


def to_text(self: Record) -> str:
    """Return the record as MARCMaker text, a line for the leader and one for each field."""
    lines = [f"=LDR  {self.leader}"]
    lines += map(str, self.fields)
    return "\n".join(lines) + "\n"


def get_state(self: Record) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return what pickling and copying keep: a subclass's own attributes, and the record's."""
    names = ("leader", "fields", "pos", "force_utf8", "to_unicode")
    return getattr(self, "__dict__", None), {name: getattr(self, name) for name in names}


def _title_of(record: Record, tag: str) -> str | None:
    field = record.get(tag)
    if field is None:
        return None
    title = field.get("a")
    if title:
        rest = field.get("b")
        if rest:
            title += f" {rest}"
    return title


def _subfield_of(record: Record, tag: str, code: str) -> str | None:
    field = record.get(tag)
    return None if field is None else field.get(code)


def _formatted(record: Record, *tags: str) -> str | None:
    for tag in tags:
        field = record.get(tag)
        if field is not None:
            return field.format_field()
    return None


def _publication(record: Record, code: str) -> str | None:
    for field in record.get_fields("260", "264"):
        if field.tag == "260" or field.indicator2 == "1":
            return field.get(code)
    return None


def title(self: Record) -> str | None:
    """Title and remainder of title: 245 $a and $b."""
    return _title_of(self, "245")


def issn_title(self: Record) -> str | None:
    """Key title: 222 $a and $b."""
    return _title_of(self, "222")


def isbn(self: Record) -> str | None:
    """First ISBN: digits of the first 020 $a, without hyphens."""
    number = _subfield_of(self, "020", "a")
    if number:
        from rapidmarc.record import isbn_regex

        found = isbn_regex.search(number)
        if found:
            return found.group(1).replace("-", "")
    return None


def issn(self: Record) -> str | None:
    """First ISSN: 022 $a."""
    return _subfield_of(self, "022", "a")


def issnl(self: Record) -> str | None:
    """Linking ISSN: 022 $l."""
    return _subfield_of(self, "022", "l")


def sudoc(self: Record) -> str | None:
    """Government document number: 086."""
    return _formatted(self, "086")


def author(self: Record) -> str | None:
    """Main entry: 100, else 110, else 111."""
    return _formatted(self, "100", "110", "111")


def uniformtitle(self: Record) -> str | None:
    """Uniform title: 130, else 240."""
    return _formatted(self, "130", "240")


def publisher(self: Record) -> str | None:
    """Publisher: $b of 260, or of a 264 whose second indicator is 1."""
    return _publication(self, "b")


def pubyear(self: Record) -> str | None:
    """Year of publication: $c of 260, or of a 264 whose second indicator is 1."""
    return _publication(self, "c")


def series(self: Record) -> list[Field]:
    """Series statements and added entries."""
    return self.get_fields(*_SERIES)


def subjects(self: Record) -> list[Field]:
    """Subject headings (6xx)."""
    return self.get_fields(*_SUBJECTS)


def addedentries(self: Record) -> list[Field]:
    """Added entries (7xx)."""
    return self.get_fields(*_ADDED_ENTRIES)


def location(self: Record) -> list[Field]:
    """Locations (852)."""
    return self.get_fields("852")


def notes(self: Record) -> list[Field]:
    """Notes (5xx)."""
    return self.get_fields(*_NOTES)


def physicaldescription(self: Record) -> list[Field]:
    """Physical descriptions (300)."""
    return self.get_fields("300")


_METHODS = (
    decode_marc,
    add_grouped_field,
    add_ordered_field,
    remove_field,
    remove_fields,
    get_linked_fields,
    as_json,
)
_PROPERTIES = (
    title,
    issn_title,
    isbn,
    issn,
    issnl,
    sudoc,
    author,
    uniformtitle,
    publisher,
    pubyear,
    series,
    subjects,
    addedentries,
    location,
    notes,
    physicaldescription,
)

for _function in _METHODS:
    _function.__qualname__ = f"Record.{_function.__name__}"
    setattr(Record, _function.__name__, _function)
for _getter in _PROPERTIES:
    setattr(Record, _getter.__name__, property(_getter))
setattr(Record, "__str__", to_text)  # noqa: B010  # to a type checker the class has it already
setattr(Record, "__getstate__", get_state)  # noqa: B010
