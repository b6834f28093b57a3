"""Ratios on the page are formed inside blocks, and what is not comparable is not compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.report import advice, engines, sweeps
from harness.report.data import Run, Sample

from .scripted import Line, cell, header, measurement, verification

PLACE = {"scenario": "curated/engines", "comparison": "engines"}


def line(engine: str, rate: float, block: int, **place: str) -> Line:
    return measurement(cell(engine), rate, block=block, **{**PLACE, **place})


def drifting(last: int = 2) -> list[Line]:
    """The host is ten times as fast from the second block on; the reference was cut short."""
    host = (1.0, 10.0, 10.0, 10.0)
    lines = [line("rapidmarc/batched", 1e5 * of, block) for block, of in enumerate(host)]
    return lines + [line("pymarc", 1e4 * of, block) for block, of in enumerate(host[:last])]


def section(lines: list[Line], place: Path) -> Any:
    known = [verification(engine) for engine in ("rapidmarc/batched", "pymarc", "rmarc")]
    return engines.side_by_side(Run(place, [header(), *known, *lines]))


def test_an_engine_is_held_against_the_reference_inside_the_blocks_of_both(tmp_path: Path) -> None:
    (figure,) = section(drifting(), tmp_path).figures
    assert [row[5] for row in figure.table.rows] == ["10.0×", "1.0×"]


def test_the_ranking_is_made_of_the_same_ratios(tmp_path: Path) -> None:
    ranking = section(drifting(), tmp_path).tables[0]
    assert [row[1:3] for row in ranking.rows] == [
        ("rapidmarc/batched", "1.00"),
        ("pymarc", "10.00"),
    ]


def test_engines_that_share_no_block_are_not_ranked(tmp_path: Path) -> None:
    lines = [*drifting(), *(line("rmarc", 2e4, block) for block in (8, 9))]
    found = section(lines, tmp_path)
    assert not [table for table in found.tables if table.caption.startswith("Ranking")]
    assert {row[0]: row[5] for row in found.figures[0].table.rows}["rmarc"] == "–"


def test_several_processes_of_ours_are_no_other_engine(tmp_path: Path) -> None:
    lines = [line(name, 1e6, 0) for name in ("processes/rapidmarc", "rapidmarc/native")]
    assert engines.comparisons(Run(tmp_path, lines)) == []


def sample(engine: str, rates: list[float], **place: str) -> Sample:
    lines = tuple(line(engine, rate, block, **place) for block, rate in enumerate(rates))
    return Sample(lines[0]["scenario"], lines[0]["comparison"], cell(engine), lines)


@pytest.mark.parametrize(
    ("other", "place", "said"),
    [
        # The intervals of the rates meet, the ratios do not reach 1.
        ([0.9e6, 1.8e6, 3.6e6, 7.2e6], {}, "native: 0.90 times that"),
        ([1.01e6, 1.98e6, 4.04e6, 7.92e6], {}, "native: no clear difference"),
        ([0.5e6], {}, "native: 0.50 times that, by one block"),
        ([9e12] * 4, {"comparison": "else"}, "times that, in other blocks"),
        ([0.9e6, 1.8e6, 3.6e6, 7.2e6], {"comparison": "else"}, "native: no clear difference"),
    ],
)
def test_backends_are_compared_in_the_blocks_of_both_or_said_not_to_be(
    other: list[float], place: dict[str, str], said: str
) -> None:
    chosen = sample("rapidmarc/batched", [1e6, 2e6, 4e6, 8e6])
    assert advice._against(chosen, sample("rapidmarc/native", other, **place)).endswith(said)


def test_of_another_backend_the_cell_that_met_the_chosen_one_is_held_against_it() -> None:
    chosen = sample("rapidmarc/batched", [1e6] * 4)
    met = sample("rapidmarc/native", [0.5e6] * 4)
    best = sample("rapidmarc/native", [0.9e6] * 4, comparison="else")
    assert advice._beside(chosen, best, [chosen, met, best]) is met
    assert advice._beside(chosen, best, [chosen, best]) is best


def test_a_cell_that_failed_is_no_disk_that_cannot_be_had(tmp_path: Path) -> None:
    def gone(part: str) -> Line:
        return {"kind": "missing", "part": part, "reason": "it ended", "install": ""}

    failed = gone("pymarc read open loc-small page-cache 1 readers auto")
    found = sweeps.disks(Run(tmp_path, [header(), failed, gone("hdd")]))
    assert found.notes == ["Not evaluable here: hdd (it ended)."]
