"""Targets: when they count as reached, and what the page and the console say of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from rich.console import Console

from harness import show, targets
from harness.report.data import Run
from harness.report.targets import section, sentence
from harness.results import Line

from .measuring import SWEEP
from .scripted import cell, header, measurement, verification

RATIO = """
[[target]]
work = "iterate"
against = "fake/slow"
comparison = "sleep"
numerator = { engine = "fake/steady" }
denominator = { engine = "fake/slow" }
at_least = 2
"""
LIMITED = RATIO.replace("at_least", 'limit = { engine = "fake/steady" }\nat_least')
FIGURE = """
[[target]]
work = "memory"
comparison = "sleep"
numerator = { engine = "fake/steady" }
figure = "peak_memory_bytes"
at_most = 6_000_000

[[target]]
work = "import"
comparison = "sleep"
numerator = { engine = "fake/steady" }
figure = "import_ms"
at_most = 30
"""


def head(text: str) -> Line:
    known = header()
    return {**known, "scenarios": [{"name": "sweep/x", "file": "x.toml", "text": SWEEP + text}]}


def blocks(*ratios: float, bases: tuple[float, ...] = (1.0,)) -> list[Line]:
    lines = []
    for block, ratio in enumerate(ratios):
        fast = cell("fake/steady")
        lines.append(
            measurement(
                fast, 1000.0 * ratio, block=block, scenario="sweep/x", comparison="sleep",
                memory=5e6, stats={"import_ms": 20 + block},
            )
        )  # fmt: skip
        for number, base in enumerate(bases):
            slow = cell("fake/slow", source=("open", "path")[number])
            lines.append(
                measurement(
                    slow, 1000.0 * base, block=block, scenario="sweep/x", comparison="sleep"
                )
            )
    return lines


class TestRatios:
    @pytest.mark.parametrize(
        ("ratios", "word"),
        [
            ((2.1, 2.2, 2.15, 2.1), targets.REACHED),
            ((1.8, 1.7, 1.75, 1.72), targets.NOT_REACHED),
            ((1.7, 2.4, 1.8, 2.5), targets.OPEN),
        ],
    )
    def test_the_whole_interval_decides(self, ratios: tuple[float, ...], word: str) -> None:
        (found,) = targets.find([head(RATIO), *blocks(*ratios)])
        assert found.word == word
        assert found.figure is not None
        assert found.figure.low <= found.figure.point <= found.figure.high

    def test_nothing_is_reached_with_wrong_output(self) -> None:
        wrong = verification("fake/steady", agrees=False)
        (found,) = targets.find([head(RATIO), wrong, *blocks(9.0, 9.0, 9.0)])
        assert found.word == targets.WRONG

    def test_the_fastest_of_several_bases_counts(self) -> None:
        (found,) = targets.find([head(RATIO), *blocks(4.0, 4.0, 4.0, bases=(1.0, 4.0))])
        assert found.figure is not None
        assert math.isclose(found.figure.point, 1.0)

    def test_without_its_cells_it_is_not_measured(self) -> None:
        (found,) = targets.find([head(RATIO)])
        assert (found.word, found.blocks) == (targets.NOT_MEASURED, 0)

    def test_a_single_block_decides_nothing(self) -> None:
        (found,) = targets.find([head(RATIO), *blocks(9.0)])
        assert found.word == targets.OPEN

    @pytest.mark.parametrize(("ratio", "beyond"), [(1.5, True), (2.5, False)])
    def test_one_that_no_reader_can_reach_is_told_apart(self, ratio: float, beyond: bool) -> None:
        (found,) = targets.find([head(LIMITED), *blocks(ratio, ratio, ratio)])
        assert found.limit is not None
        assert math.isclose(found.limit.point, ratio)
        assert found.out_of_reach is beyond
        assert not found.needs_faster_decoding

    @pytest.mark.parametrize(("ratio", "beyond"), [(1.5, True), (2.5, False)])
    def test_one_that_free_objects_would_not_reach_is_told_apart(
        self, ratio: float, beyond: bool
    ) -> None:
        decoding = RATIO.replace("at_least", 'own_limit = { engine = "fake/steady" }\nat_least')
        (found,) = targets.find([head(decoding), *blocks(ratio, ratio, ratio)])
        assert found.own_limit is not None
        assert math.isclose(found.own_limit.point, ratio)
        assert found.needs_faster_decoding is beyond
        said = sentence([found])
        assert ("Beyond the limit with our decoding: iterate (fake/slow)." in said) is beyond


class TestFigures:
    def test_the_largest_block_must_stay_below(self) -> None:
        memory, start = targets.find([head(FIGURE), *blocks(1.0, 1.0, 1.0)])
        assert memory.word == targets.REACHED
        assert start.figure is not None
        assert (start.figure.point, start.figure.low, start.figure.high) == (21, 20, 22)
        _, late = targets.find([head(FIGURE), *blocks(*[1.0] * 12)])
        assert late.word == targets.OPEN


class TestShown:
    def run(self, tmp_path: Path) -> Run:
        wrong = verification("fake/slow", agrees=False)
        return Run(tmp_path, [head(RATIO), wrong, *blocks(2.5, 2.6, 2.4, 2.5)])

    def test_the_section_has_a_row_for_each_and_a_sentence(self, tmp_path: Path) -> None:
        found = section(self.run(tmp_path))
        (table,) = found.tables
        (row,) = table.rows
        assert row[:4] == ("iterate", "fake/slow (other records)", "at least 2", "2.50")
        assert row[5] == "reached"
        assert found.notes[0] == "1 of 1 targets are reached."
        assert "245$a differs" in found.notes[1]
        assert found.command == "python -m harness run sweep/x"

    def test_a_row_with_wrong_records_of_ours_names_what_is_wrong(self, tmp_path: Path) -> None:
        wrong = verification("fake/steady", agrees=False)
        found = section(Run(tmp_path, [head(RATIO), wrong, *blocks(2.5, 2.6, 2.4, 2.5)]))
        (table,) = found.tables
        assert (table.rows[0][5], table.marked) == (targets.WRONG, {0})
        assert found.notes[0] == f"0 of 1 targets are reached; 1 {targets.WRONG}."
        assert found.notes[1] == "fake/steady: record 17: 245$a differs."

    def test_the_rows_of_three_files_stand_in_the_order_of_the_table(self, tmp_path: Path) -> None:
        works = {name: name.removeprefix("curated/") for name in (*targets.FILES, "sweep/x")}
        scenarios = [
            {"name": name, "file": "x.toml", "text": SWEEP + RATIO.replace("iterate", work)}
            for name, work in sorted(works.items(), reverse=True)
        ]
        found = section(Run(tmp_path, [{**header(), "scenarios": scenarios}]))
        assert [row[0] for row in found.tables[0].rows] == list(works.values())
        assert found.command == f"python -m harness run {' '.join(works)}"

    def test_the_console_shows_the_same_words(self, tmp_path: Path) -> None:
        console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115
        show.targets(console, list(self.run(tmp_path).lines))
        text = console.export_text()
        assert "at least 2" in text
        assert "1 of 1 targets are reached." in text

    def test_a_run_without_targets_says_nothing(self, tmp_path: Path) -> None:
        console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115
        show.targets(console, [header()])
        assert console.export_text() == ""
