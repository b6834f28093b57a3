"""Which cells a scenario means on a host, and how a budget is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.costs import Costs
from harness.model import Scenario
from harness.plan import PlanError, duration, expand, make_plan, parse_budget
from harness.scenario import load_all

from .measuring import GATE, SWEEP, write_scenarios

NO_COSTS = Costs(None)


def scenario(folder: Path, text: str, name: str = "sweep__x") -> Scenario:
    return load_all(write_scenarios(folder, **{name: text}))[0]


def expensive(folder: Path) -> list[Scenario]:
    """A gate and a sweep whose cells take long enough to cut."""
    slow = SWEEP.replace("passes = 1", "passes = 1\nrecords = 100000")
    return load_all(write_scenarios(folder, gates__c=GATE, sweep__x=slow))


class TestCells:
    def test_every_combination_becomes_one_cell(self, tmp_path: Path) -> None:
        text = SWEEP + "batch_size = [1, 10]\nthreads = [1, 2, 1]\n"
        cells, bad = expand(scenario(tmp_path, text).comparisons[0], 4)
        assert len(cells) == 2 * 2 * 2
        assert len({c.cell for c in cells}) == len(cells)
        assert bad == []

    @pytest.mark.parametrize(
        ("cores", "threads"), [(1, {1}), (2, {1, 2}), (3, {1, 3}), (4, {1, 4})]
    )
    def test_usable_is_what_the_host_can_run(
        self, tmp_path: Path, cores: int, threads: set[int]
    ) -> None:
        text = SWEEP + 'threads = [1, "usable"]\n'
        cells, _ = expand(scenario(tmp_path, text).comparisons[0], cores)
        assert {c.cell.threads for c in cells} == threads

    def test_usable_in_a_gate_is_at_most_the_gates_own(self) -> None:
        gate = [s for s in load_all() if s.name == "gates/h_native"]
        for cores, most in ((2, 2), (3, 3), (16, 4)):
            plan = make_plan(gate, cores, costs=NO_COSTS)
            threads = {c.cell.threads for p in plan.comparisons for c in p.cells}
            assert max(threads) == most

    def test_total_work_is_the_same_for_every_count_of_readers(self, tmp_path: Path) -> None:
        text = SWEEP + "threads = [1, 2, 3]\n"
        cells, _ = expand(scenario(tmp_path, text).comparisons[0], 4)
        assert {c.iterations for c in cells} == {6}
        assert all(c.iterations % c.cell.threads == 0 for c in cells)

    def test_small_files_are_read_as_often_as_the_work_needs(self, tmp_path: Path) -> None:
        text = SWEEP + "records = 2500\nthreads = [1, 2]\n"
        cells, _ = expand(scenario(tmp_path, text).comparisons[0], 4)
        assert {c.iterations for c in cells} == {4}
        assert {c.records for c in cells} == {4000}

    def test_ceiling_stands_in_the_same_block(self, tmp_path: Path) -> None:
        cells, _ = expand(scenario(tmp_path, GATE, "gates__c").comparisons[0], 2)
        ceilings = [c for c in cells if c.role == "ceiling"]
        assert {c.cell.threads for c in ceilings} == {1, 2}
        assert {c.work for c in ceilings} == {"fake/steady"}
        assert all(c.cell.engine == "ceiling" for c in ceilings)

    def test_what_an_engine_cannot_do_is_left_out_with_its_reason(self, tmp_path: Path) -> None:
        text = SWEEP.replace('"fake/slow"', '"pymarc"') + 'source = ["open", "path"]\n'
        plan = make_plan([scenario(tmp_path, text)], 2, costs=NO_COSTS)
        assert [out.reason for out in plan.left_out] == ["pymarc does not take the source path"]
        assert len(plan.comparisons[0].cells) == 3

    def test_in_a_gate_it_is_an_error(self, tmp_path: Path) -> None:
        text = GATE.replace(
            'engine = "fake/steady"\nthreads = [1, 2]',
            'engine = ["fake/steady", "pymarc"]\nsource = "path"\nthreads = [1, 2]',
        )
        with pytest.raises(PlanError, match="pymarc does not take the source path"):
            make_plan([scenario(tmp_path, text, "gates__c")], 2, costs=NO_COSTS)

    def test_missing_engine_and_disk_are_left_out_by_name(self, tmp_path: Path) -> None:
        text = SWEEP + 'disk = ["page-cache", "hdd"]\n'
        gone = {"fake/slow": "not installed", "hdd": "no permission"}
        plan = make_plan([scenario(tmp_path, text)], 2, missing=gone, costs=NO_COSTS)
        assert {(out.part, out.reason) for out in plan.left_out} == set(gone.items())
        assert [c.cell.engine for c in plan.comparisons[0].cells] == ["fake/steady"]

    def test_a_comparison_without_cells_is_not_planned(self, tmp_path: Path) -> None:
        gone = {"fake/slow": "x", "fake/steady": "x"}
        plan = make_plan([scenario(tmp_path, SWEEP)], 2, missing=gone, costs=NO_COSTS)
        assert plan.comparisons == []

    def test_stand_in_takes_its_own_name(self, tmp_path: Path) -> None:
        text = SWEEP.replace("generated-small", "loc-small")
        stand_ins = {"loc-small": "generated-small"}
        plan = make_plan([scenario(tmp_path, text)], 2, stand_ins=stand_ins, costs=NO_COSTS)
        assert plan.corpora == ["generated-small"]


class TestRepetitions:
    def test_gate_looks_and_sweep_blocks(self, tmp_path: Path) -> None:
        plan = make_plan(expensive(tmp_path), 2, costs=NO_COSTS)
        blocks = {c.scenario: (c.first_blocks, c.most_blocks) for c in plan.comparisons}
        assert blocks == {"gates/c": (20, 40), "sweep/x": (10, 10)}

    def test_short_run_looks_once(self, tmp_path: Path) -> None:
        plan = make_plan(expensive(tmp_path), 2, short=True, costs=NO_COSTS)
        blocks = {c.scenario: (c.first_blocks, c.most_blocks) for c in plan.comparisons}
        assert blocks == {"gates/c": (20, 20), "sweep/x": (3, 3)}

    def test_budget_cuts_blocks_of_sweeps_and_no_cell_of_a_gate(self, tmp_path: Path) -> None:
        scenarios = expensive(tmp_path)
        whole = make_plan(scenarios, 2, costs=NO_COSTS)
        gate, sweep = whole.comparisons
        budget = whole.first_s - sweep.first_s * 0.45
        cut = make_plan(scenarios, 2, budget_s=budget, costs=NO_COSTS)
        assert cut.comparisons[0] == gate
        assert cut.comparisons[1].cells == sweep.cells
        assert cut.comparisons[1].first_blocks == 5
        assert cut.first_s <= budget

    def test_a_budget_without_room_gives_up_sweeps_by_name_and_no_gate(
        self, tmp_path: Path
    ) -> None:
        scenarios = [
            *expensive(tmp_path),
            scenario(tmp_path / "curated", SWEEP, "curated__y"),
            scenario(tmp_path / "sweep", SWEEP, "sweep__short"),
        ]
        whole = make_plan(scenarios, 2, costs=NO_COSTS)
        gate, dear, curated, _ = whole.comparisons
        assert dear.first_s > curated.first_s
        least = {c.scenario: c.block_s * 3 for c in whole.comparisons}
        enough = gate.first_s + least["curated/y"] + sum(whole.steps.values())
        cut = make_plan(scenarios, 2, budget_s=enough + 0.01, costs=NO_COSTS)
        assert [c.scenario for c in cut.comparisons] == ["gates/c", "curated/y"]
        assert cut.no_room == ["sweep/x: sleep", "sweep/short: sleep"]
        none = make_plan(scenarios, 2, budget_s=1, costs=NO_COSTS)
        assert none.comparisons == [gate]
        asked_for = make_plan(scenarios[1:], 2, budget_s=1, costs=NO_COSTS)
        assert (len(asked_for.comparisons), asked_for.no_room) == (3, [])

    def test_a_budget_that_is_large_enough_changes_nothing(self, tmp_path: Path) -> None:
        scenarios = expensive(tmp_path)
        whole = make_plan(scenarios, 2, costs=NO_COSTS)
        assert make_plan(scenarios, 2, budget_s=1e6, costs=NO_COSTS) == whole

    @pytest.mark.parametrize(
        ("text", "seconds"), [("90s", 90), ("10m", 600), ("1h", 3600), ("7", 7)]
    )
    def test_budget_is_a_time(self, text: str, seconds: float) -> None:
        assert parse_budget(text) == seconds

    @pytest.mark.parametrize("text", ["", "m", "ten", "-5m", "0s", "nan", "inf"])
    def test_anything_else_is_not(self, text: str) -> None:
        with pytest.raises(ValueError, match="not a time"):
            parse_budget(text)

    def test_durations_are_for_people(self) -> None:
        assert [duration(s) for s in (45, 600, 7500)] == ["45 s", "10 min", "2 h 05 min"]


class TestCosts:
    def test_a_plan_learns_what_cells_took(self, tmp_path: Path) -> None:
        found = scenario(tmp_path, SWEEP)
        file = tmp_path / "costs.json"
        costs = Costs(file)
        for cell in make_plan([found], 2, costs=costs).comparisons[0].cells:
            costs.learn(cell, 3.0)
        costs.save()
        plan = make_plan([found], 2, costs=Costs(file))
        assert plan.comparisons[0].block_s == pytest.approx(6.0)

    def test_a_broken_file_of_costs_is_no_obstacle(self, tmp_path: Path) -> None:
        file = tmp_path / "costs.json"
        file.write_text("{")
        assert make_plan([scenario(tmp_path, SWEEP)], 2, costs=Costs(file)).first_s > 0

    def test_a_gates_block_that_is_too_long_is_named(self, tmp_path: Path) -> None:
        text = GATE.replace("passes = 1", "passes = 1\nrecords = 1000000")
        plan = make_plan([scenario(tmp_path, text, "gates__c")], 2, costs=NO_COSTS)
        assert [c.name for c in plan.too_long()] == ["scaling"]

    def test_shipped_gates_keep_their_blocks_short(self) -> None:
        gates = [s for s in load_all() if s.gate is not None]
        plan = make_plan(gates, 2, costs=NO_COSTS)
        assert plan.too_long() == []
