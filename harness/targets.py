"""Targets: figures that the product is to reach, found in the lines of a run.

Says of each whether it is reached; nothing fails by it. A ratio is paired inside blocks, as a
gate's is; any other figure is shown as the median of the blocks with the least and the largest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.evidence import Line, fits, measurements, net_memory, of_kind, paired
from harness.model import Target
from harness.scenario import targets_in
from harness.statistics import Interval

REACHED, NOT_REACHED = "reached", "not reached"
OPEN, NOT_MEASURED = "not decided", "not measured"
WRONG = "wrong output"
MEMORY = "peak_memory_bytes"
# One table in three files; whatever else sets targets comes behind them.
FILES = ("curated/targets", "curated/targets_forms", "curated/targets_beside")


@dataclass(frozen=True)
class Found:
    """A target beside what was measured. `output` says what is wrong with the base's records, `own`
    with those of the engine that is to reach it."""

    target: Target
    figure: Interval | None
    beside: Interval | None
    limit: Interval | None
    own_limit: Interval | None
    blocks: int
    output: str
    own: str = ""

    @property
    def out_of_reach(self) -> bool:
        """Whether the target lies beyond what any reader can do here, by the whole interval."""
        least = self.target.at_least
        return self.limit is not None and least is not None and self.limit.high < least

    @property
    def needs_faster_decoding(self) -> bool:
        """Whether the target lies beyond the product as it decodes now, if objects cost nothing."""
        least, limit = self.target.at_least, self.own_limit
        return limit is not None and least is not None and limit.high < least

    @property
    def word(self) -> str:
        """By the whole interval: a target inside of it is not decided by these blocks."""
        if self.own:
            return WRONG
        if self.figure is None:
            return NOT_MEASURED
        low, high = self.figure.low, self.figure.high
        least, most = self.target.at_least, self.target.at_most
        if least is not None:
            good, bad = low >= least, high < least
        else:
            assert most is not None
            good, bad = high <= most, low > most
        return REACHED if good else NOT_REACHED if bad else OPEN


def _ratio(
    lines: Sequence[Line], numerator: Mapping[str, Any] | None, denominator: Mapping[str, Any]
) -> tuple[Interval | None, int]:
    pairs = None if numerator is None else paired(lines, numerator, [denominator])
    if pairs is None:
        return None, 0
    return pairs.resampled().interval().exponentials(), len(pairs.blocks)


def _figure(lines: Sequence[Line], numerator: Mapping[str, Any], name: str) -> list[float]:
    cells = [line for line in lines if fits(line["cell"], numerator)]
    if name == MEMORY:
        return [value for line in cells if (value := net_memory(line)) is not None]
    return [float(line["stats"][name]) for line in cells if name in line["stats"]]


def _find(target: Target, lines: Sequence[Line], outputs: Mapping[str, str]) -> Found:
    own = outputs.get(str(target.numerator.get("engine")), "")
    if target.denominator is not None:
        figure, blocks = _ratio(lines, target.numerator, target.denominator)
        beside, _ = _ratio(lines, target.beside, target.denominator)
        limit, _ = _ratio(lines, target.limit, target.denominator)
        own_limit, _ = _ratio(lines, target.own_limit, target.denominator)
        output = outputs.get(str(target.denominator["engine"]), "")
        return Found(target, figure, beside, limit, own_limit, blocks, output, own)
    values = _figure(lines, target.numerator, str(target.figure))
    found = Interval(float(np.median(values)), min(values), max(values)) if values else None
    return Found(target, found, None, None, None, len(values), "", own)


def in_order(scenarios: Iterable[str]) -> list[str]:
    """The names of scenarios with targets, as their rows follow each other."""
    return sorted(scenarios, key=lambda name: FILES.index(name) if name in FILES else len(FILES))


def find(lines: Iterable[Line]) -> list[Found]:
    """Every target of the scenarios of a run, in their order."""
    known = list(lines)
    outputs = {
        str(line["engine"]): str(line["finding"])
        for line in of_kind(known, "verification")
        if not line["agrees"]
    }
    found = []
    for header in of_kind(known, "header"):
        texts = {entry["name"]: entry["text"] for entry in header["scenarios"]}
        for name in in_order(texts):
            for target in targets_in(texts[name]):
                own = measurements(known, scenario=name, comparison=target.comparison)
                found.append(_find(target, own, outputs))
    return found
