"""Text to MARC-8, judged by what pymarc reads back; and references to characters that it lacks."""

import random
import unicodedata

import pymarc.marc8
import pytest

from rapidmarc import marc8_mapping
from rapidmarc.marc8 import expand_numeric_references, unicode_to_marc8
from tests.parity.marc8_values import MARKS, outcome


def representable() -> list[str]:
    """Every character to which a code leads, in NFC, but for those that vanish on the way back."""
    found = {chr(value) for table in marc8_mapping.CODESETS.values() for value, _ in table.values()}
    found = {unicodedata.normalize("NFC", each) for each in found}
    return sorted(
        found - {chr(code) for code in (0x1B, 0x1D, 0x1E, 0x1F, 0x98, 0x9C, 0x200D, 0x200C)}
    )


MARK_CHARACTERS = sorted(
    {chr(value) for number, code in MARKS for value, _ in [marc8_mapping.CODESETS[number][code]]}
)
LETTERS = [each for each in representable() if each not in MARK_CHARACTERS]


def assert_returns(text: str) -> None:
    """Checks that pymarc reads what was encoded without a note, and that no escape stays open."""
    encoded = unicode_to_marc8(text)
    expected = (unicodedata.normalize("NFC", text), "")
    assert outcome(pymarc.marc8.marc8_to_unicode, encoded) == expected, text
    assert outcome(pymarc.marc8.marc8_to_unicode, encoded + b"a\xe2e") == (
        unicodedata.normalize("NFC", f"{text}aé"),
        "",
    ), text


def test_every_character_returns_from_marc8() -> None:
    assert len(LETTERS) > 15_000
    for letter in LETTERS:
        assert_returns(letter)
        assert_returns(unicodedata.normalize("NFD", letter))


def test_every_letter_with_every_mark_returns_from_marc8() -> None:
    letters = [each for each in LETTERS if each < "\u3000" and not unicodedata.combining(each)]
    for mark in MARK_CHARACTERS:
        for letter in letters:
            assert_returns(letter + mark)


def test_texts_return_from_marc8() -> None:
    source = random.Random(12)
    narrow = [each for each in LETTERS if each < "\u3000"]
    kinds = (narrow, narrow, LETTERS, "abc 12", "яйЁ ", "₂₃ⁿ"[:2], "αβγ", MARK_CHARACTERS)
    for _ in range(20_000):
        text = "".join(source.choice(source.choice(kinds)) for _ in range(source.randrange(1, 9)))
        for form in ("NFC", "NFD"):
            assert_returns("." + unicodedata.normalize(form, text))


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("plain ~", b"plain ~"),
        ("Société", b"Soci\xe2et\xe2e"),
        ("Socie\u0301te\u0301", b"Soci\xe2et\xe2e"),
        ("ờ ợ", b"\xe1\xbc \xf2\xbc"),
        ("CO₂.", b"CO\x1bb2\x1bs."),
        ("x² ₂α", b"x\x1bp2\x1bs \x1bb2\x1b(Sa\x1b(B"),
        ("Мир, й", b"\x1b(NmIR,\x1b(B \x1b(NJ\x1b(B"),
        ("Ђ", b"\x1b)Q\xe1\x1b)E"),
        ("中国 é", b"\x1b$1!04K7o\x1b(B \xe2e"),
        ("각", b"\x1b$1oH`\x1b(B"),
        ("t͡s", b"\xebt\xecs"),
        # A substitute is coded as itself, what it stood for as the Library of Congress has it.
        ("〓\U00022c4d", b'\x1b$1!*F"39\x1b(B'),
    ],
)
def test_encoding(text: str, encoded: bytes) -> None:
    assert unicode_to_marc8(text) == encoded


@pytest.mark.parametrize(
    ("text", "place"),
    [("🙂", 0), ("é中🙂", 2), ("x\u0331", 1), ("\u0301a", 0), ("a\n", 1), ("a\x1bb", 1), ("t͡", 1)],
)
def test_a_character_without_code_is_an_error(text: str, place: int) -> None:
    with pytest.raises(UnicodeEncodeError) as caught:
        unicode_to_marc8(text)
    error = caught.value
    assert (error.encoding, error.object, error.start, error.end) == (
        "marc8",
        text,
        place,
        place + 1,
    )


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a🙂é", b"a&#x1F642;\xe2e"),
        ("中🙂", b"\x1b$1!04\x1b(B&#x1F642;"),
        # What stands before a reference would become a mark on its first character.
        ("x\u0331\u0303b", b"x&#x0331;&#x0303;b"),
        ("🙂\u0301b", b"&#x1F642;&#x0301;b"),
        ("t͡🙂", b"\xebt&#x1F642;&#xFE21;"),
        ("\n", b"&#x000A;"),
    ],
)
def test_a_character_without_code_as_a_reference(text: str, encoded: bytes) -> None:
    assert unicode_to_marc8(text, numeric_references=True) == encoded


def test_any_text_returns_from_references() -> None:
    source = random.Random(77)
    alphabet = "ab1 é\u0301\u0331\u0327я中国🙂\u1e9b\u0e01₂각\u1100\u1161\u11a8&#x;"
    for _ in range(20_000):
        text = "".join(source.choices(alphabet, k=source.randrange(10)))
        encoded = unicode_to_marc8(text, numeric_references=True)
        decoded, said = outcome(pymarc.marc8.marc8_to_unicode, encoded)
        assert said == ""
        returned = unicodedata.normalize("NFC", expand_numeric_references(decoded))
        assert returned == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("", ""),
        ("a&#x4E2D;b&#x1f642;", "a中b🙂"),
        ("&#x&#x41;", "&#xA"),
        ("&#x41", "&#x41"),
        ("&#x;&#x00000041;&#x110000;&#65;", "&#x;&#x00000041;&#x110000;&#65;"),
        # Neither half a pair nor what would end a subfield, field or record.
        ("&#xD800;&#x1F;&#x0;&#x7F;&#x9C;", "&#xD800;&#x1F;&#x0;&#x7F;&#x9C;"),
    ],
)
def test_expanding_references(text: str, expanded: str) -> None:
    assert expand_numeric_references(text) == expanded
