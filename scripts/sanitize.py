"""Runs the C++ and the Python tests under AddressSanitizer and UndefinedBehaviorSanitizer.

    python scripts/sanitize.py [PYTEST ARGUMENT ...]        (`make sanitize`, which builds first)

Ours is built with clang and instrumented (preset `asan`), the interpreter is not; the runtime
is loaded before it, and its own allocator is set aside, so that every object of Python's is a block
of its own that the sanitizer watches. Leaks are looked for when each process ends. Nothing of ours
is suppressed. First two deliberate faults must be reported, else the whole run counts as broken.

Exit codes: 0 clean, 1 a report, a failing test or a silent canary. Races are another build's
(`make tsan`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "asan"
SUPPRESSIONS = ROOT / "tests" / "sanitizer" / "python.supp"
SITE = ROOT / "tests" / "sanitizer" / "site"
SEEDS = BUILD / "fuzz-seeds"
REPORTED = 66
REPORT = re.compile(r"^SUMMARY: .*|.*runtime error: .*", re.M)
TESTS = ("tests/python", "tests/parity", "tests/reference")
# What a sanitized process cannot tell: memory that freed blocks keep in quarantine, an address
# space that the sanitizer's own map fills, leaks where the process ends in the middle of a thread,
# and those of others: of a Java machine, into which the runtime is loaded as well, of Dask's
# processes, of zstandard's writer, which leaves a number each time it is closed, and of the threads
# that fsspec keeps for the web and rich for a terminal, whose local variables lie where nobody
# looks.
BEYOND = (
    "few_kept_records", "over_a_gibibyte", "memory_that_runs_out", "does_not_grow",
    "while_a_daemon", "input_gives_nothing", "spark", "a_cluster", "several_processes",
    "between_processes", "worker_that_is_killed", ".zst", "a_web_server", "on_a_terminal",
)  # fmt: skip

OVERRUN = """
import ctypes
malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
ctypes.string_at(malloc(8), 9)
"""
LEAK = "import ctypes; ctypes.CDLL(None).malloc(4321)"


def main() -> int:
    for name, canary in (("overrun", OVERRUN), ("leak", LEAK)):
        if not run([sys.executable, "-c", canary], quiet=True)[1]:
            print(f"sanitize: the deliberate {name} was not reported")
            return 1
    red = []
    subprocess.run([sys.executable, "-m", "tests.fuzz.seeds", SEEDS], cwd=ROOT, check=True)
    for program in sorted((BUILD / "bin").iterdir()):
        is_target = program.name.startswith("fuzz_")
        inputs = [str(SEEDS / program.name.removeprefix("fuzz_"))] if is_target else []
        if not passes([str(program), *inputs], quiet=is_target):
            red.append(program.name)
    beyond = " and ".join(f"not {name}" for name in BEYOND)
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", beyond]
    # Everything is slower by a factor; a hang still is one.
    if not passes([*pytest, "--timeout=900", "-o", "faulthandler_timeout=0", *arguments()]):
        red.append("Python tests")
    print(f"sanitize: red: {', '.join(red)}" if red else "sanitize: clean, both canaries reported")
    return 1 if red else 0


def arguments() -> list[str]:
    given = sys.argv[1:]
    return given if any(not word.startswith("-") for word in given) else [*TESTS, *given]


def passes(command: list[str], *, quiet: bool = False) -> bool:
    """Whether a command ends with 0 and no process of it wrote a report; reports are printed."""
    code, reports = run(command, quiet=quiet)
    for report in dict.fromkeys(REPORT.findall(reports)):
        print(f"sanitize: {report}")
    if reports:
        kept = BUILD / "reports.log"
        kept.write_text(reports, encoding="utf-8")
        print(f"sanitize: in full: {kept.relative_to(ROOT)}")
    return code == 0 and not reports


def run(command: list[str], *, quiet: bool = False) -> tuple[int, str]:
    """The exit code of a command, and what the sanitizers of all its processes reported."""
    with tempfile.TemporaryDirectory(prefix="rapidmarc-asan-") as folder:
        environment = surroundings(Path(folder))
        output = subprocess.DEVNULL if quiet else None
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        logs = sorted(Path(folder).glob("report.*"))
        return done.returncode, "".join(map(report_of, logs))


def report_of(log: Path) -> str:
    """What a process reported, with the command that it was, where it was Python's."""
    command = log.with_name(f"report-command{log.suffix}")
    said = command.read_text("utf-8", "replace") if command.exists() else "a program"
    return f"{said}\n{log.read_text('utf-8', 'replace')}"


def surroundings(logs: Path) -> dict[str, str]:
    runtime = subprocess.check_output(
        ["clang++-19", "-print-file-name=libclang_rt.asan-x86_64.so"], text=True
    ).strip()
    options = f"exitcode={REPORTED}:log_path={logs / 'report'}:detect_leaks=1"
    return os.environ | {
        "LD_PRELOAD": runtime,
        "LD_LIBRARY_PATH": str(Path(runtime).parent),
        "ASAN_OPTIONS": options,
        "UBSAN_OPTIONS": f"{options}:print_stacktrace=1",
        "LSAN_OPTIONS": f"suppressions={SUPPRESSIONS}:print_suppressions=0:report_objects=1",
        "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": os.pathsep.join([str(BUILD / "python"), str(SITE)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
