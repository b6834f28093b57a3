"""Starts workers, alone or several at once, and reads their answers.

A worker that dies, hangs or answers nonsense is a `WorkerFailed` with what it said last. Programs
that time themselves are called through the same door, so nobody else needs to know which engine is
which.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any

from harness import ROOT, counters
from harness.engines import load_engine
from harness.engines.protocol import Answer, Job, Missing, ProgramEngine

TIME_LIMIT = 600.0
LONGEST_LAYOUT = 4096  # bytes by which the environment of a worker is longer: a page


class WorkerFailed(Exception):
    """A cell could not be measured: what happened, with the worker's last words."""


def _environment(job: Job) -> dict[str, str]:
    """Another seed of hashing, and another length, for every worker.

    How objects lie in memory depends on both, and costs or gains some hundredths. With fixed ones
    that would stick to an engine's name, and no number of blocks would take it away; like this it
    is noise, which blocks average out (Mytkowicz et al. 2009; Curtsinger and Berger 2013).
    """
    found = dict(os.environ, PYTHONHASHSEED=str(random.randrange(1, 2**32)))
    found["RAPIDMARC_LAYOUT"] = "." * random.randrange(1, LONGEST_LAYOUT)
    if "package" in job:
        found["PYTHONPATH"] = job["package"]
    return found


class _Worker:
    """A started worker. Its stderr goes to a file, so that it can never block on a pipe."""

    def __init__(self, job: Job, time_limit: float) -> None:
        self.job = job
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - see end()
        # Not the script itself: its folder would stand first on the path, where files bear names
        # of the standard library.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.worker"], cwd=ROOT, env=_environment(job), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        self.late = False
        self._watchdog = threading.Timer(time_limit, self._kill)
        self._watchdog.start()
        self.write(json.dumps(job))

    def _kill(self) -> None:
        self.late = True
        self.process.kill()

    def write(self, line: str) -> None:
        """A worker that has died does not read; its answer, or the lack of it, tells."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def answer(self) -> Answer:
        """Wait for its end, and for the one line that counts."""
        output = ""
        with contextlib.suppress(BrokenPipeError):
            output, _ = self.process.communicate()
        code, engine = self.process.returncode, self.job["engine"]
        if self.late:
            raise WorkerFailed(f"{engine} took too long and was ended")
        try:
            answer: Answer = json.loads(output.strip().splitlines()[-1])
        except (IndexError, ValueError):
            self._errors.seek(0)
            said = (self._errors.read().strip() or output.strip() or "nothing")[-400:]
            raise WorkerFailed(f"{engine} ended with code {code}; it said: {said}") from None
        if answer.get("missing"):
            raise Missing(answer["error"], answer.get("install", ""))
        if "error" in answer:
            raise WorkerFailed(f"{engine}: {answer['error']}")
        if code != 0:
            raise WorkerFailed(f"{engine} answered and then ended with code {code}")
        return answer

    def end(self) -> None:
        self._watchdog.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def run_worker(job: Job, time_limit: float = TIME_LIMIT) -> Answer:
    """One fresh process for one job."""
    worker = _Worker(job, time_limit)
    try:
        return worker.answer()
    finally:
        worker.end()


def run_together(job: Job, processes: int, time_limit: float = TIME_LIMIT) -> Answer:
    """The same job in several processes; a pass starts in all at once, ends with the last."""
    workers = [_Worker(job, time_limit) for _ in range(processes)]
    try:
        for _ in range(job["passes"]):
            said = [worker.read() for worker in workers]
            if not all('"ready"' in line for line in said):
                break  # one of them ended early; its answer says why
            for worker in workers:
                worker.write("go")
        answers = [worker.answer() for worker in workers]
    finally:
        for worker in workers:
            worker.end()
    spans = [answer["spans"] for answer in answers]
    passes = [
        max(end for _, end in one_pass) - min(start for start, _ in one_pass)
        for one_pass in zip(*spans, strict=True)
    ]
    return {
        "passes": passes,
        "seconds": min(passes),
        "records": sum(answer["records"] for answer in answers),
        "bytes": sum(answer["bytes"] for answer in answers),
        "peak_rss_bytes": _of_all("peak_rss_bytes", [a["peak_rss_bytes"] for a in answers]),
        "baseline_rss_bytes": sum(answer["baseline_rss_bytes"] for answer in answers),
        "stats": {},
        "host": {
            key: _of_all(key, [answer["host"][key] for answer in answers])
            for key in answers[0]["host"]
        },
    }


def _of_all(key: str, figures: Sequence[Any]) -> Any:
    """What processes side by side say together. The fastest of them tells the host's speed: the
    others may have shared a core with it while they calibrated. Memory adds up."""
    if key == "peak_rss_bytes":
        return None if None in figures else sum(figures)
    return min(figures) if key == "calibration_ns" else max(figures)


def execute(job: Job) -> Answer:
    """Measure one cell, whatever drives its engine; what the host did meanwhile comes with it."""
    engine = load_engine(job["engine"])
    stolen, foreign, start = counters.stolen_seconds(), counters.Foreign(), time.monotonic()
    if isinstance(engine, ProgramEngine):
        before = counters.calibrate()
        answer = engine.measure(job)
        own = {"calibration_ns": min(before, counters.calibrate())}
    else:
        answer = run_worker(job)
        own = {}
    host = {
        "calibration_ns": 0,
        "involuntary_switches": 0,
        "voluntary_switches": 0,
        "minor_faults": 0,
        "major_faults": 0,
        **own,
        **answer.get("host", {}),
        "steal_s": round(counters.stolen_seconds() - stolen, 4),
        "foreign_s": round(foreign.seconds(), 4),
        "wall_s": round(time.monotonic() - start, 4),
    }
    return {**answer, "host": host}
