"""Compressed input: told by its first bytes, decompressed by a thread of its own beside parsing.

gzip, xz, bzip2 and zstd, each as one or several streams, one behind the other. What is cut short or
damaged is a `DamagedFileError` that tells the file and the place; nothing that was decompressed
before it is held back.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from rapidmarc.exceptions import DamagedFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

_READ_BYTES = 1 << 16  # of the compressed file at a time; how exactly a place can be told
_PIECE_BYTES = 1 << 20  # decompressed at a time
_QUEUE_BYTES = 8 << 20  # decompressed ahead
# zstd makes up to 128 KB of four bytes, and cannot be told to stop: it gets little at a time.
_ZSTD_READ_BYTES = 1 << 11

_XZ_MEMORY_BYTES = 512 << 20  # what a stream may ask for; `xz -9` asks for 65 MB
_LONGEST_WAIT = 1.0  # seconds, in close, for a thread that waits for its file

_LONGEST_MAGIC = 6
_SKIPPABLE = b"\x2a\x4d\x18"  # behind 0x50 to 0x5f: a zstd frame without content, as of pzstd
_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def compression_of(head: bytes) -> str | None:
    """What a file that begins with `head` is compressed by: "gzip", "xz", "bzip2", "zstd"."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head[1:4] == _SKIPPABLE and head[0] >> 4 == 5:
        return "zstd"
    return None


def _gzip() -> Any:
    try:
        from isal import isal_zlib as zlib
    except ModuleNotFoundError:
        import zlib  # type: ignore[no-redef]
    return _ZlibStream(zlib.decompressobj(wbits=31))


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _zstd() -> Any:
    try:
        import zstandard
    except ModuleNotFoundError:
        raise _no_zstd() from None
    return _ZstdStream(zstandard.ZstdDecompressor().decompressobj())


def _no_zstd() -> ModuleNotFoundError:
    return ModuleNotFoundError(
        "zstd needs the package zstandard: pip install 'rapidmarc[compressed]'", name="zstandard"
    )


_STREAMS: dict[str, Callable[[], Any]] = {
    "gzip": _gzip,
    "xz": _xz,
    "bzip2": _bzip2,
    "zstd": _zstd,
}


class _Stream:
    """What decompresses, with the interface that the objects of bz2 and lzma have."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rest = b""

    @property
    def eof(self) -> bool:
        ended: bool = self._stream.eof
        return ended

    @property
    def unused_data(self) -> bytes:
        data: bytes = self._stream.unused_data
        return data


class _ZlibStream(_Stream):
    """An object of zlib's."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._has_more = False  # to give, without input

    def decompress(self, data: bytes, most: int) -> bytes:
        content: bytes = self._stream.decompress(self._rest + data, most)
        self._rest = self._stream.unconsumed_tail
        self._has_more = len(content) == most
        return content

    @property
    def needs_input(self) -> bool:
        return not self._rest and not self._has_more


class _ZstdStream(_Stream):
    """An object of zstandard's."""

    def decompress(self, data: bytes, most: int) -> bytes:
        data = self._rest + data
        self._rest = data[_ZSTD_READ_BYTES:]
        content: bytes = self._stream.decompress(data[:_ZSTD_READ_BYTES])
        return content

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return super().unused_data + self._rest


def _pieces(raw: Any, kind: str, name: str) -> Iterator[bytes]:
    """The content of `raw`, piece by piece. Raises DamagedFileError."""
    read = 0  # bytes of the file
    given = 0  # bytes of its content
    data = b""
    is_first = True
    while True:
        while not data:
            data = raw.read(_READ_BYTES)
            if not data:
                return
            read += len(data)
            if not is_first:
                data = data.lstrip(b"\0")  # which may stand between two streams
        if not is_first:
            while len(data) < _LONGEST_MAGIC and (more := raw.read(_READ_BYTES)):
                data += more
                read += len(more)
            if compression_of(data) != kind:
                place = read - len(data)
                raise DamagedFileError(name, place, given, f"what follows is no {kind} stream")
        is_first = False
        stream = _STREAMS[kind]()
        well = read - len(data)  # as many bytes of the file, at least, are good
        while not stream.eof:
            if stream.needs_input and not data:
                well = read
                data = raw.read(_READ_BYTES)
                if not data:
                    raise DamagedFileError(name, read, given, f"the {kind} stream is cut short")
                read += len(data)
            try:
                content = stream.decompress(data, _PIECE_BYTES)
            except Exception as error:  # each library has a class of its own
                raise DamagedFileError(name, well, given, f"{kind}: {error}") from error
            data = b""
            given += len(content)
            if content:
                yield content
        data = stream.unused_data.lstrip(b"\0")


class _Feed:
    """What the thread and the file share: the pieces that wait."""

    def __init__(self) -> None:
        self.pieces: deque[bytes] = deque()
        self.waiting = 0  # bytes
        self.changed = threading.Condition()
        self.ended = False
        self.stopped = False
        self.error: BaseException | None = None

    def put(self, piece: bytes) -> bool:
        """Wait for room; False when nobody wants any more."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopped or self.waiting < _QUEUE_BYTES)
            self.pieces.append(piece)
            self.waiting += len(piece)
            self.changed.notify_all()
            return not self.stopped

    def end(self, error: BaseException | None = None) -> None:
        with self.changed:
            self.ended = True
            self.error = error
            self.changed.notify_all()

    def take(self) -> bytes:
        """The next piece; nothing at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopped or self.pieces or self.ended)
            if self.stopped:
                raise ValueError("I/O operation on closed file")
            if self.pieces:
                piece = self.pieces.popleft()
                self.waiting -= len(piece)
                self.changed.notify_all()
                return piece
            if self.error is not None:
                raise self.error
            return b""

    def stop(self) -> None:
        with self.changed:
            self.stopped = True
            self.pieces.clear()
            self.changed.notify_all()


def _fill(feed: _Feed, raw: Any, kind: str, name: str, close: bool) -> None:
    try:
        for piece in _pieces(raw, kind, name):
            if not feed.put(piece):
                return
        feed.end()
    except BaseException as error:
        feed.end(error)
    finally:
        if close:
            raw.close()


class DecompressedFile(io.RawIOBase):
    """The content of a compressed file, decompressed ahead by a thread.

    `raw` is a binary file; `close` says whether it is to be closed in the end. Threads may not
    share it. A child process made by ``fork`` cannot read it.
    """

    def __init__(self, raw: Any, kind: str, name: str, close: bool) -> None:
        super().__init__()
        self.name = name
        _STREAMS[kind]()  # what is missing is told now
        self._feed = _Feed()
        self._piece = memoryview(b"")
        self._process = os.getpid()
        # It must not refer to this object: then nobody could let go of it.
        self._thread = threading.Thread(
            target=_fill,
            args=(self._feed, raw, kind, name, close),
            name="rapidmarc decompression",
            daemon=True,
        )
        self._thread.start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        target = memoryview(buffer).cast("B")
        if not self._piece and len(target):
            if self.closed:
                raise ValueError("I/O operation on closed file")
            if os.getpid() != self._process:
                raise ValueError(f"{self.name} was opened before fork; open it in the child")
            self._piece = memoryview(self._feed.take())
        size = min(len(target), len(self._piece))
        target[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size

    def close(self) -> None:
        if not self.closed and os.getpid() == self._process:
            self._feed.stop()
            self._piece = memoryview(b"")
            # A pipe may have nothing for it, now or ever; it ends by itself once it is served.
            if threading.current_thread() is not self._thread and not sys.is_finalizing():
                self._thread.join(timeout=_LONGEST_WAIT)
        super().close()


def compressed_writer(file: Any, kind: str) -> Any:
    """A file whose content goes to `file` compressed; closing it ends the stream, not `file`."""
    target: Any = _Written(file)
    if kind == "gzip":
        gzip: Any
        try:
            from isal import igzip as gzip
        except ModuleNotFoundError:
            import gzip
        return gzip.GzipFile(fileobj=target, mode="wb")
    if kind == "xz":
        import lzma

        return lzma.LZMAFile(target, "wb")
    if kind == "bzip2":
        import bz2

        return bz2.BZ2File(target, "wb")
    try:
        import zstandard
    except ModuleNotFoundError:
        raise _no_zstd() from None
    return zstandard.ZstdCompressor(write_checksum=True).stream_writer(target, closefd=False)


class _Written(io.RawIOBase):
    """What a compressor writes to: hands on, and closes nothing."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self._file.write(bytes(data))
        return memoryview(data).nbytes
