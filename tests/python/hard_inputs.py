"""Bytes and file objects that are hard for a reader that works ahead.

Good and bad records in turn, records larger than a block, values that look like records of their
own; streams that give little at a time.
"""

import contextlib
import functools
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests import corpora, reference
from tests.data.encode import control, data, plain, record

SEED = 2709


@functools.cache
def mixture() -> bytes:
    """A few megabytes: every file of tests/data that can be read to its end, shuffled, repeated."""
    parts = [
        path.read_bytes()
        for path in corpora.own_files()
        if not any(ends_reading(outcome) for outcome in reference.read(path.read_bytes()))
    ]
    dice = random.Random(SEED)
    return b"".join(b"".join(dice.sample(parts, len(parts))) for _ in range(3))


def ends_reading(outcome: reference.Outcome) -> bool:
    """Whether nothing can follow: a fatal error, or a length that swallowed what came behind."""
    fatal = ("TruncatedRecord", "RecordLengthInvalid", "EndOfRecordNotFound")
    return (outcome.error is not None and outcome.error[0] in fatal) or int(outcome.chunk[:5]) < 5


@functools.cache
def decoys() -> bytes:
    """Records whose values contain whole records, terminators included, at every kind of offset."""
    dice = random.Random(SEED)
    inner = [plain(f"decoy {number}") for number in range(5)]
    found = []
    for number in range(2_500):
        fake = b"".join(dice.choices(inner, k=dice.randrange(1, 8)))
        padding = b"x" * dice.randrange(300)
        title = data("245", "10", b"a" + padding + b"\x1d" + fake + b"00099nam a2200037")
        found.append(record([control("001", f"true {number}"), title]))
    return b"".join(found)


@functools.cache
def large_records() -> bytes:
    """Records of nearly the greatest size, between small ones."""
    dice = random.Random(SEED)
    found = []
    for number in range(60):
        notes = [data("500", "  ", "a" + "é" * dice.randrange(4_000)) for _ in range(11)]
        found.append(record([control("001", f"large {number}"), *notes]) + plain("small"))
    return b"".join(found)


INPUTS: dict[str, Callable[[], bytes]] = {
    "mixture": mixture,
    "decoys": decoys,
    "large records": large_records,
    "mixture, then cut": lambda: mixture()[:-3],
    "mixture, then junk": lambda: mixture() + b"\n" + plain("lost"),
    "mixture, then a rest of one record": lambda: (
        mixture() + record([control("001", "all")], length=b"00000") + plain("swallowed")
    ),
}


def whole_records(content: bytes) -> bytes:
    """As much of `content` as ends behind a record that does not end reading."""
    outcomes = reference.read(content)
    return b"".join(outcome.chunk for outcome in outcomes if not ends_reading(outcome))


class Trickle(io.RawIOBase):
    """A raw stream whose `readinto` gives from one byte to a few thousand at a time."""

    def __init__(self, content: bytes) -> None:
        self.left = memoryview(content)
        self.dice = random.Random(SEED)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        size = min(len(target), len(self.left), self.dice.randrange(1, 5_000))
        target[:size], self.left = self.left[:size], self.left[size:]
        return size


@contextlib.contextmanager
def special_handle(kind: str, content: bytes, folder: Path) -> Iterator[Any]:
    path = folder / "special"
    if kind == "unbuffered":
        path.write_bytes(content)
        with open(path, "rb", buffering=0) as handle:
            yield handle
    elif kind == "gzip":
        path.write_bytes(gzip.compress(content, 1))
        with gzip.open(path) as handle:
            yield handle
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("records.mrc", content)
        with zipfile.ZipFile(path) as archive, archive.open("records.mrc") as handle:
            yield handle
    else:
        yield Trickle(content)
