"""Where the bytes of a corpus live while they are read, and the proof of it.

Three profiles work everywhere on Linux: `page-cache`, `cold` (dropped from the page cache before
each pass, proved with mincore) and `tmpfs`. The throttled ones need the right to limit a device,
which this file only looks for: without it, and as long as throttling itself is not built in, they
are not evaluable and say why.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import shutil
from pathlib import Path

PROFILES = ("page-cache", "cold", "tmpfs", "nvme", "sata-ssd", "hdd", "network")
THROTTLED = ("nvme", "sata-ssd", "hdd", "network")
# Pages that another process touches meanwhile do not make a file warm.
MOST_RESIDENT = 0.01


class NotEvaluable(Exception):
    """The profile cannot be had on this host, for the reason given."""


def resident_share(path: str | Path) -> float:
    """The share of the file's pages that lie in the page cache, by mincore."""
    size = os.path.getsize(path)
    if size == 0:
        return 0.0
    pages = -(-size // mmap.PAGESIZE)
    library = ctypes.CDLL(None, use_errno=True)
    library.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    flags = ctypes.create_string_buffer(pages)
    with open(path, "rb") as file:
        # Python's own mmap object hides its address when it is read-only.
        address = library.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap failed", str(path))
    try:
        if library.mincore(address, size, flags) != 0:
            raise OSError(ctypes.get_errno(), "mincore failed", str(path))
    finally:
        library.munmap(address, size)
    return sum(byte & 1 for byte in flags.raw) / pages


def drop(path: str | Path) -> None:
    """Drop the file from the page cache, and make sure that it is gone."""
    with open(path, "rb") as file:
        os.fdatasync(file.fileno())  # dirty pages cannot be dropped
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    share = resident_share(path)
    if share > MOST_RESIDENT:
        raise NotEvaluable(f"{share:.0%} of {path} stayed in the page cache")


def tmpfs_folder(needed: int) -> Path:
    """A memory file system with room for the file."""
    candidates: list[Path] = []
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, mounted, kind, *_ = line.split()
            if kind == "tmpfs" and os.access(mounted, os.W_OK):
                candidates.append(Path(mounted))
    candidates.sort(key=lambda place: place != Path("/dev/shm"))
    for place in candidates:
        if shutil.disk_usage(place).free > 2 * needed:
            return place
    raise NotEvaluable(f"no writable tmpfs with {2 * needed >> 20} MB of room")


def throttle_obstacle(profile: str) -> str:
    """Why a throttled profile cannot be had here."""
    v2 = Path("/sys/fs/cgroup/cgroup.controllers")
    v1 = Path("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device")
    if v2.exists():
        if "io" not in v2.read_text("ascii").split():
            return "the cgroup has no io controller"
        writable = os.access("/sys/fs/cgroup/cgroup.subtree_control", os.W_OK)
        what = "io.max"
    elif v1.exists():
        writable = os.access(v1, os.W_OK)
        what = "blkio.throttle"
    else:
        return "this kernel offers neither io.max nor blkio.throttle"
    if not writable:
        return f"no permission to write {what}"
    return f"throttling a device to {profile} by {what} is not built into this version"


def place(file: Path, profile: str, scratch: Path | None = None) -> Path:
    """The path under which the profile's bytes are read; copies the file where that is needed."""
    if profile == "page-cache":
        return file
    if profile == "cold":
        drop(file)  # proves once, before anything is measured, that it can be done
        return file
    if profile == "tmpfs":
        folder = scratch or tmpfs_folder(file.stat().st_size)
        copy = folder / f"rapidmarc-harness-{os.getuid()}-{file.name}"
        if not copy.exists() or copy.stat().st_size != file.stat().st_size:
            part = copy.with_suffix(".part")
            shutil.copyfile(file, part)
            part.replace(copy)
        return copy
    raise NotEvaluable(throttle_obstacle(profile))


def clear(files: list[Path]) -> None:
    """Remove the copies that `place` made."""
    for file in files:
        if file.name.startswith("rapidmarc-harness-"):
            file.unlink(missing_ok=True)
