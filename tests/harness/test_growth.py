"""Peak memory must not grow with the file, and every cell that was planned must show it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gate_spec import gate_dict
from harness.growth import judge_growth
from harness.scenario import load_all

from .scripted import cell, gate_run, gate_table, judged, measurement

MEMORY: dict[str, Any] = {
    "comparison": "memory",
    "corpora": ("loc-half", "loc-large"),
    "most_growth_per_byte": 0.02,
    "blocks": 3,
}


def blocks(*peaks: float | None, engine: str = "rapidmarc/batched") -> list[dict[str, Any]]:
    """A block for each peak of the larger file; None where the kernel does not tell."""
    lines = []
    for block, peak in enumerate(peaks):
        for corpus, memory in (("loc-half", 6e6), ("loc-large", peak)):
            line = measurement(
                cell(engine, corpus=corpus), 2e6, block=block, comparison="memory",
                memory=memory or 0.0,
            )  # fmt: skip
            lines.append(line if memory is not None else {**line, "peak_rss_bytes": None})
    return lines


def verdict(lines: list[dict[str, Any]], **memory: Any) -> Any:
    return judged([*gate_run(1.93), *lines], table=gate_table(memory={**MEMORY, **memory}))


@pytest.mark.parametrize(
    ("peaks", "expected"),
    [
        ((6.1e6, 6.0e6, 6.2e6), "PASS"),
        ((6.1e6, 6.0e6, 60e6), "INCONCLUSIVE"),
        ((60e6, 61e6, 60e6), "FAIL"),
        ((), "NOT EVALUABLE"),
        ((None, None, None), "NOT EVALUABLE"),
    ],
)
def test_peak_memory_must_not_grow_with_the_file(
    peaks: tuple[float | None, ...], expected: str
) -> None:
    found = verdict(blocks(*peaks))
    assert found["verdict"] == expected
    if expected != "NOT EVALUABLE":
        assert found["estimates"][-1]["measure"] == "memory growth"


@pytest.mark.parametrize("peak", [6.1e6, 60e6])
def test_fewer_blocks_than_were_planned_decide_nothing(peak: float) -> None:
    found = verdict(blocks(peak, None, None))
    assert found["verdict"] == "INCONCLUSIVE"
    assert any(reason.endswith("only 1 of 3 blocks") for reason in found["reasons"])


def test_a_cell_that_was_measured_on_one_size_only_is_missing() -> None:
    alone = [x for x in blocks(6e6, 6e6, 6e6, engine="rapidmarc/record") if x["block"] < 3]
    alone = [x for x in alone if x["cell"]["corpus"] == "loc-large"]
    found = verdict([*blocks(6e6, 6e6, 6e6), *alone])
    assert found["verdict"] == "NOT EVALUABLE"
    assert "rapidmarc/record" in found["reasons"][0]


def test_a_cell_that_was_planned_and_never_measured_is_missing() -> None:
    planned = [
        cell(engine, corpus=corpus)
        for engine in ("rapidmarc/batched", "rapidmarc/native")
        for corpus in MEMORY["corpora"]
    ]
    lines = blocks(6e6, 6e6, 6e6)
    assert verdict(lines, cells=planned[:2])["verdict"] == "PASS"
    found = verdict(lines, cells=planned)
    assert found["verdict"] == "NOT EVALUABLE"
    assert found["reasons"][0].startswith("memory growth, rapidmarc/native, 1 thread(s): peak")


def test_the_judge_is_told_what_the_scenario_plans() -> None:
    scenario = next(s for s in load_all() if s.gate is not None and s.gate.name == "N")
    memory = gate_dict(scenario, {"loc-large": "generated-large"}, cores=2)["memory"]
    assert memory["blocks"] == 3
    assert memory["corpora"] == ["loc-half", "generated-large"]
    found = judge_growth(memory, [])
    assert len(found.missing) == 2 + 2  # record, batched, and native on one thread and on two
    assert found.entries == []
