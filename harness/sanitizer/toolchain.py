"""What a thread-sanitizer run needs from the machine, and the reason when a part is missing.

Finds programs and builds nothing. A missing part raises `CannotRun`, which carries the line that
installs it; callers turn it into the outcome "could-not-run", never into a pass.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The first is the one the recipe was proven with. Clang 15 and older are left out: the shared
# runtime of clang 14 crashes at the start of every process.
CLANG_VERSIONS = ("19", "20", "18", "17", "16")


class CannotRun(Exception):
    """The sanitizer cannot run here: `reason` says why, `install` is the line that helps."""

    def __init__(self, reason: str, install: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.install = install

    def __str__(self) -> str:
        return f"{self.reason}; install: {self.install}" if self.install else self.reason


@dataclass(frozen=True)
class Toolchain:
    """Clang with its shared ThreadSanitizer runtime and the symbolizer of the same release."""

    version: str
    c_compiler: str
    cxx_compiler: str
    runtime: Path
    symbolizer: str


def install_line(version: str = CLANG_VERSIONS[0]) -> str:
    packages = f"clang-{version} libclang-rt-{version}-dev llvm-{version} libtbb-dev dpkg-dev"
    return f"apt-get install {packages}"


def find_toolchain(*, path: str | None = None) -> Toolchain:
    """The preferred complete clang on `path` (default: the PATH of this process)."""
    first_gap: CannotRun | None = None
    for version in CLANG_VERSIONS:
        cxx = shutil.which(f"clang++-{version}", path=path)
        if cxx is None:
            continue
        try:
            return _complete(version, cxx, path)
        except CannotRun as gap:
            first_gap = first_gap or gap
    if first_gap is not None:
        raise first_gap
    wanted = " or ".join(f"clang++-{version}" for version in CLANG_VERSIONS)
    raise CannotRun(f"no {wanted} on PATH", install_line())


def _complete(version: str, cxx: str, path: str | None) -> Toolchain:
    c_compiler = shutil.which(f"clang-{version}", path=path)
    if c_compiler is None:
        raise CannotRun(
            f"clang++-{version} is there, clang-{version} is not", install_line(version)
        )
    symbolizer = shutil.which(f"llvm-symbolizer-{version}", path=path)
    if symbolizer is None:
        # Without it no report names a function, so no canary could be recognised.
        raise CannotRun(f"no llvm-symbolizer-{version} on PATH", install_line(version))
    return Toolchain(version, c_compiler, cxx, _shared_runtime(version, cxx), symbolizer)


def _shared_runtime(version: str, cxx: str) -> Path:
    name = f"libclang_rt.tsan-{os.uname().machine}.so"
    # Clang prints the bare name back when it does not have the file.
    for candidate in (name, "libclang_rt.tsan.so"):
        answer = subprocess.run(
            [cxx, f"-print-file-name={candidate}"], capture_output=True, text=True, check=False
        )
        runtime = Path(answer.stdout.strip())
        if answer.returncode == 0 and runtime.is_absolute() and runtime.is_file():
            return runtime
    raise CannotRun(
        f"clang++-{version} has no shared ThreadSanitizer runtime ({name})", install_line(version)
    )


def program(name: str) -> str:
    """A build program: the one beside the running interpreter before any other on PATH."""
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which(name)
    if found is None:
        raise CannotRun(f"no {name} on PATH", f"{sys.executable} -m pip install {name}")
    return found


def run_step(
    what: str,
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float,
    install: str = "",
) -> str:
    """Runs one build step; its failure or delay is a `CannotRun` with its last lines."""
    try:
        done = subprocess.run(
            list(command), cwd=cwd, env=None if env is None else dict(env), timeout=seconds,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise CannotRun(f"{what}: {error.filename} is not installed", install) from error
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"{what} took longer than {seconds:.0f} s", install) from error
    if done.returncode != 0:
        # The first error, or else the last lines: what follows an error is mostly its consequence.
        errors = [line for line in done.stdout.splitlines() if re.search(r"\berror\b", line, re.I)]
        said = last_lines("\n".join(errors[:2]) or done.stdout)
        raise CannotRun(f"{what} failed ({done.returncode}): {said}", install)
    return done.stdout


def last_lines(text: str, count: int = 4, width: int = 600) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-count:])[-width:]


def is_instrumented(binary: Path) -> bool:
    """Whether a shared object or program calls into the ThreadSanitizer runtime."""
    listing = run_step(
        f"reading the symbols of {binary.name}",
        ["nm", "-D", "--undefined-only", str(binary)],
        seconds=60,
        install="apt-get install binutils",
    )
    return "__tsan_func_entry" in listing
