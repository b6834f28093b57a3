"""Two runs side by side, and many runs of one host over time.

Runs of different hosts are never pooled: they are refused, and the message says what differs. Two
runs were not measured in the same blocks, so what the host did between them does not cancel, as it
does inside a run; `harness.builds` measures two commits in the same blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.evidence import cell_key
from harness.report.data import Run, Sample
from harness.results import RUN_FILE, ResultsError
from harness.statistics import ALARM_ERROR, CONFIDENCE, Difference, Interval, difference

#: What must be the same of two runs whose figures are put beside each other.
SAME = ("host", "cpu_model", "cores_usable", "python")
#: A difference smaller than this is none, however narrow its interval is.
NOISE = 0.01

Place = tuple[str, str, tuple[tuple[str, str], ...]]


class DifferentHosts(ResultsError):
    """Runs that must not be compared, and what differs between them."""


@dataclass(frozen=True)
class Change:
    """A cell before and after: rates, and the ratio after / before with its 95% interval."""

    cell: Mapping[str, Any]
    before: Interval
    after: Interval
    ratio: Interval
    told: Difference | None = None  # where the ratio was formed inside of blocks

    @property
    def word(self) -> str:
        if self.told is not None:
            return "no difference" if self.told == "none" else self.told
        if self.ratio.low > 1 and self.ratio.point > 1 + NOISE:
            return "faster"
        if self.ratio.high < 1 and self.ratio.point < 1 - NOISE:
            return "slower"
        return "no difference"


def load(name: str, results: Path) -> Run:
    """A run by its name in the folder of results, or by its own folder."""
    for folder in (Path(name), results / name):
        if (folder / RUN_FILE).is_file():
            return Run.load(folder)
    raise ResultsError(f"there is no run {name!r} in {results}")


def host_of(run: Run) -> tuple[Any, ...]:
    return tuple(run.environment.get(key) for key in SAME)


def require_one_host(runs: Sequence[Run]) -> None:
    for other in runs[1:]:
        for key, here, there in zip(SAME, host_of(runs[0]), host_of(other), strict=True):
            if here != there:
                raise DifferentHosts(
                    f"runs of different hosts are never pooled: {key} is {here!r} in "
                    f"{runs[0].name} and {there!r} in {other.name}"
                )


def samples_of(run: Run) -> dict[Place, Sample]:
    return {(s.scenario, s.comparison, cell_key(s.cell)): s for s in run.samples()}


def changes(before: Run, after: Run) -> list[Change]:
    """Every cell that both runs measured in the same place."""
    require_one_host([before, after])
    old = samples_of(before)
    return [
        Change(sample.cell, old[place].rate, sample.rate, _apart(old[place].rate, sample.rate))
        for place, sample in samples_of(after).items()
        if place in old
    ]


def _apart(before: Interval, after: Interval) -> Interval:
    """The ratio of two figures measured apart, by the method of variance estimates recovery (Zou
    and Donner 2008), on logarithms."""
    point = math.log(after.point / before.point)
    down = math.hypot(_distance(after.low, after.point), _distance(before.point, before.high))
    up = math.hypot(_distance(after.point, after.high), _distance(before.low, before.point))
    return Interval(math.exp(point), math.exp(point - down), math.exp(point + up))


def _distance(low: float, high: float) -> float:
    """On logarithms. A single block knows no bound: from nothing to infinity."""
    return math.log(high / low) if low > 0 and math.isfinite(high) else math.inf


def paired_change(before: Sample, after: Sample) -> Change | None:
    """The change between two cells of the same blocks; None if no block holds both."""
    ratio = after.ratio_to(before)
    if ratio is None:
        return None
    return Change(after.cell, before.rate, after.rate, ratio, difference(after.ratios_to(before)))


def summary(found: Sequence[Change]) -> str:
    """What the changes come to, with how many would differ by chance."""
    if not found:
        return "the two have no cell in common"
    count = {word: sum(c.word == word for c in found) for word in ("faster", "slower")}
    # What is paired is told apart by the bounds of `difference`, not by the interval shown.
    paired = all(c.told is not None for c in found)
    level = 1 - (ALARM_ERROR if paired else 1 - CONFIDENCE)
    chance = (1 - level) * len(found)
    return (
        f"{count['faster']} of {len(found)} cells are faster, {count['slower']} slower; "
        f"told by intervals of {level:.0%}, which leave out the truth in about {chance:.1f} of "
        "so many"
    )


@dataclass(frozen=True)
class Trend:
    """A cell over the runs of one host, oldest first."""

    cell: Mapping[str, Any]
    points: tuple[tuple[Run, Interval], ...]

    @property
    def change(self) -> Interval:
        """From the first run to the last."""
        return _apart(self.points[0][1], self.points[-1][1])


def runs_in(results: Path) -> list[Run]:
    """Every run of a folder, oldest first. What is no run is passed over."""
    found = [Run.load(file.parent) for file in results.glob(f"*/{RUN_FILE}")]
    return sorted((run for run in found if run.header), key=lambda r: str(r.header["started"]))


def trends(runs: Sequence[Run]) -> list[Trend]:
    """Cells that at least two of these runs measured."""
    require_one_host(runs)
    points: dict[Place, list[tuple[Run, Interval]]] = {}
    cells: dict[Place, Mapping[str, Any]] = {}
    for run in runs:
        for place, sample in samples_of(run).items():
            points.setdefault(place, []).append((run, sample.rate))
            cells[place] = sample.cell
    return [Trend(cells[p], tuple(found)) for p, found in points.items() if len(found) > 1]


def of_newest_host(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """The runs of the host of the newest, and the others, which are left out."""
    if not runs:
        return [], []
    newest = host_of(runs[-1])
    same = [run for run in runs if host_of(run) == newest]
    return same, [run for run in runs if host_of(run) != newest]


def names(runs: Iterable[Run]) -> str:
    return ", ".join(run.name for run in runs)
