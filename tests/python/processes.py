"""Looks at processes from outside: runs an errand in one of its own, counts what this one holds."""

import gc
import os
import subprocess
import sys

from tests import corpora


def run_errand(module: str, *arguments: str) -> None:
    """Runs an errand to its end and shows what it printed if it fails."""
    done = subprocess.run(
        [
            *(sys.executable, "-X", "dev", "-W", "ignore::ResourceWarning"),
            *("-m", f"tests.python.{module}", *arguments),
        ],
        cwd=corpora.ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    ended = (done.returncode, done.stdout, done.stderr)
    assert ended == (0, "done\n", ""), ended


def thread_count() -> int:
    """Threads of this process, Python's and native ones."""
    return len(os.listdir("/proc/self/task"))


def descriptor_count() -> int:
    """Descriptors that this process has open."""
    return len(os.listdir("/proc/self/fd"))


def descriptors_before() -> int:
    """The same before a test: what earlier ones left to the collector may close in its middle."""
    gc.collect()
    return descriptor_count()
