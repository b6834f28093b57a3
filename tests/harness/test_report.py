"""The page shows what the run holds, needs nothing but itself, and says what it does not know."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.report import instructions, render, scaling, sweeps
from harness.report.data import Run, curves
from harness.results import check

from . import example_run, scripted
from .pages import Page


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return example_run.example(4)


@pytest.fixture(scope="module")
def folder(lines: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered report of the whole example, beside its run."""
    place = tmp_path_factory.mktemp("report")
    example_run.write(place / "results" / "run", lines)
    render(place / "results" / "run", place / "reports" / "run")
    return place / "reports" / "run"


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "index.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_scripted_run_is_a_run_like_any_other(lines: list[dict[str, Any]]) -> None:
    for number, line in enumerate(lines):
        if line["kind"] != "measurement" or number % 10 == 0:
            check(line)


# The page as a thing by itself


def test_the_page_needs_nothing_from_elsewhere(html: str, page: Page) -> None:
    assert not page.of("script")
    assert not page.of("img")
    assert [link["href"] for link in page.of("link")] == ["data:,"]
    assert "@import" not in html
    assert set(re.findall(r"url\(([^)]*)\)", html)) <= set(re.findall(r"url\((#[\w-]+)\)", html))
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_links_lead_somewhere(page: Page, folder: Path) -> None:
    ids = {a["id"] for _, a in page.elements if a.get("id")}
    for link in page.of("a"):
        target = link["href"] or ""
        assert target[1:] in ids if target.startswith("#") else (folder / target).exists(), target


def test_no_id_stands_twice(page: Page) -> None:
    ids = Counter(a["id"] for _, a in page.elements if a.get("id"))
    assert [name for name, times in ids.items() if times > 1] == []


def test_every_drawing_has_words_for_those_who_do_not_see_it(page: Page) -> None:
    plots = [a for a in page.of("svg") if "plot" in (a.get("class") or "")]
    assert len(plots) >= 20
    for attributes in plots:
        assert attributes["role"] == "img"
        assert len(attributes["aria-label"] or "") > 20
    kinds = Counter((a["class"] or "").split()[-1] for a in plots)
    assert kinds["wide"] == kinds["narrow"]


def test_every_figure_has_a_table_and_the_command_that_makes_it_again(html: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", html, flags=re.S)
    assert len(figures) >= 10
    for figure in figures:
        assert "<table>" in figure
        assert "<caption>" in figure
        assert re.search(r"Regenerate: <code>python -m harness (gates|run [\w/ ]+)</code>", figure)


def test_headings_descend_without_a_gap(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_no_placeholder_colour_is_left(html: str) -> None:
    assert not re.findall(r"#0102[0-9a-f]{2}", html)
    assert "var(--s1)" in html


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", (0, 1), ids=("light", "dark"))
def test_text_and_curves_stand_out_from_the_paper(html: str, theme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", html, flags=re.S)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[theme]))
    for background in ("paper", "faint", "raised"):
        for name in ("ink", "muted", "link", "pass", "fail", "open", "missing", "recorded"):
            assert contrast(colours[name], colours[background]) >= 4.5, (name, background)
    for name in (f"s{i}" for i in range(1, 9)):
        assert contrast(colours[name], colours["paper"]) >= 3, name


def test_the_page_has_a_layout_for_phones(html: str, page: Page) -> None:
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.of("meta")
    assert "@media (max-width: 40rem)" in html
    assert "prefers-color-scheme: dark" in html


# What it says


def test_verdicts_come_first_and_intervals_follow(page: Page) -> None:
    sections = [a["id"] for a in page.of("section")]
    assert sections[:2] == ["verdicts", "intervals"]
    for name in ("scaling", "batch-size", "file-size", "disks", "breakdown", "memory", "engines",
                 "sanitizer", "host", "method", "backend"):  # fmt: skip
        assert name in sections


@pytest.mark.parametrize(
    ("auto", "word"),
    [
        ([1.0, 1.001, 0.999, 1.0], "within 3%"),
        ([0.9, 0.901, 0.899, 0.9], "beyond 3%"),
        ([0.8, 1.1, 0.85, 1.2], "not decided"),
        ([1.0], "not decided"),
    ],
)
def test_the_batch_size_chosen_by_itself_is_held_against_the_best_fixed_one(
    auto: list[float], word: str, tmp_path: Path
) -> None:
    rates = {10: [0.5] * 4, 200: [1.0] * 4, "auto": auto}
    lines = [
        scripted.measurement(scripted.cell(batch_size=size), 1e6 * rate, block=block)
        for size, each in rates.items()
        for block, rate in enumerate(each)
    ]
    [row] = sweeps.auto_beside_fixed(curves(Run(tmp_path, lines).samples(), "batch_size")).rows
    assert row[1] == "200"
    assert row[-2:] == (word, str(len(auto)))


def test_every_gate_has_its_card(page: Page) -> None:
    labels = [a.get("aria-label") for a in page.of("article")]
    assert labels == [
        "Gate B: RECORDED",
        "Gate C: PASS",
        "Gate N: PASS",
        "Gate H: PASS",
        "Gate S: PASS",
    ]


def test_a_peer_that_differs_is_marked_and_not_ranked(html: str, page: Page) -> None:
    assert "mrrc is timed and not ranked: record 41: subfield without a code" in page.text
    ranking = html[html.index("Ranking: geometric mean") :]
    ranking = ranking[: ranking.index("</table>")]
    assert "rapidmarc/native" in ranking
    assert "pymarc" in ranking
    assert "mrrc" not in ranking


def test_what_is_missing_is_named_with_the_line_that_installs_it(page: Page) -> None:
    assert "pip install rmarc==5.4.0" in page.text
    assert "Not evaluable here: hdd (no right to limit a block device)" in page.text


def test_thrown_away_measurements_are_counted_and_kept(page: Page, folder: Path) -> None:
    assert "threw 2 away" in page.text
    with (folder / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(bool(row["discarded"]) for row in rows) == 2
    assert {row["role"] for row in rows} == {"cell", "ceiling"}


def test_the_csv_holds_every_measurement(lines: list[dict[str, Any]], folder: Path) -> None:
    with (folder / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    measured = [line for line in lines if line["kind"] == "measurement"]
    assert len(rows) == len(measured)
    assert float(rows[0]["records_per_s"]) == measured[0]["records_per_s"]
    assert rows[0]["engine"] == measured[0]["cell"]["engine"]


def test_canaries_are_shown_apart_from_cases(page: Page) -> None:
    assert "Canaries: deliberate races" in page.text
    assert "Cases that must be clean" in page.text
    assert "owner rewrites" in page.text


def test_a_prediction_is_called_one(page: Page, html: str) -> None:
    assert "prediction, not measured" in html
    assert "prediction up to 64 threads" in page.text


def test_markdown_is_short_enough_for_a_comment_and_tells_the_verdicts(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    assert len(text) < 15_000
    for line in (
        "| C | ✓ PASS |",
        "**Scaling with threads**",
        "**Which backend should I use?**",
        "All figures: `index.html`",
    ):
        assert line in text


def test_every_picture_has_a_sentence_with_a_figure_in_it(html: str) -> None:
    sentences = re.findall(r'<p class="says">(.*?)</p>', html)
    assert len(sentences) == html.count("<figure>") > 10
    for sentence in sentences:
        assert re.search(r"\d", sentence), sentence
        assert sentence.endswith("."), sentence


def test_ci_is_told_of_every_gate_in_one_line(tmp_path: Path) -> None:
    example_run.write(tmp_path / "run", example_run.example(4, race=True))
    render(tmp_path / "run", tmp_path / "page")
    lines = (tmp_path / "page" / "annotations.txt").read_text("utf-8").splitlines()
    assert len(lines) == 5
    assert any(line.startswith("::error title=gate ") for line in lines)
    assert all(re.match("::(notice|warning|error) title=gate [BCNHS]%3A ", x) for x in lines)


def test_instructions_show_the_change_only_when_counted_for_this_commit(tmp_path: Path) -> None:
    baseline, last = tmp_path / "baseline.json", tmp_path / "last.json"
    stored = {"date": "2024-02-01", "tolerance": 0.03,
              "instructions_per_record": {"read": 1000.0, "title": 2000.0}}  # fmt: skip
    baseline.write_text(json.dumps(stored))
    run = Run(tmp_path, [scripted.header()])
    (table,) = instructions.section(run, baseline, last).tables
    assert table.rows[0] == ("read", "1,000.0", "–", "–")
    counted = {"commit": scripted.header()["commit"], "dirty": False,
               "instructions_per_record": {"read": 1050.0, "title": 1990.0}}  # fmt: skip
    last.write_text(json.dumps(counted))
    found = instructions.section(run, baseline, last)
    assert found.tables[0].rows[0] == ("read", "1,000.0", "1,050.0", "+5.0%")
    assert found.tables[0].marked == {0}
    assert found.notes[0].startswith("1 of 2 workloads need more than 3% above the baseline")


def test_the_same_run_gives_the_same_page(folder: Path, html: str, tmp_path: Path) -> None:
    source = folder.parent.parent / "results" / "run"
    few = [line for line in (source / "run.jsonl").read_text("utf-8").splitlines(keepends=True)
           if '"measurement"' not in line or '"sweep/sources"' in line]  # fmt: skip
    pages = []
    for name in ("one", "two"):
        place = tmp_path / name / "run"
        place.mkdir(parents=True)
        (place / "run.jsonl").write_text("".join(few), encoding="utf-8")
        pages.append(render(place, tmp_path / name / "out").read_text("utf-8"))
    assert pages[0] == pages[1]
    assert pages[0] != html


# Other runs


def test_two_kinds_of_threads_never_share_a_figure(folder: Path) -> None:
    run = Run.load(folder.parent.parent / "results" / "run")
    for figure in scaling.scaling(run).figures:
        kinds = [kind for kind in scaling.KINDS if f"-{kind}-" in figure.name]
        assert len(kinds) == 1
    assert {c.fixed["threads_kind"] for c in curves(run.samples(), "threads", least=3)} == set(
        scaling.KINDS
    )


# Advice


def test_the_breakdown_says_whether_the_phases_add_up(page: Page) -> None:
    for expected in (
        "Whether the phases add up", "What another Python thread gets", "70%",
        "lock handed to another reader", "None is outside that.",
    ):  # fmt: skip
        assert expected in page.text


def test_models_are_held_against_what_was_measured_and_called_predictions(page: Page) -> None:
    for expected in (
        "Predictions, not measurements.", "The models held against what was measured",
        "law without this point", "Where this host can measure, the simulation is off by",
    ):  # fmt: skip
        assert expected in page.text


def test_a_host_with_fewer_cores_than_a_gate_shows_the_prediction_and_no_plain_pass(
    tmp_path: Path,
) -> None:
    lines = example_run.example(2)
    example_run.write(tmp_path / "run", lines)
    text = Page(render(tmp_path / "run", tmp_path / "page").read_text("utf-8")).text
    card = text[text.index("H ✓") : text.index("H ✓") + 600]
    assert "PASS (host-scaled)" in card
    assert "Predicted, not measured, for 4 threads:" in card
    assert "by simulation" in card
