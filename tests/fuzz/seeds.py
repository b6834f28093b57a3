"""Makes the inputs from which each fuzz target starts (`python -m tests.fuzz.seeds FOLDER`).

From the records of tests/data and the real files at hand, with the bytes before them by which a
target chooses its options; and from `failures/`, whose files once failed and stay tests for ever.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests import corpora
from tests.data.encode import plain
from tests.data.faults import FAULTS
from tests.reference.decode import Content, Options
from tests.reference.reader import Outcome, cut, judge

FAILURES = Path(__file__).parent / "failures"
# Paths, each with another to be asked about and a text that its values may have.
PATHS = (
    ("LDR/6", "001", "ocm"),
    ("001", "245$a", "The"),
    ("008/0-5", "LDR/#-3", "4500"),
    ("245$a$b", "245^2", "4"),
    ("6..$a-z", "650[#]$x", "^[A-Z].* "),
    ("...[1-#]^1", "...", ""),
    ("020$a[0]/0-12$z[#-1]/#", "1..$0", "0"),
    ("24", "245$", "x"),
    ("245$a/5-3", "245$b-a", "x"),
)
LARGEST = 4096  # bytes of a seed; larger ones make every mutation slow
REAL_FILES = 60
# Framing to the end, and from a piece; decoding as it comes, and in NFC with references expanded.
FRAMING = (b"\x01\xff", b"\x00\x10")
DECODING = (b"\x00", b"\x28")


def main() -> int:
    folder = Path(sys.argv[1])
    wanted = {folder / target / name_of(seed): seed for target, seed in seeds()}
    for failure in FAILURES.glob("*/*"):
        seed = failure.read_bytes()
        wanted[folder / failure.parent.name / name_of(seed)] = seed
    there = set(folder.glob("*/*"))
    for path in there - wanted.keys():
        path.unlink()
    for path in wanted.keys() - there:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    return 0


def name_of(seed: bytes) -> str:
    return hashlib.sha1(seed, usedforsecurity=False).hexdigest()


def seeds() -> Iterator[tuple[str, bytes]]:
    """Target and input, for all records at hand."""
    for fault in FAULTS.values():
        yield "recover", b"\x30" + plain("before") + fault.content[:LARGEST] + plain("after")
    for data in files():
        if len(data) <= LARGEST:
            yield from (("frame", flags + data) for flags in FRAMING)
            yield "recover", b"\x30" + data
        for outcome in first_records(data):
            if len(outcome.chunk) <= LARGEST:
                yield from (("decode", flags + outcome.chunk) for flags in DECODING)
            yield from from_record(outcome)


def files() -> Iterator[bytes]:
    for path in corpora.own_files():
        yield path.read_bytes()
    at_hand = [file for file in corpora.real_files() if file.path.exists()]
    for file in sorted(at_hand, key=lambda file: file.size)[:REAL_FILES]:
        yield file.bytes()


def first_records(data: bytes, most: int = 3) -> Iterator[Outcome]:
    position = 0
    for _ in range(most):
        chunk, fault = cut(data, position)
        if chunk:
            yield judge(chunk, Options())
        if fault is not None:
            return
        position += len(chunk)


def from_record(outcome: Outcome) -> Iterator[tuple[str, bytes]]:
    """Inputs from what stands inside of a record, as bytes and as text."""
    for value in outcome.chunk[24:LARGEST].split(b"\x1f")[1:4]:
        yield "marc8", b"\x00" + value[1:].split(b"\x1e")[0]
    if outcome.content is None:
        return
    texts = [text for field in outcome.content.fields for text in texts_of(field)]
    for text in texts[:4]:
        yield "text", b"\x07" + text.encode()
        yield "marc8_encode", text.encode()
    data = b"\x1e".join(b"\x00" + field for field in outcome.chunk.split(b"\x1e")[1:-1])
    if len(data) <= LARGEST:
        yield "encode", b"\x00" + data
        yield "marc8_encode", data.partition(b"\x1e")[2]
    yield from of_paths(outcome.content)
    for number, prefix in enumerate(("", "m:")):
        document = xml(outcome.content, prefix).encode()
        if len(document) <= LARGEST:
            yield "marcxml", bytes([number]) + document


def of_paths(content: Content) -> Iterator[tuple[str, bytes]]:
    """Each pair of paths with the record's fields, asked for in another way each time."""
    made = []
    for tag, *rest in content.fields:
        if len(rest) == 1:
            made.append(f"{tag}{rest[0]}")
        else:
            first, second, subfields = rest
            parts = "".join(f"\x1f{code}{value}" for code, value in subfields)
            made.append(f"{tag}{first}{second}{parts}")
    fields = "\x1e".join(made).encode()
    for number, lines in enumerate(PATHS):
        if len(fields) <= LARGEST // 4:
            yield "path", bytes([number * 5 % 128]) + "\n".join((*lines, "")).encode() + fields


def texts_of(field: tuple) -> list[str]:
    return [field[1]] if len(field) == 2 else [value for _, value in field[3]]


def xml(content: Content, prefix: str) -> str:
    """The record as MARCXML."""
    parts = [f"<{prefix}record><{prefix}leader>{escape(content.leader)}</{prefix}leader>\n"]
    for tag, *rest in content.fields:
        if len(rest) == 1:
            name = f"{prefix}controlfield"
            parts.append(f"<{name} tag={quoteattr(tag)}>{escape(rest[0])}</{name}>\n")
            continue
        first, second, subfields = rest
        attributes = f"tag={quoteattr(tag)} ind1={quoteattr(first)} ind2='{escape(second)}'"
        parts.append(f"<{prefix}datafield {attributes}>")
        name = f"{prefix}subfield"
        for code, value in subfields:
            parts.append(f"<{name} code={quoteattr(code)}>{escape(value)}</{name}>")
        parts.append(f"</{prefix}datafield>\n")
    return "".join([*parts, f"</{prefix}record>"])


if __name__ == "__main__":
    sys.exit(main())
