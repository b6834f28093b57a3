"""dd: what the disk gives to a program that only reads. The bound for reading a cold file."""

from __future__ import annotations

import os
import re
import subprocess

from harness.disks import COLD, drop
from harness.engines.hyperfine import program
from harness.engines.protocol import Answer, Job, per_second, program_answer

TIME_LIMIT = 300
BLOCK = "1M"


class Dd:
    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    drops_cache = True  # before each pass, where the disk profile asks for it
    install = "apt-get install coreutils"
    guess = per_second(read=1_500_000)

    def version(self) -> str:
        command = [program("dd", "coreutils"), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        return done.stdout.splitlines()[0]

    def measure(self, job: Job) -> Answer:
        return program_answer(job, [self._pass(job) for _ in range(job["passes"])])

    @staticmethod
    def _pass(job: Job) -> float:
        """The seconds that dd itself gives: its start is not in them."""
        total = 0.0
        for _ in range(job["iterations"]):
            if job["disk"] in COLD:
                drop(job["file"])
            done = subprocess.run(
                [program("dd", "coreutils"), f"if={job['file']}", "of=/dev/null", f"bs={BLOCK}"],
                capture_output=True, text=True, check=True, timeout=TIME_LIMIT,
                env=dict(os.environ, LC_ALL="C"),
            )  # fmt: skip
            said = re.search(r"copied, ([0-9.e+-]+) s", done.stderr)
            if said is None:
                raise RuntimeError(f"dd said: {done.stderr.strip()[-200:]}")
            total += float(said[1])
        return total

    def count(self, file: str) -> int:
        raise TypeError("dd knows bytes, not records")


ENGINES = {"dd": Dd()}
