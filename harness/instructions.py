"""Instructions a record under callgrind, against a stored baseline: a regression without noise.

`python -m harness.instructions [--update]`. Each workload runs in a process of its own on few and
on more records of one generated file; the difference is the records' alone, because start and
imports are in both. Another machine, compiler, libc, Python or road of vector instructions than
the baseline's has other counts: that is NOT EVALUABLE.

Exit codes: 0 good, 1 more instructions than the tolerance allows, 3 not evaluable.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from harness import BUILD, CACHE, RESULTS, ROOT, host
from harness.corpora import generate
from harness.counted import WORKLOADS
from harness.engines import benchmark

LAST = CACHE / "instructions-counted.json"  # what was counted here last, for the report
BASELINE = RESULTS / "reference" / "instructions.json"
COMMAND = "python -m harness.instructions --update"
TOLERANCE = 0.03
FEW, MORE = 500, 2_500
SEED = 21
WITHOUT_PYTHON = "frame and decode, C++"
NAMES = (WITHOUT_PYTHON, *WORKLOADS)
TIME_LIMIT = 100
AT_ONCE = 2


class CannotCount(Exception):
    """Nothing can be said on this host; the arguments are the reasons."""


class Counter(Protocol):
    surroundings: dict[str, str]  # what the counts depend on, besides the code

    def count(self, name: str, records: int) -> int: ...


class Callgrind:
    """Counts by valgrind. The first run is not counted: it writes Python's compiled files."""

    def __init__(self) -> None:
        if shutil.which("valgrind") is None:
            raise CannotCount("valgrind is not installed (apt-get install valgrind)")
        CACHE.mkdir(parents=True, exist_ok=True)
        for records in (FEW, MORE):
            with self._file(records).open("wb") as file:
                generate.write(file, "mixed", records, SEED)
        try:
            _, answer = self._run("as_json", FEW)
        except RuntimeError as failure:
            raise CannotCount(f"valgrind does not run here: {failure}") from None
        self.surroundings = {
            "machine": platform.machine(),
            "compiler": host.compiler(),
            "libc": " ".join(platform.libc_ver()),
            "python": platform.python_version(),
            "simd": answer["simd"],
        }

    def count(self, name: str, records: int) -> int:
        instructions, answer = self._run(name, records)
        if name == WITHOUT_PYTHON:
            (answer,) = answer["benchmarks"]
            done = answer["iterations"] * answer["records_counted"]
        else:
            done = answer["records"]
        if done != records:
            raise RuntimeError(f"{name} read {done} records of {records}")
        return instructions

    def _run(self, name: str, records: int) -> tuple[int, dict[str, Any]]:
        """The instructions of one process, and what it printed."""
        path = str(self._file(records))
        program = [sys.executable, "-m", "harness.counted", name, path]
        if name == WITHOUT_PYTHON:
            # So short a time is over after one pass.
            program = [str(benchmark.find_program()), "--benchmark_filter=^read/threads:1/",
                       "--benchmark_min_time=1e-9", "--benchmark_format=json"]  # fmt: skip
        package = str(BUILD / "release" / "python")
        own = {"PYTHONHASHSEED": "0", "PYTHONPATH": package, "RAPIDMARC_BENCH_FILE": path}
        valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        try:
            ended = subprocess.run(
                [*valgrind, *program], cwd=ROOT, env=os.environ | own, capture_output=True,
                text=True, timeout=TIME_LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise CannotCount(f"{name} took longer than {TIME_LIMIT} s") from None
        if ended.returncode == -signal.SIGILL:
            raise CannotCount(f"{name}: an instruction that this valgrind does not know")
        collected = re.search(r"Collected : (\d+)", ended.stderr)
        if ended.returncode != 0 or collected is None:
            raise RuntimeError(f"{name} ended with {ended.returncode}: {ended.stderr[-400:]}")
        return int(collected[1]), json.loads(ended.stdout)

    @staticmethod
    def _file(records: int) -> Path:
        return CACHE / f"instructions-{records}.mrc"


def measure(counter: Counter) -> dict[str, float]:
    """Instructions a record of every workload."""
    jobs = [(name, records) for name in NAMES for records in (MORE, FEW)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = list(pool.map(lambda job: counter.count(*job), jobs))
    pairs = zip(NAMES, counts[::2], counts[1::2], strict=True)
    return {name: round((more - few) / (MORE - FEW), 1) for name, more, few in pairs}


def obstacles(surroundings: Mapping[str, str], baseline: Mapping[str, Any]) -> list[str]:
    """Why the baseline says nothing about counts made here."""
    there = baseline["surroundings"]
    found = [
        f"{key}: the baseline's is {there.get(key)}, this one is {value}"
        for key, value in surroundings.items()
        if there.get(key) != value
    ]
    if set(baseline["instructions_per_record"]) != set(NAMES):
        found.append("the baseline has other workloads")
    return found


def judge(found: Mapping[str, float], baseline: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """A line for every workload, and the names of those that need too many instructions."""
    tolerance = baseline["tolerance"]
    lines, excess = [], []
    for name, figure in found.items():
        stored = baseline["instructions_per_record"][name]
        change = figure / stored - 1
        remark = ""
        if change > tolerance:
            excess.append(name)
            remark = f"  MORE than the {tolerance:.0%} allowed"
        elif change < -tolerance:
            remark = f"  fewer: the baseline may be lowered by {COMMAND}"
        lines.append(f"{name:<22} {figure:>10.1f}, baseline {stored:>10.1f} {change:+7.1%}{remark}")
    return lines, excess


def baseline_of(counter: Counter) -> dict[str, Any]:
    return {
        "command": COMMAND,
        "date": time.strftime("%Y-%m-%d"),
        "surroundings": counter.surroundings,
        "tolerance": TOLERANCE,
        "records": {"corpus": f"generated, mixed, seed {SEED}", "few": FEW, "more": MORE},
        "instructions_per_record": measure(counter),
    }


def main(
    arguments: Sequence[str] | None = None,
    *,
    make_counter: Callable[[], Counter] = Callgrind,
    path: Path = BASELINE,
    last: Path = LAST,
) -> int:
    parser = argparse.ArgumentParser("python -m harness.instructions", description=__doc__)
    parser.add_argument("--update", action="store_true", help="store the counts as the baseline")
    update = parser.parse_args(arguments).update
    try:
        counter = make_counter()
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(baseline_of(counter), indent=2) + "\n", encoding="utf-8")
            print(f"stored in {path}")
            return 0
        if not path.exists():
            raise CannotCount("there is no baseline")
        baseline = json.loads(path.read_text(encoding="utf-8"))
        if differences := obstacles(counter.surroundings, baseline):
            raise CannotCount(*differences, f"to store a baseline of this host: {COMMAND}")
        found = measure(counter)
    except CannotCount as reasons:
        print("!" * 78, *(f"    {reason}" for reason in reasons.args), sep="\n")
        print("instructions: NOT EVALUABLE, nothing was compared", "!" * 78, sep="\n")
        return 3
    commit, dirty = host.commit()
    counted = {"commit": commit, "dirty": dirty, "instructions_per_record": found}
    last.parent.mkdir(parents=True, exist_ok=True)
    last.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    lines, excess = judge(found, baseline)
    print("instructions a record:", *lines, sep="\n")
    print(f"instructions: {'MORE: ' + ', '.join(excess) if excess else 'ok'}")
    return 1 if excess else 0


if __name__ == "__main__":
    raise SystemExit(main())
