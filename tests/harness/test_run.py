"""Blocks: random order, whole blocks only, and repetition that does not look at the result."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.engines.protocol import Answer, Job
from harness.results import RunFile
from harness.run import MOST_TRIES_OF_A_CELL, CellFailed, Runner, WrongOutput, order_of

from .measuring import answer, cell, comparison, new_run

TWO = comparison(cell("fake/steady"), cell("fake/slow"))
MANY = comparison(*(cell(threads=t) for t in (1, 2, 4, 8)))


def runner(run: RunFile, execute: Callable[[Job], Answer] = answer) -> Runner:
    return Runner(run, 7, 2, execute, lambda corpus, disk: Path("/nowhere"))


def calm_after(calls: int) -> Callable[[Job], Answer]:
    """A host that steals half of the time during the first calls."""
    seen: list[int] = []

    def execute(job: Job) -> Answer:
        seen.append(1)
        return answer(job, steal_s=0.5 if len(seen) <= calls else 0.0)

    return execute


def drifting(*calls: int) -> Callable[[Job], Answer]:
    """A host whose core is slower during these calls, counted from one."""
    seen: list[int] = []

    def execute(job: Job) -> Answer:
        seen.append(1)
        return answer(job, **({"calibration_ns": 1_400_000} if len(seen) in calls else {}))

    return execute


class TestOrder:
    def test_every_cell_is_measured_once_in_every_block(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        runner(run).up_to(MANY, 3)
        lines = run.of_kind("measurement")
        for block in range(3):
            mine = [line for line in lines if line["block"] == block]
            assert sorted(line["cell"]["threads"] for line in mine) == [1, 2, 4, 8]
            assert [line["order"] for line in mine] == [0, 1, 2, 3]

    def test_order_is_random_and_can_be_repeated(self) -> None:
        def orders(seed: int) -> list[list[int]]:
            return [
                [c.cell.threads for c in order_of(MANY.cells, seed, "s", "c", block, 0)]
                for block in range(12)
            ]

        assert orders(7) == orders(7)
        assert orders(7) != orders(8)
        assert len({tuple(order) for order in orders(7)}) > 3

    def test_a_repeated_block_has_another_order_in_general(self) -> None:
        orders = {
            tuple(c.cell.threads for c in order_of(MANY.cells, 7, "s", "c", 0, attempt))
            for attempt in range(12)
        }
        assert len(orders) > 3


class TestDisturbedBlocks:
    def test_a_disturbed_block_is_kept_marked_and_repeated(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        assert runner(run, calm_after(2)).up_to(TWO, 2) == 2
        lines = run.of_kind("measurement")
        thrown = [line for line in lines if line["discarded"]]
        assert [(line["block"], line["attempt"]) for line in thrown] == [(0, 0), (0, 0)]
        assert all("stolen time" in line["discarded"] for line in thrown)
        kept = [(x["block"], x["attempt"]) for x in lines if not x["discarded"]]
        assert sorted(set(kept)) == [(0, 1), (1, 0)]

    def test_a_cell_on_a_disturbed_core_is_measured_again_within_its_block(
        self, tmp_path: Path
    ) -> None:
        run = new_run(tmp_path)
        tested = runner(run, drifting(7))
        assert tested.up_to(TWO, 4) == 4
        thrown = [line for line in run.of_kind("measurement") if line["discarded"]]
        assert [(line["block"], line["attempt"]) for line in thrown] == [(3, 0)]
        kept = [line for line in run.of_kind("measurement") if not line["discarded"]]
        assert len(kept) == 4 * len(TWO.cells)
        (again,) = [x for x in kept if (x["block"], x["order"]) == (3, thrown[0]["order"])]
        assert again["cell"] == thrown[0]["cell"]

    def test_a_host_that_changes_speed_within_a_block_costs_only_what_was_before(
        self, tmp_path: Path
    ) -> None:
        run = new_run(tmp_path)
        runner(run, drifting(*range(3, 100))).up_to(MANY, 2)
        lines = run.of_kind("measurement")
        thrown = [(x["block"], x["order"]) for x in lines if x["discarded"]]
        assert thrown == [(0, 0), (0, 1)]
        assert all(x["host"]["calibration_ns"] == 1_400_000 for x in lines if not x["discarded"])
        assert {x["attempt"] for x in lines} == {0}

    def test_a_host_that_is_never_steady_ends_the_attempt(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        speeds = (1_000_000 * 5**step // 4**step for step in itertools.count())
        tested = runner(run, lambda job: answer(job, calibration_ns=next(speeds)))
        assert tested.block(TWO, 0, 1, most=1) == 1
        lines = run.of_kind("measurement")
        assert all("rest of the block" in x["discarded"] for x in lines)
        assert len(lines) <= MOST_TRIES_OF_A_CELL * len(TWO.cells)

    def test_stolen_time_throws_away_the_whole_block(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        runner(run, calm_after(1)).up_to(TWO, 1)
        thrown = [line for line in run.of_kind("measurement") if line["discarded"]]
        assert len(thrown) == 2

    def test_the_decision_does_not_depend_on_the_figures(self, tmp_path: Path) -> None:
        """The same host with other speeds throws away the same blocks."""

        def decisions(folder: str, rate: float) -> list[bool]:
            calls: list[int] = []

            def execute(job: Job) -> Answer:
                calls.append(1)
                return answer(job, rate * len(calls), steal_s=0.5 * (len(calls) % 5 == 0))

            run = new_run(tmp_path / folder)
            runner(run, execute).up_to(TWO, 6)
            return [bool(line["discarded"]) for line in run.of_kind("measurement")]

        slow, fast = decisions("a", 10.0), decisions("b", 1e7)
        assert slow == fast
        assert True in slow

    def test_a_host_that_never_rests_does_not_hold_the_run(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        assert runner(run, calm_after(10**9)).up_to(TWO, 4) == 0
        assert len(run.of_kind("measurement")) == 2 * 4 * len(TWO.cells)

    def test_attempts_are_numbered_on(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        runner(run, calm_after(2 * 5)).up_to(TWO, 3)
        places = {
            (x["block"], x["attempt"], x["discarded"] is None) for x in run.of_kind("measurement")
        }
        assert {(0, a, False) for a in range(5)} <= places
        assert (0, 5, True) in places


class TestFailures:
    def test_another_count_of_records_is_wrong_output(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        with pytest.raises(
            WrongOutput, match=r"counted 999 records of generated-small instead of 1"
        ):
            runner(run, lambda job: {**answer(job), "records": 999}).up_to(TWO, 1)
        assert run.of_kind("measurement") == []

    def test_a_cell_that_fails_is_named_and_no_half_block_counts(self, tmp_path: Path) -> None:
        def execute(job: Job) -> Answer:
            if job["engine"] == "fake/slow":
                raise RuntimeError("gone")
            return answer(job)

        run = new_run(tmp_path)
        with pytest.raises(CellFailed, match=r"fake/slow .*: gone") as caught:
            runner(run, execute).up_to(TWO, 1)
        assert caught.value.cell.engine == "fake/slow"
        assert run.blocks_done("sweep/fake", "sleep") == 0


class TestResuming:
    def test_a_resumed_run_goes_on_behind_the_last_block(self, tmp_path: Path) -> None:
        first = new_run(tmp_path)
        runner(first).up_to(TWO, 2)
        again = RunFile.resume("run", tmp_path)
        calls: list[Job] = []

        def execute(job: Job) -> Answer:
            calls.append(job)
            return answer(job)

        resumed = runner(again, execute)
        resumed.remember()
        assert resumed.up_to(TWO, 3) == 3
        assert len(calls) == 2
        whole = new_run(tmp_path, "whole")
        runner(whole).up_to(TWO, 3)
        assert [(x["block"], x["cell"]) for x in again.of_kind("measurement")] == [
            (x["block"], x["cell"]) for x in whole.of_kind("measurement")
        ]

    def test_it_remembers_what_is_usual_on_this_host(self, tmp_path: Path) -> None:
        first = new_run(tmp_path)
        runner(first).up_to(TWO, 5)
        again = RunFile.resume("run", tmp_path)
        resumed = runner(again, lambda job: answer(job, involuntary_switches=1_000))
        resumed.remember()
        resumed.block(TWO, 5, 1, most=1)
        assert "switches" in again.lines[-1]["discarded"]
