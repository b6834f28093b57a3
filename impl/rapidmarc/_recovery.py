"""What becomes of bad records: the choice that `MARCReader(on_error=...)` stands for.

The native reader finds them and asks here; good records never come this way.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any, BinaryIO

from rapidmarc.exceptions import TooManyErrorsError

if TYPE_CHECKING:
    from rapidmarc._core import MARCReader, Record

CHOICES = ("none", "raise", "skip", "salvage")
_CONTEXT_BYTES = 32


class Recovery:
    """Decides about the bad records of one reader. Threads may share it."""

    def __init__(self, on_error: str, rejects: Rejects | None, max_errors: int | None) -> None:
        self.on_error = on_error
        self.rejects = rejects
        self.max_errors = max_errors

    def __call__(
        self, reader: MARCReader, error: Exception, chunk: bytes
    ) -> tuple[Record, list[Exception]] | None:
        """What to deliver in place of a bad record: one that was salvaged, with all that is wrong
        with it; or None to go on behind it."""
        saved = None
        if self.on_error == "salvage":
            from rapidmarc._salvage import salvage

            saved = salvage(reader, error, chunk)
        if self.rejects is not None:
            self.rejects.add(error, chunk, saved[1] if saved else None)
        if self.on_error == "raise":
            raise error
        if self.max_errors is not None and sum(reader.errors.values()) > self.max_errors:
            raise TooManyErrorsError(self.max_errors) from error
        return saved

    def close(self) -> None:
        """Close the file of rejects, if the reader opened it."""
        if self.rejects is not None:
            self.rejects.close()


class Rejects:
    """Where rejected bytes go: a file of them, one piece behind the other, and beside it one that
    has a line of JSON for each fault. An open binary file gets the bytes alone.

    Of a record that was salvaged there are lines, but no bytes.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO, source: object) -> None:
        self._lock = allocate_lock()
        self._own = isinstance(target, (str, os.PathLike))
        self._lines: BinaryIO | None = None
        self._written = 0
        if isinstance(target, (str, os.PathLike)):
            path = os.fspath(target)
            _refuse_same_file(path, source)
            self._bytes: BinaryIO = open(path, "wb")  # noqa: SIM115  # closed by close()
            self._lines = open(f"{path}.jsonl", "wb")  # noqa: SIM115
        elif hasattr(target, "write"):
            self._bytes = target
        else:
            raise TypeError(f"rejects is a path or a binary file, not {type(target).__name__}")

    def add(self, error: Exception, chunk: bytes, salvaged: list[Exception] | None) -> None:
        """Write the bytes of a bad record and what is known about it; if it was `salvaged`, only
        what is wrong with it. Raises OSError."""
        with self._lock:
            place = None if salvaged else self._written
            if place is not None:
                self._bytes.write(chunk)
                self._written += len(chunk)
            if self._lines is not None:
                self._bytes.flush()
                self._lines.writelines(_line(each, chunk, place) for each in salvaged or [error])
                self._lines.flush()

    def close(self) -> None:
        """Close what was opened here. May be called again."""
        if self._own:
            self._bytes.close()
        if self._lines is not None:
            self._lines.close()

    def __del__(self) -> None:
        # The reader was dropped without being closed.
        if hasattr(self, "_bytes"):
            self.close()


def _line(error: Any, chunk: bytes, place: int | None) -> bytes:
    import json

    at = error.position or 0  # these attributes were set by the reader, whatever the class
    begin = max(0, min(at, len(chunk)) - _CONTEXT_BYTES // 2)
    facts = {
        "index": error.record_index,
        "offset": error.byte_offset,
        "length": len(chunk),
        "rejects_offset": place,
        "001": error.control_number,
        "tag": error.tag,
        "error": type(error).__name__,
        "reason": error.detail or str(error),
        "position": at,
        "context": chunk[begin : begin + _CONTEXT_BYTES].hex(" "),
    }
    return json.dumps(facts).encode("ascii") + b"\n"


def _refuse_same_file(path: str, source: object) -> None:
    name = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    for own in (path, f"{path}.jsonl"):
        if isinstance(name, (str, bytes, int, os.PathLike)) and os.path.exists(own):
            try:
                same = os.path.samefile(own, name)
            except OSError:
                continue
            if same:
                raise ValueError(f"rejects would overwrite the input, {own}")
