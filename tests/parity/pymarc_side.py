"""pymarc's half of a comparison, kept between runs because it takes most of the time.

A cached answer is found by the hash of the bytes, the options, the versions of Python and pymarc
and the source of the description itself, so nothing stale can be taken for the truth. It holds one
digest for each step; whoever needs the step itself asks pymarc again.
"""

import hashlib
import importlib.metadata
import io
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pymarc

from tests import corpora
from tests.parity import compare

CACHE = corpora.ROOT / "build" / "parity"
DIGEST_BYTES = 16


class Digests(NamedTuple):
    """What a reader did, step by step, and how many records and fields were in it."""

    digests: list[bytes]
    records: int
    fields: int


def steps(data: bytes, **options: Any) -> list[compare.Step]:
    """What pymarc does with `data`, in full."""
    return compare.run(pymarc.MARCReader(io.BytesIO(data), **options))


def digests(data: bytes, **options: Any) -> list[bytes]:
    """The digest of each step that pymarc takes, from the cache if it is there."""
    path = CACHE / _key(data, options)
    if path.exists():
        stored = path.read_bytes()
    else:
        reader = pymarc.MARCReader(io.BytesIO(data), **options)
        stored = b"".join(digests_of(reader).digests)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place, so that two runs at a time never see half a file.
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(stored)
        partial.replace(path)
    return [stored[at : at + DIGEST_BYTES] for at in range(0, len(stored), DIGEST_BYTES)]


def digests_of(reader: Any) -> Digests:
    """The digest of each step of any reader, without keeping the steps."""
    found = []
    records = fields = 0
    with compare.listening() as said:
        while True:
            one = compare.step(reader, said)
            found.append(compare.digest(one))
            if one.record is not None:
                records += 1
                fields += len(one.record["fields"])
            if one.outcome in ("stop", "raised"):
                return Digests(found, records, fields)


def first_difference(data: bytes, actual: list[bytes], open_again: Any, **options: Any) -> str:
    """Where a reader parts from pymarc, as text; empty if it does not.

    `open_again` is called for a fresh reader of the same kind if there is a difference to show.
    """
    expected = digests(data, **options)
    if expected == actual:
        return ""
    place = next(
        (at for at, pair in enumerate(zip(expected, actual, strict=False)) if pair[0] != pair[1]),
        min(len(expected), len(actual)),
    )
    left = _nth(pymarc.MARCReader(io.BytesIO(data), **options), place)
    with open_again() as reader:
        right = _nth(reader, place)
    if left == right:
        return f"step {place}: differs, but not when asked again (the place depends on timing)"
    return f"step {place} of {len(expected)}:\n{compare.explain(left, right)}"


def _nth(reader: Any, place: int) -> compare.Step | None:
    with compare.listening() as said:
        for _ in range(place + 1):
            one = compare.step(reader, said)
            if one.outcome in ("stop", "raised"):
                return one
    return one


def _key(data: bytes, options: dict[str, Any]) -> str:
    told = hashlib.sha256(hashlib.sha256(data).digest())
    told.update(repr(sorted(options.items())).encode())
    told.update(sys.version.encode())
    told.update(importlib.metadata.version("pymarc").encode())
    told.update(Path(compare.__file__).read_bytes())
    return told.hexdigest()[:32]
