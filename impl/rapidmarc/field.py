"""Fields, and the two values they are made of.

`Field` itself is native; here it gets its public home, the variant that keeps undecoded bytes, and
the conversion from one to the other.
"""

from __future__ import annotations

from rapidmarc import _field_methods as _field_methods  # attaches the Python part of Field
from rapidmarc._core import Field
from rapidmarc._values import Indicators, Subfield
from rapidmarc.constants import END_OF_FIELD, SUBFIELD_INDICATOR
from rapidmarc.marc8 import marc8_to_unicode

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    import logging
    from typing import Any

    logger: logging.Logger

__all__ = [
    "END_OF_FIELD",
    "SUBFIELD_INDICATOR",
    "Field",
    "Indicators",
    "RawField",
    "Subfield",
    "logger",
    "map_marc8_field",
    "marc8_to_unicode",
]


def __getattr__(name: str) -> Any:
    # The logging package takes longer to load than all of this one, and most programs never log.
    if name == "logger":
        import logging

        return logging.getLogger("pymarc")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class RawField(Field):
    """A field whose data and subfield values are undecoded bytes.

    A reader with ``to_unicode=False`` makes these, for records whose encoding is not to be trusted.
    Tags, indicators and subfield codes are text as ever. Whatever needs text, such as
    ``str(field)`` and ``field.value()``, raises ``TypeError``.

    >>> RawField("245", None, [Subfield("a", b"caf\\xe2e")]).as_marc()
    b'  \\x1facaf\\xe2e\\x1e'
    """

    def as_marc(self, encoding: str | None = None) -> bytes:
        """Return the field as it stands in a record; the bytes are passed through as they are.

        An `encoding` cannot be honoured: naming one only logs a warning.
        """
        if encoding is not None:
            __getattr__("logger").warning("Attempt to force a RawField into encoding %s", encoding)
        # Typed as text in the base class; bytes here.
        values: Any = self.data
        end = END_OF_FIELD.encode("ascii")
        if self.control_field:
            control: bytes = values + end
            return control
        parts = [self.indicator1.encode("ascii"), self.indicator2.encode("ascii")]
        delimiter = SUBFIELD_INDICATOR.encode("ascii")
        for subfield in self.subfields:
            values = subfield.value
            parts += (delimiter, subfield.code.encode("ascii"), values)
        return b"".join(parts) + end

    as_marc21 = as_marc


def map_marc8_field(f: Field) -> Field:
    """Turn the MARC-8 bytes of a field into text, in place, and return the field.

    >>> field = RawField("245", subfields=[Subfield("a", b"caf\\xe2e")])
    >>> map_marc8_field(field)["a"]
    'café'
    """
    if f.control_field:
        f.data = marc8_to_unicode(f.data)
    else:
        f.subfields = [Subfield(code, marc8_to_unicode(value)) for code, value in f.subfields]
    return f
