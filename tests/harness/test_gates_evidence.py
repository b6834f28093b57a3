"""What must be there beside the speed: a clean sanitizer run, canaries found, outputs compared, and
time for every comparison."""

from __future__ import annotations

from typing import Any

import pytest

from harness import gates

from .scripted import gate_run, gate_table, judged, verification, without


def test_without_a_sanitizer_run_the_speed_is_unverified() -> None:
    found = judged(without(gate_run(1.93), kind="sanitizer"))
    assert (found["verdict"], found["exit_code"]) == ("NOT EVALUABLE", 3)
    assert found["reasons"][0] == "unverified: there is no thread-sanitizer run"
    assert gates.speed_is_settled(found)  # more blocks would not help


@pytest.mark.parametrize("road", ("cpp", "python"))
@pytest.mark.parametrize("expected", ("clean", "race"))
def test_both_roads_need_a_clean_case_and_a_canary(road: str, expected: str) -> None:
    found = judged(without(gate_run(1.93), road=road, expected=expected))
    assert found["verdict"] == "NOT EVALUABLE"
    assert found["reasons"][0].endswith(f"ran under the sanitizer ({road})")


def test_a_sanitizer_case_of_another_gate_does_not_count() -> None:
    lines = [{**x, "gate": "H"} if x.get("expected") == "clean" else x for x in gate_run(1.93)]
    assert judged(lines)["verdict"] == "NOT EVALUABLE"


def changed_case(expected: str, outcome: str) -> list[dict[str, Any]]:
    lines = gate_run(1.93)
    case = next(x for x in lines if x.get("expected") == expected)
    case.update(outcome=outcome, warnings=1 if outcome == "race" else 0)
    return lines


def test_a_race_fails_whatever_the_speed() -> None:
    found = judged(changed_case("clean", "race"))
    assert (found["verdict"], found["exit_code"]) == ("FAIL", 1)
    assert found["reasons"][0].startswith("data race: several readers (cpp)")


def test_a_missed_canary_fails_whatever_the_speed() -> None:
    found = judged(changed_case("race", "clean"))
    assert found["verdict"] == "FAIL"
    assert found["reasons"][0].startswith("missed canary: worker vs worker (cpp)")


@pytest.mark.parametrize("expected", ("clean", "race"))
def test_a_case_that_could_not_run_is_never_a_pass(expected: str) -> None:
    found = judged(changed_case(expected, "could-not-run"))
    assert (found["verdict"], found["exit_code"]) == ("NOT EVALUABLE", 3)


def test_wrong_output_fails_whatever_the_speed() -> None:
    lines = gate_run(1.93)
    lines.append(verification("rapidmarc/batched", agrees=False))
    found = judged(lines)
    assert (found["verdict"], found["exit_code"]) == ("FAIL", 1)
    assert "record 17: 245$a differs" in found["reasons"][0]


def test_the_wrong_output_of_a_peer_does_not_fail_our_gate() -> None:
    assert judged([*gate_run(1.93), verification("mrrc", agrees=False)])["verdict"] == "PASS"


@pytest.mark.parametrize("change", ({"reference_digest": None}, {"corpus": "loc-small"}))
def test_output_that_was_not_compared_is_not_evaluable(change: dict[str, Any]) -> None:
    lines = [{**x, **change} if x["kind"] == "verification" else x for x in gate_run(1.93)]
    found = judged(lines)
    assert found["verdict"] == "NOT EVALUABLE"
    assert "output of rapidmarc/batched on loc-large was not compared" in found["reasons"]


def test_a_missing_engine_is_named_with_the_line_that_installs_it() -> None:
    lines = without(gate_run(1.93), kind="measurement")
    lines.append({
        "kind": "missing", "part": "rapidmarc/batched", "reason": "not built", "install": "make",
    })  # fmt: skip
    found = judged(lines)
    assert found["verdict"] == "NOT EVALUABLE"
    assert "rapidmarc/batched: not built; install: make" in found["reasons"]


def test_a_failure_weighs_more_than_a_missing_part() -> None:
    assert judged(without(gate_run(1.5), kind="sanitizer"))["exit_code"] == 1


def test_an_empty_run_passes_nothing() -> None:
    assert judged([])["verdict"] == "NOT EVALUABLE"
    assert gates.worst_exit_code([]) == 3


# Time


def missing(part: str, reason: str) -> dict[str, Any]:
    return {"kind": "missing", "part": part, "reason": reason, "install": ""}


def test_a_comparison_that_the_time_did_not_reach_is_undecided_and_not_a_missing_part() -> None:
    none = without(gate_run(1.95), kind="measurement")
    found = judged([*none, missing("gates/c_batched: open", "the time ended before it")])
    assert (found["verdict"], found["exit_code"]) == ("INCONCLUSIVE", 2)
    assert found["reasons"][0] == "open: the time ended before it"
    assert judged(none)["verdict"] == "NOT EVALUABLE"


def test_nothing_is_recorded_of_a_comparison_that_the_time_did_not_reach() -> None:
    gate = gate_table(required=False)
    lines = [
        *without(gate_run(1.2), kind="measurement"),
        missing("gates/c_batched: open", "the time ended before it"),
    ]
    assert judged(lines, table=gate)["verdict"] == "INCONCLUSIVE"


def test_what_is_recorded_from_few_blocks_says_so() -> None:
    found = judged(gate_run(1.2, blocks=10), table=gate_table(required=False))
    assert found["verdict"] == "RECORDED"
    assert "only 10 of at least 20 blocks were measured" in found["reasons"]


def test_memory_that_the_time_did_not_reach_is_undecided() -> None:
    memory = {
        "comparison": "memory",
        "corpora": ["loc-small", "loc-large"],
        "most_growth_per_byte": 0.01,
    }
    lines = [*gate_run(1.95), missing("gates/c_batched: memory", "the time ended before it")]
    assert judged(lines, table=gate_table(memory=memory))["verdict"] == "INCONCLUSIVE"
    assert judged(gate_run(1.95), table=gate_table(memory=memory))["verdict"] == "NOT EVALUABLE"
