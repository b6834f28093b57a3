"""Cuts bytes into records and says what each `next` of a reader has to deliver.

Only the cutting is here; the inside of a record is read in decode.py.
"""

from dataclasses import dataclass

from tests.reference.decode import Content, Note, Options, Refusal, decode

RECORD_TERMINATOR = 0x1D
LENGTH_DIGITS = 5

TRUNCATED = ("TruncatedRecord", "Record length in leader is greater than the length of data")
NO_LENGTH = ("RecordLengthInvalid", "Invalid record length in first 5 bytes of record")
NO_TERMINATOR = ("EndOfRecordNotFound", "Unable to locate end of record marker")


@dataclass(frozen=True)
class Outcome:
    """What one `next` delivers: a record, or an error in its place, and what was said meanwhile."""

    content: Content | None
    error: tuple[str, str] | None
    chunk: bytes
    notes: tuple[Note, ...] = ()


def read(data: bytes, **options: object) -> list[Outcome]:
    """All outcomes for `data`, up to the end of the bytes or the first error that ends reading."""
    chosen = Options(**options)  # type: ignore[arg-type]
    outcomes = []
    position = 0
    while position < len(data):
        chunk, fatal = cut(data, position)
        if fatal is not None:
            outcomes.append(Outcome(None, fatal, chunk))
            break
        outcomes.append(judge(chunk, chosen))
        position += len(chunk)
    return outcomes


def cut(data: bytes, position: int) -> tuple[bytes, tuple[str, str] | None]:
    """The bytes of the record at `position`, and the error that ends reading, if any."""
    first = data[position : position + LENGTH_DIGITS]
    if len(first) < LENGTH_DIGITS:
        return first, TRUNCATED
    try:
        # Python's own idea of a number is the rule here: blanks around it, a sign and
        # underscores between digits are all accepted.
        length = int(first)
    except ValueError:
        return first, NO_LENGTH
    if length < LENGTH_DIGITS:
        # The rest to be read would be a negative number of bytes, which means "all there is".
        chunk = data[position:]
    else:
        chunk = data[position : position + length]
    if len(chunk) < length:
        return chunk, TRUNCATED
    if chunk[-1] != RECORD_TERMINATOR:
        return chunk, NO_TERMINATOR
    return chunk, None


def judge(chunk: bytes, options: Options) -> Outcome:
    """The outcome for the bytes of one whole record."""
    notes: list[Note] = []
    try:
        content = decode(chunk, options, notes)
    except Refusal as refusal:
        return Outcome(None, (refusal.name, refusal.text), chunk, tuple(notes))
    except (ValueError, LookupError) as fault:
        # Numbers that are none, bytes that are not in the encoding, an encoding that does not
        # exist, a subfield code of which no letter is left: Python's exception is the outcome.
        return Outcome(None, (type(fault).__name__, str(fault)), chunk, tuple(notes))
    return Outcome(content, None, chunk, tuple(notes))
