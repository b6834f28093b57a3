"""Times whole processes with hyperfine, for the engines that are programs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.engines.protocol import Answer, Job, Missing, program_answer

TIME_LIMIT = 300


def program(name: str, package: str) -> str:
    """The path of a program; without it, the Debian package that has it."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"the program {name} is not installed", f"apt-get install {package}")
    return found


def measure(job: Job, command: Sequence[str], without: str = "") -> Answer:
    """Run the command as often as the job has passes, `without` a variable of the environment;
    hyperfine's own result comes along."""
    environment = {name: value for name, value in os.environ.items() if name != without}
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "hyperfine.json"
        done = subprocess.run(
            [
                program("hyperfine", "hyperfine"), "-N", "--style", "none",
                "--warmup", "0" if job["warmup"] == "none" else "1",
                "--runs", str(max(2, job["passes"])),
                "--export-json", str(export), shlex.join(command),
            ],
            capture_output=True, text=True, timeout=TIME_LIMIT, check=False, env=environment,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"hyperfine: {done.stderr.strip()[-400:]}")
        result = json.loads(export.read_text("utf-8"))["results"][0]
    passes = [float(seconds) * job["iterations"] for seconds in result["times"]]
    return {**program_answer(job, passes), "hyperfine": result}
