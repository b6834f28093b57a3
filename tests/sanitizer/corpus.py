"""A small generated corpus for the stress scenarios, with what a reader must make of it.

Written byte by byte without any MARC library, so that it judges the reader from outside. It holds
what sends records down different roads: UTF-8, MARC-8, plain ASCII, a record that cannot be
decoded, and, if asked for, data that looks like the start of a record.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SUBFIELD, FIELD_END, RECORD_END = b"\x1f", b"\x1e", b"\x1d"

# What a search for the next record must not fall for: a terminator inside a field, five digits
# behind it. A reader goes by the leader's length, so these bytes are data.
LOOKS_LIKE_A_RECORD = RECORD_END + b"00120cam a2200049 a 4500"


@dataclass
class Corpus:
    data: bytes = b""
    # For each record its control number and title; None for one that cannot be decoded.
    expected: list[tuple[str, str] | None] = field(default_factory=list)


def make_corpus(size: int, *, seed: int = 1, misleading: bool = False) -> Corpus:
    """At least `size` bytes of records."""
    chance = random.Random(seed)
    corpus = Corpus()
    records: list[bytes] = []
    written = 0
    while written < size:
        record, expected = _one_record(len(records), chance, misleading)
        records.append(record)
        written += len(record)
        corpus.expected.append(expected)
    corpus.data = b"".join(records)
    return corpus


def _one_record(
    number: int, chance: random.Random, misleading: bool
) -> tuple[bytes, tuple[str, str] | None]:
    kind = chance.choice(["ascii", "utf-8", "utf-8", "marc-8"])
    # An acute accent stands before its letter in MARC-8 (0xE2).
    accented = {"ascii": b"e", "utf-8": "é".encode(), "marc-8": b"\xe2e"}[kind]
    title = b"Caf" + accented + b" %d" % number
    fields = [
        (b"001", b"n%08d" % number),
        (b"008", b"990101s1999    xxu           000 0 eng d"),
        (b"245", b"10" + SUBFIELD + b"a" + title + SUBFIELD + b"c" + accented * 9),
    ]
    for _ in range(chance.randrange(25)):
        text = accented + b"x" * chance.randrange(120)
        if misleading and chance.random() < 0.5:
            text += LOOKS_LIKE_A_RECORD
        fields.append((b"650", b" 0" + SUBFIELD + b"a" + text))
    broken = chance.random() < 0.02
    record = _encode(fields, utf8=kind == "utf-8", broken=broken)
    decoded = "Cafe" if kind == "ascii" else "Caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    return record, None if broken else (f"n{number:08d}", f"{decoded} {number}")


def _encode(fields: list[tuple[bytes, bytes]], *, utf8: bool, broken: bool) -> bytes:
    directory, content = b"", b""
    for tag, data in fields:
        directory += b"%s%04d%05d" % (tag, len(data) + 1, len(content))
        content += data + FIELD_END
    # A base address of 0 cannot be; the length stays right, so that the next record is found.
    base = 0 if broken else 24 + len(directory) + 1
    length = 24 + len(directory) + 1 + len(content) + 1
    coding = b"a" if utf8 else b" "
    leader = b"%05dcam %s22%05d a 4500" % (length, coding, base)
    return leader + directory + FIELD_END + content + RECORD_END
