"""Runs the fuzz targets (`python -m tests.fuzz [--seconds N | --runs N] [TARGET ...]`).

`make fuzz` builds them first (CMake preset `fuzz`). This makes the seeds, and gives each target its
time, one after the other. What a run learns is kept under build/fuzz/corpus and is where the next
one starts. A difference, a sanitizer's report, or an input that takes too much time or memory ends
a target; the input is kept under build/fuzz/failures, and the exit code is 1.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"
TARGETS = sorted(
    path.stem.removeprefix("fuzz_") for path in Path(__file__).parent.glob("fuzz_*.cpp")
)
PYTHON = "python"  # the target for atheris
LONGEST = 2048  # bytes of an input
LIMITS = ("-timeout=300", "-rss_limit_mb=1024", f"-max_len={LONGEST}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz the native code.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=20, help="for each target (default 20)")
    parser.add_argument("--runs", type=int, help="executions of each target, instead of seconds")
    chosen = parser.parse_args()
    known = [*TARGETS, PYTHON]
    unknown = [name for name in chosen.targets if name not in known]
    if unknown:
        parser.error(f"no target is called {unknown[0]!r}; there are {', '.join(known)}")
    subprocess.run(
        [sys.executable, "-m", "tests.fuzz.seeds", BUILD / "seeds"], cwd=ROOT, check=True
    )
    limit = f"-max_total_time={chosen.seconds}" if chosen.runs is None else f"-runs={chosen.runs}"
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: python is left out: atheris is not installed")
        known.remove(PYTHON)
    failed = [name for name in chosen.targets or known if not fuzz(name, limit)]
    print(f"fuzz: failed: {', '.join(failed)}" if failed else "fuzz: no difference, no report")
    return 1 if failed else 0


def fuzz(name: str, limit: str) -> bool:
    """Runs one target and says in a line what came of it."""
    corpus, failures, seeds = (BUILD / part / name for part in ("corpus", "failures", "seeds"))
    program: list[str | Path] = [BUILD / "bin" / f"fuzz_{name}"]
    if name == PYTHON:
        program, seeds = [sys.executable, "-m", "tests.fuzz.python_surface"], BUILD / "seeds/decode"
    for folder in (corpus, failures):
        folder.mkdir(parents=True, exist_ok=True)
    command = [
        *program, corpus, seeds, limit, *LIMITS,
        f"-dict={Path(__file__).parent / 'marc.dict'}", f"-artifact_prefix={failures}/",
        "-print_final_stats=1", "-verbosity=1",
    ]  # fmt: skip
    options = {"UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1"}
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | options,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    log = ended.stdout.decode("utf-8", "replace")
    (BUILD / f"{name}.log").write_text(log, encoding="utf-8")
    done = re.search(r"stat::number_of_executed_units:\s*(\d+)", log)
    covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    count = f"{int(done[1]):,} executions" if done else "no figures"
    edges = f", {covered[-1][0]} edges, {covered[-1][2]} inputs kept" if covered else ""
    passed = ended.returncode == 0
    print(f"fuzz: {name:<13}{'ok' if passed else 'FAILED'}: {count}{edges}", flush=True)
    if not passed:
        print("\n".join(log.splitlines()[-60:]))
    return passed


if __name__ == "__main__":
    sys.exit(main())
