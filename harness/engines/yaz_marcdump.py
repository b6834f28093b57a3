"""yaz-marcdump: a C program, timed as a whole process by hyperfine, compared by count only."""

from __future__ import annotations

import re
import subprocess

from harness.engines import hyperfine
from harness.engines.hyperfine import program
from harness.engines.protocol import Answer, Job, per_second


class YazMarcdump:
    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = "apt-get install yaz hyperfine"
    guess = per_second(read=300_000)

    def version(self) -> str:
        program("hyperfine", "hyperfine")
        command = [program("yaz-marcdump", "yaz"), "-V"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        match = re.search(r"YAZ version: (\S+)", text.stdout + text.stderr)
        return match.group(1) if match else "unknown"

    def measure(self, job: Job) -> Answer:
        return hyperfine.measure(job, [program("yaz-marcdump", "yaz"), "-n", job["file"]])

    def count(self, file: str) -> int:
        """Count the leaders in its line output: no other line starts with five digits."""
        command = [program("yaz-marcdump", "yaz"), "-o", "line", file]
        leader = re.compile(rb"^\d{5}[a-z ]")
        count = 0
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                count += leader.match(line) is not None
        return count

    def numbers(self, file: str) -> list[str]:
        command = [program("yaz-marcdump", "yaz"), "-o", "line", file]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        return [line[4:].decode() for line in done.stdout.splitlines() if line[:4] == b"001 "]


ENGINES = {"yaz-marcdump": YazMarcdump()}
