"""Writes ISO 2709 records, true or false: every number in them can be made to lie.

Kept apart from any library so that a test file never depends on the code it tests.
"""

FIELD_END = b"\x1e"
RECORD_END = b"\x1d"
DELIMITER = b"\x1f"
UTF8 = "a"
MARC8 = " "

Field = tuple[str, bytes]


def control(tag: str, text: str | bytes) -> Field:
    """A control field."""
    return tag, _bytes(text)


def data(tag: str, indicators: str | bytes, *subfields: str | bytes) -> Field:
    """A data field; each subfield is its code followed by its value."""
    return tag, _bytes(indicators) + b"".join(DELIMITER + _bytes(part) for part in subfields)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8")


def entries(fields: list[Field]) -> list[bytes]:
    """The directory entries of fields that lie one behind the other."""
    made = []
    offset = 0
    for tag, content in fields:
        length = len(content) + 1
        made.append(b"%3s%04d%05d" % (tag.encode("ascii"), length, offset))
        offset += length
    return made


def record(
    fields: list[Field],
    coding: str = UTF8,
    *,
    length: bytes | None = None,
    base: bytes | None = None,
    directory: bytes | None = None,
    directory_end: bytes = FIELD_END,
    end: bytes = RECORD_END,
) -> bytes:
    """One record. The named numbers are computed unless they are given."""
    if directory is None:
        directory = b"".join(entries(fields))
    body = b"".join(content + FIELD_END for _, content in fields) + end
    base_address = 24 + len(directory) + len(directory_end)
    whole = base_address + len(body)
    leader = (
        (length if length is not None else b"%05d" % whole)
        + b"nam "
        + coding.encode("latin-1")
        + b"22"
        + (base if base is not None else b"%05d" % base_address)
        + b"   4500"
    )
    return leader + directory + directory_end + body


def plain(name: str) -> bytes:
    """A good record that says its name: the neighbour by which one sees whether reading goes on."""
    return record(
        [
            control("001", name),
            control("008", "850101s1985    nyu           000 0 eng d"),
            data("245", "10", "aA plain record :", f"bcalled {name}."),
        ]
    )


def between(middle: bytes) -> bytes:
    """`middle` with a good record on either side."""
    return plain("before") + middle + plain("after")


def sized_field(size: int) -> Field:
    """A field that takes `size` bytes, its terminator counted."""
    return data("520", "  ", "a" + "x" * (size - 5))


def sized_record(size: int) -> list[Field]:
    """Fields that make a record of `size` bytes if no field is too long for its entry."""
    fields = [control("001", f"size {size}")]
    while True:
        missing = size - len(record(fields))
        if missing <= 0:
            raise ValueError(f"a record of {size} bytes cannot be made")
        step = min(missing - 12, 9_999)
        if 0 < missing - 12 - step < 30:
            step -= 100
        fields.append(sized_field(step))
        if len(record(fields)) >= size:
            return fields
