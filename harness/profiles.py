"""The disk profiles of one run: set up, measured, and taken away at its end.

`open` brings a profile about and measures what it then gives; `place` says which file to read;
`joined` puts this process, and so every worker it starts, under the profile's limits.
"""

from __future__ import annotations

import mmap
import os
import random
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness import throttle
from harness.disks import COLD, LIMITS, NotEvaluable, drop, resident_share, tmpfs_folder
from harness.janitor import GROUP, Janitor, clean

PROBE_BYTES = 256 << 20
PROBE_READS = 200
PROBE_READS_S = 1.5
STEP = 1 << 20
PAGE = mmap.PAGESIZE
# A device that is far from the limit does not stand for the profile.
LEAST_OF_LIMIT, MOST_OF_LIMIT = 0.75, 1.25
TRIES = 3


class Profiles:
    """What a run reads from, by the name of the profile. Close it; a killed run is cleaned too."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []  # what was measured, as lines of a run
        self._janitor = Janitor()
        self._groups: dict[str, throttle.Group] = {}
        self._placed: dict[tuple[Path, str], Path] = {}

    def open(self, profile: str, file: Path) -> None:
        """Bring the profile about, and measure it with this file."""
        if profile in LIMITS:
            self._groups[profile] = self._group(profile, file)
        where = self.place(file, profile)
        for _ in range(TRIES):
            with self.joined(profile):
                found = probe(where, cold=profile in COLD)
            if self._fits(profile, found["bytes_per_s"]):
                break
        else:
            raise NotEvaluable(
                f"reading gave {found['bytes_per_s'] / 1e6:,.0f} MB/s here, where {profile} stands "
                f"for {LIMITS[profile].bytes_per_s / 1e6:,.0f} MB/s"
            )
        group = self._groups.get(profile)
        self.lines.append({
            "kind": "disk",
            "profile": profile,
            "method": _method(profile) if group is None else group.method,
            "device": None if group is None else group.device,
            "limits": None if group is None else asdict(LIMITS[profile]),
            **found,
        })  # fmt: skip

    @staticmethod
    def _fits(profile: str, rate: float) -> bool:
        limits = LIMITS.get(profile)
        if limits is None:
            return True
        return LEAST_OF_LIMIT <= rate / limits.bytes_per_s <= MOST_OF_LIMIT

    def _group(self, profile: str, file: Path) -> throttle.Group:
        try:
            for left in throttle.leftovers():
                clean(GROUP, left)
            group = throttle.make(profile, LIMITS[profile], throttle.device_of(file))
        except throttle.NoThrottle as reason:
            raise NotEvaluable(str(reason)) from None
        self._janitor.group(group.folder)
        return group

    def place(self, file: Path, profile: str) -> Path:
        """The path under which the profile's bytes are read; copies the file where needed."""
        if profile != "tmpfs":
            return file
        key = (file, profile)
        if key not in self._placed:
            self._placed[key] = self._copy(file)
        return self._placed[key]

    def _copy(self, file: Path) -> Path:
        folder = tmpfs_folder(file.stat().st_size)
        copy = folder / f"{throttle.NAME}-{os.getpid()}-{file.name}"
        self._janitor.file(copy)
        shutil.copyfile(file, copy)
        return copy

    @contextmanager
    def joined(self, profile: str) -> Iterator[None]:
        """This process, and all that it starts meanwhile, under the limits of the profile."""
        group = self._groups.get(profile)
        with nullcontext() if group is None else group.joined():
            yield

    def close(self) -> None:
        self._janitor.close()
        self._groups.clear()
        self._placed.clear()


def _method(profile: str) -> str:
    return {"cold": "posix_fadvise", "tmpfs": "copy in tmpfs"}.get(profile, "as it is")


def probe(file: Path, *, cold: bool) -> dict[str, float]:
    """Bandwidth of reading on, and latency of single pages here and there.

    A page is read past the page cache where the file system can; `resident_share` is what mincore
    found in the page cache before the first byte was read.
    """
    if cold:
        drop(file)
    else:
        _touch(file)
    resident = resident_share(file)
    rate = _bandwidth(file)
    waits = _latencies(file, direct=cold)
    return {
        "bytes_per_s": rate,
        "latency_s": statistics.fmean(waits),
        "latency_median_s": statistics.median(waits),
        "resident_share": resident,
    }


def _touch(file: Path) -> None:
    with file.open("rb", buffering=0) as content:
        while content.read(STEP):
            pass


def _bandwidth(file: Path) -> float:
    seen = 0
    with file.open("rb", buffering=0) as content:
        start = time.perf_counter()
        while seen < PROBE_BYTES and (chunk := content.read(STEP)):
            seen += len(chunk)
        return seen / (time.perf_counter() - start)


def _latencies(file: Path, *, direct: bool) -> list[float]:
    if direct:
        try:
            return _waits(file, os.O_DIRECT)
        except OSError:  # this file system reads through the page cache only
            drop(file)
    return _waits(file, 0)


def _waits(file: Path, flags: int) -> list[float]:
    pages = max(1, file.stat().st_size // PAGE)
    dice = random.Random(pages)
    buffer = mmap.mmap(-1, PAGE)  # O_DIRECT wants a page of its own
    handle = os.open(file, os.O_RDONLY | flags)
    waits: list[float] = []
    try:
        # One page at a time, and none of those behind it ahead.
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)
        end = time.perf_counter() + PROBE_READS_S
        while len(waits) < PROBE_READS and (not waits or time.perf_counter() < end):
            start = time.perf_counter()
            os.preadv(handle, [buffer], dice.randrange(pages) * PAGE)
            waits.append(time.perf_counter() - start)
    finally:
        os.close(handle)
        buffer.close()
    return waits
