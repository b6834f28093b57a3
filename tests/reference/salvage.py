"""The fields of a record whose numbers cannot be trusted: the rules, plainly.

Looks for everything from the start each time; the whole record is at hand, and so is every piece
that field terminators cut it into.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.reference.recover import digits, leader_shape

FIELD_TERMINATOR = 0x1E
RECORD_TERMINATOR = b"\x1d"
ENTRY = 12
MOST_FAULTS = 1000
MOST_TORN_PLACES = 4  # terminators inside a directory that are looked behind
MOST_TORN_BYTES = 3  # that are no digits, between two of them


class Piece(NamedTuple):
    """What stands before a field terminator, from the record's first byte on."""

    begin: int
    end: int


class Fault(NamedTuple):
    """What was mended or lost, where, and with which tag."""

    what: str
    position: int
    tag: str | None = None


@dataclass
class Entry:
    """What the directory says of one field, and which pieces that is."""

    position: int
    text: bytes
    start: int | None = None  # as stated, from the base address on
    pieces: list[int] = field(default_factory=list)  # their numbers
    misplaced: bool = False
    has_tag: bool = True

    @property
    def tag(self) -> str | None:
        tag = self.text[:3]
        if self.has_tag and all(0x21 <= byte <= 0x7E for byte in tag):
            return tag.decode("ascii")
        return None


class Salvaged(NamedTuple):
    """A leader of 24 characters; tag, place and data of each field; what was wrong."""

    leader: str
    fields: list[tuple[str, int, bytes]]
    faults: list[Fault]


def salvage(record: bytes) -> Salvaged:
    """What `record` holds, which begins with a plausible leader; else nothing."""
    shape = leader_shape(record, 0)
    if shape is None:
        return Salvaged("", [], [])
    faults: list[Fault] = []
    leader = leader_of(record, shape)
    if any(byte > 0x7F for byte in leader):
        faults.append(Fault("leader", 0))
    directory_begin = 14 + sum(shape)
    base = where_fields_begin(record, directory_begin)
    pieces, rest = cut(record, base)
    entries, ragged = read_directory(record, directory_begin, base, pieces)
    if ragged:
        faults.append(Fault("ragged", directory_begin))
    match_by_order(entries, pieces, base, ragged)
    fields = []
    listed = set()
    for entry in entries:
        if not entry.pieces or entry.tag is None:
            faults.append(Fault("not found", entry.position, entry.tag))
            continue
        begin, end = pieces[entry.pieces[0]].begin, pieces[entry.pieces[-1]].end
        if not could_be(entry.tag, record[begin:end]):
            faults.append(Fault("not found", entry.position))
            continue
        listed.update(entry.pieces)
        if entry.misplaced:
            faults.append(Fault("misplaced", begin, entry.tag))
        fields.append((entry.tag, begin, record[begin:end]))
    unlisted = [piece for number, piece in enumerate(pieces) if number not in listed]
    if unlisted:
        faults.append(Fault("unlisted", unlisted[0].begin))
    if rest is not None:
        faults.append(Fault("cut", rest))
    shown = "".join(chr(byte) if 0x20 <= byte <= 0x7E else " " for byte in leader)
    return Salvaged(shown, fields, faults[:MOST_FAULTS])


def leader_of(record: bytes, shape: tuple[int, int]) -> bytes:
    """The leader with its usual size: a number that has grown becomes the highest."""
    length_digits, base_digits = shape
    length, rest = record[:length_digits], record[length_digits:]
    middle, base, end = rest[:7], rest[7 : 7 + base_digits], rest[7 + base_digits :][:7]
    length = length if length_digits == 5 else b"99999"
    base = base if base_digits == 5 else b"99999"
    return length + middle + base + end


def could_be(tag: str, data: bytes) -> bool:
    """Whether reading `data` as a field of that tag would not cut it: control fields are kept
    whole, and other fields have subfields behind their indicators."""
    is_control = tag[:2] == "00" and tag[2] in "0123456789"
    return is_control or len(data) <= 2 or b"\x1f" in data


def where_fields_begin(record: bytes, directory_begin: int) -> int:
    """As the leader says; else behind the first terminator, or behind a later one if what stands
    between could be more of the directory and more of its entries lead to fields that way."""
    base = digits(record[directory_begin - 12 : directory_begin - 7])
    if (
        base is not None
        and directory_begin < base < len(record)
        and (base - 1 - directory_begin) % ENTRY == 0
        and record[base - 1] == FIELD_TERMINATOR
    ):
        return base
    ends = [at + 1 for at in range(directory_begin, len(record)) if record[at] == FIELD_TERMINATOR]
    places = [*ends, len(record)]
    possible = places[:1]
    for this, behind in zip(places, ends[1 : 1 + MOST_TORN_PLACES], strict=False):
        between = record[this : behind - 1]
        torn = sum(byte not in b"0123456789" for byte in between)
        if behind == len(record) or not between or torn > MOST_TORN_BYTES:
            break
        possible.append(behind)

    def found(base: int) -> int:
        pieces, _ = cut(record, base)
        entries, _ = read_directory(record, directory_begin, base, pieces)
        return sum(bool(entry.pieces) for entry in entries)

    return max(possible, key=found)


def cut(record: bytes, base: int) -> tuple[list[Piece], int | None]:
    """The pieces behind `base`; where bytes without a terminator begin, if any do."""
    *whole, rest = record[base:].split(b"\x1e")
    pieces = []
    at = base
    for data in whole:
        pieces.append(Piece(at, at + len(data)))
        at += len(data) + 1
    return pieces, at if rest not in (b"", RECORD_TERMINATOR) else None


def read_directory(
    record: bytes, begin: int, base: int, pieces: list[Piece]
) -> tuple[list[Entry], bool]:
    """The entries from `begin` to `base`, and whether bytes are missing there or too many."""
    end = base - 1 if base > begin else base
    entries = []
    ragged = False
    expected = 0  # number of the piece that comes next
    tag_is_whole = True
    at = begin
    while at < end:
        left = record[at:end]
        entry = Entry(at, left[:ENTRY])
        if size := exact_size(left, expected, base, pieces):
            entry.text = left[:size]
            entry.pieces = [expected]
            entry.has_tag = tag_is_whole
            tag_is_whole = True
        elif len(left) < ENTRY:
            entry.has_tag = False
            ragged = True
        else:
            place(entry, base, pieces)
            skips = [] if entry.pieces else next_exact(left, expected, base, pieces)
            if skips:
                # Bytes were put in or left out: the next entry stands elsewhere.
                entry.text = left[: skips[0]]
                entry.has_tag = False
                ragged = True
                tag_is_whole = not may_lack_its_end(entry.text, expected, base, pieces)
        entries.append(entry)
        at += len(entry.text)
        expected = entry.pieces[-1] + 1 if entry.pieces else expected + 1
    return entries, ragged


def exact_numbers(piece: Piece, base: int) -> bytes:
    """What an entry should state of a piece, in however many digits that takes."""
    return b"%04d%05d" % (piece.end - piece.begin + 1, piece.begin - base)


def exact_size(directory: bytes, number: int, base: int, pieces: list[Piece]) -> int:
    """The size of the first entry, if it states just what is true of piece `number`; else 0."""
    if number >= len(pieces) or len(directory) < ENTRY:
        return 0
    numbers = exact_numbers(pieces[number], base)
    return 3 + len(numbers) if directory[3:].startswith(numbers) else 0


def next_exact(directory: bytes, expected: int, base: int, pieces: list[Piece]) -> list[int]:
    """The places near by, but for the usual one, at which the entry behind `expected` stands."""
    return [
        skip
        for skip in range(1, 2 * ENTRY)
        if skip != ENTRY and exact_size(directory[skip:], expected + 1, base, pieces)
    ]


def may_lack_its_end(entry: bytes, number: int, base: int, pieces: list[Piece]) -> bool:
    """Whether what was left out at the end of `entry` may have gone on into the next one."""
    if len(entry) < 3 or number >= len(pieces):
        return True
    return exact_numbers(pieces[number], base).startswith(entry[3:])


def place(entry: Entry, base: int, pieces: list[Piece]) -> None:
    """Finds the pieces that are the field where `entry` says it lies."""
    length, start = digits(entry.text[3:7]), digits(entry.text[7:12])
    if length is None or start is None:
        return
    entry.start = start
    for first, piece in enumerate(pieces):
        for last in range(first, len(pieces)):
            if piece.begin == base + start and pieces[last].end + 1 == base + start + length:
                entry.pieces = list(range(first, last + 1))


def match_by_order(entries: list[Entry], pieces: list[Piece], base: int, ragged: bool) -> None:
    """Entries that lead nowhere get the pieces between those of their neighbours, if there are as
    many of them."""
    order = list(entries)
    if all(entry.start is not None or entry.pieces for entry in entries):
        order.sort(
            key=lambda entry: (
                pieces[entry.pieces[0]].begin - base if entry.start is None else entry.start
            )
        )
    lost: list[Entry] = []
    behind = 0  # the pieces of what came so far
    for entry in [*order, None]:
        if entry is not None and not entry.pieces:
            lost.append(entry)
            continue
        until = len(pieces) if entry is None else entry.pieces[0]
        between = list(range(behind, until))
        # Where bytes of the directory are missing, a run of entries may have wrong tags.
        if len(between) == len(lost) and (not ragged or len(lost) == 1):
            for each, number in zip(lost, between, strict=True):
                each.pieces = [number]
                each.misplaced = True
        lost = []
        behind = max(behind, until if entry is None else entry.pieces[-1] + 1)
