"""MARC-8 made from Unicode, for generated records: only the scripts that the generator writes.

Tables by position, from the code tables of MARC 21 (Basic Latin and ANSEL, Basic Cyrillic, Basic
Arabic, kana of East Asian). A character outside of them is an error: the generator must not use it.
"""

from __future__ import annotations

ESCAPE = b"\x1b"
LATIN, CYRILLIC, ARABIC, EAST_ASIAN = b"(B", b"(N", b"(3", b"$1"
#: Combining characters: in MARC-8 they stand before their letter.
ANSEL_COMBINING = {
    "\u0301": 0xE2, "\u0308": 0xE8, "\u0303": 0xE4, "\u0327": 0xF0, "\u030c": 0xE9, "\u030a": 0xEA,
}  # fmt: skip
ANSEL = {"ø": 0xB2, "ł": 0xB1, "Ł": 0xA1, "Ø": 0xA2, "ß": 0xC7}
CYRILLIC_FROM_40 = "юабцдефгхийклмнопярстужвьызшэщчъ"


def _coded(letter: str) -> tuple[bytes, bytes]:
    """The set of a character, and its bytes there."""
    code = ord(letter)
    if code < 0x80:
        return LATIN, bytes([code])
    if letter in ANSEL:
        return LATIN, bytes([ANSEL[letter]])
    # Basic Cyrillic lacks one letter; it is written as the one it comes from.
    small = CYRILLIC_FROM_40.find(letter.lower().replace("ё", "е"))
    if small >= 0:
        return CYRILLIC, bytes([(0x40 if letter.islower() else 0x60) + small])
    if 0x621 <= code <= 0x63A or 0x640 <= code <= 0x64A:
        return ARABIC, bytes([code - 0x5E0])
    if 0x3041 <= code <= 0x3093:
        return EAST_ASIAN, bytes([0x69, 0x24, code - 0x3041 + 0x21])
    if 0x30A1 <= code <= 0x30F6:
        return EAST_ASIAN, bytes([0x69, 0x25, code - 0x30A1 + 0x21])
    raise ValueError(f"no MARC-8 for {letter!r} here")


def encode(text: str) -> bytes:
    """A field's content; every other set is left before a delimiter, as the standard has it."""
    out = bytearray()
    current = LATIN
    for index, letter in enumerate(text):
        if letter in ANSEL_COMBINING:
            continue
        wanted, raw = _coded(letter)
        if wanted != current:
            out += ESCAPE + wanted
            current = wanted
        following = text[index + 1 : index + 2]
        if following in ANSEL_COMBINING:
            out.append(ANSEL_COMBINING[following])
        out += raw
    return bytes(out + ESCAPE + LATIN) if current != LATIN else bytes(out)
