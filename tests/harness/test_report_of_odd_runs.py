"""Runs that failed, ended early, measured little or hold strange text have a page that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness import gates
from harness.report import advice, render, scaling, verdicts
from harness.report.data import Run

from . import example_run, scripted
from .pages import Page, rendered


def test_a_failed_gate_leads_the_page_with_its_reasons_and_breakdown(tmp_path: Path) -> None:
    run = scripted.gate_run(1.4)
    verdict = gates.judge(scripted.gate_table(), run, look=1, final=True)
    page = rendered([*run, verdict], tmp_path)
    assert "Gate C failed." in page.text
    assert verdict["reasons"][0] in page.text
    assert "code that shares nothing reached 1.9" in page.text
    suite = ElementTree.parse(tmp_path / "out" / "gates.junit.xml").getroot()
    assert suite.find("testsuite[@name='gates']").get("failures") == "1"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ("NOT EVALUABLE", "INCONCLUSIVE"))
def test_what_could_not_be_judged_is_an_error_for_ci_and_never_skipped(
    kind: str, tmp_path: Path
) -> None:
    run = scripted.gate_run(1.9 if kind == "NOT EVALUABLE" else 1.85)
    if kind == "NOT EVALUABLE":
        run = [line for line in run if line["kind"] != "sanitizer"]
    verdict = gates.judge(scripted.gate_table(), run, look=1, final=True)
    assert verdict["verdict"] == kind
    page = rendered([*run, verdict], tmp_path)
    suite = ElementTree.parse(tmp_path / "out" / "gates.junit.xml").getroot()
    assert [case.tag for case in suite.findall("testsuite/testcase[@name='gate C']/*")] == ["error"]
    assert not suite.findall(".//skipped")
    if kind == "NOT EVALUABLE":
        assert "every speed on this page is unverified" in page.text


def of_gates(*verdicts: dict[str, Any], names: tuple[str, ...], place: Path) -> Run:
    texts = [scripted.GATE_TEXT.format(name=name) for name in names]
    head = {**scripted.header(), "scenarios": [{"name": n, "text": t} for n, t in enumerate(texts)]}
    return Run(place, [head, *verdicts])


def test_a_gate_that_was_not_reached_is_never_covered_by_one_that_passed(tmp_path: Path) -> None:
    passed = gates.judge(scripted.gate_table(), scripted.gate_run(1.95), look=1, final=True)
    assert verdicts.headline(of_gates(passed, names=("C",), place=tmp_path))[1] == "PASS"
    face, name, sentence = verdicts.headline(of_gates(passed, names=("C", "H"), place=tmp_path))
    assert (face, name) == ("open", "INCONCLUSIVE")
    assert "Gate H: the run ended before a verdict" in sentence


@pytest.mark.parametrize(
    ("verdict", "code", "name"),
    [("RECORDED", 0, "RECORDED"), ("PASS (host-scaled)", 3, "PASS (host-scaled)")],
)
def test_what_is_no_full_pass_is_not_called_one(
    verdict: str, code: int, name: str, tmp_path: Path
) -> None:
    line = gates.judge(scripted.gate_table(), scripted.gate_run(1.95), look=1, final=True)
    run = of_gates({**line, "verdict": verdict, "exit_code": code}, names=("C",), place=tmp_path)
    _, called, sentence = verdicts.headline(run)
    assert called == name
    assert "as fast as claimed" not in sentence


def test_a_missing_part_is_told_of_the_gate_that_misses_it(tmp_path: Path) -> None:
    line = gates.judge(scripted.gate_table(), scripted.gate_run(1.95), look=1, final=True)
    scaled = {**line, "gate": "H", "verdict": "PASS (host-scaled)", "exit_code": 3}
    missing = {**line, "verdict": "NOT EVALUABLE", "exit_code": 3}
    run = of_gates(scaled, missing, names=("C", "H"), place=tmp_path)
    assert verdicts.headline(run)[1:] == (
        "NOT EVALUABLE",
        "Gate C: a needed part is missing on this host.",
    )


@pytest.mark.parametrize(("asked", "says"), [([], "no sanitizer asked for"), (["C"], "unverified")])
def test_a_card_asks_for_the_sanitizer_cases_that_the_gate_names(
    asked: list[str], says: str, tmp_path: Path
) -> None:
    lines = [line for line in scripted.gate_run(1.95) if line["kind"] != "sanitizer"]
    line = gates.judge(scripted.gate_table(sanitizer=asked), lines, look=1, final=True)
    run = of_gates(line, names=("C",), place=tmp_path)
    run.header["scenarios"][0]["text"] += f"sanitizer = {asked}"
    (card,) = verdicts.cards(run)
    assert says in card.sanitizer


def test_a_run_that_measured_nothing_says_so(tmp_path: Path) -> None:
    page = rendered([scripted.header()], tmp_path)
    assert "No gate was judged in this run." in page.text
    assert page.text.count("Nothing of this was measured in this run.") >= 8


def test_an_interrupted_run_is_shown_as_far_as_it_went(tmp_path: Path) -> None:
    place = example_run.write(tmp_path / "run", scripted.gate_run(1.9))
    with (place / "run.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "measu')
    assert "NO VERDICT" in Page(render(place, tmp_path / "out").read_text("utf-8")).text


def test_text_from_a_run_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    run = scripted.gate_run(1.9)
    verdict = gates.judge(scripted.gate_table(), run, look=1, final=True)
    verdict["reasons"].append("<script>alert(1)</script> & \x01 $x_1$")
    page = rendered([*run, verdict], tmp_path)
    assert not page.of("script")
    assert "<script>alert(1)</script>" in page.text
    ElementTree.parse(
        tmp_path / "out" / "gates.junit.xml"
    )  # the control character does not break it


def test_two_cores_are_said_to_be_two_cores(tmp_path: Path) -> None:
    machine = example_run.Machine(2)
    counts = (1, 2, 4)
    run = [scripted.header(2), *machine.blocks(
        [scripted.cell(threads=n) for n in counts], 10,
        scenario="sweep/threads_readers", comparison="batched", ceiling=counts,
    )]  # fmt: skip
    page = rendered(run, tmp_path)
    assert "This host has 2 cores" in page.text
    assert "held at 0" in page.text
    assert "more threads than cores" in page.text


def test_the_law_is_fitted_to_real_cores_only(tmp_path: Path) -> None:
    """Four threads on two cores must not look like a cost of threads."""
    machine = example_run.Machine(2)
    run = [scripted.header(2), *machine.blocks(
        [scripted.cell(threads=n) for n in (1, 2, 4, 8)], 10, scenario="s", comparison="c"
    )]  # fmt: skip
    section = scaling.scaling(Run.load(example_run.write(tmp_path, run)))
    law = next(figure for figure in section.figures if figure.name.startswith("law-"))
    assert law.table.rows[0][3] == "2"  # the one-thread point and two threads


def advised(rates: dict[str, float], place: Path, *more: dict[str, Any]) -> str:
    """What is recommended for an open file, if these were the rates."""
    cells = [scripted.cell(engine) for engine in rates]
    run = [
        scripted.measurement(cell, rate * factor, block=block, scenario="s", comparison="c")
        for block, factor in enumerate((0.999, 1.0, 1.001, 1.0, 0.9995, 1.0005))
        for cell, rate in zip(cells, rates.values(), strict=True)
    ]
    loaded = Run.load(example_run.write(place, [scripted.header(4), *run, *more]))
    situation = next(s for s in advice.situations(4) if s.text == "an open file object")
    return str(advice.choose(advice.candidates(advice.fitting(loaded, situation))).cell["engine"])


def test_the_simplest_of_nearly_equal_backends_is_recommended(tmp_path: Path) -> None:
    near = {"rapidmarc/record": 2.52e6, "rapidmarc/batched": 2.6e6}
    clear = {"rapidmarc/record": 1.9e6, "rapidmarc/batched": 2.6e6}
    assert advised(near, tmp_path / "near") == "rapidmarc/record"
    assert advised(clear, tmp_path / "clear") == "rapidmarc/batched"


def test_a_single_block_recommends_nothing_where_others_have_intervals(tmp_path: Path) -> None:
    """Its interval is without end, and would reach to whatever is fastest."""
    cell = scripted.cell("rapidmarc/record")
    once = scripted.measurement(cell, 1.9e6, block=0, scenario="sweep/s", comparison="c")
    rates = {"rapidmarc/record": 1.0e6, "rapidmarc/batched": 2.6e6}
    assert advised(rates, tmp_path / "both", once) == "rapidmarc/batched"
    rates.pop("rapidmarc/record")
    assert advised(rates, tmp_path / "only", once) == "rapidmarc/batched"


def test_nothing_is_recommended_that_was_not_measured(tmp_path: Path) -> None:
    run = Run.load(example_run.write(tmp_path, [scripted.header()]))
    assert advice.which_backend(run).tables == ()
