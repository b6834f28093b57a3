"""`MARCReader`: chooses a backend for its input and hands the rest to the native reader."""

from __future__ import annotations

import io
import os
from _weakref import ref  # without the rest of `weakref`, which takes time to import

from rapidmarc._arguments import (
    NO_STOP,
    check_handle,
    contiguous,
    is_buffer,
    positive,
    usable_cores,
)
from rapidmarc._core import MARCReader as _NativeReader
from rapidmarc._random_access import RandomAccess
from rapidmarc._readers import Reader

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any, BinaryIO, Literal

    from typing_extensions import Self

    from rapidmarc._core import Record, _Source
    from rapidmarc._index import Index
    from rapidmarc._recovery import Recovery

# What decoding looks at, for each record.
_OPTIONS = (
    "to_unicode",
    "force_utf8",
    "hide_utf8_warnings",
    "utf8_handling",
    "file_encoding",
    "permissive",
    "normalize",
    "expand_references",
    "encoding",
    "dialect",
)
_BACKENDS = ("auto", "record", "batched", "native", "memory")
# Bytes looked at to learn how long records are, when a batch is asked for by their number.
_SAMPLE_BYTES = 1 << 16
_SMALLEST_CHUNK = 4096
_LARGEST_CHUNK = 64 << 20


class _Plan:
    """What the constructor was told about batches, threads and the queue; None leaves the choice to
    the reader."""

    def __init__(
        self,
        batch_size: int | None,
        threads: int | None,
        queue_bytes: int,
        queue_records: int | None,
        on_overflow: str,
    ) -> None:
        self.batch_size = batch_size
        self.threads = threads
        self.queue_bytes = queue_bytes
        self.queue_records = queue_records
        self.on_overflow = on_overflow


class _InputHandle:
    """What `file_handle` is when the reader opened its input itself: a name, a place, and a way to
    close it."""

    def __init__(self, reader: MARCReader, name: str | None) -> None:
        # Not a reference to the reader: a cycle would keep its threads and file until a collection.
        self._reader = ref(reader)
        self.name = name

    @property
    def closed(self) -> bool:
        """Whether the input is closed; a reader that was freed has closed it."""
        reader = self._reader()
        return reader is None or reader._closed

    def tell(self) -> int:
        """Byte right behind the last record delivered."""
        reader = self._reader()
        if reader is None:
            raise ValueError("I/O operation on closed file")
        return reader.tell()

    def close(self) -> None:
        """Close the reader."""
        if reader := self._reader():
            reader.close()


class MARCReader(RandomAccess, _NativeReader, Reader):
    """Iterates over the records of a file, a file object or bytes in memory.

    `marc_target` is a path (``str`` or ``PathLike``), anything with the buffer protocol, or an
    object with ``read``. A record that cannot be decoded comes as ``None``; `current_exception` and
    `current_chunk` tell why and what. The seven arguments that pymarc has are attributes, looked at
    for each record, so they may be changed on the way.

    `backend` is chosen by the input: "native" for a path, "memory" for a buffer, "batched" for a
    file object; "record" reads one record at a time and keeps a file object exactly behind it.
    `num_threads` (native, memory) counts the threads that decode, this one included; None means all
    usable cores, 1 no other thread. `batch_size` is the number of records decoded at a time, or
    "auto": as many as fit a block that stays in the cache. With more than one thread no more than
    `queue_bytes` bytes and `queue_records` records are parsed ahead; when that is full,
    `on_overflow` says what happens: "block" (parsing waits), "drop" (the newest batch is dropped
    and counted) or "error" (`QueueFullError`).

    `normalize` puts every value (the data of control fields, the subfields' text) into that normal
    form; None leaves UTF-8 as it is and MARC-8 in NFC. `expand_references` puts characters in the
    place of references such as ``&#x4E2D;``, before that. Both are attributes too, looked at for
    each record; they do nothing where `to_unicode` is false.

    `encoding` "auto" looks at each record's text instead of believing its leader: it is read as
    UTF-8, MARC-8 or Latin-1, whichever it seems to be, and `Record.encoding` tells which.
    `file_encoding` does not count then. An attribute as well.

    `dialect` says in which character sets records are that are not in UTF-8: "marc21" in MARC-8;
    "unimarc" in those that field 100 names (ISO 5426, the Cyrillic and Greek sets of ISO); "latin1"
    in ISO 8859-1, as in several national formats. With the latter two leaders are not believed:
    text that is more than ASCII and valid UTF-8 is read as such. An attribute, too.

    `on_error` says what happens to a record that cannot be delivered. "none" is pymarc's way: it
    comes as ``None``, and a record whose end cannot be told ends the loop. With "raise" its
    exception is raised, with "skip" it is left out, with "salvage" those of its fields come that
    can be told, with all that is wrong in `Record.errors`, and only a record without any is left
    out; and with each of them reading goes on at the next record that can be made out. `rejects` (a
    path, or a binary file open for writing) gets the bytes of the records that did not come; beside
    a path, a file with ".jsonl" behind its name gets a line about each fault. `errors` counts the
    bad records; more than `max_errors` raise `TooManyErrorsError`.

    `byte_range` is a pair (start, stop), as `partitions` gives them: only these bytes of the input
    are read, as though they were all of it, but `Record.offset` and `tell` count from the input's
    first one. `Record.index` counts from the range's. A file object must be seekable. `index` is
    what `rapidmarc.index` made of the file, for `seek_record` and `by_control_number`; None means
    the one that lies beside it.

    Raises FileNotFoundError, PermissionError and IsADirectoryError as ``open()`` does, TypeError
    for an input of another kind and for files opened in text mode, ValueError for a closed file and
    for arguments that do not go together.

    Threads may share a reader: each record goes to exactly one of them.

    >>> with MARCReader("books.mrc") as reader:
    ...     [(record.offset, record["001"].data) for record in reader]
    [(0, 'one')]
    >>> data = b"00038nam a2200037   45e0\\x1e\\x1d"
    >>> for record in MARCReader(data):
    ...     print(record)
    None
    """

    __module__ = "rapidmarc.reader"

    def __init__(
        self,
        marc_target: _Source,
        to_unicode: bool = True,
        force_utf8: bool = False,
        hide_utf8_warnings: bool = False,
        utf8_handling: str = "strict",
        file_encoding: str = "iso8859-1",
        permissive: bool = False,
        *,
        backend: Literal["auto", "record", "batched", "native", "memory"] = "auto",
        num_threads: int | None = None,
        batch_size: int | Literal["auto"] = "auto",
        queue_bytes: int = 10 << 20,
        queue_records: int | None = None,
        on_overflow: Literal["block", "drop", "error"] = "block",
        normalize: Literal["NFC", "NFD"] | None = None,
        expand_references: bool = False,
        encoding: Literal["auto"] | None = None,
        dialect: Literal["marc21", "unimarc", "latin1"] = "marc21",
        on_error: Literal["none", "raise", "skip", "salvage"] = "none",
        rejects: str | os.PathLike[str] | BinaryIO | None = None,
        max_errors: int | None = None,
        byte_range: tuple[int, int] | None = None,
        index: str | os.PathLike[str] | Index | None = None,
    ) -> None:
        self.to_unicode = to_unicode
        self.force_utf8 = force_utf8
        self.hide_utf8_warnings = hide_utf8_warnings
        self.utf8_handling = utf8_handling
        self.file_encoding = file_encoding
        self.permissive = permissive
        self.normalize = normalize
        self.expand_references = expand_references
        self.encoding = encoding
        self.dialect = dialect
        self._closed = False
        self._own_file: Any = None
        self._recovery: Recovery | None = None
        self._range = byte_range
        self._index = index
        if backend not in _BACKENDS:
            raise ValueError(f"backend is one of {', '.join(_BACKENDS)}, not {backend!r}")
        if batch_size != "auto":
            positive("batch_size", batch_size)
        self._plan = _Plan(
            batch_size=None if batch_size == "auto" else batch_size,
            threads=positive("num_threads", num_threads),
            queue_bytes=positive("queue_bytes", queue_bytes) or 1,
            queue_records=positive("queue_records", queue_records),
            on_overflow=on_overflow,
        )
        # Last, for it makes the file of rejects anew.
        if on_error != "none" or rejects is not None or max_errors is not None:
            self._recovery = _recovery_for(on_error, rejects, max_errors, marc_target)
        if isinstance(marc_target, (str, os.PathLike)):
            self._open_path(marc_target, backend)
        elif is_buffer(marc_target):
            self._open_buffer(marc_target, backend)
        elif hasattr(marc_target, "read"):
            self._open_handle(marc_target, backend)
        else:
            raise TypeError(
                f"Expected str, Path, or file-like object, got {type(marc_target).__name__}"
            )

    def _open_path(self, path: str | os.PathLike[str], backend: str) -> None:
        if backend == "memory":
            raise ValueError('backend="memory" reads buffers, not paths; use "native"')
        # Unbuffered: the native reader takes its descriptor, the others bring their own buffer.
        file = open(path, "rb", buffering=0)  # noqa: SIM115  # closed by close()
        self._own_file = file
        self.file_handle = _InputHandle(self, os.fspath(path))
        if backend in ("record", "batched"):
            buffered = backend == "record" or self._range is not None
            self._start(backend, io.BufferedReader(file) if buffered else file)
            return
        import stat

        regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        if not regular and backend == "native":
            file.close()
            raise ValueError('backend="native" reads regular files; use "batched" for this one')
        self._start("native" if regular else "batched", file)

    def _open_buffer(self, buffer: Any, backend: str) -> None:
        if backend == "native":
            raise ValueError('backend="native" reads paths, not buffers; use "memory"')
        if backend in ("record", "batched"):
            self.file_handle = io.BytesIO(buffer)
            self._start(backend, self.file_handle)
        else:
            self.file_handle = _InputHandle(self, None)
            self._start("memory", contiguous(buffer))

    def _open_handle(self, handle: Any, backend: str) -> None:
        if backend in ("native", "memory"):
            what = "paths" if backend == "native" else "buffers"
            raise ValueError(f'backend="{backend}" reads {what}, not file objects; use "batched"')
        check_handle(handle)
        self.file_handle = handle
        self._start("record" if backend == "record" else "batched", handle)

    def _start(self, backend: str, source: Any) -> None:
        self._backend = backend
        self._input = source
        if self._range is None:
            self._begin(None, 0)
            return
        from rapidmarc._ranges import checked_range

        self._begin(checked_range(self._range, source), 0)

    def _begin(self, byte_range: tuple[int, int] | None, index: int) -> None:
        """Read a range of the input, or all from where it stands; the first record is number
        `index`."""
        backend, source, plan = self._backend, self._input, self._plan
        parallel = backend in ("native", "memory")
        start, stop = byte_range or (0, NO_STOP)
        if byte_range is not None and not parallel:
            from rapidmarc._ranges import PartOfHandle

            source = PartOfHandle(source, start, stop)
        threads = (plan.threads or usable_cores()) if parallel else 1
        chunk = 0
        if parallel and plan.batch_size is not None:
            chunk = _chunk_size(source, plan.batch_size)
        if parallel and threads > 1 and plan.queue_records is not None:
            # Several chunks have to fit the queue, or the threads take turns.
            wanted = max(1, plan.queue_records // (2 * threads))
            chunk = min(chunk or _LARGEST_CHUNK, _chunk_size(source, wanted), 256 << 10)
        self._open(
            backend,
            source,
            threads,
            chunk,
            plan.batch_size or 0,
            plan.queue_bytes,
            plan.queue_records or 0,
            plan.on_overflow,
            getattr(self.file_handle, "name", None),
            self._recovery,
            start,
            stop,
            index,
        )

    def _take_over(self, file: Any, name: str) -> None:
        """Own a file object that was opened for this reader alone: it is closed with it."""
        self._own_file = file
        self.file_handle = _InputHandle(self, name)

    def _reader_of(self, start: int, stop: int, index: int) -> MARCReader:
        """A reader of the bytes [start, stop) of the reader's own file, with the same options."""
        other = MARCReader.__new__(MARCReader)
        for option in _OPTIONS:
            setattr(other, option, getattr(self, option))
        name, recovery = self.file_handle.name, self._recovery
        size = _SMALLEST_CHUNK
        place = (start, stop, index)
        other._open("native", self._own_file, 1, size, 0, size, 0, "block", name, recovery, *place)
        return other

    @property
    def backend(self) -> str:
        """Name of the backend in use: "record", "batched", "native" or "memory"."""
        return self._backend

    def close(self) -> None:
        """Close the input, the caller's file object included. Reading on raises ValueError."""
        self._close_source()
        self._closed = True
        if self._recovery is not None:
            self._recovery.close()
        if self._own_file is not None:
            self._own_file.close()
        elif not isinstance(self.file_handle, _InputHandle):
            self.file_handle.close()

    def detach(self) -> Any:
        """Put the caller's file object, if it is seekable, right behind the last record delivered,
        and return it."""
        self._put_handle_behind()
        return self.file_handle

    def batches(self) -> Iterator[list[Record | None]]:
        """Iterate over lists of records, as many in each as were decoded together."""
        while batch := self._next_batch():
            yield batch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what the reader opened; put the caller's file object right behind the last
        record."""
        if isinstance(self.file_handle, _InputHandle):
            self.close()
        else:
            self._put_handle_behind()


def _recovery_for(
    on_error: str,
    rejects: str | os.PathLike[str] | BinaryIO | None,
    max_errors: int | None,
    source: object,
) -> Recovery:
    from rapidmarc._recovery import CHOICES, Recovery, Rejects

    if on_error not in CHOICES:
        raise ValueError(f"on_error is one of {', '.join(CHOICES)}, not {on_error!r}")
    if on_error == "none":
        raise ValueError('rejects and max_errors need on_error="raise", "skip" or "salvage"')
    if max_errors != 0:
        positive("max_errors", max_errors)
    return Recovery(on_error, None if rejects is None else Rejects(rejects, source), max_errors)


def _chunk_size(source: Any, records: int) -> int:
    """Bytes that hold about `records` records of this input, judged by its beginning."""
    if hasattr(source, "fileno"):
        sample = os.pread(source.fileno(), _SAMPLE_BYTES, 0)
    else:
        sample = bytes(memoryview(source).cast("B")[:_SAMPLE_BYTES])
    found = sample.count(b"\x1d")
    size = records * (len(sample) // found if found else _SAMPLE_BYTES)
    return min(max(size, _SMALLEST_CHUNK), _LARGEST_CHUNK)
