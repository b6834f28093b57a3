"""Makes MARC 21 records from a seed: realistic sizes and scripts, contents without meaning.

The same seed gives the same bytes on every host and every Python, because only `random()` and
`getrandbits` of the Mersenne Twister are used, in a fixed order. The sizes follow the Library of
Congress file: about 20 fields and a thousand bytes a record, with a long tail. It serves where the
real file cannot be had, and for scripts that it lacks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from harness.corpora.marc8 import encode

FIELD_END, RECORD_END, DELIMITER = "\x1e", "\x1d", "\x1f"
LONGEST_RECORD = 99_999
LONGEST_FIELD = 9_999
DISTINCT = 25_000

# Syllables; diacritics are combining characters behind their letter, as MARC 21 writes them in
# Unicode.
LATIN = (
    "ka", "ne", "ri", "so", "lu", "mar", "ten", "vel", "os", "in", "da", "re", "ju", "fan", "gro",
    "pel", "e\u0301", "o\u0308", "u\u0308r", "n\u0303o", "c\u0327a", "s\u030ce", "a\u030a",
    "z\u030ci", "ø", "ł", "ß",
)  # fmt: skip
CYRILLIC = (
    "ко", "не", "ри", "сто", "лу", "мар", "тен", "вел", "ос", "ин", "да", "ре", "жу", "щан", "гро",
    "пел", "ый", "ия", "ём", "ств",
)  # fmt: skip
CJK = tuple(
    chr(code)
    for code in (*range(0x4E00, 0x5200, 7), *range(0x3042, 0x3090), *range(0x30A2, 0x30F0))
)
ARABIC = (
    "كت", "اب", "مد", "ين", "ال", "من", "في", "عل", "سل", "ام", "نو", "ر", "حم", "دي", "قر", "ية",
    "لح", "ست",
)  # fmt: skip
KANA = tuple(chr(code) for code in (*range(0x3042, 0x3090, 3), *range(0x30A2, 0x30F0, 3)))
SYLLABLES = {"latin": LATIN, "cyrillic": CYRILLIC, "cjk": CJK, "arabic": ARABIC, "kana": KANA}
MIXTURE = ("latin",) * 7 + ("cyrillic", "cjk", "arabic")
#: The scripts of a kind that is not a script itself.
MIXTURES = {
    "mixed": MIXTURE,
    "lengths": MIXTURE,
    "short": MIXTURE,
    "long": MIXTURE,
    "damaged": MIXTURE,
    "marc8": ("latin",) * 7 + ("cyrillic", "kana", "arabic"),
}
SHORT_TAGS = ("001", "008", "245")
DAMAGED_SHARE = 0.1


class Dice:
    """Choices that do not depend on how a Python version implements `choice` or `randrange`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, limit: int) -> int:
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def one(self, choices: Sequence[str]) -> str:
        return choices[self.below(len(choices))]

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def tail(self, usual: int, most: int) -> int:
        """A number around `usual`, now and then much more."""
        value = usual // 2 + self.below(usual)
        while value < most and self.chance(0.12):
            value *= 2
        return min(value, most)


@dataclass
class Text:
    """Words of one script."""

    dice: Dice
    script: str

    def word(self) -> str:
        syllables = SYLLABLES[self.script]
        count = self.dice.between(1, 2) if self.script == "cjk" else self.dice.between(2, 4)
        return "".join(self.dice.one(syllables) for _ in range(count))

    def words(self, count: int) -> str:
        joint = "" if self.script == "cjk" else " "
        text = joint.join(self.word() for _ in range(count))
        return text[:1].upper() + text[1:]

    def name(self) -> str:
        return f"{self.words(1)}, {self.words(1)}"


def _field(indicators: str, *pairs: tuple[str, str]) -> str:
    return indicators + "".join(f"{DELIMITER}{code}{text}" for code, text in pairs)


def _digits(dice: Dice, count: int) -> str:
    return "".join(str(dice.below(10)) for _ in range(count))


def fields(dice: Dice, number: int, script: str) -> Iterator[tuple[str, str]]:
    """Tags and contents of one record, in the order in which a cataloguer would have them."""
    text, plain = Text(dice, script), Text(dice, "latin")
    linked = script != "latin"
    year = dice.between(1890, 2023)
    yield "001", f"gen{number:09d} "
    yield "003", "XX-GenA"
    yield "005", f"20{_digits(dice, 2)}0{dice.between(1, 9)}1{dice.below(10)}120000.0"
    yield (
        "008",
        f"{_digits(dice, 6)}s{year}    xx {'a' if dice.chance(0.3) else ' '}     b    001 0 eng  ",
    )
    yield "010", _field("  ", ("a", f"   {_digits(dice, 8)} "))
    for _ in range(dice.below(3)):
        yield "020", _field("  ", ("a", _digits(dice, 13)), ("c", f"${dice.between(5, 90)}.00"))
    yield "035", _field("  ", ("a", f"(XX-GenA){_digits(dice, 9)}"))
    yield "040", _field("  ", ("a", "XX"), ("c", "XX"), ("d", "XX"))
    yield (
        "050",
        _field(
            "00", ("a", f"Q{_digits(dice, 3)}.{dice.between(1, 9)}"), ("b", f".K{_digits(dice, 2)}")
        ),
    )
    author = text.name()
    link = [("6", "880-01")] if linked else []
    yield "100", _field("1 ", *link, ("a", f"{author},"), ("d", f"{year - 40}-"))
    title = [
        ("a", f"{text.words(dice.between(2, 6))} :"),
        ("b", f"{text.words(dice.between(3, 9))} /"),
        ("c", author),
    ]
    yield "245", _field("10", *title)
    if dice.chance(0.2):
        yield "246", _field("3 ", ("a", text.words(4)))
    yield (
        "264",
        _field(" 1", ("a", f"{plain.words(1)} :"), ("b", f"{plain.words(2)},"), ("c", f"{year}.")),
    )
    yield (
        "300",
        _field("  ", ("a", f"{dice.between(80, 900)} p. ;"), ("c", f"{dice.between(18, 40)} cm.")),
    )
    if dice.chance(0.3):
        for tag, term in (("336", "text"), ("337", "unmediated"), ("338", "volume")):
            yield tag, _field("  ", ("a", term), ("2", f"rda{term[:4]}"))
    if dice.chance(0.3):
        yield "490", _field("1 ", ("a", f"{text.words(3)} ;"), ("v", str(dice.between(1, 200))))
    yield (
        "504",
        _field(
            "  ",
            ("a", f"Includes bibliographical references (p. {dice.between(80, 900)}) and index."),
        ),
    )
    for _ in range(dice.below(3)):
        yield "500", _field("  ", ("a", f"{plain.words(dice.tail(8, 60))}."))
    if dice.chance(0.2):
        yield "520", _field("  ", ("a", f"{text.words(dice.tail(30, 400))}."))
    for _ in range(dice.between(1, 4)):
        yield (
            "650",
            _field(" 0", ("a", plain.words(2)), ("x", plain.words(1)), ("z", plain.words(1))),
        )
    for _ in range(dice.below(3)):
        yield "700", _field("1 ", ("a", text.name()), ("e", "editor."))
    if linked:
        yield "880", _field("10", ("6", "245-01"), *title)
    if dice.chance(0.15):
        yield (
            "856",
            _field(
                "41",
                ("u", f"https://example.org/item/{_digits(dice, 9)}"),
                ("3", "Table of contents"),
            ),
        )


def padding(dice: Dice, size: int) -> Iterator[tuple[str, str]]:
    """Notes of about `size` bytes together, each shorter than a field may be."""
    text = Text(dice, "latin")
    while size > 0:
        note = text.words(min(size // 8 + 1, 900))
        yield "505", _field("0 ", ("a", note))
        size -= len(note.encode())


def record(dice: Dice, number: int, kind: str) -> bytes:
    """One record as ISO 2709 bytes."""
    script = dice.one(MIXTURES[kind]) if kind in MIXTURES else kind
    entries = list(fields(dice, number, script))
    if kind == "short":
        entries = [entry for entry in entries if entry[0] in SHORT_TAGS]
    elif kind == "long":
        entries += padding(dice, dice.between(12_000, 80_000))
    elif kind == "lengths":
        if dice.chance(0.5):
            entries = [entry for entry in entries if entry[0] in SHORT_TAGS]
        elif dice.chance(0.3):
            entries += padding(dice, dice.tail(12_000, 90_000))
    elif kind == "marc8":
        return assemble(entries, marc8=True)
    made = assemble(entries)
    if kind == "damaged" and dice.chance(DAMAGED_SHARE):
        return damaged(dice, made)
    return made


def damaged(dice: Dice, made: bytes) -> bytes:
    """The record with one defect that leaves its length and its end as they are."""
    broken = bytearray(made)
    base = int(made[12:17])
    which = dice.below(5)
    if which == 0:  # an address that is no number
        broken[24 + 7 : 24 + 12] = b"x0000"
    elif which == 1:  # fields that begin behind the record
        broken[12:17] = b"99999"
    elif which == 2:  # a directory that is no multiple of twelve
        broken[base - 1 : base] = b" "
    elif which == 3:  # bytes that are no UTF-8
        broken[base + 8 : base + 10] = b"\xff\xfe"
    else:  # two fields that run into each other
        broken[made.index(b"\x1e", base)] = 0x20
    return bytes(broken)


def assemble(entries: Sequence[tuple[str, str]], marc8: bool = False) -> bytes:
    """Leader, directory and fields; a field that the record cannot hold is left out."""
    directory: list[str] = []
    bodies: list[bytes] = []
    start = 0
    for tag, content in entries:
        body = (encode(content) if marc8 else content.encode("utf-8")) + FIELD_END.encode("ascii")
        room = 24 + 12 * (len(directory) + 1) + 1 + start + len(body) + 1
        if len(body) > LONGEST_FIELD or room > LONGEST_RECORD:
            continue
        directory.append(f"{tag}{len(body):04d}{start:05d}")
        bodies.append(body)
        start += len(body)
    base = 24 + 12 * len(directory) + 1
    coding = " " if marc8 else "a"
    leader = f"{base + start + 1:05d}cam {coding}22{base:05d} a 4500"
    return (
        (leader + "".join(directory) + FIELD_END).encode("ascii")
        + b"".join(bodies)
        + RECORD_END.encode("ascii")
    )


def write(file: BinaryIO, kind: str, records: int, seed: int, every: int = 1) -> None:
    """All records of a corpus. A large one repeats its first: each anew would take minutes.

    With `every`, so many records that each stand for that many of the corpus without it.
    """
    dice = Dice(seed)
    count = min(records * every, DISTINCT)
    distinct = [record(dice, number, kind) for number in range(1, count + 1)]
    for number in range(0, records * every, every):
        file.write(distinct[number % count])
