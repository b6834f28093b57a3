"""What this host is, and whether it disturbed a block.

The fingerprint goes into the header of a run; figures of different hosts are never pooled. Whether
a block is repeated is decided here, from what the host did and never from how long anything took:
no function of this file sees a rate.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import ROOT

# A block is disturbed when the processors were taken away for more than this share of its time,
MOST_STOLEN_SHARE = 0.02
# when other programs used that much of it,
MOST_FOREIGN_SHARE = 0.10
FEWEST_BUSY = 2  # processors: a reader's, and that of the writer behind a pipe or of this program
# when the fixed piece of work took that much longer or shorter than beside the block's other cells,
MOST_CALIBRATION_DRIFT = 0.10
# or when a cell was pushed off its processor this many times as often as it usually is, and some
# more.
SWITCH_FACTOR = 5.0
SWITCH_ALLOWANCE = 50
# Before that many values are known there is nothing to compare with.
FEWEST_KNOWN = 5


# --- how many processors -----------------------------------------------------------------------


def affinity_cores() -> int:
    return len(os.sched_getaffinity(0))


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def cgroup_quota(
    proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> float | None:
    """Processors that the cgroup may use, None without a limit. The tightest level counts."""
    limits: list[float] = []
    for line in (_read(proc) or "").splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers == "":
            limits += _limits(root, place, _v2_limit)
        elif "cpu" in controllers.split(","):
            for name in (controllers, "cpu", "cpu,cpuacct"):
                if (root / name).is_dir():
                    limits += _limits(root / name, place, _v1_limit)
                    break
    return min(limits, default=None)


def _limits(root: Path, place: str, limit: Callable[[Path], float | None]) -> list[float]:
    folder = root / place.strip("/")
    found: list[float] = []
    for level in (folder, *folder.parents):
        value = limit(level)
        if value is not None:
            found.append(value)
        if level == root:
            break
    return found


def _v2_limit(folder: Path) -> float | None:
    text = _read(folder / "cpu.max")
    if text is None or text.startswith("max"):
        return None
    quota, period = text.split()
    return int(quota) / int(period)


def _v1_limit(folder: Path) -> float | None:
    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    if quota is None or period is None or int(quota) <= 0:
        return None
    return int(quota) / int(period)


def parse_cpus(text: str) -> frozenset[int]:
    """`0,2-3`: the numbers of processors."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a list of processors such as 0,2-3")
        first = int(match.group(1))
        found.update(range(first, int(match.group(2) or first) + 1))
    return frozenset(found)


def usable_cores(affinity: int | None = None, quota: float | None = None) -> int:
    """Threads that can really run at once: the affinity mask, cut by the quota of the cgroup."""
    mask = affinity_cores() if affinity is None else affinity
    limit = cgroup_quota() if affinity is None else quota
    return mask if limit is None else max(1, min(mask, int(limit)))


# --- fingerprint -------------------------------------------------------------------------------


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, cwd=ROOT
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _cpu_lines() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (_read_text(Path("/proc/cpuinfo")) or "").split("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        found[key.strip()] = value.strip()
    return found


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None


def _distribution() -> str:
    text = _read_text(Path("/etc/os-release")) or ""
    match = re.search(r'^PRETTY_NAME="?([^"\n]+)', text, re.MULTILINE)
    return match.group(1) if match else platform.system()


def _memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def compiler() -> str:
    """The compiler that built the release build, or the one that would."""
    cache = _read_text(ROOT / "build" / "release" / "CMakeCache.txt") or ""
    match = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache, re.MULTILINE)
    program = match.group(1) if match else "c++"
    return (_output(program, "--version").splitlines() or ["unknown"])[0]


def governor() -> str:
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return _read(path) or "unknown (not visible in this machine)"


def fingerprint(versions: Mapping[str, str]) -> dict[str, Any]:
    """Everything about the host that a figure may depend on."""
    cpu = _cpu_lines()
    flags = set((cpu.get("flags") or cpu.get("Features") or "").split())
    simd = [
        f for f in ("sse4_2", "avx", "avx2", "avx512f", "avx512bw", "asimd", "sve") if f in flags
    ]
    return {
        "host": platform.node(),
        "cpu_model": cpu.get("model name") or platform.processor() or platform.machine(),
        "cores_usable": usable_cores(),
        "cores_online": os.cpu_count() or 1,
        "affinity": sorted(os.sched_getaffinity(0)),
        "cgroup_quota": cgroup_quota(),
        "caches": {
            name: os.sysconf(key)
            for name, key in (("L1d", "SC_LEVEL1_DCACHE_SIZE"), ("L2", "SC_LEVEL2_CACHE_SIZE"),
                              ("L3", "SC_LEVEL3_CACHE_SIZE"))
            if key in os.sysconf_names
        },
        "memory_bytes": _memory_bytes(),
        "virtual": "hypervisor" in flags,
        "kernel": platform.release(),
        "os": _distribution(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_build": " ".join(platform.python_build()),
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "compiler": compiler(),
        "versions": dict(versions),
        "governor": governor(),
        "simd": simd,
        "load_before": os.getloadavg()[0],
    }  # fmt: skip


def commit() -> tuple[str, bool]:
    """The commit that is checked out, and whether anything differs from it."""
    return _output("git", "rev-parse", "HEAD") or "unknown", bool(
        _output("git", "status", "--porcelain")
    )


# --- disturbance -------------------------------------------------------------------------------


class Watch:
    """What is usual in this run, and whether a measurement was disturbed.

    A measurement is given as its `host` part. Every one is remembered, also those not kept: what is
    usual must not be learned from quiet moments alone.
    """

    def __init__(self) -> None:
        self._switches: dict[str, list[int]] = {}

    def disturbed_cell(self, key: str, figures: Mapping[str, Any]) -> str | None:
        """Why the cell of this key must be measured again at once, or None: it was pushed off its
        core."""
        reason = self._pushed_off(key, figures)
        self._switches.setdefault(key, []).append(int(figures["involuntary_switches"]))
        return reason

    @staticmethod
    def disturbed_block(cells: Sequence[tuple[int, Mapping[str, Any]]], cores: int) -> str | None:
        """Why the block of these cells, each with its threads, must be repeated, or None: the
        processors gave time to another guest, or to another program of this one. For a cell alone
        the kernel counts such time too coarsely.

        Time is stolen from processors that want to work, so it is a share of those that the reader
        and what is beside it keep busy; other programs find room on idle ones, so theirs is a share
        of all.
        """
        for key, most, name, busy in (
            ("steal_s", MOST_STOLEN_SHARE, "stolen time", FEWEST_BUSY),
            ("foreign_s", MOST_FOREIGN_SHARE, "other programs", cores),
        ):
            whole = sum(
                float(host["wall_s"]) * min(max(threads, busy), cores) for threads, host in cells
            )
            taken = sum(float(host.get(key, 0.0)) for _, host in cells)
            if whole > 0 and taken > most * whole:
                return f"{name}: {taken:.2f} s, {taken / whole:.1%} of the block"
        return None

    @staticmethod
    def strayed(calibrations: Sequence[int]) -> dict[int, str]:
        """Which cells of a block were measured at another speed of the host than most of them, by
        their calibrations in the order of measuring; of two speeds that are as frequent the latest
        counts. 0 stands for none.

        Only cells of one block are held against each other: a virtual core may keep another speed
        for minutes, and a block that was measured at one speed throughout is as good as any.
        """
        known = [each for each in calibrations if each > 0]
        if not known:
            return {}

        def near(speed: int) -> int:
            return sum(abs(each / speed - 1) <= MOST_CALIBRATION_DRIFT for each in known)

        usual = max(reversed(known), key=near)
        return {
            place: f"calibration: {each / usual - 1:+.0%} against the rest of the block"
            for place, each in enumerate(calibrations)
            if each > 0 and abs(each / usual - 1) > MOST_CALIBRATION_DRIFT
        }

    def _pushed_off(self, key: str, figures: Mapping[str, Any]) -> str | None:
        known = self._switches.get(key, [])
        if len(known) < FEWEST_KNOWN:
            return None
        usual = statistics.median(known)
        count = int(figures["involuntary_switches"])
        if count <= SWITCH_FACTOR * usual + SWITCH_ALLOWANCE:
            return None
        return f"involuntary context switches: {count}, usually {usual:.0f}"
