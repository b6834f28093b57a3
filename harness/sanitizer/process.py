"""Runs one program under ThreadSanitizer and gathers how it ended and what was reported.

The runtime is preloaded even for programs that need no help to find it, so that both roads run on
the same one. Every process writes its own log file, children too; all of them are read.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.sanitizer.judge import REPORTED, Ended
from harness.sanitizer.toolchain import Toolchain


@dataclass(frozen=True)
class Surroundings:
    """What every case of one run shares."""

    toolchain: Toolchain
    tbb: Path  # folder of the instrumented libtbb
    build: Path  # the ThreadSanitizer build of the project

    def environment(self, logs: Path) -> dict[str, str]:
        options = {
            "exitcode": REPORTED,
            "halt_on_error": 0,
            "second_deadlock_stack": 1,
            "history_size": 4,
            "atexit_sleep_ms": 0,
            # No race: a thread that oneTBB has not let go of yet when the process ends. Tests count
            # the threads that readers leave behind.
            "report_thread_leaks": 0,
            "log_path": logs / "tsan",
            "external_symbolizer_path": self.toolchain.symbolizer,
        }
        # From outside come neither suppressions nor another build's modules.
        kept = {
            key: value
            for key, value in os.environ.items()
            if key not in {"PYTHONHOME", "PYTHONSTARTUP", "LD_LIBRARY_PATH"}
        }
        return {
            **kept,
            "LD_PRELOAD": str(self.toolchain.runtime),
            "LD_LIBRARY_PATH": str(self.tbb),
            "TSAN_OPTIONS": ":".join(f"{key}={value}" for key, value in options.items()),
            "PYTHONPATH": os.pathsep.join(
                str(self.build / folder) for folder in ("python", "sanitizer")
            ),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RAPIDMARC_TSAN_BUILD": str(self.build),
            "RAPIDMARC_TSAN_TBB": str(self.tbb),
        }


def run_process(
    command: Sequence[str], surroundings: Surroundings, *, time_limit: float
) -> tuple[Ended, float]:
    """How the command ended, and the seconds it took."""
    with tempfile.TemporaryDirectory(prefix="rapidmarc-tsan-") as folder:
        logs = Path(folder)
        started = time.monotonic()
        # Output goes to a file: a grandchild that outlives the command cannot hold a pipe open.
        with (logs / "output").open("w+b") as output:
            process = subprocess.Popen(
                list(command),
                env=surroundings.environment(logs),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            exit_code = _wait(process, time_limit)
        seconds = time.monotonic() - started
        reports, said = _read(logs.glob("tsan.*")), _read([logs / "output"])
        return Ended(exit_code, reports, said, time_limit), seconds


def _wait(process: subprocess.Popen[bytes], time_limit: float) -> int | None:
    """The exit code, or None if the time was up; nothing of the process group is left behind."""
    code: int | None
    try:
        code = process.wait(timeout=time_limit)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return code


def _read(files: Iterable[Path]) -> str:
    return "".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(files))
