"""Reads the bytes of one record, rule by rule, in the order in which the rules apply.

The order matters: a record with two faults must be refused for the first one, and the notes made
before that stay. Nothing here is shared with the code under test.
"""

import unicodedata
from dataclasses import dataclass

from tests.reference.marc8 import to_unicode as marc8_to_unicode

LEADER_BYTES = 24
ENTRY_BYTES = 12
DELIMITER = b"\x1f"

Note = tuple[str, str]
Text = str | bytes
Subfields = tuple[tuple[str, Text], ...]
ControlField = tuple[str, Text]
DataField = tuple[str, str, str, Subfields]


@dataclass(frozen=True)
class Options:
    """The choices a caller has, under the names and defaults of the reader's constructor."""

    to_unicode: bool = True
    force_utf8: bool = False
    hide_utf8_warnings: bool = False
    utf8_handling: str = "strict"
    file_encoding: str = "iso8859-1"
    permissive: bool = False


@dataclass(frozen=True)
class Content:
    """A record as plain data: the leader as it stood, and the fields in directory order."""

    leader: str
    fields: tuple[ControlField | DataField, ...]


class Refusal(Exception):
    """The record cannot be read; carries the name and the text of the exception that is due."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text)
        self.name = name
        self.text = text


def decode(chunk: bytes, options: Options, notes: list[Note]) -> Content:
    """The content of the record in `chunk`; what is said on the way is appended to `notes`."""
    leader = chunk[:LEADER_BYTES].decode("ascii")
    if len(leader) < LEADER_BYTES:
        raise Refusal("RecordLeaderInvalid", "Unable to extract record leader")
    is_utf8 = leader[9] == "a" or options.force_utf8

    base = int(chunk[12:17])
    if base <= 0:
        raise Refusal("BaseAddressNotFound", "Unable to locate base address of record")
    if base >= len(chunk):
        raise Refusal("BaseAddressInvalid", "Base address exceeds size of record")
    if int(leader[:5]) > len(chunk):
        raise Refusal(
            "TruncatedRecord", "Record length in leader is greater than the length of data"
        )

    # The byte right before the base address should end the directory; what it is does not matter.
    directory = chunk[LEADER_BYTES : base - 1].decode("ascii")
    if len(directory) % ENTRY_BYTES:
        raise Refusal("RecordDirectoryInvalid", "Invalid directory")

    fields = []
    for start in range(0, len(directory), ENTRY_BYTES):
        entry = directory[start : start + ENTRY_BYTES]
        tag = entry[:3]
        length = int(entry[3:7])
        begin = base + int(entry[7:12])
        # The last byte of the stated length is taken for the field terminator without a look.
        # Ranges that leave the record follow the rules of Python's slices.
        data = chunk[begin : begin + length - 1]
        if tag.isdigit() and tag < "010":
            fields.append((tag, control_data(data, is_utf8, options)))
        else:
            fields.append(data_field(tag, data, is_utf8, options, notes))
    if not fields:
        raise Refusal("NoFieldsFound", "Unable to locate fields in record data")
    return Content(leader, tuple(fields))


def control_data(data: bytes, is_utf8: bool, options: Options) -> Text:
    """The text of a control field: always strict, and never MARC-8."""
    if not options.to_unicode:
        return data
    return data.decode("utf-8" if is_utf8 else options.file_encoding)


def data_field(
    tag: str, data: bytes, is_utf8: bool, options: Options, notes: list[Note]
) -> DataField:
    """A field with indicators and subfields."""
    before, *parts = data.split(DELIMITER)
    first, second = indicators(before.decode("ascii"), data, notes)
    subfields = []
    for part in parts:
        if not part:
            continue
        code, skip = subfield_code(part, notes)
        subfields.append((code, subfield_value(part[skip:], is_utf8, options, notes)))
    return tag, first, second, tuple(subfields)


def indicators(text: str, data: bytes, notes: list[Note]) -> tuple[str, str]:
    """Two indicators, made from however many there are, with a note unless there are two."""
    if len(text) == 0:
        notes.append(("log", f"missing indicators: {data!r}"))
    elif len(text) == 1:
        notes.append(("log", f"only 1 indicator found: {data!r}"))
    elif len(text) > 2:
        notes.append(("log", f"more than 2 indicators found: {data!r}"))
    first, second = text.ljust(2)[:2]
    return first, second


def subfield_code(part: bytes, notes: list[Note]) -> tuple[str, int]:
    """The code at the head of a subfield, and how many bytes it takes."""
    if part[0] < 0x80:
        return chr(part[0]), 1
    notes.append(
        (
            "warning",
            f"BadSubfieldCodeWarning: The subfield contained a non-ASCII subfield code: {part!r}",
        )
    )
    try:
        text = part.decode("utf-8")
        taken = len(text[0].encode("utf-8"))
    except UnicodeDecodeError:
        text = part.decode("latin-1")
        taken = 1
    # The first ASCII letter of the *whole* decomposed subfield is the code, even where it comes
    # from the value because nothing of the first character is left.
    letters = [letter for letter in unicodedata.normalize("NFKD", text) if letter < "\x80"]
    return "".join(letters)[0], taken


def subfield_value(data: bytes, is_utf8: bool, options: Options, notes: list[Note]) -> Text:
    """The text of a subfield in whichever encoding the record, or the caller, claims."""
    if not options.to_unicode:
        return data
    if is_utf8:
        return data.decode("utf-8", options.utf8_handling)
    if options.file_encoding == "iso8859-1":
        # The default stands for MARC-8; any other spelling of it means what it says.
        return marc8_to_unicode(data, options.hide_utf8_warnings, notes)
    return data.decode(options.file_encoding)
