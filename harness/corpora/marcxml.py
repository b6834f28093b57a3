"""MARCXML made from records of ISO 2709 in UTF-8, for the corpora of that format.

Only for well-formed records: a corpus is checked by its hash. Characters that XML does not allow
are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
)
TAIL = "</collection>\n"
NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _text(raw: bytes) -> str:
    return escape(NOT_ALLOWED.sub("", raw.decode("utf-8", "replace")))


def _attribute(raw: bytes) -> str:
    return quoteattr(NOT_ALLOWED.sub("", raw.decode("utf-8", "replace")))


def _fields(record: bytes, base: int) -> Iterator[str]:
    for entry in range(24, base - 1, 12):
        tag = record[entry : entry + 3]
        length, start = int(record[entry + 3 : entry + 7]), int(record[entry + 7 : entry + 12])
        body = record[base + start : base + start + length - 1]
        if tag < b"010":
            yield f"<controlfield tag={_attribute(tag)}>{_text(body)}</controlfield>\n"
            continue
        indicators, *parts = body.split(b"\x1f")
        pairs = "".join(
            f"<subfield code={_attribute(part[:1])}>{_text(part[1:])}</subfield>" for part in parts
        )
        first, second = (_attribute(indicators[i : i + 1]) for i in (0, 1))
        yield f"<datafield tag={_attribute(tag)} ind1={first} ind2={second}>{pairs}</datafield>\n"


def element(record: bytes) -> str:
    """One record as an element of MARCXML."""
    fields = "".join(_fields(record, int(record[12:17])))
    return f"<record><leader>{_text(record[:24])}</leader>\n{fields}</record>\n"


def replace(file: BinaryIO) -> None:
    """Turn the ISO 2709 records of a file into a MARCXML document, in place."""
    file.seek(0)
    records = file.read()
    file.seek(0)
    file.truncate()
    file.write(HEAD.encode("ascii"))
    start = 0
    while start < len(records):
        end = start + int(records[start : start + 5])
        file.write(element(records[start:end]).encode("utf-8"))
        start = end
    file.write(TAIL.encode("ascii"))
