"""Turns MARC-8 bytes into text, one step at a time.

The walk over the bytes is our own. The code tables themselves are taken from pymarc: they are the
data to be reproduced, and tests/parity/test_marc8.py is where they are compared character by
character.
"""

import unicodedata

from pymarc import marc8_mapping

ESCAPE = 0x1B
BASIC_LATIN = 0x42
EXTENDED_LATIN = 0x45
EAST_ASIAN = 0x31
EAST_ASIAN_BYTES = 3
BACK_TO_LATIN = 0x73
BLANK = ord(" ")

Note = tuple[str, str]


def to_unicode(data: bytes, quiet: bool, notes: list[Note]) -> str:
    """The text of `data`; what has to be said is appended to `notes`.

    `quiet` hides only the notes on unknown characters, never those on incomplete ones.
    """
    return Walk(data, quiet, notes).text()


class Walk:
    """One pass over the bytes of one subfield; the sets in force begin afresh in each."""

    def __init__(self, data: bytes, quiet: bool, notes: list[Note]) -> None:
        self.data = data
        self.quiet = quiet
        self.notes = notes
        self.position = 0
        self.low_set = BASIC_LATIN
        self.high_set = EXTENDED_LATIN
        self.letters: list[str] = []
        # Marks stand before their letter in MARC-8 and after it in Unicode. Those still waiting
        # at the end have no letter and are lost.
        self.marks: list[str] = []

    def text(self) -> str:
        while self.position < len(self.data):
            if self.data[self.position] == ESCAPE and self.escape():
                continue
            self.character()
        return unicodedata.normalize("NFC", "".join(self.letters))

    def byte(self, offset: int) -> int:
        """The byte `offset` places on; an escape cut short spoils the whole subfield."""
        place = self.position + offset
        if place >= len(self.data):
            raise UnicodeDecodeError(
                "marc8_to_unicode",
                self.data,
                0,
                len(self.data),
                "invalid multibyte character encoding",
            )
        return self.data[place]

    def escape(self) -> bool:
        """Obeys an escape sequence. True: done with it; False: a character is due right now."""
        kind = self.byte(1)
        if kind in b"(,$":
            if self.position + 3 > len(self.data):
                self.letters.append(chr(ESCAPE))
                self.position += 1
                return True
            if kind == ord("$") and self.byte(2) == ord(","):
                self.position += 1
            self.low_set = self.byte(2)
            self.position += 3
            return True
        if kind in b")-":
            self.high_set = self.byte(2)
            self.position += 3
            return True
        if kind in marc8_mapping.CODESETS:
            # The short form. A character is read at once, even if none is left.
            self.low_set = kind
            self.position += 2
        elif kind == BACK_TO_LATIN:
            self.low_set = BASIC_LATIN
            self.position += 2
            if self.position == len(self.data):
                return True
        # Anything else is no escape sequence: the escape byte is read as a character.
        return False

    def character(self) -> None:
        """Reads one character from the sets in force."""
        is_wide = self.low_set == EAST_ASIAN
        point = self.wide_point() if is_wide else self.byte(0)
        self.position += EAST_ASIAN_BYTES if is_wide else 1
        if point < 0x20 or 0x80 < point < 0xA0:
            return
        charset = self.high_set if point > 0x80 and not is_wide else self.low_set
        known = marc8_mapping.CODESETS.get(charset, {}).get(point)
        if known is None and point in marc8_mapping.ODD_MAP:
            self.letters.append(chr(marc8_mapping.ODD_MAP[point]))
            return
        if known is None:
            if not self.quiet:
                place = f"g0={self.low_set} g1={self.high_set}"
                self.notes.append(("stderr", f"Unable to parse character 0x{point:x} in {place}\n"))
            known = (BLANK, 0)
        letter, is_mark = known
        if is_mark:
            self.marks.append(chr(letter))
        else:
            self.letters.append(chr(letter))
            self.letters.extend(self.marks)
            self.marks = []

    def wide_point(self) -> int:
        """The number that three bytes make, or a blank if there are fewer left."""
        end = self.position + EAST_ASIAN_BYTES
        if end > len(self.data):
            self.notes.append(
                (
                    "stderr",
                    f"Multi-byte position {end} exceeds length of marc8 string {len(self.data)}\n",
                )
            )
            return BLANK
        return int.from_bytes(self.data[self.position : end], "big")
