"""Pieces of a run's report for other pages say what the run says."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from harness import ROOT
from harness.report.data import Run
from harness.report.excerpts import Excerpts, UnknownExcerpt

from . import example_run

REFERENCE = ROOT / "results" / "reference"
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def of_example(tmp_path_factory: pytest.TempPathFactory) -> Excerpts:
    return Excerpts(example_run.write(tmp_path_factory.mktemp("run"), example_run.example()))


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_gate_comes_with_its_claim_verdict_and_ratios(
    of_example: Excerpts, tmp_path: Path
) -> None:
    run = Run.load(example_run.write(tmp_path, example_run.example()))
    for line in run.verdicts:
        said = words_of(of_example.html(f"gate {line['gate']}"))
        assert line["verdict"] in said and line["claim"] in said
        for entry in line["estimates"]:
            if entry.get("measure", "speed-up") == "speed-up" and entry["low"] is not None:
                assert f"{entry['low']:.2f} to {entry['high']:.2f}" in said


def test_a_judgement_is_told_in_steps_that_end_with_the_verdict(of_example: Excerpts) -> None:
    said = words_of(of_example.html("judged C"))
    assert said.startswith("The claim: ")
    assert re.search(r"\d+ blocks were kept", said)
    assert re.search(r"Verdict: [A-Z]+.*, exit code \d\.$", said)


def test_a_target_is_reported_and_not_needed(of_example: Excerpts) -> None:
    judged, gate = (words_of(of_example.html(f"{words} H")) for words in ("judged", "gate"))
    assert "the target of 3.50 is reported beside it and decides nothing" in judged
    assert "3.50 is needed" not in judged
    assert "target 3.50" in gate
    assert "2.50 is needed: met" in judged


def test_growth_of_memory_is_told_by_block_in_figures_that_say_something(
    of_example: Excerpts,
) -> None:
    said = words_of(of_example.html("judged N"))
    growth = re.findall(r"memory growth, \S+, 1 thread\(s\): (.*?): met\.", said)
    assert len(growth) == 3
    for text in growth:
        assert re.search(r"-?0\.\d{4} bytes .* in the least block", text)
        assert "0.02 is allowed" in text and "interval" not in text


def test_the_run_is_named_with_host_and_command(of_example: Excerpts) -> None:
    said = words_of(of_example.html("run"))
    assert "cores" in said and "Made by" in said


@pytest.mark.parametrize(
    "words", ["figure none", "section none", "gate X", "judged X", "nothing at all"]
)
def test_what_a_run_has_not_is_refused_by_name(of_example: Excerpts, words: str) -> None:
    with pytest.raises(UnknownExcerpt, match=words.split()[-1].replace("all", "nothing")):
        of_example.html(words)


def test_every_excerpt_of_the_pages_is_in_the_reference_run() -> None:
    asked = {
        words
        for page in DOCS.rglob("*.md")
        for words in re.findall(r"<!-- reference: ([^>]+?) -->", page.read_text("utf-8"))
    }
    assert {"gate B", "gate C", "gate H", "judged C"} <= asked
    reference = Excerpts(REFERENCE)
    for words in sorted(asked):
        assert len(words_of(reference.html(words))) > 40, words
