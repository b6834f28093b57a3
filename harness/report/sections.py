"""What a section of the report is made of. Content comes from elsewhere; page.py writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from harness.report.data import Curve, name_of, varying
from harness.report.plots import Drawing
from harness.report.svg import Legend, both
from harness.report.tables import Table

#: More curves than this in one plot cannot be told apart.
MOST_SERIES = 6


@dataclass(frozen=True)
class Figure:
    """A plot, what it shows in a sentence (also for those who do not see it), its table and its
    command."""

    name: str
    title: str
    drawing: Drawing
    says: str
    table: Table
    command: str
    legend: Sequence[Legend] = ()
    note: str = ""
    swatches: bool = False

    @property
    def svg(self) -> Markup:
        return both(self.drawing, self.name, self.says)


@dataclass(frozen=True)
class Section:
    """A heading, what it teaches, figures and tables. An empty one says why it is empty."""

    name: str
    title: str
    lead: str
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = field(default=())
    command: str = ""


def command(*scenarios: str) -> str:
    """The line that measures again what a figure shows."""
    gates = all(name.startswith("gates/") for name in scenarios)
    names = " ".join(dict.fromkeys(scenarios))
    return f"python -m harness {'gates' if gates else 'run'} {names}".rstrip()


def named(group: Sequence[Curve]) -> list[str]:
    """Labels for curves: what they differ in, or their engine."""
    axes = varying([curve.fixed for curve in group]) or ["engine"]
    if axes == ["source"] or "engine" not in axes:
        axes = ["engine", *axes]
    return [name_of(curve.fixed, axes) for curve in group]


def split(group: Sequence[Curve]) -> list[list[Curve]]:
    """Groups small enough for one plot, apart by the first axis that helps."""
    if len(group) <= MOST_SERIES:
        return [list(group)]
    for axis in ("workload", "corpus", "disk", "source", "engine"):
        values = list(dict.fromkeys(curve.fixed.get(axis) for curve in group))
        if len(values) > 1:
            parts = [[c for c in group if c.fixed.get(axis) == value] for value in values]
            return [piece for part in parts for piece in split(part)]
    return [list(group[i : i + MOST_SERIES]) for i in range(0, len(group), MOST_SERIES)]


def legend(labels: Sequence[str]) -> list[Legend]:
    return [Legend(label, place) for place, label in enumerate(labels)]
