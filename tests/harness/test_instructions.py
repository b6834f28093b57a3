"""Scripted counts of instructions: when they are red, when only said, and what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import instructions
from harness.instructions import FEW, MORE, NAMES, CannotCount, main

HERE = {"machine": "x86_64", "compiler": "g++ 12", "libc": "glibc 2.36", "simd": "AVX2"}
START = 60_000_000


class Scripted:
    """1,000 instructions a record, times the factor of the workload, and the start of a process."""

    def __init__(self, factors: dict[str, float] | None = None, **other: str) -> None:
        self.factors = factors or {}
        self.surroundings = {**HERE, **other}

    def count(self, name: str, records: int) -> int:
        return START + round(records * 1_000 * self.factors.get(name, 1))


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "reference" / "instructions.json"
    assert main(["--update"], make_counter=Scripted, path=path) == 0
    return path


def check(path: Path, factors: dict[str, float] | None = None, **other: str) -> int:
    last = path.parent / "counted.json"
    return main([], make_counter=lambda: Scripted(factors, **other), path=path, last=last)


def test_the_baseline_holds_what_was_counted_without_the_start_of_a_process(baseline: Path) -> None:
    stored = json.loads(baseline.read_text())
    assert stored["instructions_per_record"] == dict.fromkeys(NAMES, 1_000.0)
    assert stored["surroundings"] == HERE
    assert stored["tolerance"] == 0.03


def test_equal_counts_are_good(baseline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(baseline) == 0
    assert capsys.readouterr().out.endswith("instructions: ok\n")


def test_an_excess_is_red_and_names_the_workload(
    baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(baseline, {"title": 1.04}) == 1
    assert capsys.readouterr().out.endswith("instructions: MORE: title\n")


@pytest.mark.parametrize("factor", [1.029, 0.971])
def test_what_lies_within_the_tolerance_is_not_mentioned(
    baseline: Path, factor: float, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert check(baseline, dict.fromkeys(NAMES, factor)) == 0
    printed = capsys.readouterr().out
    assert "MORE" not in printed
    assert "--update" not in printed


def test_far_fewer_are_good_and_the_way_to_lower_the_baseline_is_said(
    baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(baseline, {"as_json": 0.9}) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "--update" in line)
    assert line.startswith("as_json ")


@pytest.mark.parametrize("key", HERE)
def test_other_surroundings_are_not_evaluable_even_with_an_excess(
    baseline: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(baseline, {"title": 2.0}, **{key: "another"}) == 3
    printed = capsys.readouterr().out
    assert "NOT EVALUABLE" in printed
    assert f"{key}: the baseline's is {HERE[key]}, this one is another" in printed


def test_a_workload_without_a_baseline_is_not_evaluable(baseline: Path) -> None:
    stored = json.loads(baseline.read_text())
    del stored["instructions_per_record"]["title"]
    baseline.write_text(json.dumps(stored))
    assert check(baseline) == 3


def test_no_baseline_is_not_evaluable(tmp_path: Path) -> None:
    assert check(tmp_path / "none.json") == 3


@pytest.mark.parametrize("arguments", [[], ["--update"]])
def test_without_valgrind_nothing_is_evaluable_and_nothing_is_stored(
    baseline: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = baseline.read_bytes()
    monkeypatch.setattr(instructions.shutil, "which", lambda name: None)
    assert main(arguments, path=baseline) == 3
    assert "valgrind is not installed" in capsys.readouterr().out
    assert baseline.read_bytes() == before


def test_a_host_that_fails_while_counting_is_not_evaluable(baseline: Path) -> None:
    class Failing(Scripted):
        def count(self, name: str, records: int) -> int:
            if (name, records) == ("as_dict", MORE):
                raise CannotCount("too slow")
            return super().count(name, records)

    assert main([], make_counter=Failing, path=baseline) == 3


def test_update_stores_new_counts_that_are_good_from_then_on(baseline: Path) -> None:
    slower = {"title": 1.5}
    assert main(["--update"], make_counter=lambda: Scripted(slower), path=baseline) == 0
    assert check(baseline, slower) == 0


def test_the_committed_baseline_has_every_workload() -> None:
    stored = json.loads(instructions.BASELINE.read_text())
    assert set(stored["instructions_per_record"]) == set(NAMES)
    assert (stored["records"]["few"], stored["records"]["more"]) == (FEW, MORE)
