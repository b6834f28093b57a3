"""Runs the canaries and the gates' scenarios under ThreadSanitizer (`python -m harness.tsan`).

Each case is one process. The canaries are deliberate races: every one must be reported, or the
whole run counts as broken. The scenarios must be clean. There are no suppressions. What cannot be
run (no clang, no source of oneTBB, a build that fails) is said for every case it concerns and is
never a pass.

Exit codes: 0 clean and every canary reported, 1 a race or a silent canary, 3 could not run,
64 wrong usage.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness import ROOT
from harness.model import GATES
from harness.sanitizer.cases import Case, canary_cases, scenario_cases
from harness.sanitizer.judge import Ended, Judgement, judge
from harness.sanitizer.process import Surroundings, run_process
from harness.sanitizer.tbb import ensure_instrumented_tbb
from harness.sanitizer.toolchain import (
    CannotRun,
    Toolchain,
    find_toolchain,
    is_instrumented,
    program,
    run_step,
)

BUILD = ROOT / "build" / "tsan"
REPORTS = BUILD / "reports"
TARGETS = ("canaries_main", "rapidmarc_canaries", "stress_main", "_core")

Line = dict[str, Any]


def run_sanitizer(
    *,
    gates: Sequence[str],
    build: bool = True,
    on_line: Callable[[Line], object] = lambda line: None,
) -> list[Line]:
    """The `sanitizer` lines of a run: all canaries, and the scenarios of `gates` on both roads.

    `build=False` uses what is built and says so when it is not. `on_line` gets each line as soon as
    its case has ended.
    """
    unknown = [gate for gate in gates if gate not in GATES]
    if unknown:
        raise ValueError(f"unknown gate {unknown[0]!r}; the gates are {', '.join(GATES)}")
    cases = [*canary_cases(BUILD), *(case for case in scenario_cases(BUILD) if case.gate in gates)]
    try:
        surroundings = prepare(build=build)
    except CannotRun as reason:
        lines = [line_of(case, Judgement("could-not-run", 0, str(reason)), 0.0) for case in cases]
        for line in lines:
            on_line(line)
        return lines
    lines = []
    for case in cases:
        lines.append(run_case(case, surroundings))
        on_line(lines[-1])
    return lines


def prepare(*, build: bool) -> Surroundings:
    """Builds (or finds) oneTBB, extension and programs, and proves that all are instrumented."""
    toolchain = find_toolchain()
    tbb = ensure_instrumented_tbb(toolchain, build=build)
    if build:
        build_project(toolchain)
    for binary in binaries(BUILD):
        if not is_instrumented(binary):
            raise CannotRun(f"{binary} is not instrumented")
    return Surroundings(toolchain, tbb, BUILD)


def build_project(toolchain: Toolchain) -> None:
    cmake = program("cmake")
    program("ninja")
    configure = [
        cmake, "--preset", "tsan",
        f"-DCMAKE_C_COMPILER=clang-{toolchain.version}",
        f"-DCMAKE_CXX_COMPILER=clang++-{toolchain.version}",
        f"-DPython_EXECUTABLE={sys.executable}",
    ]  # fmt: skip
    run_step("configuring the sanitizer build", configure, cwd=ROOT, seconds=120)
    make = [cmake, "--build", "--preset", "tsan", "-j2", "--target", *TARGETS]
    run_step("the sanitizer build", make, cwd=ROOT, seconds=900)


def binaries(build: Path) -> list[Path]:
    """Everything of ours that a case executes; a missing one cannot be run."""
    found = []
    for pattern in (
        "bin/canaries_main",
        "bin/stress_main",
        "sanitizer/rapidmarc_canaries*.so",
        "python/rapidmarc/_core*.so",
    ):
        matches = sorted(build.glob(pattern))
        if not matches:
            raise CannotRun(f"{build / pattern} is not built", "make tsan")
        found.extend(matches)
    return found


def run_case(case: Case, surroundings: Surroundings) -> Line:
    """Runs one case and keeps its reports when it did not go as it should."""
    ended, seconds = run_process(case.command, surroundings, time_limit=case.time_limit)
    judgement = judge(ended, names=case.names)
    if judgement.outcome != case.expected:
        kept = keep_reports(case, ended)
        judgement = Judgement(judgement.outcome, judgement.warnings, f"{judgement.detail} [{kept}]")
    return line_of(case, judgement, seconds)


def keep_reports(case: Case, ended: Ended) -> str:
    REPORTS.mkdir(parents=True, exist_ok=True)
    file = REPORTS / (re.sub(r"[^\w.-]", "-", f"{case.gate}-{case.road}-{case.name}") + ".log")
    file.write_text(f"{ended.output}\n{ended.reports}", encoding="utf-8")
    return str(file.relative_to(ROOT))


def line_of(case: Case, judgement: Judgement, seconds: float) -> Line:
    return {
        "kind": "sanitizer",
        "gate": case.gate,
        "road": case.road,
        "case": case.name,
        "expected": case.expected,
        "outcome": judgement.outcome,
        "warnings": judgement.warnings,
        "detail": judgement.detail,
        "seconds": round(seconds, 3),
    }


def exit_code(lines: Sequence[Line]) -> int:
    """1 for a race or a silent canary, before 3 for what could not be run, before 0."""
    outcomes = [(line["outcome"], line["expected"]) for line in lines]
    if any(outcome not in ("could-not-run", expected) for outcome, expected in outcomes):
        return 1
    if not outcomes or any(outcome == "could-not-run" for outcome, _ in outcomes):
        return 3
    return 0


def text_of(line: Line) -> str:
    right = line["outcome"] == line["expected"]
    mark = "ok" if right else "??" if line["outcome"] == "could-not-run" else "NO"
    return (
        f"{mark}  {line['gate']:<4} {line['road']:<7} {line['case']:<34} "
        f"expected {line['expected']:<6} got {line['outcome']:<14} {line['seconds']:6.1f} s"
    )


class Printer:
    """Prints each line, and under it what went wrong, unless that was said for the line before."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, line: Line) -> None:
        print(text_of(line), flush=True)
        wrong = line["detail"] if line["outcome"] != line["expected"] else ""
        if wrong and wrong != self._said:
            print(f"      {wrong}", flush=True)
        self._said = wrong


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _Parser(prog="python -m harness.tsan", description=__doc__.splitlines()[0])
    parser.add_argument("--gate", action="append", choices=GATES, help="default: all gates")
    parser.add_argument("--no-build", action="store_true", help="use what is built already")
    options = parser.parse_args(arguments)
    lines = run_sanitizer(
        gates=options.gate or GATES,
        build=not options.no_build,
        on_line=Printer(),
    )
    code = exit_code(lines)
    verdict = {0: "clean", 1: "race or silent canary", 3: "could not run"}[code]
    print(f"thread sanitizer: {verdict} ({len(lines)} cases)")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
