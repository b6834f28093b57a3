"""yaz-marcdump: a C program, timed as a whole process by hyperfine, compared by count only."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.engines.protocol import Answer, Job, Missing, per_second, program_answer

TIME_LIMIT = 300


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"the program {name} is not installed", f"apt-get install {package}")
    return found


class YazMarcdump:
    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1
    install = "apt-get install yaz hyperfine"
    guess = per_second(read=300_000)

    def version(self) -> str:
        _program("hyperfine", "hyperfine")
        command = [_program("yaz-marcdump", "yaz"), "-V"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        match = re.search(r"YAZ version: (\S+)", text.stdout + text.stderr)
        return match.group(1) if match else "unknown"

    def measure(self, job: Job) -> Answer:
        command = shlex.join([_program("yaz-marcdump", "yaz"), "-n", job["file"]])
        with tempfile.TemporaryDirectory() as folder:
            export = Path(folder) / "hyperfine.json"
            done = subprocess.run(
                [
                    _program("hyperfine", "hyperfine"), "-N", "--style", "none",
                    "--warmup", "0" if job["warmup"] == "none" else "1",
                    "--runs", str(max(2, job["passes"])),
                    "--export-json", str(export), command,
                ],
                capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise RuntimeError(f"hyperfine: {done.stderr.strip()[-400:]}")
            times = json.loads(export.read_text("utf-8"))["results"][0]["times"]
        passes = [float(seconds) * job["iterations"] for seconds in times]
        return program_answer(job, passes)

    def count(self, file: str) -> int:
        """Count the leaders in its line output: no other line starts with five digits."""
        command = [_program("yaz-marcdump", "yaz"), "-o", "line", file]
        leader = re.compile(rb"^\d{5}[a-z ]")
        count = 0
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                count += leader.match(line) is not None
        return count


ENGINES = {"yaz-marcdump": YazMarcdump()}
