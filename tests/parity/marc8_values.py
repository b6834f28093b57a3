"""Values in MARC-8 to convert, made of pymarc's tables, and what converting one comes to."""

import io
import random
import sys
from collections.abc import Callable, Iterable
from typing import Any

from pymarc import marc8_mapping as their_mapping

Outcome = tuple[Any, str]
SETS = sorted(their_mapping.CODESETS)
ONE_BYTE_SETS = [number for number in SETS if number != 0x31]
ESCAPES = [
    *(b"\x1b" + bytes([number]) for number in SETS),
    *(
        b"\x1b" + kind + bytes([number])
        for kind in (b"(", b")", b"$", b",", b"-")
        for number in SETS
    ),
    *(b"\x1b$,1", b"\x1b$)1", b"\x1b$-1", b"\x1b$1", b"\x1b)!E", b"\x1bs", b"\x1b", b"\x1b\x1b"),
]
# A letter for MARC-8 and a mark for Unicode, which may put it before marks of the same letter.
SUPERSCRIPT_ALEF = b"\x1b(3\x74"
MARKS = [
    (number, code)
    for number in ONE_BYTE_SETS
    for code, (_, combining) in their_mapping.CODESETS[number].items()
    if combining
]


def outcome(call: Callable[..., Any], *arguments: Any) -> Outcome:
    """The result or the exception, and what was written to standard error."""
    before, sys.stderr = sys.stderr, io.StringIO()
    try:
        result = call(*arguments)
    except Exception as error:
        result = (type(error), error.args, type(error.__cause__))
    finally:
        said, sys.stderr = sys.stderr.getvalue(), before
    return result, said


def designate(number: int, code: int) -> bytes:
    """The escape after which `code` is looked up in the set `number`."""
    if number == 0x31:
        return b"\x1b$1"
    return b"\x1b" + (b")" if code > 0x80 else b"(") + bytes([number])


def character(number: int, code: int) -> bytes:
    """A character with the escape that it needs."""
    return designate(number, code) + code.to_bytes(3 if number == 0x31 else 1, "big")


def scraps(source: random.Random, count: int) -> Iterable[bytes]:
    """Values pieced together of everything that means something, and of noise."""
    east_asian = list(their_mapping.CODESETS[0x31])
    pieces: list[Callable[[], bytes]] = [
        lambda: source.choice(ESCAPES),
        lambda: character(*source.choice(MARKS)),
        lambda: bytes([source.randrange(256)]),
        lambda: bytes([source.randrange(0xA0, 0x100)]) * source.randrange(4),
        lambda: bytes([source.choice(b"\x1b\x1b($),-1Ns \x7f\x80\x88")]),
        lambda: source.choice(east_asian).to_bytes(3, "big"),
        lambda: source.choice((*their_mapping.ODD_MAP, 0x10, 0x7F)).to_bytes(3, "big"),
        lambda: source.choice((b"plain text", b"a", b"O", SUPERSCRIPT_ALEF, b"\x1b(3\x6b\x74")),
    ]
    for _ in range(count):
        yield b"".join(source.choice(pieces)() for _ in range(source.randrange(1, 9)))
