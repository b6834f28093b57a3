"""Each verdict is reached by the evidence that the verdict table names, and by nothing less."""

from __future__ import annotations

from typing import Any

import pytest

from harness import gates
from harness.evidence import AmbiguousSelector
from harness.gate_spec import GateSpec

from .scripted import (
    cell,
    gate_run,
    gate_table,
    header,
    judged,
    measurement,
    sanitizer_lines,
    scaling_blocks,
    verification,
    without,
)


def test_a_clear_speed_up_passes() -> None:
    found = judged(gate_run(1.93))
    assert (found["verdict"], found["exit_code"]) == ("PASS", 0)
    (estimate,) = found["estimates"]
    assert 1.8 <= estimate["one_sided_low"] <= estimate["ratio"] <= estimate["one_sided_high"]
    assert estimate["ceiling"]["ratio"] == pytest.approx(1.97, abs=0.03)
    assert (found["blocks"], found["blocks_repeated"], found["breakdown"]) == (20, 0, None)
    assert gates.speed_is_settled(found)


def test_a_regression_fails_with_exit_code_1() -> None:
    found = judged(gate_run(1.5))
    assert (found["verdict"], found["exit_code"]) == ("FAIL", 1)
    assert "1.5" in found["reasons"][0]
    assert found["breakdown"] is not None
    assert gates.speed_is_settled(found)


def test_a_slow_down_of_five_percent_fails_the_gate_that_wants_no_slow_down() -> None:
    table = gate_table(
        threads=1,
        threshold=1.0,
        estimates=(
            {
                "name": "no slower",
                "comparison": "open",
                "numerator": {"engine": "slowed"},
                "denominator": ({"engine": "rapidmarc/batched"},),
                "threshold": 1.0,
                "role": "decides",
            },
        ),
    )
    lines = without(gate_run(1.0, ceiling=None), kind="measurement")
    for pair in scaling_blocks(0.95, blocks=80, ceiling=None, noise=0.05):
        engine = "slowed" if pair["cell"]["threads"] == 2 else "rapidmarc/batched"
        lines.append({**pair, "cell": {**pair["cell"], "threads": 1, "engine": engine}})
    assert judged(lines, look=3, table=table)["verdict"] == "FAIL"


def test_between_pass_and_fail_more_blocks_are_wanted() -> None:
    lines = gate_run(1.8, blocks=40)
    found = judged(lines, look=2, final=False)
    assert (found["verdict"], found["exit_code"]) == ("INCONCLUSIVE", 2)
    assert found["reasons"][-1] == "more blocks follow"
    assert found["blocks"] == 40
    assert not gates.speed_is_settled(found)
    last = judged(lines, look=2, final=True)
    assert last["verdict"] == "INCONCLUSIVE"
    assert "more blocks follow" not in last["reasons"]


def test_a_look_sees_only_its_own_blocks() -> None:
    lines = gate_run(1.9, blocks=40)
    assert judged(lines, look=1)["blocks"] == 20
    assert judged(lines, look=2)["blocks"] == 40


def test_a_slow_ratio_on_a_host_with_a_low_ceiling_is_inconclusive() -> None:
    found = judged(gate_run(1.5, ceiling=1.6))
    assert (found["verdict"], found["exit_code"]) == ("INCONCLUSIVE", 2)
    assert "ceiling was too low to tell" in found["reasons"][0]
    assert "1.89" in found["reasons"][0]


def test_a_pass_does_not_need_a_high_ceiling() -> None:
    assert judged(gate_run(1.9, ceiling=1.85))["verdict"] == "PASS"


def test_a_run_without_ceilings_is_not_evaluable_however_fast() -> None:
    found = judged(gate_run(1.95, ceiling=None))
    assert (found["verdict"], found["exit_code"]) == ("NOT EVALUABLE", 3)
    assert "ceiling was not measured" in found["reasons"][0]


def test_too_few_blocks_decide_nothing() -> None:
    for ratio in (1.99, 1.2):
        found = judged(gate_run(ratio, blocks=12, noise=0.001))
        assert found["verdict"] == "INCONCLUSIVE"
        assert any("only 12 of at least 20 blocks" in reason for reason in found["reasons"])


# A restless host


def disturbed(repeats: int, ratio: float) -> list[dict[str, Any]]:
    lines = gate_run(ratio)
    thrown = [
        {**line, "discarded": "stolen time"}
        for line in lines
        if line["kind"] == "measurement" and line["block"] < repeats
    ]
    return lines + thrown


def test_a_single_repeated_cell_counts_as_its_part_of_a_block() -> None:
    lines = disturbed(6, 1.93)
    for _ in range(4):
        lines.remove(next(line for line in lines if line.get("discarded")))
    assert judged(lines)["blocks_repeated"] == 5


def test_a_quarter_of_repeated_blocks_is_counted_and_accepted() -> None:
    found = judged(disturbed(5, 1.93))
    assert (found["verdict"], found["blocks_repeated"]) == ("PASS", 5)


@pytest.mark.parametrize("ratio", (1.93, 1.5))
def test_more_than_a_quarter_of_repeated_blocks_is_inconclusive(ratio: float) -> None:
    found = judged(disturbed(6, ratio))
    assert (found["verdict"], found["blocks_repeated"]) == ("INCONCLUSIVE", 6)
    assert any("disturbed 6 blocks" in reason for reason in found["reasons"])
    assert not gates.speed_is_settled(found)  # the host may be calmer in the blocks that follow


def test_a_comparison_that_was_disturbed_is_not_made_up_for_by_another_that_was_not() -> None:
    (estimate,) = gate_table()["estimates"]
    other = {**estimate, "name": "scaling, class", "comparison": "custom"}
    lines = disturbed(8, 1.93)
    lines += scaling_blocks(1.93, comparison="custom")
    found = judged(lines, table=gate_table(estimates=(estimate, other)))
    assert (found["verdict"], found["blocks_repeated"]) == ("INCONCLUSIVE", 8)
    assert any("open: the host disturbed 8 blocks" in reason for reason in found["reasons"])


def test_a_host_that_disturbs_every_block_leaves_it_undecided() -> None:
    lines = [
        {**line, "discarded": "stolen time"} if line["kind"] == "measurement" else line
        for line in gate_run(1.95)
    ]
    found = judged(lines)
    assert found["verdict"] == "INCONCLUSIVE"
    assert found["reasons"][0] == "open: the host disturbed every block"


def test_a_race_is_no_less_a_race_on_a_restless_host() -> None:
    lines = disturbed(9, 1.93)
    next(x for x in lines if x.get("expected") == "clean")["outcome"] = "race"
    assert judged(lines)["verdict"] == "FAIL"


def test_drift_of_the_machine_cancels() -> None:
    steady = judged(gate_run(1.9))["estimates"][0]
    drifting = judged(gate_run(1.9, drift=lambda block: 1 - 0.03 * block))["estimates"][0]
    assert drifting["ratio"] == pytest.approx(steady["ratio"])


# Fewer cores than the claim


def native_gate() -> dict[str, Any]:
    return gate_table(
        name="H",
        threads=4,
        threshold=2.5,
        sanitizer=("H",),
        estimates=(
            {
                "name": "scaling",
                "comparison": "open",
                "numerator": {"engine": "rapidmarc/batched", "threads": 4},
                "denominator": ({"engine": "rapidmarc/batched", "threads": 1},),
                "threshold": 2.5,
                "role": "decides",
            },
            {
                "name": "target",
                "comparison": "open",
                "numerator": {"engine": "rapidmarc/batched", "threads": 4},
                "denominator": ({"engine": "rapidmarc/batched", "threads": 1},),
                "threshold": 3.5,
                "role": "reported",
            },
        ),
    )


def native_run(ratio: float, cores: int) -> list[dict[str, Any]]:
    threads = min(4, cores)
    return [
        header(cores),
        *scaling_blocks(ratio, threads=threads, ceiling=0.98 * threads),
        verification("rapidmarc/batched"),
        *sanitizer_lines("H"),
    ]


@pytest.mark.parametrize(("cores", "threshold"), [(2, 1.67), (3, 2.14), (4, 2.5), (64, 2.5)])
def test_the_threshold_follows_from_the_same_serial_share(cores: int, threshold: float) -> None:
    assert round(gates.host_scaled(2.5, 4, cores), 2) == threshold


@pytest.mark.parametrize(("cores", "ratio"), [(2, 1.8), (3, 2.3)])
def test_fewer_cores_pass_host_scaled_and_strict_says_3(cores: int, ratio: float) -> None:
    lines = native_run(ratio, cores)
    found = judged(lines, table=native_gate())
    assert (found["verdict"], found["exit_code"]) == ("PASS (host-scaled)", 0)
    assert found["threshold"] == 2.5
    assert round(found["effective_threshold"], 2) == {2: 1.67, 3: 2.14}[cores]
    strict = judged(lines, table=native_gate(), strict=True)
    assert (strict["verdict"], strict["exit_code"]) == ("PASS (host-scaled)", 3)


def test_fewer_cores_still_fail_what_is_too_slow() -> None:
    assert judged(native_run(1.4, 2), table=native_gate())["verdict"] == "FAIL"


def test_a_target_is_reported_and_decides_nothing() -> None:
    found = judged(native_run(3.0, 4), table=native_gate())
    assert found["verdict"] == "PASS"
    assert found["estimates"][1]["outcome"] == "reported"
    assert any("does not surely reach the target 3.50" in reason for reason in found["reasons"])


def test_one_core_is_not_evaluable() -> None:
    found = judged([header(1), *native_run(1.8, 2)[1:]], table=native_gate())
    assert (found["verdict"], found["exit_code"]) == ("NOT EVALUABLE", 3)
    assert found["reasons"][0].startswith("one core")


# Several ratios, records only


def test_one_slow_source_fails_the_gate_and_all_must_pass() -> None:
    first = gate_table()["estimates"][0]
    table = gate_table(estimates=(first, {**first, "name": "custom", "comparison": "custom"}))
    fast = gate_run(1.93)
    assert judged(fast, table=table)["verdict"] == "NOT EVALUABLE"
    both = [*fast, *scaling_blocks(1.92, comparison="custom", seed=8)]
    assert judged(both, table=table)["verdict"] == "PASS"
    one_slow = [*fast, *scaling_blocks(1.5, comparison="custom", seed=8)]
    found = judged(one_slow, table=table)
    assert found["verdict"] == "FAIL"
    assert found["reasons"][0].startswith("custom: 1.4")


def test_blocks_of_another_scenario_do_not_count() -> None:
    stray = scaling_blocks(1.2, scenario="sweep/batch_size", seed=9)
    plain = judged(gate_run(1.93))["estimates"][0]["ratio"]
    assert judged([*gate_run(1.93), *stray])["estimates"][0]["ratio"] == plain


def recorded_gate() -> dict[str, Any]:
    table = gate_table(
        name="B", required=False, threshold=None, sanitizer=("B",), verification=None
    )
    (estimate,) = table["estimates"]
    return {**table, "estimates": ({**estimate, "threshold": None, "role": "reported"},)}


def test_a_gate_that_requires_no_speed_is_recorded_and_explained() -> None:
    lines = [header(4), *scaling_blocks(0.7), *sanitizer_lines("B")]
    found = judged(lines, table=recorded_gate())
    assert (found["verdict"], found["exit_code"]) == ("RECORDED", 0)
    assert found["estimates"][0]["one_sided_high"] < 1
    assert found["breakdown"]["estimate"] == "scaling, open file"


def test_a_gate_without_a_threshold_of_its_own_is_scaled_by_those_of_its_ratios() -> None:
    (estimate,) = gate_table()["estimates"]
    numerator = {**estimate["numerator"], "threads": 4}
    four = {**estimate, "numerator": numerator, "threshold": 2.5}
    table = gate_table(threads=4, threshold=None, estimates=(four,))
    found = judged(gate_run(1.93, cores=2), table=table)
    assert found["verdict"] == "PASS (host-scaled)"
    assert found["reasons"][-1].endswith("2.5 on 4 threads implies 1.67 on 2")


def test_a_ratio_that_is_missed_where_no_speed_is_required_is_no_failure() -> None:
    (estimate,) = gate_table()["estimates"]
    table = {**recorded_gate(), "estimates": (estimate,)}
    lines = [header(4), *scaling_blocks(0.7), *sanitizer_lines("B")]
    assert judged(lines, table=table)["verdict"] == "RECORDED"


def test_a_ratio_of_one_thread_can_be_missed_whatever_the_ceiling() -> None:
    (estimate,) = gate_table()["estimates"]
    alone = {
        **estimate, "name": "against the baseline", "threshold": 2.5,
        "numerator": {"engine": "rapidmarc/batched", "threads": 1},
        "denominator": ({"engine": "rapidmarc/record", "threads": 1},),
    }  # fmt: skip
    lines = gate_run(1.93)
    lines += [
        measurement(cell("rapidmarc/record"), line["records_per_s"] / 2, block=line["block"])
        for line in lines
        if line["kind"] == "measurement" and line["cell"]["threads"] == 1
        and line.get("role", "cell") == "cell"
    ]  # fmt: skip
    found = judged(lines, table=gate_table(estimates=(estimate, alone)))
    assert [each["outcome"] for each in found["estimates"]] == ["met", "missed"]
    assert found["verdict"] == "FAIL"


def test_every_sanitizer_case_that_a_gate_names_must_have_run() -> None:
    both = gate_table(sanitizer=("C", "H"))
    assert judged(gate_run(1.95), table=both)["verdict"] == "NOT EVALUABLE"
    lines = [*gate_run(1.95), *(x for x in sanitizer_lines("H") if x["gate"] == "H")]
    assert judged(lines, table=both)["verdict"] == "PASS"


def test_a_recorded_gate_still_needs_a_clean_sanitizer_run() -> None:
    lines = [header(4), *scaling_blocks(0.7)]
    assert judged(lines, table=recorded_gate())["verdict"] == "NOT EVALUABLE"
    lines += sanitizer_lines("B")
    next(x for x in lines if x.get("expected") == "clean")["outcome"] = "race"
    assert judged(lines, table=recorded_gate())["verdict"] == "FAIL"


# The claim itself, and the exit code of all gates


def test_the_worst_exit_code_is_1_before_2_before_3() -> None:
    assert gates.worst_exit_code([0, 3, 2, 1]) == 1
    assert gates.worst_exit_code([3, 2, 0]) == 2
    assert gates.worst_exit_code([0, 3]) == 3
    assert gates.worst_exit_code([0, 0]) == 0


def test_every_verdict_has_the_exit_code_of_the_table() -> None:
    assert gates.EXIT_CODES == {
        "PASS": 0, "PASS (host-scaled)": 0, "RECORDED": 0,
        "FAIL": 1, "INCONCLUSIVE": 2, "NOT EVALUABLE": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimates": ()}, "no estimate"),
        ({"verification": None}, "names no output"),
    ],
)
def test_a_gate_that_could_pass_by_deciding_nothing_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        GateSpec.from_dict(gate_table(**change))


def test_a_required_gate_needs_a_ratio_that_decides() -> None:
    estimate = {**gate_table()["estimates"][0], "role": "reported"}
    with pytest.raises(ValueError, match="no estimate decides"):
        GateSpec.from_dict(gate_table(estimates=(estimate,)))


def test_a_selector_that_meets_several_cells_is_an_error_that_names_the_remedy() -> None:
    lines = gate_run(1.93)
    lines.append(measurement(cell(threads=2, batch_size=50), 4e6))
    with pytest.raises(AmbiguousSelector, match="batch_size"):
        judged(lines)


def test_judging_changes_nothing_and_repeats_itself() -> None:
    lines = gate_run(1.93)
    before = repr(lines)
    assert judged(lines) == judged(lines)
    assert repr(lines) == before
