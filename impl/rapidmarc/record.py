"""Records.

`Record` itself is native; here it gets its public home, along with the two functions that stand
beside it.
"""

from __future__ import annotations

from rapidmarc import _record_methods as _record_methods  # attaches the Python part of Record
from rapidmarc._core import Record
from rapidmarc.constants import (
    DIRECTORY_ENTRY_LEN,
    END_OF_FIELD,
    END_OF_RECORD,
    LEADER_LEN,
    SUBFIELD_INDICATOR,
)
from rapidmarc.exceptions import (
    BadSubfieldCodeWarning,
    BaseAddressInvalid,
    BaseAddressNotFound,
    FieldNotFound,
    MissingLinkedFields,
    NoFieldsFound,
    RecordDirectoryInvalid,
    RecordLeaderInvalid,
    TruncatedRecord,
)
from rapidmarc.field import Field, Indicators, RawField, Subfield, map_marc8_field
from rapidmarc.leader import Leader
from rapidmarc.marc8 import marc8_to_unicode

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    import logging
    import re
    from typing import Any

    isbn_regex: re.Pattern[str]
    logger: logging.Logger

# Programs import all of these from here, as they can from pymarc's module of the same name.
__all__ = [
    "DIRECTORY_ENTRY_LEN",
    "END_OF_FIELD",
    "END_OF_RECORD",
    "LEADER_LEN",
    "SUBFIELD_INDICATOR",
    "BadSubfieldCodeWarning",
    "BaseAddressInvalid",
    "BaseAddressNotFound",
    "Field",
    "FieldNotFound",
    "Indicators",
    "Leader",
    "MissingLinkedFields",
    "NoFieldsFound",
    "RawField",
    "Record",
    "RecordDirectoryInvalid",
    "RecordLeaderInvalid",
    "Subfield",
    "TruncatedRecord",
    "isbn_regex",
    "logger",
    "map_marc8_field",
    "map_marc8_record",
    "marc8_to_unicode",
    "normalize_subfield_code",
]


def __getattr__(name: str) -> Any:
    if name == "logger":
        from rapidmarc import field

        return field.logger
    if name == "isbn_regex":  # what `Record.isbn` looks for in the text of an ISBN subfield
        import re

        return re.compile(r"([0-9\-xX]+)")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def map_marc8_record(record: Record) -> Record:
    """Turn the MARC-8 bytes of all fields into text, mark the record as Unicode, and return it.

    For records that were read with ``to_unicode=False``.

    >>> record = Record(fields=[RawField("245", None, [Subfield("a", b"caf\\xe2e")])])
    >>> map_marc8_record(record).title, record.leader.coding_scheme
    ('café', 'a')
    """
    record.fields = [map_marc8_field(field) for field in record.fields]
    text = record.leader.leader
    record.leader = Leader(f"{text[:9]}a{text[10:]}")
    return record


def normalize_subfield_code(subfield: bytes) -> tuple[str, int]:
    """Find an ASCII letter for a subfield code that is none.

    `subfield` begins with the code. The answer is the letter without its diacritics and the number
    of bytes that the code took up.

    >>> normalize_subfield_code("áMoby Dick".encode("utf-8"))
    ('a', 2)
    """
    import unicodedata

    width = 1
    try:
        text = subfield.decode("utf-8")
        width = len(text[0].encode("utf-8"))
    except UnicodeDecodeError:
        text = subfield.decode("latin-1")
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return letters[0], width
