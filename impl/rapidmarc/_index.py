"""An index of a file: where each of its records lies, and under which control number.

It is a table in a file of Arrow's (or Parquet, by its name): a row for each record, in the file's
order, and a column that lists the rows by control number. An Arrow file is mapped into memory, so
that looking something up reads a few pages of it.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from rapidmarc._tables import pyarrow
from rapidmarc.columns import length, offset, select
from rapidmarc.exceptions import StaleIndexError

if TYPE_CHECKING:
    import pyarrow as _arrow

_METADATA = b"rapidmarc.index"
_VERSION = 1
# At each end of the file: what is looked at to see whether it is still the same.
_END_BYTES = 64 << 10


class Place(NamedTuple):
    """Where a record lies: its number in the file, from 0, its first byte and its length in
    bytes."""

    number: int
    offset: int
    length: int


def beside(path: str | os.PathLike[str]) -> str:
    """Where the index of `path` lies unless another place is named."""
    return os.fspath(path) + ".index.arrow"


def index(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    num_threads: int | None = None,
) -> Index:
    """Make an index of the file `path`, store it as `target`, and return it.

    `target` is `path` with ``.index.arrow`` behind it unless another is given; one that ends with
    ``.parquet`` becomes a Parquet file. It is replaced as a whole when the index is complete. The
    file is read by `num_threads` threads (None: all usable cores). Pieces that are no records have
    a row without control number, so that rows are numbered as `Record.index` is.

    Needs pyarrow (``pip install rapidmarc[arrow]``) and some 50 bytes of memory a record. Raises
    what opening and reading `path` and writing `target` raise, and StaleIndexError if `path`
    changes meanwhile.

    >>> len(index("books.mrc"))
    1
    """
    pa = pyarrow()
    import pyarrow.compute as compute

    with open(path, "rb", buffering=0) as file:
        before = _fingerprint(file)
        wanted: dict[str, Any] = {
            "control_number": "001",
            "offset": offset(),
            "length": length(),
        }
        found = pa.table(select(path, wanted, on_error="none", num_threads=num_threads))
        if _fingerprint(file) != before:
            raise StaleIndexError(os.fspath(path), "it changed while its index was made")
    numbers = found["control_number"].cast(pa.large_string())
    order = compute.sort_indices(compute.utf8_trim(numbers, " "))  # nulls last
    table = pa.table(
        {
            "control_number": numbers,
            "offset": found["offset"],
            "length": found["length"],
            "by_control_number": order,
        }
    )
    facts = {**before, "version": _VERSION, "without_control_number": numbers.null_count}
    name = beside(path) if target is None else os.fspath(target)
    _store(_with_facts(table.combine_chunks(), facts), name)
    return Index(name)


class Index:
    """An index that was stored by `index`. Never changes, so any number of threads may use it.

    Raises ValueError for a file that is no index, OSError for one that cannot be read.

    >>> index("books.mrc").find("one")
    [Place(number=0, offset=0, length=141)]
    """

    def __init__(self, name: str | os.PathLike[str]) -> None:
        import json

        self.name = os.fspath(name)
        """The file that the index is stored in."""
        table = _load(self.name)
        stored = (table.schema.metadata or {}).get(_METADATA)
        facts = json.loads(stored) if stored else {}
        if facts.get("version") != _VERSION:
            raise ValueError(f"{self.name} is no index of this version of rapidmarc")
        self._facts: dict[str, Any] = facts
        self._numbers, self._offsets, self._lengths, self._order = (
            _one_chunk(table[column])
            for column in ("control_number", "offset", "length", "by_control_number")
        )

    def __len__(self) -> int:
        """The number of records."""
        return len(self._offsets)

    def place(self, number: int) -> Place:
        """Where record `number` lies; IndexError if there is none."""
        if not 0 <= number < len(self):
            raise IndexError(f"there is no record {number:,} in a file of {len(self):,} records")
        return Place(number, self._offsets[number].as_py(), self._lengths[number].as_py())

    def find(self, control_number: str) -> list[Place]:
        """Where the records lie whose field 001 is `control_number`, in the file's order. Blanks
        round control numbers do not count."""
        wanted = control_number.strip(" ")
        known = range(len(self) - self._facts["without_control_number"])
        first = bisect_left(known, wanted, key=self._ordered)
        last = bisect_right(known, wanted, lo=first, key=self._ordered)
        return [self.place(self._order[row].as_py()) for row in range(first, last)]

    def _ordered(self, row: int) -> str:
        number: str = self._numbers[self._order[row].as_py()].as_py()
        return number.strip(" ")

    def check(self, file: BinaryIO | str | os.PathLike[str]) -> None:
        """StaleIndexError unless `file` (a path, or open in binary mode) is what was indexed: of
        the same size and time of change, with the same bytes at both ends."""
        if isinstance(file, (str, os.PathLike)):
            with open(file, "rb", buffering=0) as opened:
                self.check(opened)
            return
        now = _fingerprint(file)
        for fact, what in _FACTS.items():
            if now[fact] != self._facts[fact]:
                raise StaleIndexError(
                    str(file.name),
                    f"{what} {now[fact]}, and {self._facts[fact]} when {self.name} was made",
                )

    def is_current(self, file: BinaryIO) -> bool:
        """Whether `file` is as large and as old as what was indexed: a part of `check` that costs
        one call of the system."""
        facts = os.fstat(file.fileno())
        return (facts.st_size, facts.st_mtime_ns) == (self._facts["size"], self._facts["mtime_ns"])


_FACTS = {
    "size": "its size in bytes is",
    "mtime_ns": "its time of change in nanoseconds is",
    "ends": "the hash of its ends is",
}


def _fingerprint(file: Any) -> dict[str, Any]:
    import hashlib

    facts = os.fstat(file.fileno())
    ends = hashlib.sha256()
    for place in (0, max(0, facts.st_size - _END_BYTES)):
        ends.update(os.pread(file.fileno(), _END_BYTES, place))
    return {"size": facts.st_size, "mtime_ns": facts.st_mtime_ns, "ends": ends.hexdigest()[:16]}


def _one_chunk(column: _arrow.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _with_facts(table: _arrow.Table, facts: dict[str, Any]) -> _arrow.Table:
    import json

    return table.replace_schema_metadata({_METADATA: json.dumps(facts)})


def _store(table: _arrow.Table, name: str) -> None:
    from rapidmarc._tables import arrow_file
    from rapidmarc.conversion import Target

    with Target(name) as target, arrow_file(target.file) as sink:
        if name.endswith(".parquet"):
            from pyarrow import parquet

            parquet.write_table(table, sink)
        else:
            with pyarrow().ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)


def _load(name: str) -> _arrow.Table:
    pa = pyarrow()
    try:
        if name.endswith(".parquet"):
            from pyarrow import parquet

            return parquet.read_table(name)
        with pa.memory_map(name) as source:
            return pa.ipc.open_file(source).read_all()
    except pa.ArrowInvalid as error:
        raise ValueError(f"{name} is no index: {error}") from None
