"""Byte ranges of an input: where it can be cut between records, and how one range is read."""

from __future__ import annotations

import io
import itertools
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidmarc import _core
from rapidmarc._arguments import check_handle, contiguous, is_buffer, positive

if TYPE_CHECKING:
    from rapidmarc._core import _Source


class ByteRange(NamedTuple):
    """The bytes of an input from `start` up to, and without, `stop`.

    >>> from rapidmarc import MARCReader
    >>> [record["001"].data for record in MARCReader("books.mrc", byte_range=ByteRange(0, 141))]
    ['one']
    """

    start: int
    stop: int


def partitions(
    source: _Source, n: int | None = None, *, blocksize: int | None = None
) -> list[ByteRange]:
    """Byte ranges that together are all of `source`, each beginning where a record begins.

    `source` is a path, anything with the buffer protocol, or a seekable file object in binary mode
    (which is left where it stood). It is cut into `n` ranges of about the same size, or into ranges
    of about `blocksize` bytes; there are fewer where records are longer than that, and none of an
    empty input. Give a range to `MARCReader` or `select` as `byte_range` to read its records.

    Only a few hundred kilobytes round each cut are read. A place counts as the beginning of a
    record when the bytes round it leave no other, whatever the fields hold; where they do leave
    one, records are counted off from the cut before it. So the ranges hold exactly the records of
    the whole, in the same order. Where a file is damaged, reading a range with `on_error` "skip" or
    "salvage" goes on behind the damage as reading the whole does.

    Raises what opening and reading `source` raises, and ValueError unless one of `n` and
    `blocksize` is given. Threads may share nothing but the source; the lock of the interpreter is
    not held while a path or a buffer is read.

    >>> partitions("books.mrc", 2)
    [ByteRange(start=0, stop=141)]
    """
    if (n is None) == (blocksize is None):
        raise ValueError("either n or blocksize is given")
    positive("n", n)
    positive("blocksize", blocksize)
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb", buffering=0) as file:
            return _cut("native", file, _size_of_file(file), n, blocksize)
    if is_buffer(source):
        buffer = contiguous(source)
        return _cut("memory", buffer, memoryview(buffer).nbytes, n, blocksize)
    if not hasattr(source, "read"):
        raise TypeError(f"Expected str, Path, or file-like object, got {type(source).__name__}")
    check_handle(source)
    handle: Any = source
    before = _position(handle)
    try:
        return _cut("handle", handle, handle.seek(0, os.SEEK_END), n, blocksize)
    finally:
        handle.seek(before)


def _cut(way: str, source: Any, size: int, n: int | None, blocksize: int | None) -> list[ByteRange]:
    parts = n or -(-size // (blocksize or 1))
    targets = [blocksize * k if blocksize else size * k // parts for k in range(1, parts)]
    found, _, _ = _core._find_boundaries(way, source, size, targets)
    edges = sorted({0, *found, size})
    return [ByteRange(*pair) for pair in itertools.pairwise(edges)]


def cuts_between(
    way: str, source: Any, byte_range: tuple[int, int] | None, parts: int, least: int
) -> list[int]:
    """The first bytes of records that cut `byte_range` (None: all) of a file ("native") or a buffer
    ("memory") into at most `parts` parts, of about `least` bytes and more."""
    size = _size_of_file(source) if way == "native" else memoryview(source).nbytes
    start, stop = byte_range or (0, size)
    parts = min(parts, (stop - start) // least)
    targets = [start + (stop - start) * k // parts for k in range(1, parts)]
    found, _, _ = _core._find_boundaries(way, source, size, targets)
    return sorted({cut for cut in found if start < cut < stop})


def _size_of_file(file: io.FileIO) -> int:
    import stat

    facts = os.fstat(file.fileno())
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError("only regular files have byte ranges, and this is none")
    return facts.st_size


def _position(handle: Any) -> int:
    if not (hasattr(handle, "seek") and hasattr(handle, "tell")) or not handle.seekable():
        raise ValueError("the file object is not seekable, so it has no byte ranges")
    position: int = handle.tell()
    return position


class PartOfHandle:
    """A file object that begins and ends where a byte range does. It counts places as the whole
    does."""

    def __init__(self, handle: Any, start: int, stop: int) -> None:
        self._handle = handle
        self._stop = stop
        if handle.tell() != start:
            handle.seek(start)
        self._at = start
        self.name = getattr(handle, "name", None)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` (all that is left if negative)."""
        left = max(0, self._stop - self._at)
        size = left if size < 0 else min(size, left)
        data: bytes = self._handle.read(size)
        self._at += len(data) if data else 0
        return data

    def seekable(self) -> bool:
        """Whether `seek` can be called: always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the whole file object to `offset`."""
        self._at = self._handle.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Where the whole file object stands."""
        position: int = self._handle.tell()
        return position

    @property
    def closed(self) -> bool:
        """Whether the whole file object is closed."""
        return bool(getattr(self._handle, "closed", False))


def checked_range(byte_range: Any, source: Any) -> ByteRange:
    """`byte_range` as one that lies in `source` (an open file, a buffer, or a seekable file
    object); TypeError and ValueError for others."""
    try:
        start, stop = (int(place) for place in byte_range)
    except (TypeError, ValueError):
        raise TypeError(f"byte_range is a pair of whole numbers, not {byte_range!r}") from None
    if isinstance(source, io.FileIO):
        size = _size_of_file(source)
    elif is_buffer(source):
        size = memoryview(source).nbytes
    else:
        before = _position(source)
        size = source.seek(0, os.SEEK_END)
        source.seek(before)
    if not 0 <= start <= stop <= size:
        raise ValueError(f"byte_range {start} to {stop} does not lie in an input of {size} bytes")
    return ByteRange(start, stop)
