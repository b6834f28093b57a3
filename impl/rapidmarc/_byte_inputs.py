"""Where bytes come from when all that is known is a name: files, globs, URLs, standard input; and
what their first bytes say."""

from __future__ import annotations

import errno
import glob
import io
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rapidmarc._arguments import check_handle, is_buffer
from rapidmarc._compression import DecompressedFile, compression_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

HEAD_BYTES = 512
STDIN = "-"


class Input:
    """One input: its name, and its bytes, decompressed.

    `path` is set for a regular file that holds the bytes as they are; it can be read at any place.
    Otherwise `file` gives them. `head` is how they begin.
    """

    def __init__(self, source: Any) -> None:
        self.path: str | None = None
        self.buffer: Any = None
        self.name: str = "<memory>"
        self._file: Any = None
        self._own = False
        if isinstance(source, (str, os.PathLike)):
            self.name = os.fspath(source)
            if self.name == STDIN:
                self.name = "<stdin>"
                # Not by its buffer: a thread that waits in there would hold its lock at exit.
                self._file = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
            elif is_url(self.name):
                self._file, self._own = open_url(self.name), True
            else:
                self._file, self._own = open(source, "rb", buffering=0), True  # noqa: SIM115
                if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                    self.path = self.name
        elif is_buffer(source):
            self.buffer = source
            self._file, self._own = io.BytesIO(source), True
        elif hasattr(source, "read"):
            check_handle(source)
            self._file = source
            name = getattr(source, "name", None)
            self.name = name if isinstance(name, str) else f"<{type(source).__name__}>"
        else:
            raise TypeError(
                f"Expected str, Path, bytes, or file-like object, got {type(source).__name__}"
            )
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    def _look(self) -> None:
        self.head = self._first_bytes()
        kind = compression_of(self.head)
        if kind is not None:
            self.path = self.buffer = None
            self._file = DecompressedFile(self._file, kind, self.name, self._own)
            self._own = True
            self.head = self._first_bytes()

    def _first_bytes(self) -> bytes:
        file = self._file
        if _can_seek(file):
            place = file.tell()
            head = _read(file, HEAD_BYTES)
            file.seek(place)
        else:
            head = _read(file, HEAD_BYTES)
            self._file = _Ahead(head, file, self._own)
        return head

    def take_file(self) -> tuple[Any, bool]:
        """The file, and whether it is to be closed by whoever reads it: the caller, from now on."""
        return self._file, self._own

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._own:
            self._file.close()


def _can_seek(file: Any) -> bool:
    try:
        return bool(file.seekable()) and file.tell() is not None
    except (AttributeError, OSError):
        return False


def _read(file: Any, size: int) -> bytes:
    head = b""
    while len(head) < size:
        more = file.read(size - len(head))
        if not isinstance(more, (bytes, bytearray)):
            raise TypeError(f"read() gave {type(more).__name__}, not bytes")
        if not more:
            break
        head += more
    return head


class _Ahead(io.RawIOBase):
    """A file of which the beginning was read already."""

    def __init__(self, head: bytes, file: Any, close: bool) -> None:
        super().__init__()
        self.name = getattr(file, "name", None)
        self._head = memoryview(head)
        self._file = file
        self._close = close

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        target = memoryview(buffer).cast("B")
        block = self._head[: len(target)]
        self._head = self._head[len(block) :]
        if not block and len(target):
            block = self._file.read(len(target))
        target[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if self._close and not self.closed:
            self._file.close()
        super().close()


def is_url(name: str) -> bool:
    """Whether a name is a URL rather than a path."""
    scheme, separator, _ = name.partition("://")
    return bool(separator) and scheme.replace("+", "").replace(":", "").isalnum()


def _fsspec() -> Any:
    try:
        import fsspec  # type: ignore[import-untyped, unused-ignore]
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "URLs need the package fsspec: pip install 'rapidmarc[remote]'", name="fsspec"
        ) from None
    return fsspec


def open_url(url: str, storage_options: dict[str, Any] | None = None) -> Any:
    """The file behind a URL that fsspec knows, open; OSError with the URL in it if it cannot be."""
    package = _fsspec()
    with _as_os_error(url):
        return package.open(url, "rb", **(storage_options or {})).open()


@contextmanager
def _as_os_error(url: str) -> Iterator[None]:
    """Makes an OSError with the URL in it of what fsspec and its backends raise."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url) from error
    except OSError:
        raise
    except Exception as error:  # a scheme nobody knows, a missing package, an answer of a server
        raise OSError(errno.EIO, str(error) or type(error).__name__, url) from error


def inputs_of(source: Any, storage_options: dict[str, Any] | None = None) -> list[Any]:
    """What `source` stands for: itself, or the inputs that a list or a pattern has, in order. The
    options are fsspec's, for URLs.

    Raises FileNotFoundError for a pattern that matches nothing.
    """
    if isinstance(source, Sequence) and not isinstance(source, str) and not is_buffer(source):
        return [each for part in source for each in inputs_of(part, storage_options)]
    if not isinstance(source, str) or not glob.has_magic(source) or os.path.exists(source):
        return [source]
    if is_url(source):
        if source.startswith(("http:", "https:")):
            return [source]  # a question mark is no pattern there
        package = _fsspec()
        with _as_os_error(source):
            system, path = package.core.url_to_fs(source, **(storage_options or {}))
            found = [system.unstrip_protocol(each) for each in sorted(system.glob(path))]
    else:
        found = sorted(glob.glob(source, recursive=True))
    if not found:
        raise FileNotFoundError(errno.ENOENT, "no file matches the pattern", source)
    return found
