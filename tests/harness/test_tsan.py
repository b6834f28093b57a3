"""The whole sanitizer run, with scripted programs in place of the compiled ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import ROOT, tsan
from harness.model import GATES
from harness.sanitizer.cases import CANARIES, Case, canary_cases, scenario_cases
from harness.sanitizer.process import Surroundings
from harness.sanitizer.toolchain import CannotRun, Toolchain

# Behaves like an instrumented program: writes a report where TSAN_OPTIONS says, then ends.
PROGRAM = """
import os, sys, time
options = dict(part.split("=", 1) for part in os.environ["TSAN_OPTIONS"].split(":"))
kind, code = sys.argv[1], int(sys.argv[2])
def report():
    with open(f"{options['log_path']}.{os.getpid()}", "w") as log:
        log.write("WARNING: ThreadSanitizer: data race (pid=1)\\n"
                  "    #0 canaries::planted() canaries.cpp:1:2\\n"
                  "SUMMARY: ThreadSanitizer: data race canaries.cpp:1:2 in canaries::planted()\\n")
if kind == "race":
    report()
if kind == "race-in-child":
    child = os.fork()
    if child == 0:
        report()
        os._exit(0)
    os.waitpid(child, 0)
if kind == "hang":
    time.sleep(60)
os._exit(code)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the sanitizer with the given scripted scenarios and canaries and gives its lines."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    library = tmp_path / "libtbb.so.12"
    surroundings = Surroundings(
        Toolchain("19", "clang", "clang++", Path("/nowhere.so"), "symbolizer"), library, tmp_path
    )
    monkeypatch.setattr(tsan, "prepare", lambda build: surroundings)
    monkeypatch.setattr(tsan, "REPORTS", ROOT / "build" / "tsan-reports-of-tests")

    def case(kind: str, code: int, expected: str) -> Case:
        command = (sys.executable, str(program), kind, str(code))
        names = "canaries::planted" if expected == "race" else None
        gate = "all" if names else "C"
        return Case(gate, "cpp", f"{kind}-{code}", command, expected, names, time_limit=2)

    def run_scripted(scenarios: list[tuple[str, int]], canaries: list[tuple[str, int]]):
        planted = [case(*canary, "race") for canary in canaries]
        clean = [case(*scenario, "clean") for scenario in scenarios]
        monkeypatch.setattr(tsan, "canary_cases", lambda build: planted)
        monkeypatch.setattr(tsan, "scenario_cases", lambda build: clean)
        return tsan.run_sanitizer(gates=["C"])

    return run_scripted


def test_clean_scenarios_and_reported_canaries_pass(run) -> None:
    lines = run([("none", 0)], [("race", 66)])
    assert [line["outcome"] for line in lines] == ["race", "clean"]
    assert tsan.exit_code(lines) == 0


@pytest.mark.parametrize(
    "scenario", [("race", 66), ("race", 3), ("race", 137), ("race-in-child", 0)]
)
def test_a_deliberate_race_in_a_scenario_fails_the_run(run, scenario: tuple[str, int]) -> None:
    lines = run([scenario], [("race", 66)])
    assert lines[-1]["outcome"] == "race"
    assert "canaries.cpp:1:2" in lines[-1]["detail"]
    assert tsan.exit_code(lines) == 1


def test_a_silent_canary_fails_the_run(run) -> None:
    assert tsan.exit_code(run([("none", 0)], [("race", 66), ("none", 0)])) == 1


@pytest.mark.parametrize("scenario", [("none", 66), ("none", 1), ("none", 139), ("hang", 0)])
def test_a_scenario_without_a_result_is_never_a_pass(run, scenario: tuple[str, int]) -> None:
    lines = run([scenario], [("race", 66)])
    assert lines[-1]["outcome"] == "could-not-run"
    assert tsan.exit_code(lines) == 3


def test_a_race_outweighs_what_could_not_run(run) -> None:
    assert tsan.exit_code(run([("none", 1), ("race", 66)], [("race", 66)])) == 1


def test_no_case_at_all_is_not_a_pass() -> None:
    assert tsan.exit_code([]) == 3


def test_without_a_compiler_every_case_could_not_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_compiler() -> Toolchain:
        raise CannotRun("no clang++-19 on PATH", "apt-get install clang-19")

    monkeypatch.setattr(tsan, "find_toolchain", no_compiler)
    lines = tsan.run_sanitizer(gates=GATES)
    assert {line["outcome"] for line in lines} == {"could-not-run"}
    assert {line["gate"] for line in lines} == {*GATES, "all"}
    assert all("apt-get install clang-19" in line["detail"] for line in lines)
    assert tsan.main(["--gate", "C"]) == 3
    assert "apt-get install clang-19" in capsys.readouterr().out


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown gate 'Q'"):
        tsan.run_sanitizer(gates=["Q"])


def test_wrong_usage_has_its_own_exit_code() -> None:
    with pytest.raises(SystemExit) as ended:
        tsan.main(["--gate", "Q"])
    assert ended.value.code == 64


def test_every_canary_runs_on_both_roads_and_must_be_named() -> None:
    cases = canary_cases(Path("build"))
    assert len(cases) == 2 * len(CANARIES) == 12
    assert {case.expected for case in cases} == {"race"}
    assert all(case.names and case.names.endswith(case.name.split("/")[1]) for case in cases)


def test_every_gate_has_a_scenario_on_both_roads() -> None:
    cases = scenario_cases(Path("build"))
    assert {(case.gate, case.road) for case in cases} == {
        (gate, road) for gate in GATES for road in ("cpp", "python")
    }
    assert {case.expected for case in cases} == {"clean"}
    assert all(case.names is None for case in cases)


def test_nothing_is_suppressed() -> None:
    toolchain = Toolchain("19", "clang", "clang++", Path("runtime.so"), "symbolizer")
    environment = Surroundings(toolchain, Path("tbb"), Path("build")).environment(Path("logs"))
    assert "suppressions" not in environment["TSAN_OPTIONS"]
    assert "ignore_" not in environment["TSAN_OPTIONS"]
    assert "exitcode=66" in environment["TSAN_OPTIONS"]
