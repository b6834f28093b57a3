"""Takes the batches of a selection by Arrow's C stream interface, without Arrow's library.

The library has threads of its own, which are not instrumented. Structures as in the Arrow C data
and stream interfaces; ctypes calls their functions without the interpreter's lock.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from types import TracebackType
from typing import Any

Pointer = ctypes.c_void_p


class Schema(ctypes.Structure):
    """ArrowSchema: 72 bytes on 64 bits; only its `release` is used."""

    _fields_ = (("before", Pointer * 7), ("release", Pointer), ("private_data", Pointer))


class Array(ctypes.Structure):
    """ArrowArray."""

    _fields_ = (
        *(("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64)),
        *(("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64)),
        *(("buffers", Pointer), ("children", Pointer), ("dictionary", Pointer)),
        *(("release", Pointer), ("private_data", Pointer)),
    )


Release = ctypes.CFUNCTYPE(None, Pointer)
Get = ctypes.CFUNCTYPE(ctypes.c_int, Pointer, Pointer)


class Stream(ctypes.Structure):
    """ArrowArrayStream."""

    _fields_ = (
        *(("get_schema", Get), ("get_next", Get), ("get_last_error", Pointer)),
        *(("release", Pointer), ("private_data", Pointer)),
    )


def release(structure: Schema | Array | Stream) -> None:
    if structure.release:
        Release(structure.release)(ctypes.addressof(structure))


class ArrowStream:
    """The rows of each batch, one after the other. One thread at a time."""

    def __init__(self, selection: Any) -> None:
        self._capsule = selection.__arrow_c_stream__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = Pointer, (ctypes.py_object, ctypes.c_char_p)
        self._stream = Stream.from_address(pointer(self._capsule, b"arrow_array_stream"))

    def next(self) -> int:
        """The rows of the next batch; 0 at the end."""
        array = Array()
        address = ctypes.addressof(self._stream)
        code = self._stream.get_next(address, ctypes.addressof(array))
        if code != 0:
            raise OSError(code, "the selection failed")
        rows = int(array.length) if array.release else 0
        release(array)
        return rows

    def __iter__(self) -> Iterator[int]:
        while rows := self.next():
            yield rows

    def __enter__(self) -> ArrowStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        release(self._stream)
