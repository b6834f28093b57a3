"""The time of a run: how a budget is shared, and what is said of what it did not reach."""

from __future__ import annotations

import json
from pathlib import Path

from harness.campaign import Options
from harness.engines.protocol import Answer, Job
from harness.plan import FEWEST_SWEEP_BLOCKS
from harness.timing import REPORT_S, Allowance

from .campaigns import OTHER_GATE, Made, scaling, timed
from .measuring import GATE, SWEEP, answer


class Clock:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowance(budget_s: float | None, clock: Clock | None = None) -> Allowance:
    """So much without what the report takes."""
    return Allowance(clock or Clock(), None if budget_s is None else budget_s + REPORT_S)


def test_without_a_budget_nothing_ends() -> None:
    free = allowance(None)
    assert (free.left(), free.has(1e9), free.part()(10.0, 1e9)) == (None, True, True)


def goes_on_for(budget_s: float, expected_s: float, later_s: float) -> float:
    """Seconds after which what should take `expected_s` is stopped."""
    clock = Clock()
    begun = clock.now
    may_go_on = allowance(budget_s, clock).part()
    while may_go_on(expected_s, later_s):
        clock.now += 1.0
    return clock.now - begun


def test_what_the_later_ones_do_not_need_may_be_taken() -> None:
    assert goes_on_for(100.0, expected_s=10.0, later_s=60.0) == 40.0


def test_where_there_is_not_enough_for_all_the_first_has_what_it_should_take() -> None:
    assert goes_on_for(100.0, expected_s=30.0, later_s=90.0) == 30.0


def test_nothing_goes_on_once_the_time_is_over() -> None:
    assert goes_on_for(20.0, expected_s=30.0, later_s=0.0) == 20.0


def test_a_budget_that_has_no_room_for_the_next_look_ends_the_looks(tmp_path: Path) -> None:
    made = timed(tmp_path, scaling(1.8), Options(seed=1, budget_s=140.0))
    assert made.run() == ("INCONCLUSIVE", 2)
    assert made.verdict()["blocks"] == 20
    assert any("the time ended before look 2" in r for r in made.verdict()["reasons"])


def test_a_first_look_ends_with_the_time_and_says_after_how_many_blocks(tmp_path: Path) -> None:
    made = timed(tmp_path, scaling(1.95), Options(seed=1, budget_s=70.0))
    assert made.run() == ("INCONCLUSIVE", 2)
    blocks = made.verdict()["blocks"]
    assert 5 < blocks < 20
    assert any(f"only {blocks} of at least 20" in r for r in made.verdict()["reasons"])
    (missing,) = made.campaign.run.of_kind("missing")
    assert missing["part"] == "gates/c: scaling"
    assert missing["reason"] == f"the time ended after {blocks} of 20 blocks"


def test_a_gate_that_the_time_did_not_reach_is_undecided_and_not_without_a_part(
    tmp_path: Path,
) -> None:
    files = {"gates__c": GATE, "gates__n": OTHER_GATE}
    made = timed(tmp_path, scaling(1.95), Options(seed=1, budget_s=70.0), files=files)
    assert made.run() == ("INCONCLUSIVE", 2)
    assert made.verdict("N")["verdict"] == "INCONCLUSIVE"
    assert made.verdict("N")["reasons"][0] == "scaling: the time ended after 0 of 20 blocks"
    written = json.loads((made.campaign.run.folder / "verdict.json").read_text())
    assert written["complete"] is True


def test_repeating_blocks_takes_no_time_from_the_gates_after_it(tmp_path: Path) -> None:
    """Every block of the first gate is disturbed; there is time for each gate once."""

    def execute(job: Job) -> Answer:
        restless = made.campaign.run.of_kind("verdict") == []
        return answer(job, steal_s=0.5 if restless else 0.0)

    files = {"gates__c": GATE, "gates__n": OTHER_GATE}
    made = timed(tmp_path, execute, Options(seed=1, budget_s=200.0), files=files)
    made.run()
    assert made.verdict("C")["verdict"] == "INCONCLUSIVE"
    assert made.verdict("C")["reasons"][0] == "scaling: the host disturbed every block"
    assert made.verdict("N")["blocks"] == 20


def test_a_sweep_for_which_the_time_is_over_is_named_and_left_out(tmp_path: Path) -> None:
    now = [0.0]
    files = {"gates__c": GATE, "sweep__x": SWEEP}
    made = Made(
        tmp_path, scaling(1.95), files=files, options=Options(seed=1, budget_s=3600.0),
        clock=lambda: now[0],
    )  # fmt: skip
    made.campaign.begin()
    made.campaign.verify()
    made.campaign.sanitizer()
    made.campaign.gates()
    now[0] = 3601.0  # blocks were repeated again and again
    assert made.campaign.sweeps() == []
    assert made.campaign.finish() == ("PASS", 0)
    run = made.campaign.run
    assert {x["scenario"] for x in run.of_kind("measurement")} == {"gates/c"}
    (missing,) = run.of_kind("missing")
    assert missing["part"].startswith("sweep/x: ")
    assert missing["reason"] == "the time ended before it"


def test_what_is_asked_for_by_name_is_measured_although_the_time_is_over(tmp_path: Path) -> None:
    now = [0.0]
    made = Made(
        tmp_path, scaling(1.95), files={"sweep__x": SWEEP},
        options=Options(seed=1, budget_s=3600.0), clock=lambda: now[0],
    )  # fmt: skip
    made.campaign.begin()
    made.campaign.verify()
    now[0] = 3601.0
    assert made.campaign.sweeps() == []
    blocks = {x["block"] for x in made.campaign.run.of_kind("measurement")}
    assert len(blocks) == FEWEST_SWEEP_BLOCKS
