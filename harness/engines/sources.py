"""The ways in which bytes are handed to a reader. Everything is prepared before the clock starts.

Runs in the worker process, so what only pipes and sockets need is imported there.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess


class OnlyRead:
    """A stranger's file object: `.read` is all that is known of it."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed by close()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class Source:
    """One corpus file and one way of handing it over; gives a new target for each reading."""

    def __init__(self, kind: str, path: str) -> None:
        self.kind = kind
        self.path = path
        self._feeders: list[subprocess.Popen[bytes]] = []
        self._data = b""
        if kind in ("bytes", "bytesio"):
            with open(path, "rb") as file:
                self._data = file.read()

    def target(self) -> Any:
        if self.kind == "path":
            return self.path
        if self.kind == "bytes":
            return self._data
        if self.kind == "bytesio":
            return io.BytesIO(self._data)  # shares the bytes until somebody writes
        if self.kind == "custom":
            return OnlyRead(self.path)
        if self.kind == "open":
            return open(self.path, "rb")
        if self.kind == "pipe":
            return self._pipe()
        if self.kind == "socket":
            return self._socket()
        raise ValueError(f"unknown source {self.kind!r}")

    def release(self, target: Any) -> None:
        if hasattr(target, "close"):
            target.close()

    def finish(self) -> None:
        """Wait for the processes that fed pipes and sockets."""
        for feeder in self._feeders:
            feeder.wait()
        self._feeders.clear()

    def _feed(self, output: int) -> subprocess.Popen[bytes]:
        import subprocess

        feeder = subprocess.Popen(["cat", self.path], stdout=output, stderr=subprocess.DEVNULL)
        self._feeders.append(feeder)
        return feeder

    def _pipe(self) -> Any:
        import subprocess

        return self._feed(subprocess.PIPE).stdout

    def _socket(self) -> Any:
        import socket

        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._feed(theirs.fileno())
            return ours.makefile("rb")
