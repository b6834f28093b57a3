"""MARC-8, the character coding of MARC 21 records whose leader has no "a" at position 9.

Decoding answers as pymarc does; encoding is beyond pymarc. The work is done in native code.
"""

from rapidmarc import _core

__all__ = [
    "MARC8ToUnicode",
    "expand_numeric_references",
    "marc8_to_unicode",
    "unicode_to_marc8",
]

# What Python says of the step that fails in pymarc: looking at a byte behind the last one.
_BEYOND_END = "ord() expected a character, but string of length 0 found"


def marc8_to_unicode(
    marc8: bytes | bytearray | memoryview | str | None, hide_utf8_warnings: bool = False
) -> str:
    """The text of one value, in NFC. Every call begins with the default character sets.

    What cannot be converted becomes a blank, with a note on standard error; `hide_utf8_warnings`
    suppresses the notes on unknown characters. Text that ends within an escape sequence or a
    character of several bytes is a UnicodeDecodeError, an argument of another type a TypeError.
    Any thread may call it.

    >>> marc8_to_unicode(b"la communaut\\xe2e")
    'la communauté'
    """
    text = _core._marc8_to_unicode(marc8, hide_utf8_warnings)
    if text is None:
        assert marc8 is not None and not isinstance(marc8, str)
        raise UnicodeDecodeError(
            "marc8_to_unicode", marc8, 0, len(marc8), "invalid multibyte character encoding"
        ) from TypeError(_BEYOND_END)
    return text


class MARC8ToUnicode:
    """A converter that keeps the character sets in force from one call to the next.

    `g0` and `g1` are the sets in force, by the final byte of their escape sequence; `g0_set` and
    `g1_set` tell which bytes behind an escape designate them; `quiet` suppresses the notes on
    unknown characters. The state is what one run of text leaves for the next, so a converter is
    for one thread at a time.
    """

    basic_latin = 0x42
    ansel = 0x45

    def __init__(self, G0: int = basic_latin, G1: int = ansel, quiet: bool = False) -> None:
        self.g0 = G0
        self.g0_set = {b"(", b",", b"$"}
        self.g1 = G1
        self.g1_set = {b")", b"-", b"$"}
        self.quiet = quiet

    def translate(self, marc8_string: bytes | bytearray | memoryview | str | None) -> str:
        """The text of `marc8_string`, in NFC; TypeError if it ends within a character.

        >>> MARC8ToUnicode().translate(b"CO\\x1bb2\\x1bs")
        'CO₂'
        """
        text, self.g0, self.g1 = _core._marc8_translate(
            marc8_string, self.g0, self.g1, bool(self.quiet)
        )
        if text is None:
            raise TypeError(_BEYOND_END)
        return text


def unicode_to_marc8(text: str, numeric_references: bool = False) -> bytes:
    """`text` in MARC-8, with the default character sets in force at its start and its end.

    A character that MARC-8 does not have raises UnicodeEncodeError, or is written as a reference
    such as ``&#x1F600;`` if `numeric_references` is set.

    >>> unicode_to_marc8("CO₂, communauté")
    b'CO\\x1bb2\\x1bs, communaut\\xe2e'
    """
    encoded = _core._marc8_encode(text, numeric_references)
    if isinstance(encoded, int):
        raise UnicodeEncodeError("marc8", text, encoded, encoded + 1, "no such character in MARC-8")
    return encoded


def expand_numeric_references(text: str) -> str:
    """`text` with references such as ``&#x4E2D;`` replaced by the characters they stand for.

    References to control characters and to no character are left as they are. The result is not
    normalised.

    >>> expand_numeric_references("&#x4E2D; &#x1F;")
    '中 &#x1F;'
    """
    return _core._expand_numeric_references(text)
