"""A control group in which reading from one device is limited by the kernel: version 1 or 2.

A process that is in the group, and every process that it starts, reads no faster than the limits
say. Only what goes to the device is limited: bytes in the page cache are not. Groups are taken away
by `harness.janitor`, also when the harness is killed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAME = "rapidmarc-harness"
V1_FILES = ("blkio.throttle.read_bps_device", "blkio.throttle.read_iops_device")


class NoThrottle(Exception):
    """Reading cannot be limited here, for the reason given."""


@dataclass(frozen=True)
class Limits:
    """Bytes and operations a second that may be read from a device."""

    bytes_per_s: int
    operations_per_s: int


@dataclass(frozen=True)
class Group:
    """A control group with limits; `method` is the file of the kernel that holds them."""

    folder: Path
    home: Path  # where a process goes that leaves it
    method: str
    device: str

    def join(self) -> None:
        """Move this process into the group."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()), "ascii")

    def leave(self) -> None:
        (self.home / "cgroup.procs").write_text(str(os.getpid()), "ascii")

    @contextmanager
    def joined(self) -> Iterator[None]:
        self.join()
        try:
            yield
        finally:
            self.leave()


def device_of(path: Path, sys: Path = Path("/sys")) -> str:
    """`major:minor` of the whole disk on which a file lies."""
    number = os.stat(path).st_dev
    major, minor = os.major(number), os.minor(number)
    place = sys / "dev" / "block" / f"{major}:{minor}"
    if major == 0 or not place.exists():
        raise NoThrottle(f"{path} lies on no block device of its own that could be limited")
    if (place / "partition").exists():
        return (place.resolve().parent / "dev").read_text("ascii").strip()
    return f"{major}:{minor}"


def _home(hierarchy: Path, controller: str, proc: Path) -> Path:
    """The group of the hierarchy in which this process is now."""
    for line in proc.read_text("ascii").splitlines():
        _, controllers, place = line.split(":", 2)
        if controller in controllers.split(","):
            return hierarchy / place.strip("/")
    return hierarchy


def obstacle(root: Path = ROOT) -> str | None:
    """Why no group with limits can be made, as far as that is seen without making one."""
    v1 = root / "blkio"
    if (root / "cgroup.controllers").exists():
        if "io" not in (root / "cgroup.controllers").read_text("ascii").split():
            return "the cgroup has no io controller"
        place, what = root, "io.max"
    elif (v1 / V1_FILES[0]).exists():
        place, what = v1, "blkio.throttle"
    else:
        return "this kernel offers neither io.max nor blkio.throttle"
    return None if os.access(place, os.W_OK) else f"no permission to write {what}"


def make(
    name: str, limits: Limits, device: str, root: Path = ROOT,
    proc: Path = Path("/proc/self/cgroup"),
) -> Group:  # fmt: skip
    """A new group. The name of this process is in its own, so that leftovers can be told."""
    reason = obstacle(root)
    if reason is not None:
        raise NoThrottle(reason)
    try:
        if (root / "cgroup.controllers").exists():
            return _make_v2(name, limits, device, root, proc)
        return _make_v1(name, limits, device, root / "blkio", proc)
    except OSError as error:
        raise NoThrottle(f"no control group could be made: {error}") from None


def _folder(hierarchy: Path, name: str) -> Path:
    folder = hierarchy / f"{NAME}-{os.getpid()}-{name}"
    folder.mkdir(exist_ok=True)
    return folder


def _make_v1(name: str, limits: Limits, device: str, hierarchy: Path, proc: Path) -> Group:
    folder = _folder(hierarchy, name)
    for file, value in zip(V1_FILES, (limits.bytes_per_s, limits.operations_per_s), strict=True):
        (folder / file).write_text(f"{device} {value}", "ascii")
    return Group(folder, _home(hierarchy, "blkio", proc), "blkio.throttle", device)


def _make_v2(name: str, limits: Limits, device: str, hierarchy: Path, proc: Path) -> Group:
    control = hierarchy / "cgroup.subtree_control"
    if "io" not in control.read_text("ascii").split():
        control.write_text("+io", "ascii")
    folder = _folder(hierarchy, name)
    text = f"{device} rbps={limits.bytes_per_s} riops={limits.operations_per_s}"
    (folder / "io.max").write_text(text, "ascii")
    return Group(folder, _home(hierarchy, "", proc), "io.max", device)


def leftovers(root: Path = ROOT) -> list[Path]:
    """Groups of harnesses that no longer run."""
    found = [*root.glob(f"{NAME}-*"), *(root / "blkio").glob(f"{NAME}-*")]
    return [place for place in found if not _alive(place.name)]


def _alive(name: str) -> bool:
    match = re.match(rf"{NAME}-(\d+)-", name)
    return match is not None and Path("/proc", match.group(1)).exists()


def remove(folder: Path) -> None:
    """Take a group away; processes that are still in it go on without limits."""
    if not folder.is_dir():
        return
    for process in (folder / "cgroup.procs").read_text("ascii").split():
        (folder.parent / "cgroup.procs").write_text(process, "ascii")
    folder.rmdir()
