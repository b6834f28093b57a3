"""Files cut into parts that are read on their own, in other processes or on other machines: what
`rapidmarc.dask` and `rapidmarc.spark` have in common."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidmarc._byte_inputs import inputs_of, is_url, open_url
from rapidmarc._ranges import ByteRange, partitions
from rapidmarc.columns import select

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rapidmarc.columns import Selection

DEFAULT_BLOCKSIZE = 64 << 20


class Part(NamedTuple):
    """A byte range of a file, and the size that the file had when it was cut."""

    path: str
    start: int
    stop: int
    size: int

    @property
    def byte_range(self) -> ByteRange:
        """The range alone."""
        return ByteRange(self.start, self.stop)


def parts_of(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    blocksize: int | None,
    storage_options: dict[str, Any] | None = None,
) -> list[Part]:
    """The parts of all files, in the order of `paths`, each file cut into ranges of about
    `blocksize` bytes (None: not cut). A path may be a pattern, and a URL that fsspec knows.

    Raises FileNotFoundError for a path or pattern that no file has, and what `partitions` raises.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    parts = []
    for path in inputs_of([os.fspath(path) for path in given], storage_options):
        # The processes that read may stand in another folder.
        name = path if is_url(path) else os.path.abspath(path)
        with opened(name, storage_options) as source:
            size = _size(source)
            ranges = [ByteRange(0, size)] if size else []
            if blocksize is not None:
                ranges = partitions(source, blocksize=blocksize)
        parts += [Part(name, start, stop, size) for start, stop in ranges]
    return parts


@contextmanager
def opened(path: str, storage_options: dict[str, Any] | None = None) -> Iterator[Any]:
    """What `MARCReader` and `select` take for `path`: itself, or an open file of fsspec's."""
    if not is_url(path):
        yield path
        return
    with open_url(path, storage_options) as file:
        yield file


def _size(source: Any) -> int:
    if isinstance(source, str):
        return os.stat(source).st_size
    size: int = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size


@contextmanager
def opened_part(part: Part, storage_options: dict[str, Any] | None = None) -> Iterator[Any]:
    """What to read a part from; ValueError if its file is not as large as when it was cut."""
    with opened(part.path, storage_options) as source:
        size = _size(source)
        if size != part.size:
            raise ValueError(
                f"{part.path} has {size} bytes, and had {part.size} when it was cut into parts"
            )
        yield source


@contextmanager
def selection_of(
    part: Part, columns: Any, storage_options: dict[str, Any] | None = None, **options: Any
) -> Iterator[Selection]:
    """The selection of a part, read on one thread: the cluster has the others."""
    with opened_part(part, storage_options) as source:
        yield select(source, columns, byte_range=part.byte_range, num_threads=1, **options)
