"""Cuts damaged bytes into records, pieces that are none, and padding: the rules, plainly.

It has the whole input before it, and looks at every place in turn; it knows no blocks.
"""

from typing import NamedTuple

from tests.reference.reader import LENGTH_DIGITS, RECORD_TERMINATOR

LONGEST_DAMAGE = 4 << 20
LONGEST_PADDING = 4096
MARK = b"\xef\xbb\xbf"
PADDING = b"\n\r\x00\x1a \x1d"
SEPARATORS = b"\x1d\x1e\x1f"


class Piece(NamedTuple):
    """Some bytes of the input, and what they are: "record", "padding", or what is wrong."""

    kind: str
    begin: int
    end: int


def pieces(data: bytes) -> list[Piece]:
    """All of `data`, piece by piece."""
    found = []
    at = 0
    while at < len(data):
        piece = piece_at(data, at)
        found.append(piece)
        at = piece.end
    return found


def piece_at(data: bytes, at: int) -> Piece:
    """The piece that begins at byte `at`."""
    size, fault = whole_record(data[at : at + 100_000])
    if size:
        return Piece("record", at, at + size)
    if leader_at(data, at):
        return Piece(fault, at, damage_end(data, at, at + 24))
    if gap := padding_at(data, at):
        return Piece("padding", at, at + gap)
    return Piece(fault, at, damage_end(data, at, at + 1))


def whole_record(data: bytes) -> tuple[int, str]:
    """The size of the record that `data` begin with, or 0 and why there is none."""
    if len(data) < LENGTH_DIGITS:
        return 0, "TruncatedRecord"
    try:
        size = int(data[:LENGTH_DIGITS])
    except ValueError:
        return 0, "RecordLengthInvalid"
    if size < LENGTH_DIGITS:
        return 0, "RecordLengthInvalid"
    if size > len(data):
        return 0, "TruncatedRecord"
    if data[size - 1] != RECORD_TERMINATOR or takes_in_the_next(data[:size]):
        return 0, "EndOfRecordNotFound"
    return size, ""


def takes_in_the_next(record: bytes) -> bool:
    """Whether a leader stands behind a terminator inside, for which the directory has no field."""
    at = 0
    while (found := record.find(b"\x1d", at, len(record) - 1)) >= 0:
        at = found + padding_at(record[:-1], found)
        if leader_at(record[:-1], at):
            return fields_end(record) + 1 != len(record)
    return False


def fields_end(record: bytes) -> int:
    """Where the last field ends by the directory; 0 if that cannot be read."""
    base = digits(record[12:17])
    if base is None or base > len(record):
        return 0
    ends = [0]
    for at in range(24, base - 12, 12):
        length, start = digits(record[at + 3 : at + 7]), digits(record[at + 7 : at + 12])
        if length is None or start is None:
            return 0
        ends.append(base + start + length)
    return max(ends)


def digits(text: bytes) -> int | None:
    """The number that ASCII digits make."""
    return int(text) if text and all(48 <= byte <= 57 for byte in text) else None


def leader_at(data: bytes, at: int) -> bool:
    """Whether a leader plausibly begins at `at`, with its numbers of five digits or of six."""
    return leader_shape(data, at) is not None


def leader_shape(data: bytes, at: int) -> tuple[int, int] | None:
    """How many digits the length and the base address have in the leader that plausibly begins at
    `at`, if one does."""
    doubtful = None
    for length_digits, base_digits in ((5, 5), (6, 5), (5, 6), (6, 6)):
        usual = length_digits == base_digits == 5
        base = length_digits + 7
        leader = data[at : at + base + base_digits + 7]
        signs = [
            len(leader) == base + base_digits + 7,
            digits(leader[:length_digits]) is not None,
            leader[base - 2 : base] == b"22",
            digits(leader[base : base + base_digits]) is not None,
            leader[-4:][:2] == b"45" if usual else leader[-4:] == b"4500",
        ]
        missing = signs.count(False)
        is_cut = usual and set(leader) & set(SEPARATORS)
        if missing == 0 and not is_cut:
            return length_digits, base_digits
        if usual and missing == 1 and signs[0] and not is_cut:
            doubtful = (5, 5)
    return doubtful


def faultless_leader_at(data: bytes, at: int) -> bool:
    """Whether nothing is wrong with the 24 bytes at `at` as a leader."""
    leader = data[at : at + 24]
    length, base = digits(leader[:5]), digits(leader[12:17])
    return (
        len(leader) == 24
        and length is not None
        and base is not None
        and 24 < base < length
        and leader[10:12] == b"22"
        and leader[20:] == b"4500"
        and all(32 <= byte <= 126 for byte in leader)
    )


def padding_at(data: bytes, at: int) -> int:
    """How many bytes at `at` are padding, as far as one looks."""
    size = 0
    while size < LONGEST_PADDING and at + size < len(data):
        if leader_at(data, at + size):
            break  # blanks may be its length
        if data[at + size] in PADDING:
            size += 1
        elif data[at + size : at + size + 3] == MARK:
            size += 3
        else:
            break
    return size


def damage_end(data: bytes, begin: int, at: int) -> int:
    """Where damage that begins at `begin` ends; nothing before `at` is looked at."""
    limit = begin + LONGEST_DAMAGE
    while at < min(limit, len(data)):
        if faultless_leader_at(data, at):
            return at
        if data[at] == RECORD_TERMINATOR:
            at += 1
            gap = padding_at(data, at)
            behind = at + gap
            if at >= limit or gap >= LONGEST_PADDING or behind == len(data):
                return min(at, limit)
            if leader_at(data, behind):
                return at
            at = behind
        else:
            at += 1
    return min(limit, len(data))
