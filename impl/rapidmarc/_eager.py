"""Decoding a record field by field in Python: the road for what the native decoder hands over.

That is whatever is rare: undecoded records (``to_unicode=False``), other character sets than UTF-8
and MARC-8, subfield codes that are not ASCII, broken UTF-8 under another ``utf8_handling`` than
"strict", and faulty records, whose exception is raised here just as pymarc raises it. Slow and
plain; it must agree with the native roads on everything these take.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from rapidmarc import _core
from rapidmarc._values import Indicators, Subfield
from rapidmarc.exceptions import (
    BadSubfieldCodeWarning,
    BaseAddressInvalid,
    BaseAddressNotFound,
    NoFieldsFound,
    RecordDirectoryInvalid,
    RecordLeaderInvalid,
    TruncatedRecord,
)
from rapidmarc.leader import Leader

if TYPE_CHECKING:
    from collections.abc import Callable

    from rapidmarc._core import Field, Record

_LEADER_LENGTH = 24
_ENTRY_LENGTH = 12
DELIMITER = b"\x1f"
_CONTROL_TAG = re.compile("00[0-9]")
_REFERENCE = re.compile("&#x[0-9A-Fa-f]{1,6};")

# The numbers under which the native decoder keeps its notes, and what pymarc logs for each.
_MARC8_NOTE = 3
_INDICATOR_MESSAGES = (
    "missing indicators: %s",
    "only 1 indicator found: %s",
    "more than 2 indicators found: %s",
)


def emit_note(kind: int, what: bytes | str) -> None:
    """Tell the user now what the decoder noted earlier: on stderr for MARC-8, else on the logger
    "pymarc"."""
    if kind == _MARC8_NOTE:
        import sys

        sys.stderr.write(str(what))
    else:
        import logging

        logging.getLogger("pymarc").warning(_INDICATOR_MESSAGES[kind], what)


def decode_into(
    record: Record,
    marc: bytes,
    to_unicode: bool,
    force_utf8: bool,
    hide_utf8_warnings: bool,
    utf8_handling: str,
    encoding: str,
    normalize: Literal["NFC", "NFD"] | None = None,
    expand_references: bool = False,
    dialect: str = "marc21",
) -> None:
    """Decode `marc` and append its fields to `record`, whose leader is replaced.

    Raises the exceptions of pymarc's ``decode_marc``: those of `rapidmarc.exceptions`,
    ``ValueError`` for numbers that are none and ``UnicodeDecodeError`` for text that is not in the
    encoding expected. `encoding` "auto" means whatever the record seems to be in. `normalize`,
    `expand_references` and `dialect` are those of `MARCReader`.
    """
    leader = marc[:_LEADER_LENGTH].decode("ascii")
    if len(leader) != _LEADER_LENGTH:
        raise RecordLeaderInvalid
    is_utf8 = leader[9] == "a"
    own_sets = None
    if dialect != "marc21" and not force_utf8:
        utf8, encoding, own_sets = in_dialect(dialect, marc)
    elif encoding == "auto":
        utf8, encoding = detected(marc)
    else:
        utf8 = is_utf8 or force_utf8
        encoding = "utf-8" if is_utf8 or record.force_utf8 else encoding
    rules = TextRules(
        utf8,
        encoding,
        utf8_handling,
        hide_utf8_warnings,
        normalize,
        expand_references,
        own_sets,
    )
    record.leader = Leader(leader)

    base = int(marc[12:17])
    if base <= 0:
        raise BaseAddressNotFound
    if base >= len(marc):
        raise BaseAddressInvalid
    if len(marc) < int(leader[:5]):
        raise TruncatedRecord
    directory = marc[_LEADER_LENGTH : base - 1].decode("ascii")
    if len(directory) % _ENTRY_LENGTH != 0:
        raise RecordDirectoryInvalid
    if not directory:
        raise NoFieldsFound

    for at in range(0, len(directory), _ENTRY_LENGTH):
        tag = directory[at : at + 3]
        length = int(directory[at + 3 : at + 7])
        start = base + int(directory[at + 7 : at + 12])
        data = marc[start : start + length - 1]
        record.add_field(
            decode_field(tag, data, rules.text, rules.control_text)
            if to_unicode
            else decode_field(tag, data)
        )


def detected(marc: bytes) -> tuple[bool, str]:
    """Whether the record `marc` seems to be in UTF-8, and the encoding it seems to have, as
    `TextRules` has them."""
    found = _core._encoding_of(marc)
    return found == "utf-8", "iso8859-1" if found == "marc-8" else found


def in_dialect(dialect: str, marc: bytes) -> tuple[bool, str, bytes | None]:
    """Whether the record `marc` of another dialect is in UTF-8, the encoding it has if not, and
    itself if it names its own character sets; as `TextRules` has them."""
    if _core._is_utf8_in_dialect(dialect, marc):
        return True, "utf-8", None
    return False, "latin-1", marc if dialect == "unimarc" else None


class TextRules:
    """How the text of a record's fields is to be read.

    `utf8` says that subfields are UTF-8; if not, and for control fields, `encoding` counts, where
    "iso8859-1" stands for MARC-8 in subfields. `own_sets` is the record, if its own sets count and
    nothing else. The rest are options of `MARCReader`.
    """

    def __init__(
        self,
        utf8: bool,
        encoding: str,
        utf8_handling: str,
        hide_utf8_warnings: bool,
        normalize: Literal["NFC", "NFD"] | None,
        expand_references: bool,
        own_sets: bytes | None = None,
    ) -> None:
        self._utf8 = utf8
        self._encoding = encoding
        self._utf8_handling = utf8_handling
        self._hide_utf8_warnings = hide_utf8_warnings
        self._form = normalize, expand_references
        self._own_sets = own_sets
        self.is_marc8 = not utf8 and encoding == "iso8859-1"

    def text(self, value: bytes, handling: str | None = None) -> str:
        """The text of a subfield; `handling`, if given, of what cannot be decoded."""
        if self._own_sets is not None:
            text = self._text_of_own_sets(value)
        elif self._utf8:
            text = value.decode("utf-8", handling or self._utf8_handling)
        elif self.is_marc8:
            from rapidmarc.marc8 import marc8_to_unicode

            text = marc8_to_unicode(value, self._hide_utf8_warnings)
        else:
            text = value.decode(self._encoding, handling or "strict")
        return _put_into_form(text, *self._form)

    def control_text(self, value: bytes, handling: str = "strict") -> str:
        """The text of a control field."""
        if self._own_sets is not None:
            return self.text(value)
        return _put_into_form(value.decode(self._encoding, handling), *self._form)

    def _text_of_own_sets(self, value: bytes) -> str:
        text, lines = _core._unimarc_text(value, self._own_sets or b"")
        if lines and not self._hide_utf8_warnings:
            emit_note(_MARC8_NOTE, lines)
        return text


def is_control_tag(tag: str) -> bool:
    """Whether a field of this tag has neither indicators nor subfields."""
    return _CONTROL_TAG.fullmatch(tag) is not None


def decode_field(
    tag: str,
    data: bytes,
    text_of: Callable[[bytes], str] | None = None,
    control_text_of: Callable[[bytes], str] | None = None,
) -> Field:
    """The field that `data`, without their terminator, make; a RawField if the text is not to be
    read."""
    if is_control_tag(tag):
        return _decode_control_field(tag, data, control_text_of)
    return _decode_data_field(tag, data, text_of)


def _put_into_form(text: str, normalize: Literal["NFC", "NFD"] | None, expand: bool) -> str:
    if expand and "&#x" in text:
        # One by one: the text around them may hold what is no character.
        text = _REFERENCE.sub(lambda found: _core._expand_numeric_references(found[0]), text)
    return _core._normalise(text, normalize) if normalize else text


def _decode_control_field(tag: str, data: bytes, text_of: Callable[[bytes], str] | None) -> Field:
    from rapidmarc.field import Field, RawField

    if text_of is None:
        return RawField(tag=tag, data=data)  # type: ignore[arg-type]  # bytes are the point of it
    return Field(tag=tag, data=text_of(data))


def _decode_data_field(tag: str, data: bytes, text_of: Callable[[bytes], str] | None) -> Field:
    from rapidmarc.field import Field, RawField

    head, *parts = data.split(DELIMITER)
    indicators = head.decode("ascii")
    if len(indicators) != 2:
        emit_note(min(len(indicators), 2), data)
    padded = indicators.ljust(2)
    subfields: list[Subfield] = []
    for part in parts:
        if not part:
            continue
        code, width = _decode_code(part)
        value = part[width:]
        text: Any = value if text_of is None else text_of(value)  # bytes in a RawField
        subfields.append(Subfield(code, text))
    kind = RawField if text_of is None else Field
    return kind(tag=tag, indicators=Indicators(padded[0], padded[1]), subfields=subfields)


def _decode_code(subfield: bytes) -> tuple[str, int]:
    if subfield[0] < 0x80:
        return chr(subfield[0]), 1
    import warnings

    from rapidmarc.record import normalize_subfield_code

    warnings.warn(BadSubfieldCodeWarning(subfield), stacklevel=4)
    return normalize_subfield_code(subfield)
