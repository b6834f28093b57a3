"""Where the bytes of a corpus live while they are read, and the proof of it.

`page-cache`, `cold` (dropped from the page cache before each pass, proved with mincore) and `tmpfs`
work everywhere on Linux. The throttled profiles are read cold, by processes in a control group
whose reading the kernel limits (`harness.throttle`); `harness.profiles` sets them up and measures
what they then give.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import shutil
from pathlib import Path

from harness.throttle import Limits

PROFILES = ("page-cache", "cold", "tmpfs", "nvme", "sata-ssd", "hdd", "network")
# What one of its kind reads: an NVMe drive on two lanes of PCIe 3, SATA 3, a disk of 7200 turns a
# minute, a share over 1 Gbit/s.
LIMITS = {
    "nvme": Limits(1_500_000_000, 200_000),
    "sata-ssd": Limits(500_000_000, 80_000),
    "hdd": Limits(160_000_000, 150),
    "network": Limits(117_000_000, 2_500),
}
THROTTLED = tuple(LIMITS)
# Read from the device in every pass.
COLD = ("cold", *THROTTLED)
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
