"""What the kernel and a fixed piece of work say about the host at this moment.

Light on purpose: the worker process imports it. What does not change during a run is in
`harness.host`.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator

CALIBRATION_STEPS = 40_000
CALIBRATION_TRIES = 5
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


def calibrate() -> int:
    """Nanoseconds of a fixed piece of arithmetic, the best of a few tries.

    It needs no memory and no library, so on an undisturbed core it always takes the same time.
    """
    best = 0
    for _ in range(CALIBRATION_TRIES):
        value = 1
        start = time.perf_counter_ns()
        for step in range(CALIBRATION_STEPS):
            value = (value * 31 + step) & 0xFFFF
        spent = time.perf_counter_ns() - start
        best = spent if best == 0 else min(best, spent)
    return best


def _own_processors() -> Iterator[list[int]]:
    """What /proc/stat counts for each processor that this process may use: ticks of user, nice,
    system, idle, waiting, hard and soft interrupts, stolen."""
    mine = {b"cpu%d" % number for number in os.sched_getaffinity(0)}
    try:
        with open("/proc/stat", "rb") as file:
            for line in file:
                name, *fields = line.split()
                if name in mine:
                    yield [*map(int, fields[:8])]
    except OSError:
        return


def stolen_seconds() -> float:
    """Seconds since boot in which another guest had the processors that this process may use."""
    return sum(sum(ticks[7:]) for ticks in _own_processors()) * _TICK_S


def busy_seconds() -> float:
    """Seconds since boot in which the processors that this process may use did any work."""
    return sum(sum(ticks[:3]) + sum(ticks[5:7]) for ticks in _own_processors()) * _TICK_S


def own_seconds() -> float:
    """Processor time of this process and of all processes that it started and that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


class Foreign:
    """Processor time that others used on our processors since the object was made."""

    def __init__(self) -> None:
        self._busy, self._own = busy_seconds(), own_seconds()

    def seconds(self) -> float:
        return max(0.0, busy_seconds() - self._busy - (own_seconds() - self._own))


def _status_bytes(key: bytes) -> int | None:
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    return None


def resident_bytes() -> int:
    """Resident size of this process now."""
    return _status_bytes(b"VmRSS:") or 0


def peak_bytes() -> int | None:
    """Largest resident size since `forget_peak`; None where the kernel does not tell. (`ru_maxrss`
    still holds the parent's.)"""
    return _status_bytes(b"VmHWM:")


def forget_peak() -> None:
    """Start the peak again at the present size; if the kernel forbids it, it may be too high."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


class Counting:
    """A pure-Python thread that does nothing but count, for as long as the `with` block takes."""

    def __init__(self) -> None:
        self.rate = 0  # steps a second
        self._stop = False
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._count)

    def _count(self) -> None:
        steps = 0
        start = time.perf_counter()
        self._started.set()
        while not self._stop:
            steps += 1
        self.rate = round(steps / (time.perf_counter() - start))

    def __enter__(self) -> Counting:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()


class Switches:
    """Context switches and page faults of this process since the object was made."""

    def __init__(self) -> None:
        self._start = resource.getrusage(resource.RUSAGE_SELF)

    def figures(self) -> dict[str, int]:
        now = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "involuntary_switches": now.ru_nivcsw - self._start.ru_nivcsw,
            "voluntary_switches": now.ru_nvcsw - self._start.ru_nvcsw,
            "minor_faults": now.ru_minflt - self._start.ru_minflt,
            "major_faults": now.ru_majflt - self._start.ru_majflt,
        }
