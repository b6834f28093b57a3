"""Runs the Google Benchmark program of the C++ code and reads its JSON, for two engines.

The agreement with `impl/bench`: the program `build/release/bin/bench_read` reads the file named by
`RAPIDMARC_BENCH_FILE` and registers `read/threads:N` (one reader), `readers/threads:N` (N readers)
and `ceiling/threads:N`; other parts may stand around `threads:N`. Each gives the rate `records`,
counted over all its threads and by wall-clock time.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from harness import BUILD
from harness.engines.protocol import Answer, Job, Missing, program_answer

PROGRAM = BUILD / "release" / "bin" / "bench_read"
INSTALL = "make build"
SECONDS_PER_REPETITION = 0.1
TIME_LIMIT = 120


class BenchmarkFailed(Exception):
    """The program ended badly or said nothing that can be used."""


def find_program() -> Path:
    if not PROGRAM.exists():
        raise Missing(f"{PROGRAM.relative_to(BUILD.parent)} is not built", INSTALL)
    return PROGRAM


def rates(output: str, name: str, threads: int) -> list[float]:
    """Records a second of each repetition of `name/threads:N` in the program's JSON."""
    wanted = re.compile(rf"^{re.escape(name)}/(.*/)?threads:{threads}(/.*)?$")
    found: list[float] = []
    entries: list[dict[str, Any]] = json.loads(output)["benchmarks"]
    for entry in entries:
        if entry.get("run_type", "iteration") != "iteration":
            continue
        if not wanted.match(str(entry["run_name"])):
            continue
        if entry.get("error_occurred"):
            raise BenchmarkFailed(str(entry.get("error_message")))
        found.append(float(entry["records"]))
    if not found:
        raise BenchmarkFailed(f"the program gave no figure for {name}/threads:{threads}")
    return found


def measure(job: Job, name: str) -> Answer:
    """Run one benchmark; `seconds` is what the work of one pass takes at the rate found."""
    command = [
        str(find_program()),
        f"--benchmark_filter=^{name}/(.*/)?threads:{job['threads']}(/.*)?$",
        "--benchmark_format=json",
        f"--benchmark_min_time={SECONDS_PER_REPETITION}",
        f"--benchmark_repetitions={job['passes']}",
    ]
    environment = dict(os.environ, RAPIDMARC_BENCH_FILE=job["file"])
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
    )
    if done.returncode != 0:
        raise BenchmarkFailed(f"exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    passes = [job["records"] / rate for rate in rates(done.stdout, name, job["threads"])]
    return program_answer(job, passes)
