"""Writes the tables behind the MARC-8 converter: impl/core/marc8_tables.cpp and nfc_tables.cpp.

    build/venv/bin/python scripts/generate_marc8_tables.py [--codetables FILE] [--check]

The first file comes from the code tables of the Library of Congress (codetables.xml) and from the
facts below, which say where the answers of pymarc 5.4.0 part from those tables; tests/parity
compares every code with the installed pymarc. The second comes from Python's `unicodedata`; the
stability policy of Unicode keeps it right for every character that it knows. `--check` writes
nothing and ends with 1 if a file is not what would be written.
"""

import argparse
import os
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("RAPIDMARC_DATA", ROOT.parent / "shared" / "data"))
CORE = ROOT / "impl" / "core"

ANSEL = 0x45
EAST_ASIAN = 0x31

# Sets that pymarc knows by their codes in G1 only (the LC tables list the codes in G0).
HIGH_ONLY = {0x34, 0x51}

# Codes for which pymarc answers with another character than the LC tables name first.
PYMARC_VALUES = {
    # The halves of ligature and double tilde, where LC prefers one mark that spans both letters.
    (ANSEL, 0xEB): 0xFE20,
    (ANSEL, 0xEC): 0xFE21,
    (ANSEL, 0xFA): 0xFE22,
    (ANSEL, 0xFB): 0xFE23,
    # Compatibility ideographs; NFC turns them into the ones that LC names.
    (EAST_ASIAN, 0x214339): 0xFA12,
    (EAST_ASIAN, 0x215061): 0xFA1D,
    (EAST_ASIAN, 0x215C32): 0xFA25,
    (EAST_ASIAN, 0x215F71): 0xFA1C,
    (EAST_ASIAN, 0x4B333E): 0xF92E,
    (EAST_ASIAN, 0x4B4B3E): 0xF9AD,
    (EAST_ASIAN, 0x4B5F58): 0xF9B2,
    (EAST_ASIAN, 0x4B7421): 0xF9A9,
    # The geta mark, which stands for a missing character.
    (EAST_ASIAN, 0x217559): 0x3013,
    (EAST_ASIAN, 0x222A34): 0x3013,
    (EAST_ASIAN, 0x223339): 0x3013,
    # Private use, as in older editions of the LC tables.
    (EAST_ASIAN, 0x6F7625): 0xE8B1,
    (EAST_ASIAN, 0x6F773C): 0xE8CB,
}

# Codes outside the LC tables that pymarc accepts: written by the systems of Innovative Interfaces.
ODD_CODES = {
    0x21203D: 0x2026,
    0x212040: 0x201C,
    0x7F2014: 0x2014,
    0x7F2019: 0x2019,
    0x7F2020: 0x201D,
    0x7F2122: 0x2122,
}

COMBINING = 1 << 31
REORDERED = 1 << 30

CodeTable = dict[int, tuple[int, bool]]


def nfc(character: int) -> int:
    """The character that NFC puts in the place of `character`; always one for those of MARC-8."""
    return ord(unicodedata.normalize("NFC", chr(character)))


def nfc_pairs() -> dict[int, tuple[int, int]]:
    """The characters that NFC makes of two; Hangul syllables, which follow a rule, are left out."""
    pairs = {}
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<") and nfc_keeps(code):
            pairs[code] = int(parts[0], 16), int(parts[1], 16)
    return pairs


def combining_class_of(code: int) -> int:
    return unicodedata.combining(chr(code))


def nfc_keeps(code: int) -> bool:
    return unicodedata.is_normalized("NFC", chr(code))


def read_code_tables(path: Path) -> dict[int, CodeTable]:
    """Set -> code -> (character, is a combining mark), as the LC tables have it."""
    sets: dict[int, CodeTable] = {}
    for character_set in ElementTree.parse(path).getroot().iter("characterSet"):
        number = int(character_set.attrib["ISOcode"], 16)
        table = sets.setdefault(number, {})
        for code in character_set.iter("code"):
            marc = int(code.findtext("marc", ""), 16)
            marc += 0x80 if number in HIGH_ONLY else 0
            ucs = code.findtext("ucs") or code.findtext("alt") or ""
            table[marc] = int(ucs, 16), code.findtext("isCombining") == "true"
    return sets


def comma_lines(cells: Iterable[str]) -> str:
    """The cells, comma-separated, in lines of at most 100 columns."""
    lines, line = [], ""
    for cell in cells:
        if len(line) + len(cell) > 97:
            lines.append(line.rstrip())
            line = ""
        line += f"{cell}, "
    return "\n".join([*lines, line.rstrip()])


def hexadecimal(value: int) -> str:
    return f"{value:#x}" if value > 9 else str(value)


def nested(rows: Iterable[list[int]]) -> Iterable[str]:
    """The cells of an array of arrays."""
    for row in rows:
        first, *others, last = map(hexadecimal, row)
        yield from ("{" + first, *others, last + "}")


def array(declaration: str, cells: Iterable[str]) -> str:
    return f"const {declaration} = {{\n{comma_lines(cells)}\n}};\n"


def span(element: str, name: str, cells: Iterable[str]) -> str:
    """A table whose length the readers of it need not know beforehand."""
    return (
        f"static constexpr {element} all_{name}[] = {{\n{comma_lines(cells)}\n}};\n"
        f"constinit const std::span<const {element}> {name}{{all_{name}}};\n"
    )


def one_byte_cell(value: tuple[int, bool] | None) -> int:
    """A character as the decoder wants it: in NFC, with what the decoder has to know about it."""
    if value is None:
        return 0
    character, combining = nfc(value[0]), value[1]
    if combining:
        return character | COMBINING
    return character | (REORDERED if combining_class_of(character) else 0)


def east_asian_arrays(table: CodeTable) -> Iterable[str]:
    """First byte -> plane, second byte -> row, third byte -> cell of the row without empty ends."""
    rows: dict[tuple[int, int], dict[int, int]] = {}
    for code in sorted(table):
        first, second, third = code.to_bytes(3, "big")
        assert max(first, second, third) < 0x80
        rows.setdefault((first, second), {})[third] = nfc(table[code][0])
    planes = sorted({first for first, _ in rows})
    row_numbers = {key: number for number, key in enumerate(rows, start=1)}
    heads, cells = ["{0, 0, 0}"], list[int]()
    for row in rows.values():
        low, high = min(row), max(row)
        heads.append(f"{{{len(cells)}, {low:#x}, {high - low + 1}}}")
        cells += [row.get(third, 0) for third in range(low, high + 1)]
    assert len(cells) < 1 << 16
    yield array(
        "std::uint8_t east_asian_planes[128]",
        (str(planes.index(byte) + 1 if byte in planes else 0) for byte in range(128)),
    )
    yield array(
        f"std::uint16_t east_asian_rows[{len(planes) + 1}][128]",
        [
            *["{" + "0"],
            *["0"] * 126,
            "0}",
            *(
                ("{" if byte == 0 else "")
                + str(row_numbers.get((plane, byte), 0))
                + ("}" if byte == 127 else "")
                for plane in planes
                for byte in range(128)
            ),
        ],
    )
    yield array(f"EastAsianRow east_asian_row_heads[{len(heads)}]", heads)
    yield array(f"std::uint16_t east_asian_cells[{len(cells)}]", map(hexadecimal, cells))


def marc8_source(code_tables: Path) -> str:
    lc_sets = read_code_tables(code_tables)
    sets = {number: dict(table) for number, table in lc_sets.items()}
    for (number, code), character in PYMARC_VALUES.items():
        sets[number][code] = character, sets[number][code][1]
    # The decoder puts characters that are no marks behind one another without a look at NFC.
    seconds = {second for _, second in nfc_pairs().values() if not combining_class_of(second)}
    characters = {character for table in sets.values() for character, _ in table.values()}
    assert not seconds & (characters | set(ODD_CODES.values()))
    one_byte = sorted(number for number in sets if number != EAST_ASIAN)
    values = [(number, code, value[0]) for number in sets for code, value in sets[number].items()]
    unnormalised = sorted(value for value in values if nfc(value[2]) != value[2])
    lc_values = sorted(
        (code, character)
        for code, (character, _) in lc_sets[EAST_ASIAN].items()
        if nfc(character) != nfc(sets[EAST_ASIAN][code][0])
    )
    return "\n".join(
        [
            "// Generated by scripts/generate_marc8_tables.py from codetables.xml: do not edit.",
            "// clang-format off",
            '#include "core/marc8_tables.hpp"\n',
            "namespace rapidmarc::marc8_tables {\n",
            array(
                "std::uint8_t one_byte_sets[256]",
                (str(one_byte.index(byte) + 1 if byte in one_byte else 0) for byte in range(256)),
            ),
            array(
                f"std::uint32_t one_byte_cells[{len(one_byte) + 1}][256]",
                nested(
                    [one_byte_cell(table.get(byte)) for byte in range(256)]
                    for table in ({}, *(sets[number] for number in one_byte))
                ),
            ),
            *east_asian_arrays(sets[EAST_ASIAN]),
            span(
                "CodeValue",
                "odd_codes",
                (f"{{{code:#x}, {value:#x}}}" for code, value in ODD_CODES.items()),
            ),
            span(
                "SetCodeValue",
                "unnormalised_values",
                (f"{{{number:#x}, {code:#x}, {raw:#x}}}" for number, code, raw in unnormalised),
            ),
            span(
                "CodeValue",
                "lc_values",
                (f"{{{code:#x}, {value:#x}}}" for code, value in lc_values),
            ),
            "}  // namespace rapidmarc::marc8_tables\n",
        ]
    )


def nfc_source() -> str:
    ranges: list[list[int]] = []  # first, last, class
    decompositions: list[tuple[int, int, int]] = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        combining_class = combining_class_of(code)
        if combining_class:
            if ranges and ranges[-1][1:] == [code - 1, combining_class]:
                ranges[-1][1] = code
            else:
                ranges.append([code, code, combining_class])
        parts = unicodedata.decomposition(character).split()
        if parts and not parts[0].startswith("<"):
            first, second = int(parts[0], 16), int(parts[1], 16) if len(parts) == 2 else 0
            decompositions.append((code, first, second))
    pairs = nfc_pairs()
    places = {code: place for place, (code, _, _) in enumerate(decompositions)}
    second_starters = {second for _, second in pairs.values() if not combining_class_of(second)}
    return "\n".join(
        [
            "// Generated by scripts/generate_marc8_tables.py from Unicode"
            f" {unicodedata.unidata_version}: do not edit.",
            "// clang-format off",
            '#include "core/nfc_tables.hpp"\n',
            "namespace rapidmarc::nfc_tables {\n",
            span(
                "CombiningRange",
                "combining_ranges",
                (f"{{{first:#x}, {last:#x}, {each}}}" for first, last, each in ranges),
            ),
            span(
                "Decomposition",
                "decompositions",
                (f"{{{a:#x}, {b:#x}, {hexadecimal(c)}}}" for a, b, c in decompositions),
            ),
            span(
                "std::uint16_t",
                "compositions",
                (str(places[code]) for code in sorted(pairs, key=pairs.__getitem__)),
            ),
            span("std::uint32_t", "second_starters", map(hexadecimal, sorted(second_starters))),
            "}  // namespace rapidmarc::nfc_tables\n",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--codetables", type=Path, default=DATA / "marc8" / "codetables.xml")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    stale = []
    for name, text in (
        ("marc8_tables.cpp", marc8_source(options.codetables)),
        ("nfc_tables.cpp", nfc_source()),
    ):
        if options.check:
            if (CORE / name).read_text(encoding="ascii") != text:
                stale.append(name)
        else:
            (CORE / name).write_text(text, encoding="ascii")
    if stale:
        print(f"not what {Path(__file__).name} writes: {', '.join(stale)}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
