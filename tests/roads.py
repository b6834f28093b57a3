"""Every road by which bytes reach a reader, and the road that is natural for each backend.

A road is entered as a context: it leaves no file, thread or descriptor behind.
"""

import contextlib
import io
import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BACKENDS = ("record", "batched", "native", "memory")
ROADS = ("path", "open", "bytesio", "custom", "bytes", "pipe")
# What `backend="auto"` has to choose for each road.
CHOSEN = {
    "path": "native",
    "open": "batched",
    "bytesio": "batched",
    "custom": "batched",
    "bytes": "memory",
    "pipe": "batched",
}
# The road on which each backend is tested, and the keywords that ask for it there.
NATURAL = {
    "record": ("bytesio", {"backend": "record"}),
    "batched": ("bytesio", {"backend": "batched"}),
    "native": ("path", {"backend": "native"}),
    "memory": ("bytes", {"backend": "memory"}),
}
_numbers = itertools.count(1)


class OnlyRead:
    """The least that a caller may hand over: an object with `read`, counting its calls.

    `most` caps what one call returns, as sockets and raw pipes do; `fail_at` makes the call that
    would reach that offset raise instead.
    """

    def __init__(self, data: bytes, most: int | None = None, fail_at: int | None = None) -> None:
        self.data = data
        self.most = most
        self.fail_at = fail_at
        self.position = 0
        self.calls = 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        left = len(self.data) - self.position
        wanted = left if size < 0 else min(size, left)
        if self.most is not None:
            wanted = min(wanted, self.most)
        if self.fail_at is not None and self.position + wanted > self.fail_at:
            wanted = self.fail_at - self.position
            if wanted <= 0:
                raise OSError(5, "the tape is torn")
        self.position += wanted
        return self.data[self.position - wanted : self.position]


@contextmanager
def travel(road: str, data: bytes, folder: Path) -> Iterator[Any]:
    """The target to hand to a reader so that `data` arrives by `road`."""
    if road == "bytes":
        yield data
    elif road == "bytesio":
        yield io.BytesIO(data)
    elif road == "custom":
        yield OnlyRead(data)
    elif road == "pipe":
        with _pipe(data) as handle:
            yield handle
    elif road in ("path", "open"):
        path = _written(data, folder)
        if road == "path":
            yield str(path)
        else:
            with open(path, "rb") as handle:
                yield handle
    else:
        raise ValueError(f"no road is called {road!r}")


def _written(data: bytes, folder: Path) -> Path:
    # A name of its own each time: an earlier file may still be read.
    path = folder / f"records-{next(_numbers)}.mrc"
    path.write_bytes(data)
    return path


@contextmanager
def _pipe(data: bytes) -> Iterator[Any]:
    reading_end, writing_end = os.pipe()

    def fill() -> None:
        # A reader that had enough closes its end, which is its right.
        with contextlib.suppress(BrokenPipeError), open(writing_end, "wb") as sink:
            sink.write(data)

    writer = threading.Thread(target=fill, name="pipe-writer")
    writer.start()
    try:
        with open(reading_end, "rb") as handle:
            yield handle
    finally:
        writer.join()


@contextmanager
def reader_for(backend: str, data: bytes, folder: Path, **options: Any) -> Iterator[Any]:
    """A rapidmarc reader of `data` that runs in `backend`, by that backend's natural road."""
    import rapidmarc

    road, keywords = NATURAL[backend]
    with travel(road, data, folder) as target:
        reader = rapidmarc.MARCReader(target, **keywords, **options)
        assert reader.backend == backend
        yield reader
