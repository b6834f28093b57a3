"""limit, limit/decoding: what a reader must spend on one thread, by kind of work.

The file is read, block by block; then the caller's loop runs over objects that are there already,
or their bytes are written. `limit` does nothing with what it reads: no reader that hands out Python
objects can be faster on one thread, so a target beyond this cannot be met on the host.
`limit/decoding` has rapidmarc find, check and decode every record, without any object: what lies
between it and rapidmarc is what the objects cost.

The objects are those of a few records spread over the file, each looked at many times in a row, for
objects that must first come from memory are slower than new ones.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from harness.digest import CanonicalRecord
from harness.engines.protocol import Job, per_second
from harness.engines.rapidmarc import Rapidmarc
from harness.engines.workloads import PLAIN, Loop

SAMPLE = 512  # records, and their mean is near that of the file
AT_A_TIME = 16  # of them, so that their objects stay in the cache
BLOCK = 256 << 10  # the size that serves best here; METHODOLOGY.md, "What limits the speed"


class ReadyField(dict[str, str]):
    """The value of each code; what is asked for was made before. `value` and `get` are C's.

    Subfields are named tuples, as any drop-in for pymarc hands them out: the interpreter unpacks
    bare tuples by a shorter way.
    """

    __slots__ = ("subfields", "value")

    def __init__(self, field: Any) -> None:
        super().__init__([] if field.control_field else reversed(field.subfields))
        self.subfields = [] if field.control_field else list(field.subfields)
        self.value: Callable[[], str] = field.value().__str__


class ReadyRecord(dict[str, ReadyField]):
    """The first field of each tag, with what a record hands out beside it."""

    __slots__ = ("as_marc", "data", "fields")

    def __init__(self, record: Any) -> None:
        self.fields = [ReadyField(field) for field in record.fields]
        tags = [field.tag for field in record.fields]
        super().__init__(zip(reversed(tags), reversed(self.fields), strict=True))
        self.data: bytes = record.as_marc()
        self.as_marc: Callable[[], bytes] = partial(bytes, self.data)


def write_ready(reader: Iterable[Any], block: int = -1) -> int:
    """The bytes of every record, changed and encoded before, written to a real file."""
    count = 0
    with tempfile.TemporaryFile(buffering=block) as file:
        for record in reader:
            count += 1
            file.write(record.data)
    return count


WRITING: dict[str, Loop] = {
    "change": write_ready,
    "change_path": partial(write_ready, block=BLOCK),  # as a writer does that opened the file
}


def in_turn(ready: list[ReadyRecord], count: int) -> Iterator[ReadyRecord]:
    """As many as the file has: some of them over and over, then the next."""
    times, rest = divmod(count, len(ready))
    for start in range(0, len(ready), AT_A_TIME):
        some = ready[start : start + AT_A_TIME]
        yield from itertools.chain.from_iterable(itertools.repeat(some, times))
    yield from ready[:rest]


class Limit:
    """`decoding`: whether records are decoded on the way."""

    sources = frozenset({"path"})
    workloads = frozenset(
        {"read", "title", "extract", "subfields", "roundtrip", "change", "change_path"}
    )
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = Rapidmarc.install
    guess = per_second(
        read=4_000_000,
        title=3_000_000,
        extract=700_000,
        subfields=350_000,
        roundtrip=3_000_000,
        change=500_000,
        change_path=800_000,
    )

    def __init__(self, decoding: bool = False) -> None:
        self._pass = self._decode if decoding else self._read
        self._source = Rapidmarc("native", frozenset({"path"}), reads_ahead=True)
        self._ready: dict[str, list[ReadyRecord]] = {}

    def version(self) -> str:
        return self._source.version()

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        """Makes the objects when it is called first, which is before anything is timed."""
        file = str(target)
        if file not in self._ready:
            count = options["records"] // options["iterations"]
            step = max(1, count // SAMPLE)
            found = itertools.islice(self._source.open(target, options), 0, None, step)
            self._ready[file] = list(in_turn([ReadyRecord(record) for record in found], count))
        self._pass(file, options)
        return iter(self._ready[file])

    @staticmethod
    def _read(file: str, _options: Job) -> None:
        block = bytearray(BLOCK)
        descriptor = os.open(file, os.O_RDONLY)
        try:
            at = 0
            while got := os.preadv(descriptor, [block], at):
                at += got
        finally:
            os.close(descriptor)

    def _decode(self, file: str, options: Job) -> None:
        reader: Any = self._source.open(file, options)
        at_end = False
        while not at_end:
            _, at_end = reader._pass_over()
        self._source.close(reader)

    def close(self, reader: Any) -> None:
        """Nothing is held."""

    def work(self, workload: str) -> Loop:
        return WRITING.get(workload) or PLAIN[workload]

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        raise TypeError("a limit decodes no records")

    def stats(self, reader: Any) -> dict[str, int]:
        return {}


ENGINES = {"limit": Limit(), "limit/decoding": Limit(decoding=True)}
