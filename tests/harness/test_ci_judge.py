"""What makes CI red, and what is only said loudly: `.ci/judge.py` on runs written by hand."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / ".ci" / "judge.py"
SPEC = importlib.util.spec_from_file_location("ci_judge", FILE)
assert SPEC is not None and SPEC.loader is not None
judge = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(judge)

GOOD = {"B": "RECORDED", "C": "PASS", "N": "PASS", "H": "PASS (host-scaled)", "S": "PASS"}
ESTIMATE = {
    "name": "open",
    "ratio": 1.9,
    "one_sided_low": 1.85,
    "one_sided_high": 1.95,
    "threshold": 1.8,
}


def verdict(gate: str, word: str) -> dict[str, Any]:
    return {
        "kind": "verdict",
        "gate": gate,
        "verdict": word,
        "claim": "a claim",
        "estimates": [ESTIMATE],
        "reasons": ["a reason"],
    }


def sanitizer(expected: str, outcome: str) -> dict[str, Any]:
    line = {"kind": "sanitizer", "case": "a case", "road": "cpp", "detail": "a detail"}
    return {**line, "expected": expected, "outcome": outcome}


def verification(engine: str) -> dict[str, Any]:
    line = {"kind": "verification", "corpus": "a corpus", "finding": "a finding"}
    return {**line, "engine": engine, "agrees": False}


def write_run(
    folder: Path,
    verdicts: dict[str, str],
    *lines: dict[str, Any],
    told: dict[str, str] | None = None,
    complete: bool = True,
) -> Path:
    all_lines = [*lines, *(verdict(gate, word) for gate, word in verdicts.items())]
    (folder / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in all_lines))
    summary = {"complete": complete, "gates": verdicts if told is None else told}
    (folder / "verdict.json").write_text(json.dumps(summary))
    return folder


def test_a_good_run_is_green(tmp_path: Path) -> None:
    assert judge.main(["0", str(write_run(tmp_path, GOOD))]) == 0


@pytest.mark.parametrize("word", ["INCONCLUSIVE", "NOT EVALUABLE"])
def test_what_could_not_be_told_is_loud_but_not_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert judge.main(["2", str(write_run(tmp_path, {**GOOD, "H": word}))]) == 0
    shown = capsys.readouterr().out
    assert f"gate H: {word}" in shown
    assert "!!!!" in shown
    assert "a reason" in shown


@pytest.mark.parametrize("gate", GOOD)
def test_a_failed_gate_is_red(tmp_path: Path, gate: str) -> None:
    assert judge.main(["1", str(write_run(tmp_path, {**GOOD, gate: "FAIL"}))]) == 1


@pytest.mark.parametrize("gate", GOOD)
def test_a_race_behind_any_failed_gate_is_red(tmp_path: Path, gate: str) -> None:
    race = sanitizer("clean", "race")
    assert judge.main(["1", str(write_run(tmp_path, {**GOOD, gate: "FAIL"}, race))]) == 1


@pytest.mark.parametrize("gate", GOOD)
def test_a_gate_without_verdict_is_red(tmp_path: Path, gate: str) -> None:
    rest = {name: word for name, word in GOOD.items() if name != gate}
    assert judge.main(["0", str(write_run(tmp_path, rest))]) == 1


@pytest.mark.parametrize(
    "line",
    [
        sanitizer("clean", "race"),
        sanitizer("race", "clean"),
        verification("rapidmarc/native"),
        verification("processes/rapidmarc"),
    ],
    ids=["race", "silent canary", "wrong output", "wrong output of processes"],
)
def test_a_defect_is_red_even_if_the_verdicts_overlook_it(
    tmp_path: Path, line: dict[str, Any]
) -> None:
    assert judge.main(["0", str(write_run(tmp_path, GOOD, line))]) == 1


def test_a_peer_with_another_output_is_not_red(tmp_path: Path) -> None:
    assert judge.main(["0", str(write_run(tmp_path, GOOD, verification("mrrc")))]) == 0


def test_a_run_that_was_interrupted_is_red(tmp_path: Path) -> None:
    assert judge.main(["0", str(write_run(tmp_path, GOOD, complete=False))]) == 1


def test_a_verdict_file_that_differs_from_the_run_is_red(tmp_path: Path) -> None:
    run = write_run(tmp_path, {**GOOD, "C": "INCONCLUSIVE"}, told=GOOD)
    assert judge.main(["0", str(run)]) == 1


def test_a_run_without_verdict_file_is_red(tmp_path: Path) -> None:
    (write_run(tmp_path, GOOD) / "verdict.json").unlink()
    assert judge.main(["0", str(tmp_path)]) == 1


def test_no_run_or_more_than_one_is_red(tmp_path: Path) -> None:
    assert judge.main(["0", ""]) == 1
    assert judge.main(["0", f"{tmp_path}\n{tmp_path}"]) == 1


def test_a_failing_command_behind_good_verdicts_is_red(tmp_path: Path) -> None:
    assert judge.main(["2", str(write_run(tmp_path, GOOD))]) == 1
