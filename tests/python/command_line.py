"""Runs the program `rapidmarc`, as a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def run(
    *words: object, stdin: bytes = b"", **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    """What `rapidmarc WORDS` does: its output, what it told, its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "rapidmarc", *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=100,
        check=False,
        env={**os.environ, **environment},
    )


def in_bash(command: str) -> "subprocess.CompletedProcess[bytes]":
    """What a line for the shell does, with the system's programs at hand whatever PATH says."""
    path = os.pathsep.join([os.environ.get("PATH", ""), os.defpath])
    return subprocess.run(
        [shutil.which("bash", path=path) or "bash", "-c", command],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PATH": path},
    )


def out(*words: object, stdin: bytes = b"", code: int = 0) -> str:
    """What it prints; it must end with `code` and, if that is 0, tell nothing else."""
    done = run(*words, stdin=stdin)
    assert done.returncode == code, done.stderr.decode()
    assert code or not done.stderr, done.stderr.decode()
    return done.stdout.decode()


def write(folder: Path, name: str, content: bytes) -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(content)
    return path
