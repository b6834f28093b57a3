"""What readers and writers are given: whether it can be used, and how many threads there are."""

from __future__ import annotations

import io
import os

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import Any

NO_STOP = (1 << 64) - 1  # where an input ends that is read to its end


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its control group."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    quota = _cgroup_quota()
    return cores if quota is None else max(1, min(cores, int(quota)))


def _cgroup_quota() -> float | None:
    for path in ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"):
        try:
            with open(path, encoding="ascii") as file:
                words = file.read().split()
            if path.endswith("cpu.max"):
                return None if words[0] == "max" else int(words[0]) / int(words[1])
            with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us", encoding="ascii") as file:
                period = int(file.read())
            return None if int(words[0]) < 0 else int(words[0]) / period
        except (OSError, ValueError, IndexError):
            continue
    return None


def is_buffer(target: object) -> bool:
    """Whether `target` is memory that may be read without asking it for bytes."""
    if isinstance(target, (bytes, bytearray, memoryview)):
        return True
    import mmap

    if isinstance(target, mmap.mmap):
        return False  # reading a mapped file that shrinks kills the process
    try:
        memoryview(target).release()  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return False
    return True


def contiguous(target: Any) -> Any:
    """`target`, or a copy if its bytes do not lie one behind the other."""
    view = memoryview(target)
    return target if view.c_contiguous else view.tobytes()


def check_handle(handle: Any) -> None:
    """TypeError for a file object in text mode, ValueError for a closed one."""
    if isinstance(handle, io.TextIOBase):
        raise TypeError("the file gives text, and MARC records are bytes: open it in binary mode")
    if getattr(handle, "closed", False) is True:
        raise ValueError("I/O operation on closed file")


def positive(name: str, value: int | None) -> int | None:
    """`value`, if it is None or a number of at least 1; ValueError that tells its name if not."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{name} is a number of at least 1, not {value!r}")
    return value
