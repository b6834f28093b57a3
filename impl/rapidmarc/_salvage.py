"""Making a record of what is left of a broken one.

Where its fields lie is found out natively; here their text is read, field by field, so that what
is wrong in one costs no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidmarc import _core
from rapidmarc._eager import (
    DELIMITER,
    TextRules,
    decode_field,
    detected,
    in_dialect,
    is_control_tag,
)
from rapidmarc.leader import Leader
from rapidmarc.record import Record

if TYPE_CHECKING:
    from rapidmarc._core import Field, MARCReader

_ESCAPE = b"\x1b"


def salvage(
    reader: MARCReader, error: Exception, chunk: bytes
) -> tuple[Record, list[Exception]] | None:
    """The record in `chunk`, which was lost to `error`, and all that is wrong with it; None if no
    field of it can be told."""
    where: Any = error  # located by the reader
    leader, fields, faults = _core._salvage(chunk, where.record_index, where.byte_offset)
    record = Record(to_unicode=reader.to_unicode, force_utf8=reader.force_utf8)
    errors: list[Exception] = [*faults]
    own_sets = None
    if reader.dialect != "marc21" and not reader.force_utf8:
        is_utf8, encoding, own_sets = in_dialect(reader.dialect, chunk)
    elif reader.encoding == "auto":
        is_utf8, encoding = detected(chunk)
    else:
        is_utf8 = leader[9:10] == "a" or reader.force_utf8
        encoding = "utf-8" if is_utf8 else reader.file_encoding
    rules = TextRules(
        is_utf8,
        encoding,
        reader.utf8_handling,
        reader.hide_utf8_warnings,
        reader.normalize,
        reader.expand_references,
        own_sets,
    )
    for tag, position, data in fields:
        field = _Field(tag, data, rules if reader.to_unicode else None)
        if field.made is not None:
            record.add_field(field.made)
        errors += [_located(found, where, tag, position) for found in field.errors]
    if not record.fields:
        return None
    record.leader = Leader(leader)
    return record, _without_repetition(error, errors)


class _Field:
    """A field read with whatever it takes, and what that was."""

    def __init__(self, tag: str, data: bytes, rules: TextRules | None) -> None:
        self.rules = rules
        self.errors: list[Exception] = []
        self.made: Field | None = None
        if not is_control_tag(tag):
            data = self._with_ascii_indicators(data)
        try:
            self.made = (
                decode_field(tag, data)
                if rules is None
                else decode_field(tag, data, self._text, self._control_text)
            )
        except (
            Exception
        ) as error:  # no letter is left of a subfield code, a warning is an error, ...
            self.errors.append(error)

    def _with_ascii_indicators(self, data: bytes) -> bytes:
        indicators, *rest = data.split(DELIMITER, 1)
        try:
            indicators.decode("ascii")
        except UnicodeDecodeError as error:
            self.errors.append(error)
            indicators = indicators.decode("ascii", "replace").replace("\ufffd", " ").encode()
        return DELIMITER.join([indicators, *rest])

    def _text(self, value: bytes) -> str:
        assert self.rules is not None
        try:
            return self.rules.text(value)
        except UnicodeDecodeError as error:
            self.errors.append(error)
            if self.rules.is_marc8:
                return self.rules.text(value[: value.rfind(_ESCAPE)])  # an escape was cut short
            return self.rules.text(value, "replace")

    def _control_text(self, value: bytes) -> str:
        assert self.rules is not None
        try:
            return self.rules.control_text(value)
        except UnicodeDecodeError as error:
            self.errors.append(error)
            return self.rules.control_text(value, "replace")


def _located(error: Any, like: Any, tag: str, position: int) -> Exception:
    """`error`, told that it was met in the record of `like`, in a field at that position."""
    error.record_index = like.record_index
    error.byte_offset = like.byte_offset
    error.control_number = like.control_number
    error.tag = tag
    error.position = position
    error.detail = None
    located: Exception = error.with_traceback(None)
    return located


def _without_repetition(first: Exception, errors: list[Exception]) -> list[Exception]:
    """`first` and `errors`, less the one that tells of the same fault again."""

    def kind(error: Any) -> tuple[type, str | None]:
        return type(error), error.tag

    for number, error in enumerate(errors):
        if kind(error) == kind(first):
            return [first, *errors[:number], *errors[number + 1 :]]
    return [first, *errors]
