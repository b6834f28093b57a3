"""A reader of MARC 21 in plain Python, as short as it can be: the stranger that is measured."""

from dataclasses import dataclass, field

FIELD_END, RECORD_END, DELIMITER = b"\x1e", b"\x1d", b"\x1f"


@dataclass
class Field:
    """A field. A control field has text, a data field has indicators and pairs."""

    tag: str
    text: str = ""
    indicators: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Record:
    leader: str
    fields: list[Field]


def parse(raw: bytes) -> Record:
    base, fields = int(raw[12:17]), []
    for at in range(24, base - 1, 12):
        tag, size, start = raw[at : at + 3], int(raw[at + 3 : at + 7]), int(raw[at + 7 : at + 12])
        body = raw[base + start : base + start + size].rstrip(FIELD_END)
        if tag < b"010":
            fields.append(Field(tag.decode(), text=body.decode()))
            continue
        indicators, *parts = body.split(DELIMITER)
        pairs = [(part[:1].decode(), part[1:].decode()) for part in parts]
        fields.append(Field(tag.decode(), indicators=indicators.decode(), pairs=pairs))
    return Record(raw[:24].decode(), fields)


def read(file):
    while head := file.read(5):
        yield parse(head + file.read(int(head) - 5))
