"""Takes away what a run leaves on the host: control groups and copies of files in memory.

A process of its own: it reads the names of what is to be taken away and does so when its standard
input ends. That is when the run closes it, and also when the run is killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from harness import ROOT, throttle

GROUP, FILE = "group", "file"


class Janitor:
    """Started when there is something to take away."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def _told(self, kind: str, place: Path) -> None:
        if self._process is None:
            # In a session of its own, so that an interrupt from the terminal does not reach it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.janitor"], cwd=ROOT, text=True,
                stdin=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        assert self._process.stdin is not None
        print(kind, place, file=self._process.stdin, flush=True)

    def group(self, folder: Path) -> None:
        self._told(GROUP, folder)

    def file(self, path: Path) -> None:
        self._told(FILE, path)

    def close(self) -> None:
        """Take everything away now."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def clean(kind: str, place: Path) -> None:
    with suppress(OSError):
        if kind == GROUP:
            throttle.remove(place)
        else:
            place.unlink(missing_ok=True)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = [line.rstrip("\n").split(" ", 1) for line in sys.stdin]
    for kind, place in told:
        clean(kind, Path(place))


if __name__ == "__main__":
    main()
