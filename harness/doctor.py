"""Looks whether this host can measure, and says for everything that is missing how to get it.

A finding is `ok`, `warn` (figures will be worse or fewer) or `missing` (a part cannot be measured).
Nothing is installed, fetched or changed.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness import BUILD, CORPORA, ROOT, counters, host, throttle
from harness.corpora import SPECS, file_of
from harness.disks import THROTTLED, NotEvaluable, tmpfs_folder
from harness.engines import engine_names, load_engine
from harness.engines.protocol import Missing, ProgramEngine
from harness.processes import WorkerFailed, run_worker
from harness.sanitizer.toolchain import CLANG_VERSIONS, install_line

OK, WARN, MISSING = "ok", "warn", "missing"
MOST_LOAD = 0.5
QUIET_SAMPLES = 7
MOST_UNQUIET = 0.10


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    state: str
    detail: str
    remedy: str = ""


@dataclass
class Engines:
    """Which engines run here: versions of those that do, reasons for those that do not."""

    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, Missing] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, str]:
        return {name: gone.reason for name, gone in self.missing.items()}


def probe_engines(names: Iterable[str] | None = None) -> Engines:
    """Ask each engine for its version, in a fresh process where it is a Python package."""
    found = Engines()
    for name in engine_names() if names is None else names:
        engine = load_engine(name)
        try:
            if isinstance(engine, ProgramEngine):
                found.versions[name] = engine.version()
            else:
                answer = run_worker({"mode": "version", "engine": name}, time_limit=60)
                found.versions[name] = answer["version"]
        except Missing as gone:
            found.missing[name] = Missing(gone.reason, gone.install or engine.install)
        except WorkerFailed as failure:
            found.missing[name] = Missing(str(failure), engine.install)
    return found


def _engine_findings(engines: Engines) -> list[Finding]:
    shown = [name for name in engine_names() if not name.startswith("fake/")]
    findings = []
    for name in shown:
        if name in engines.versions:
            findings.append(Finding(name, OK, engines.versions[name]))
        elif name in engines.missing:
            gone = engines.missing[name]
            findings.append(Finding(name, MISSING, gone.reason, gone.install))
    return findings


def _cores() -> Finding:
    cores, quota = host.usable_cores(), host.cgroup_quota()
    limit = "" if quota is None else f", cgroup quota {quota:g}"
    detail = f"{cores} of {os.cpu_count()} (affinity {host.affinity_cores()}{limit})"
    if cores == 1:
        return Finding("usable cores", MISSING, detail, "speed-ups need at least 2 cores")
    if cores < 4:
        return Finding("usable cores", WARN, detail, "gate H is scaled to this host below 4 cores")
    return Finding("usable cores", OK, detail)


def _load() -> Finding:
    load = os.getloadavg()[0]
    if load > MOST_LOAD:
        return Finding("load", WARN, f"{load:.2f} in the last minute", "stop other programs")
    return Finding("load", OK, f"{load:.2f} in the last minute")


def _quiet() -> Finding:
    """The fixed piece of work, some times over: does it always take the same time?"""
    stolen, start = counters.stolen_seconds(), time.monotonic()
    samples = sorted(counters.calibrate() for _ in range(QUIET_SAMPLES))
    spread = samples[-1] / samples[len(samples) // 2] - 1
    share = (counters.stolen_seconds() - stolen) / (time.monotonic() - start)
    detail = f"calibration spreads by {spread:.0%}, stolen time {share:.1%}"
    if spread > MOST_UNQUIET or share > host.MOST_STOLEN_SHARE:
        return Finding("quiet host", WARN, detail, "blocks will be repeated; try a quieter time")
    return Finding("quiet host", OK, detail)


def _governor(cpu: Path = Path("/sys/devices/system/cpu")) -> Finding:
    """Whether the clock stays what it is: the governors of all processors, and the boost."""
    names = {_said(file) for file in cpu.glob("cpu[0-9]*/cpufreq/scaling_governor")}
    if not names:
        detail = "not visible in this machine"
        return Finding("governor", OK, detail, "what the clock did is seen in the calibrations")
    shown = ", ".join(sorted(names))
    if names != {"performance"}:
        return Finding("governor", WARN, shown, "cpupower frequency-set -g performance")
    for switch, on in ((cpu / "cpufreq" / "boost", "1"), (cpu / "intel_pstate" / "no_turbo", "0")):
        if switch.exists() and _said(switch) == on:
            off = {"1": "0", "0": "1"}[on]
            remedy = f"echo {off} > {switch} (the clock then does not depend on the other cores)"
            return Finding("governor", WARN, f"{shown}, but the clock may be boosted", remedy)
    return Finding("governor", OK, shown)


def _said(file: Path) -> str:
    return file.read_text("ascii").strip()


def _program(name: str, package: str, why: str) -> Finding:
    found = shutil.which(name)
    if found is None:
        return Finding(name, MISSING, f"not installed; {why}", f"apt-get install {package}")
    return Finding(name, OK, found)


def _sanitizer() -> Finding:
    """Only whether the compiler is there: `harness.tsan` proves the rest when it runs."""
    compilers = filter(None, (shutil.which(f"clang++-{version}") for version in CLANG_VERSIONS))
    found = next(compilers, None)
    if found is None:
        known = ", ".join(sorted(CLANG_VERSIONS))
        return Finding(
            "thread sanitizer", MISSING, f"no clang++ of the versions {known}", install_line()
        )
    return Finding("thread sanitizer", OK, found)


def _corpora(folder: Path = CORPORA) -> Finding:
    absent = [name for name in SPECS if not file_of(name, folder).exists()]
    loc = [name for name in absent if name.startswith("loc-")]
    if loc:
        detail = f"not yet fetched: {', '.join(loc)}"
        return Finding(
            "corpora", WARN, detail, "python -m harness.corpora (a run does it by itself)"
        )
    return Finding("corpora", OK, str(folder))


def _room() -> Finding:
    BUILD.mkdir(exist_ok=True)
    free = shutil.disk_usage(BUILD).free
    if free < 3 << 30:
        return Finding("disk space", WARN, f"{free >> 20} MB free in {BUILD}", "3 GB are needed")
    return Finding("disk space", OK, f"{free >> 30} GB free")


def _throttle_obstacle() -> str | None:
    try:
        # Where the corpora are, or will be.
        throttle.device_of(next(each for each in (CORPORA, BUILD, ROOT) if each.exists()))
    except throttle.NoThrottle as reason:
        return str(reason)
    return throttle.obstacle()


def disk_obstacles(largest: int) -> dict[str, str]:
    """Disk profiles that cannot be had here, with the reason."""
    reason = _throttle_obstacle()
    gone = {} if reason is None else dict.fromkeys(THROTTLED, reason)
    try:
        tmpfs_folder(largest)
    except (NotEvaluable, OSError) as error:
        gone["tmpfs"] = str(error)
    if not hasattr(os, "posix_fadvise"):
        gone["cold"] = "this system has no posix_fadvise"
    return gone


def _disks() -> list[Finding]:
    gone = disk_obstacles(max(spec.bytes for spec in SPECS.values()))
    return [
        Finding(f"disk {profile}", MISSING, f"NOT EVALUABLE: {reason}")
        for profile, reason in gone.items()
    ]


def _python() -> Finding:
    return Finding("python", OK, f"{sys.version.split()[0]} ({sys.executable})")


def examine(engines: Engines | None = None) -> list[Finding]:
    """Everything, in the order in which a person would look."""
    simple: list[Callable[[], Finding]] = [
        _python,
        _cores,
        _load,
        _quiet,
        _governor,
        _room,
        _corpora,
    ]
    return [
        *(look() for look in simple),
        *_engine_findings(engines or probe_engines()),
        _program("hyperfine", "hyperfine", "whole processes cannot be timed"),
        _sanitizer(),
        *_disks(),
    ]


def missing_lines(engines: Engines, disks: Mapping[str, str]) -> list[dict[str, str]]:
    """The `missing` lines of a run."""
    lines = [
        {"kind": "missing", "part": name, "reason": gone.reason, "install": gone.install}
        for name, gone in engines.missing.items()
    ]
    lines += [
        {"kind": "missing", "part": profile, "reason": reason, "install": ""}
        for profile, reason in disks.items()
    ]
    return lines
