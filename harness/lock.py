"""One run at a time on a host: two that measure at once spoil each other.

The lock is the kernel's, on a file that every user can open; it ends with the process that holds
it, however that ends. The file says who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

_PLACES = (Path("/run/lock"), Path("/var/lock"))
FILE = next((p for p in _PLACES if os.access(p, os.W_OK)), Path(tempfile.gettempdir())) / (
    "rapidmarc-harness.lock"
)


class HostBusy(Exception):
    """Another run measures on this host; the message names it."""


class HostLock:
    """Held by the process that measures."""

    def __init__(self, handle: int, command: str) -> None:
        self._handle = handle
        self._said = {
            "command": command,
            "process": os.getpid(),
            "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        self.name("not named yet")

    def name(self, run: str) -> None:
        """Tell others which run this is."""
        text = json.dumps({"run": run, **self._said}).encode()
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text, 0)


@contextmanager
def held(command: str, file: Path | None = None) -> Iterator[HostLock]:
    """Hold the host for this run, or say which run has it."""
    place = FILE if file is None else file
    handle = _opened(place)
    try:
        with suppress(OSError):
            os.fchmod(handle, 0o666)  # whatever the umask says: others must be able to ask
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HostBusy(_holder(os.pread(handle, 4096, 0))) from None
        yield HostLock(handle, command)
    finally:
        os.close(handle)


def _opened(place: Path) -> int:
    """The file, made if it is not there. The kernel may refuse to open another user's file in a
    folder like /tmp with the flag that would make it (fs.protected_regular)."""
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(place, flags)
    except FileNotFoundError:
        return os.open(place, flags | os.O_CREAT, 0o666)


def _holder(text: bytes) -> str:
    try:
        said = json.loads(text)
        return (
            f"another run measures on this host: {said['run']} (process {said['process']}, since "
            f"{said['since']}, {said['command']}); wait for its end"
        )
    except (ValueError, KeyError):
        return "another run has just begun on this host; wait for its end"
