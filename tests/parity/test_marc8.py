"""MARC-8 to text, character by character and value by value, against pymarc."""

import io
import itertools
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

import pymarc.marc8
import pytest
from pymarc import marc8_mapping as their_mapping

import rapidmarc.marc8
from rapidmarc import marc8_mapping
from tests import corpora
from tests.parity.marc8_values import (
    ESCAPES,
    MARKS,
    ONE_BYTE_SETS,
    SETS,
    SUPERSCRIPT_ALEF,
    character,
    outcome,
    scraps,
)


def assert_converts_alike(values: Iterable[bytes | str | None], quiet: bool = False) -> int:
    """Checks `marc8_to_unicode` on each value. Returns how many there were."""
    count = 0
    for value in values:
        count += 1
        expected = outcome(pymarc.marc8.marc8_to_unicode, value, quiet)
        assert outcome(rapidmarc.marc8.marc8_to_unicode, value, quiet) == expected, value
    return count


def converter_outcomes(library: Any, values: Iterable[Any], **sets: Any) -> list[Any]:
    """What one converter makes of the values, and the sets in force after each."""
    converter = library.marc8.MARC8ToUnicode(**sets)
    return [(*outcome(converter.translate, value), converter.g0, converter.g1) for value in values]


# The tables


@pytest.mark.parametrize("name", [n for n in dir(their_mapping) if n.isupper()])
def test_table_is_pymarcs(name: str) -> None:
    theirs, ours = getattr(their_mapping, name), getattr(marc8_mapping, name)
    assert ours == theirs
    assert getattr(marc8_mapping, name) is ours


def test_tables_hang_together_and_are_listed() -> None:
    for number, table in marc8_mapping.CODESETS.items():
        assert getattr(marc8_mapping, f"CHARSET_{number:X}") is table
    assert list(marc8_mapping.CODESETS) == list(their_mapping.CODESETS)
    assert {"CODESETS", "ODD_MAP", "CHARSET_31"} <= set(dir(marc8_mapping))
    with pytest.raises(AttributeError, match="CHARSET_35"):
        marc8_mapping.CHARSET_35  # noqa: B018


@pytest.mark.checkout
def test_generated_tables_are_what_the_script_writes() -> None:
    source = corpora.DATA / "marc8" / "codetables.xml"
    if not source.exists() and not corpora.DATA_REQUIRED:
        pytest.skip(f"{source} is not at hand")
    made_from = (corpora.ROOT / "impl/core/nfc_tables.cpp").read_text().partition(": do not")[0]
    if not made_from.endswith(f" {unicodedata.unidata_version}"):
        pytest.skip(f"this Python has Unicode {unicodedata.unidata_version}")
    script = corpora.ROOT / "scripts" / "generate_marc8_tables.py"
    command = [sys.executable, str(script), "--check", "--codetables", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Decoding


@pytest.mark.parametrize("number", SETS)
def test_every_character_of_a_set(number: int) -> None:
    codes = their_mapping.CODESETS[number]
    values = [character(number, code) + b"ax" for code in codes]
    assert assert_converts_alike(values) == len(codes)


@pytest.mark.parametrize("number", [*SETS, 0x00, 0x21, 0x35, 0x73, 0xFF])
@pytest.mark.parametrize("kind", [b"(", b")", b""])
def test_every_byte_in_every_set(number: int, kind: bytes) -> None:
    escape = b"\x1b" + kind + bytes([number])
    assert assert_converts_alike(escape + bytes([byte]) * 3 + b"x" for byte in range(256)) == 256


def test_every_start_of_a_three_byte_code() -> None:
    values = [
        b"\x1b$1" + bytes(code)
        for code in itertools.product(range(256), (0x00, 0x20, 0x30, 0x7F, 0xA1), (0x20, 0x61))
    ]
    assert assert_converts_alike(values) == 2560


def test_every_escape_before_every_other() -> None:
    tails = (b"", b"a", b"ab", b"a\xe2b", b"\xe2")
    assert_converts_alike(
        b"x" + first + second + tail
        for first, second, tail in itertools.product(ESCAPES, ESCAPES, tails)
    )


def test_every_byte_behind_an_escape() -> None:
    heads = (b"\x1b", b"\x1b(", b"\x1b)", b"\x1b$", b"\x1b,", b"\x1b-", b"\x1b$,", b"\x1b$1\x1b")
    assert_converts_alike(
        head + bytes([byte]) + tail
        for head in heads
        for byte in range(256)
        for tail in (b"", b"ab", b"abc\xe2e")
    )


def test_every_mark_on_every_letter() -> None:
    for mark in MARKS:
        head, tail = character(*mark), b"x"
        assert_converts_alike(
            head + character(number, code) + tail
            for number in ONE_BYTE_SETS
            for code in their_mapping.CODESETS[number]
        )


def test_every_two_marks_on_letters_that_are_composed_already() -> None:
    letters = [character(0x45, code) for code in (0xAC, 0xAD, 0xBC, 0xBD, 0xA5)]
    letters += [b"\x1b(N" + bytes([code]) for code in b"Jj"] + [b"O", b"\x1b(3\x42", b"\x1b(S\x61"]
    for first, second in itertools.product(MARKS, MARKS):
        marks = character(*first) + character(*second)
        assert_converts_alike(marks + letter + SUPERSCRIPT_ALEF for letter in letters)


def test_marks_in_any_number_and_order() -> None:
    source = random.Random(20240601)
    for _ in range(20_000):
        marks = b"".join(character(*source.choice(MARKS)) for _ in range(source.randrange(2, 7)))
        number = source.choice(ONE_BYTE_SETS)
        letter = character(number, source.choice(list(their_mapping.CODESETS[number])))
        late = SUPERSCRIPT_ALEF * source.randrange(2)
        assert_converts_alike([b"e" + late + marks + letter + late])


@pytest.mark.parametrize("quiet", [False, True])
def test_values_pieced_together(quiet: bool) -> None:
    assert assert_converts_alike(scraps(random.Random(8), 60_000), quiet) == 60_000


def test_random_bytes() -> None:
    source = random.Random(31)
    values = [source.randbytes(source.randrange(1, 40)) for _ in range(40_000)]
    assert assert_converts_alike(values) == len(values)
    in_east_asian = (b"\x1b$1" + bytes(b & 0x7F for b in value) for value in values)
    assert assert_converts_alike(in_east_asian) == len(values)


@pytest.mark.parametrize("value", [None, b"", "", bytearray(), "text", "a\x1bb\xe2e\ud800\u4e2d"])
def test_what_is_not_bytes(value: Any) -> None:
    assert_converts_alike([value])


@pytest.mark.parametrize("value", [b"a\xe2e\x1bb2\x1bs", b"", b"\x1b$1!0!"])
def test_any_bytes_like_object_is_taken_for_bytes(value: bytes) -> None:
    expected = outcome(pymarc.marc8.marc8_to_unicode, value)
    assert outcome(rapidmarc.marc8.marc8_to_unicode, bytearray(value)) == expected
    assert outcome(rapidmarc.marc8.marc8_to_unicode, memoryview(value)) == expected


@pytest.mark.parametrize("value", [5, [65], object(), memoryview(b"abcdef")[::2]])
def test_what_has_no_bytes_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, BufferError)):
        rapidmarc.marc8.marc8_to_unicode(value)


def test_long_runs_of_marks() -> None:
    for mark in (b"\xe2", b"\x74", b"\xe2\xf2", b"\xf2\x74", b"\x70\x74"):
        value = b"\x1b(3" + mark * 5_000 + b"A"
        expected = outcome(pymarc.marc8.marc8_to_unicode, value)
        assert outcome(rapidmarc.marc8.marc8_to_unicode, value) == expected


def test_notes_go_to_the_standard_error_of_the_moment_one_write_each() -> None:
    writes: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    before, sys.stderr = sys.stderr, Stream()
    try:
        rapidmarc.marc8.marc8_to_unicode(b"\xaf\xaf")
    finally:
        sys.stderr = before
    assert writes == ["Unable to parse character 0xaf in g0=66 g1=69\n"] * 2


@pytest.mark.parametrize(
    "sets", [{}, {"G0": 0x4E}, {"G1": 0x51}, {"G0": 0x31}, {"G0": 7, "G1": 0x31}]
)
def test_converter_keeps_the_sets_in_force(sets: dict[str, int]) -> None:
    values = list(scraps(random.Random(5), 5_000))
    expected = converter_outcomes(pymarc, values, **sets)
    assert converter_outcomes(rapidmarc, values, **sets) == expected


@pytest.mark.parametrize(
    "sets", [{}, {"G0": 0x31}, {"G0": 0x31, "quiet": True}, {"G0": -1, "G1": 999}]
)
def test_converter_takes_text_for_codes(sets: dict[str, Any]) -> None:
    source = random.Random(6)
    alphabet = "ab0!#\x20\x1b$1(\x7f\xe2\xf2\u0123\u4e2d\U0010ffff\ud800"
    values = ["".join(source.choices(alphabet, k=source.randrange(12))) for _ in range(5_000)]
    expected = converter_outcomes(pymarc, values, **sets)
    assert converter_outcomes(rapidmarc, values, **sets) == expected


def test_values_of_the_real_files() -> None:
    values = set()
    for file in corpora.some_real_files():
        values.update(re.split(rb"[\x1d-\x1f]", file.bytes()))
    # Printable ASCII, the bulk of them, converts to itself.
    odd = sorted(value for value in values if re.search(rb"[^ -~]", value))
    plain = sorted(values.difference(odd))
    assert not corpora.DATA_REQUIRED or len(odd) > 10_000
    assert_converts_alike(odd)
    for value in plain:
        assert rapidmarc.marc8.marc8_to_unicode(value) == value.decode("ascii")
