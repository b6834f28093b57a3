"""MARC::Batch: the reader that Perl programs use, timed as a whole process, compared by count."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.engines import hyperfine
from harness.engines.hyperfine import program
from harness.engines.protocol import Answer, Job, Missing, per_second

PROGRAM = Path(__file__).with_name("marc_batch.pl")
TIME_LIMIT = 600


class MarcBatch:
    sources = frozenset({"path"})
    workloads = frozenset({"read", "title", "extract", "subfields", "roundtrip"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = "apt-get install libmarc-record-perl hyperfine"
    guess = per_second(read=10_000, title=9_000, extract=5_000, subfields=6_000, roundtrip=6_000)

    def version(self) -> str:
        program("hyperfine", "hyperfine")
        command = [program("perl", "perl"), "-MMARC::Record", "-e", "print MARC::Record->VERSION"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise Missing("Perl has no MARC::Record", self.install)
        return done.stdout

    @staticmethod
    def _command(workload: str, file: str) -> list[str]:
        return [program("perl", "perl"), str(PROGRAM), workload, file]

    def measure(self, job: Job) -> Answer:
        return hyperfine.measure(job, self._command(job["workload"], job["file"]))

    def count(self, file: str) -> int:
        done = subprocess.run(
            self._command("read", file), capture_output=True, text=True, timeout=TIME_LIMIT,
            check=True,
        )  # fmt: skip
        return int(done.stdout)

    def numbers(self, file: str) -> list[str]:
        command = self._command("numbers", file)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        lines = [line.partition(" ") for line in done.stdout.splitlines()]
        return [number for word, _, number in lines if word == "001"]


ENGINES = {"marc-batch": MarcBatch()}
