"""Runs and commits beside each other: what differs is told, what must not be pooled is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import builds, compare, compare_cli
from harness.cli import USAGE, invoke
from harness.costs import Costs
from harness.engines.protocol import Job
from harness.report.data import Run

from . import measuring
from .example_run import write
from .scripted import Line, cell, header, measurement

BLOCKS = 20
BEFORE, AFTER = "a" * 40, "b" * 40


def run_of(
    folder: Path, name: str, rates: dict[str, float], seed: int = 1, day: int = 1, **host: Any
) -> Run:
    """A run of some engines with 2% of scatter between its blocks."""
    rng = np.random.default_rng(seed)
    lines: list[Line] = [
        {**header(2, **host), "run": name, "started": f"2024-03-{day:02}T12:00:00+00:00"}
    ]
    for block in range(BLOCKS):
        drift = float(np.exp(rng.normal(0, 0.05)))
        for engine, rate in rates.items():
            scatter = float(np.exp(rng.normal(0, 0.02)))
            lines.append(measurement(cell(engine), rate * drift * scatter, block=block))
    return Run.load(write(folder / name, lines))


class TestTwoRuns:
    def test_a_cell_that_changed_is_told_from_one_that_did_not(self, tmp_path: Path) -> None:
        old = run_of(tmp_path, "old", {"rapidmarc/native": 2e6, "rapidmarc/batched": 1e6}, seed=1)
        new = run_of(tmp_path, "new", {"rapidmarc/native": 2.6e6, "rapidmarc/batched": 1e6}, seed=2)
        found = {c.cell["engine"]: c for c in compare.changes(old, new)}
        assert found["rapidmarc/native"].word == "faster"
        assert found["rapidmarc/native"].ratio.low < 1.3 < found["rapidmarc/native"].ratio.high
        assert found["rapidmarc/batched"].word == "no difference"

    def test_the_summary_says_how_many_would_differ_by_chance(self, tmp_path: Path) -> None:
        old, new = (run_of(tmp_path, n, {"rapidmarc/native": 2e6}) for n in ("old", "new"))
        text = compare.summary(compare.changes(old, new))
        assert text.startswith("0 of 1 cells are faster, 0 slower")
        assert "about 0.1 of so many" in text

    @pytest.mark.parametrize("key", ["host", "cpu_model", "cores_usable", "python"])
    def test_another_host_is_refused_with_what_differs(self, tmp_path: Path, key: str) -> None:
        old = run_of(tmp_path, "old", {"rapidmarc/native": 2e6})
        new = run_of(tmp_path, "new", {"rapidmarc/native": 2e6}, **{key: 99})
        with pytest.raises(compare.DifferentHosts, match=f"never pooled: {key} is .* in old"):
            compare.changes(old, new)

    def test_a_single_block_tells_no_difference(self, tmp_path: Path) -> None:
        lines = [header(2), measurement(cell(), 1e6)]
        faster = [header(2), measurement(cell(), 9e6)]
        old, new = (
            Run.load(write(tmp_path / name, found))
            for name, found in (("old", lines), ("new", faster))
        )
        assert compare.changes(old, new)[0].word == "no difference"

    def test_the_command_shows_the_ratio(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_of(tmp_path, "old", {"rapidmarc/native": 2e6}, seed=1)
        run_of(tmp_path, "new", {"rapidmarc/native": 1e6}, seed=2)
        assert invoke(["compare", "old", "new", "--results", str(tmp_path)]) == 0
        assert "slower" in capsys.readouterr().out

    def test_the_command_refuses_another_host_as_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_of(tmp_path, "old", {"rapidmarc/native": 2e6})
        run_of(tmp_path, "new", {"rapidmarc/native": 2e6}, host="elsewhere")
        assert invoke(["compare", "old", "new", "--results", str(tmp_path)]) == USAGE
        assert "never pooled: host is 'scripted'" in capsys.readouterr().err


class TestHistory:
    def test_the_runs_of_one_host_stand_in_the_order_of_time(self, tmp_path: Path) -> None:
        run_of(tmp_path, "z-first", {"rapidmarc/native": 2e6}, day=1)
        run_of(tmp_path, "a-second", {"rapidmarc/native": 3e6}, day=2)
        runs = compare.runs_in(tmp_path)
        (trend,) = compare.trends(runs)
        assert [run.name for run, _ in trend.points] == ["z-first", "a-second"]
        assert trend.change.low > 1.4

    def test_without_names_other_hosts_than_the_newest_are_left_out_and_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_of(tmp_path, "one", {"rapidmarc/native": 2e6}, day=1)
        run_of(tmp_path, "two", {"rapidmarc/native": 2e6}, day=2, host="elsewhere")
        run_of(tmp_path, "three", {"rapidmarc/native": 2e6}, day=3)
        assert invoke(["history", "--results", str(tmp_path)]) == 0
        out = capsys.readouterr().out
        assert "left out, because they are of other hosts: two" in out
        assert "one" in out
        assert "three" in out

    def test_named_runs_of_two_hosts_are_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_of(tmp_path, "one", {"rapidmarc/native": 2e6}, day=1)
        run_of(tmp_path, "two", {"rapidmarc/native": 2e6}, day=2, cpu_model="another")
        assert invoke(["history", "one", "two", "--results", str(tmp_path)]) == USAGE
        assert "never pooled" in capsys.readouterr().err


class TestTwoCommits:
    def test_both_sides_of_every_cell_of_ours_stand_in_one_block(self) -> None:
        planned = measuring.comparison(measuring.cell("rapidmarc/native"), measuring.cell("pymarc"))
        doubled = builds.both_sides(planned, (BEFORE, AFTER))
        assert doubled is not None
        engines = [planned.cell.engine for planned in doubled.cells]
        assert engines == [f"rapidmarc/native@{commit[:12]}" for commit in (BEFORE, AFTER)]

    def test_both_sides_have_costs_that_are_guessed_and_learnt(self) -> None:
        planned = measuring.comparison(measuring.cell("rapidmarc/native"))
        doubled = builds.both_sides(planned, (BEFORE, AFTER))
        assert doubled is not None
        costs = Costs(file=None)
        before, after = doubled.cells
        assert costs.expected(before, 2) == costs.expected(planned.cells[0], 2)
        costs.learn(after, 3.0, 2)
        assert costs.expected(after, 2) == 3.0

    def test_a_comparison_of_peers_has_nothing_to_build(self) -> None:
        planned = measuring.comparison(measuring.cell("pymarc"))
        assert builds.both_sides(planned, (BEFORE, AFTER)) is None

    def test_a_cell_is_measured_with_the_package_of_its_commit(self) -> None:
        asked: list[Job] = []

        def execute(job: Job) -> dict[str, Any]:
            asked.append(job)
            return {}

        run = builds.executor({"one": Path("/1"), "two": Path("/2")}, execute)
        for commit in ("one", "two"):
            run({"engine": f"rapidmarc/native@{commit}"})
        assert [(job["engine"], job["package"]) for job in asked] == [
            ("rapidmarc/native", "/1"), ("rapidmarc/native", "/2"),
        ]  # fmt: skip

    def test_drift_of_the_host_cancels_inside_the_blocks(self, tmp_path: Path) -> None:
        engines = [f"rapidmarc/native@{commit[:12]}" for commit in (BEFORE, AFTER)]
        run = run_of(tmp_path, "both", dict(zip(engines, (1e6, 1.04e6), strict=True)))
        (change,) = builds.changes(run, BEFORE, AFTER)
        assert change.word == "faster"
        assert change.cell["engine"] == "rapidmarc/native"
        assert change.ratio.high - change.ratio.low < 0.05
        assert "1 of 1 cells are faster" in compare.summary([change])
        assert "intervals of 98%" in compare.summary([change])

    def test_a_name_that_is_no_commit_is_said_to_be_none(self) -> None:
        with pytest.raises(builds.BuildFailed, match="'no-such-name' is no commit"):
            builds.resolve("no-such-name")

    def test_the_same_commit_twice_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert invoke(["compare", "--build", "HEAD", "HEAD"]) == USAGE
        assert "the same commit" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ([], "--blocks 10"),
            (
                ["--scenario", "gates/*", "--scenario", "sweep/x", "--blocks", "4", "--short"],
                "--scenario 'gates/*' --scenario sweep/x --blocks 4 --short",
            ),
        ],
    )
    def test_the_command_is_recorded_with_all_that_was_asked_for(
        self, asked: list[str], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        recorded: list[str] = []

        def interleave(*arguments: Any) -> Run:
            recorded.append(arguments[-1])
            return run_of(tmp_path, "both", {})

        monkeypatch.setattr(builds, "resolve", lambda name: name)
        monkeypatch.setattr(compare_cli, "_interleave", interleave)
        assert invoke(["compare", "--build", BEFORE, AFTER, *asked]) == 3  # no block was kept
        assert recorded == [f"python -m harness compare --build {BEFORE} {AFTER} {said}"]

    def test_the_present_commit_has_a_full_name(self) -> None:
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
        assert builds.resolve("HEAD") == head
