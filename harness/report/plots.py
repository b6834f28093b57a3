"""Draws figures from plain values. Each function returns a drawing for `svg.both`.

Intervals come before points everywhere: the bar is the statement, the mark in it only its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from harness.report.svg import FAINT, GRID, INK, MUTED, PAPER, SERIES, Canvas, colour, dash, marker
from harness.statistics import Floats, Interval

Drawing = Callable[[Canvas], Figure]
_STEPS = [1, 2, 5, 10]


@dataclass(frozen=True)
class ForestRow:
    """A ratio: its interval, the bounds that decide, what is needed, what the host could give."""

    label: str
    interval: Interval
    decides: tuple[float | None, float | None]
    threshold: float | None
    ceiling: float | None
    place: int


@dataclass(frozen=True)
class Line:
    """One curve: a value, or None where it was not measured, for every place on the x axis."""

    place: int
    values: Sequence[Interval | None]


@dataclass(frozen=True)
class Panel:
    """A plot of a stack that shares its x axis."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class DotRow:
    """A row with one mark for each series. `dim` rows take no part in the ranking."""

    label: str
    marks: Sequence[tuple[int, Interval]]
    dim: bool = False


@dataclass(frozen=True)
class ScalingLine:
    """Speed-ups against one thread, by thread count."""

    place: int
    speed_ups: Mapping[int, Interval]


def short(value: float, _position: int = 0) -> str:
    """1500000 as 1.5M: for axes, where the unit stands beside it."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def forest(rows: Sequence[ForestRow]) -> Drawing:
    """Ratios below each other on one axis, each with its threshold and its ceiling."""

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(56 + 46 * len(rows))
        axes = figure.subplots()
        edges = [1.0]
        for y, row in enumerate(rows):
            line = colour(row.place)
            low, high = row.interval.low, row.interval.high
            edges += [low, high, *(v for v in (row.threshold, row.ceiling) if v is not None)]
            axes.plot([low, high], [y, y], color=line, linewidth=8, solid_capstyle="butt")
            for bound in row.decides:
                if bound is not None:
                    edges.append(bound)
                    axes.plot([bound, bound], [y - 0.13, y + 0.13], color=line, linewidth=1.6)
            bounds = [b for b in row.decides if b is not None]
            axes.plot(
                [min([low, *bounds]), max([high, *bounds])], [y, y], color=line, linewidth=1.6
            )
            # The middle is a notch in the bar, so that it cannot hide a short interval.
            axes.plot([row.interval.point] * 2, [y - 0.07, y + 0.07], color=PAPER, linewidth=1.4)
            if row.threshold is not None:
                axes.plot([row.threshold] * 2, [y - 0.24, y + 0.24], color=INK, linewidth=2.2)
            if row.ceiling is not None:
                axes.plot(
                    row.ceiling, y, marker="D", color="none", markersize=8,
                    markeredgecolor=MUTED, markeredgewidth=1.5,
                )  # fmt: skip
        span = max(edges) - min(edges) or 1.0
        left = max(0.0, min(edges) - 0.06 * span)
        axes.set_xlim(left, max(edges) + 0.06 * span)
        for y, row in enumerate(rows):
            axes.annotate(
                row.label, (0, y - 0.34), xycoords=("axes fraction", "data"), va="center",
                fontsize=12, color=INK, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
        axes.set_ylim(len(rows) - 0.55, -0.62)
        axes.axvline(1, color=MUTED, linewidth=1, linestyle=(0, (2, 2)), zorder=0)
        axes.yaxis.set_major_locator(NullLocator())
        axes.spines["left"].set_visible(False)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_locator(MaxNLocator(5 if canvas.narrow else 9))
        axes.set_xlabel("ratio of rates (1 = no difference)")
        return figure

    return draw


def _thread_axis(axes: Axes, counts: Sequence[int], *, log: bool) -> None:
    if log:
        axes.set_xscale("log", base=2)
        axes.set_xlim(min(counts) * 0.88, max(counts) * 1.14)
    else:
        axes.set_xlim(min(counts) - 0.25, max(counts) * 1.05 + 0.15)
    axes.set_xticks(list(counts), [str(n) for n in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("threads")


def scaling(lines: Sequence[ScalingLine], ceiling: Mapping[int, Interval], cores: int) -> Drawing:
    """Speed-up over threads, below the ideal line and the measured ceiling of the host."""
    counts = sorted({1, *ceiling, *(n for line in lines for n in line.speed_ups)})

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(330 if canvas.narrow else 400)
        axes = figure.subplots()
        _thread_axis(axes, counts, log=False)
        measured = [i.high for line in lines for i in line.speed_ups.values()]
        top = 1.12 * max([*measured, *(i.high for i in ceiling.values()), 1.5])
        axes.set_ylim(0, top)
        axes.set_ylabel("speed-up against one thread")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        if 0 < cores < counts[-1]:
            axes.axvspan(cores + 0.15, counts[-1] * 1.05, color=FAINT, linewidth=0, zorder=0)
            axes.annotate(
                "more threads than cores", (cores + 0.3, 0.03),
                xycoords=("data", "axes fraction"), color=MUTED, fontsize=11,
            )  # fmt: skip
        ends = [1, counts[-1]]
        axes.plot(ends, ends, color=MUTED, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1)
        if ceiling:
            n = [1, *(c for c in sorted(ceiling) if c > 1)]
            low, mid, high = (
                [1.0, *(getattr(ceiling[c], name) for c in n[1:])]
                for name in ("low", "point", "high")
            )
            axes.fill_between(n, low, high, color=GRID, linewidth=0, zorder=1)
            axes.plot(n, mid, color=INK, linewidth=1.4, linestyle=(0, (5, 2)), zorder=2)
        for index, line in enumerate(lines):
            shift = 0.07 * (index - (len(lines) - 1) / 2)
            n = sorted(line.speed_ups)
            _error_line(axes, [c + shift for c in n], [line.speed_ups[c] for c in n], line.place)
        return figure

    return draw


def _error_line(axes: Axes, xs: Sequence[float], of: Sequence[Interval], place: int) -> None:
    """A curve through the middles, and over it an error bar with caps at every point."""
    points = np.array([i.point for i in of])
    axes.plot(xs, points, color=colour(place), linestyle=dash(place), linewidth=1.4, zorder=3)
    axes.errorbar(xs, points, yerr=_sides(of), zorder=4, **_bar(place))


def _sides(of: Sequence[Interval]) -> tuple[Floats, Floats]:
    """How far the intervals reach below and above their middles; a single block reaches nowhere."""
    points = np.array([i.point for i in of])
    known = np.isfinite([i.high for i in of])
    below = np.where(known, points - [i.low for i in of], 0.0)
    above = np.where(known, [i.high for i in of], points) - points
    return np.maximum(below, 0), np.maximum(above, 0)


def _bar(place: int, hue: str | None = None) -> dict[str, Any]:
    """An error bar whose caps stand out from a mark that is wider than the interval."""
    return {
        "fmt": marker(place), "color": hue or colour(place), "markersize": 5.4,
        "elinewidth": 2, "capsize": 4.5, "capthick": 1.6, "linestyle": "none",
    }  # fmt: skip


@dataclass(frozen=True)
class PredictedLine:
    """A fitted curve: measured up to some thread count, predicted beyond it."""

    place: int
    measured: Mapping[int, Interval]
    predicted: Mapping[int, Interval]


def prediction(lines: Sequence[PredictedLine], measured_up_to: int) -> Drawing:
    """The fitted law beyond the measured range, where everything is a prediction."""

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(330 if canvas.narrow else 400)
        axes = figure.subplots()
        counts = sorted({1, *(n for line in lines for n in (*line.measured, *line.predicted))})
        _thread_axis(axes, counts, log=True)
        axes.set_yscale("log", base=2)
        top = max(i.high for line in lines for i in line.predicted.values())
        ticks = [t for t in (1, 2, 4, 8, 16, 32, 64) if t <= max(2.0, 1.3 * top)]
        axes.set_yticks(ticks, [str(t) for t in ticks])
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(0.85, 1.5 * max(2.0, top))
        axes.set_ylabel("speed-up against one thread")
        fine = np.geomspace(1, counts[-1], 60)
        axes.plot(fine, fine, color=MUTED, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1)
        axes.axvspan(measured_up_to * 1.06, counts[-1] * 1.14, color=FAINT, linewidth=0, zorder=0)
        axes.annotate(
            "prediction, not measured", (measured_up_to * 1.14, 0.94),
            xycoords=("data", "axes fraction"), color=MUTED, fontsize=11,
        )  # fmt: skip
        for line in lines:
            hue = colour(line.place)
            n = sorted(line.predicted)
            axes.fill_between(
                n, [line.predicted[c].low for c in n], [line.predicted[c].high for c in n],
                color=hue, alpha=0.18, linewidth=0, zorder=1,
            )  # fmt: skip
            axes.plot(
                n, [line.predicted[c].point for c in n], color=hue, linestyle=(0, (4, 2)),
                linewidth=1.6, zorder=2,
            )  # fmt: skip
            known = sorted(line.measured)
            _error_line(axes, known, [line.measured[c] for c in known], line.place)
        return figure

    return draw


def stacked(labels: Sequence[str], panels: Sequence[Panel], x_title: str) -> Drawing:
    """Panels below each other over the same evenly spaced categories."""

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(40 + (190 if canvas.narrow else 215) * len(panels))
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            top = 0.0
            for line in panel.lines:
                known = [(x, v) for x, v in enumerate(line.values) if v is not None]
                top = max([top, *(v.point for _, v in known)])
                top = max([top, *(v.high for _, v in known if np.isfinite(v.high))])
                _error_line(axes, [x for x, _ in known], [v for _, v in known], line.place)
            axes.set_ylim(0, top * 1.12 or 1)
            axes.set_title(panel.title)
            axes.yaxis.set_major_formatter(FuncFormatter(short))
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=_STEPS))
            axes.grid(axis="x", visible=False)
        last = grid[-1, 0]
        last.set_xticks(range(len(labels)), labels)
        last.set_xlim(-0.35, len(labels) - 0.65)
        last.set_xlabel(x_title)
        return figure

    return draw


def dots(rows: Sequence[DotRow], x_title: str, *, log: bool = False) -> Drawing:
    """Rows of marks with intervals on one axis, which starts at zero or is logarithmic."""

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(56 + 36 * len(rows))
        axes = figure.subplots()
        for y, row in enumerate(rows):
            for index, (place, i) in enumerate(row.marks):
                at = y + 0.14 * (index - (len(row.marks) - 1) / 2)
                hue = MUTED if row.dim else colour(place)
                axes.errorbar([i.point], [at], xerr=_sides([i]), **_bar(place, hue))
            if row.marks:
                edge = min(i.point - _sides([i])[0][0] for _, i in row.marks)
                axes.plot(
                    [0 if not log else 1e-9, edge], [y, y], color=GRID, linewidth=0.9, zorder=0
                )
        if log:
            axes.set_xscale("log")
            shown = [i for row in rows for _, i in row.marks]
            below, above = _sides(shown)
            points = np.array([i.point for i in shown])
            axes.set_xlim(min(points - below) * 0.7, max(points + above) * 1.4)
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_xlim(left=0)
            axes.xaxis.set_major_locator(MaxNLocator(4 if canvas.narrow else 8, steps=_STEPS))
        axes.xaxis.set_major_formatter(FuncFormatter(short))
        axes.set_xlabel(x_title)
        axes.set_ylim(len(rows) - 0.4, -0.62)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        if canvas.narrow:  # no room beside the plot: the label stands above its row
            axes.yaxis.set_major_locator(NullLocator())
            for y, row in enumerate(rows):
                axes.annotate(
                    row.label, (0, y - 0.36), xycoords=("axes fraction", "data"), va="center",
                    fontsize=11, color=INK,
                )  # fmt: skip
        else:
            axes.set_yticks(range(len(rows)), [row.label for row in rows])
            axes.tick_params(axis="y", length=0)
        return figure

    return draw


def bars(rows: Sequence[tuple[str, Sequence[tuple[int, float]]]], x_title: str) -> Drawing:
    """Stacked horizontal bars: how a total is made up."""

    def draw(canvas: Canvas) -> Figure:
        figure = canvas.figure(56 + 50 * len(rows))
        axes = figure.subplots()
        for y, (label, parts) in enumerate(rows):
            left = 0.0
            for place, value in parts:
                width = max(value, 0.0)
                axes.barh(
                    y, width, left=left, height=0.42, edgecolor=PAPER, linewidth=1.2,
                    color=colour(place) if place < len(SERIES) else MUTED,
                    alpha=1.0 if place < len(SERIES) else 0.45,
                )  # fmt: skip
                left += width
            axes.annotate(
                label, (0, y - 0.38), xycoords=("axes fraction", "data"), va="center",
                fontsize=12, color=INK,
            )  # fmt: skip
        axes.set_ylim(len(rows) - 0.6, -0.62)
        axes.yaxis.set_major_locator(NullLocator())
        axes.spines["left"].set_visible(False)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_locator(MaxNLocator(4 if canvas.narrow else 8, steps=_STEPS))
        axes.set_xlabel(x_title)
        return figure

    return draw
