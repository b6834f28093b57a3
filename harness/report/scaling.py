"""The section about threads: speed-ups below the measured ceiling, and a law that predicts more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.report import plots, sentences
from harness.report.data import Curve, Run, Sample, curves
from harness.report.sections import Figure, Section, command, legend, named, split
from harness.report.svg import Legend
from harness.report.tables import Column, Table
from harness.scalability import PREDICTED_THREADS, ScalingLaw, predict
from harness.statistics import Interval, bootstrap

KINDS = {
    "readers": "Several readers, one thread each",
    "workers": "One reader, several threads behind it",
}


def speed_ups(samples: Sequence[Sample]) -> dict[int, Interval]:
    """Speed-ups of one cell over its own one-thread rate, paired inside the blocks."""
    base = next((s for s in samples if s.cell["threads"] == 1), None)
    found: dict[int, Interval] = {}
    for sample in samples:
        ratios = sample.ratios_to(base) if base is not None and sample is not base else []
        if len(ratios) > 1:
            found[int(sample.cell["threads"])] = bootstrap(ratios).interval().exponentials()
    return found


def _ceiling(run: Run, of: Sequence[Curve]) -> dict[int, Interval]:
    """The ceiling measured beside these curves; the lowest where several were measured."""
    places = {(c.samples[0].scenario, c.samples[0].comparison) for c in of}
    scenarios = {scenario for scenario, _ in places}
    lowest: dict[int, Interval] = {}
    found = curves([s for s in run.samples("ceiling") if s.scenario in scenarios], "threads")
    for curve in found:
        for threads, interval in speed_ups(curve.samples).items():
            if threads not in lowest or interval.point < lowest[threads].point:
                lowest[threads] = interval
    return lowest


def scaling(run: Run) -> Section:
    """Speed-up over threads; the two kinds of threads never share a figure."""
    lead = (
        "How the rate grows with threads, total work unchanged. A curve can only be judged beside "
        "the ceiling: what this host gives to code that shares nothing."
    )
    found = curves(run.samples(), "threads", least=3) or curves(run.samples(), "threads")
    figures: list[Figure] = []
    for kind, title in KINDS.items():
        of_kind = [c for c in found if c.fixed.get("threads_kind") == kind and speed_ups(c.samples)]
        for number, group in enumerate(split(of_kind) if of_kind else []):
            figures += _scaling_figures(run, f"{kind}-{number}", title, group)
    return Section("scaling", "Scaling with threads", lead, figures)


def _scaling_figures(run: Run, name: str, title: str, group: Sequence[Curve]) -> list[Figure]:
    labels = named(group)
    measured = [speed_ups(curve.samples) for curve in group]
    ceiling = _ceiling(run, group)
    again = command(*(curve.scenario for curve in group))
    lines = [
        plots.ScalingLine(i, {1: Interval(1.0, 1.0, 1.0), **found})
        for i, found in enumerate(measured)
    ]
    rows = [
        (label, str(n), f"{i.low:.2f} to {i.high:.2f}", f"{i.point:.2f}", f"{i.point / n:.0%}")
        for label, found in [*zip(labels, measured, strict=True), ("ceiling of the host", ceiling)]
        for n, i in sorted(found.items())
    ]
    figure = Figure(
        f"scaling-{name}",
        title,
        plots.scaling(lines, ceiling, run.cores),
        sentences.speed_ups(labels, measured, ceiling, run.cores),
        Table(
            f"{title}: speed-up against one thread",
            (
                Column("curve"), Column("threads", True), Column("95% interval", True),
                Column("middle", True), Column("of ideal", True),
            ),
            tuple(rows),
        ),
        again,
        legend(labels),
        note="Dotted: ideal. Dashed black or white: the measured ceiling."
        if ceiling
        else "Dotted: ideal. The ceiling was not measured beside these curves.",
    )  # fmt: skip
    law = _prediction(run, name, title, group, labels, again)
    return [figure] if law is None else [figure, law]


def _prediction(
    run: Run, name: str, title: str, group: Sequence[Curve], labels: Sequence[str], again: str
) -> Figure | None:
    lines, rows, marks = [], [], []
    highest, amdahl = 1, False
    for place, (curve, label) in enumerate(zip(group, labels, strict=True)):
        base = next(s for s in curve.samples if s.cell["threads"] == 1)
        logs = {
            int(s.cell["threads"]): s.ratios_to(base)
            for s in curve.samples
            if 1 < int(s.cell["threads"]) <= (run.cores or math.inf)
        }
        if not logs:
            continue
        top = max(logs)
        wanted = [1, *(2**k for k in range(1, 7)), *PREDICTED_THREADS]
        found = predict(logs, sorted(set(wanted)))
        if found is None:
            continue
        law, predicted = found
        highest, amdahl = max(highest, top), amdahl or not law.kappa_fitted
        known = {n: i for n, i in speed_ups(curve.samples).items() if n in logs}
        lines.append(plots.PredictedLine(place, {1: Interval(1, 1, 1), **known}, predicted))
        marks.append(Legend(label, place))
        rows.append(_law_row(label, law, predicted))
    if not lines:
        return None
    note = "Dotted: ideal. Everything in the shaded part is a prediction of the fitted law. "
    if amdahl:
        note += (
            f"This host has {run.cores} cores: a single point above one thread leaves room for one "
            "unknown only, so kappa is held at zero (Amdahl's law) and the curve is optimistic."
        )
    predicted_columns = [Column(f"{n} threads", True) for n in PREDICTED_THREADS]
    return Figure(
        f"law-{name}",
        f"{title}: prediction up to 64 threads",
        plots.prediction(lines, highest),
        sentences.predicted(
            [mark.label for mark in marks],
            [line.predicted for line in lines],
            PREDICTED_THREADS[-1],
        ),
        Table(
            "Fitted law, and predicted speed-ups (90% intervals from the scatter of blocks alone)",
            (Column("curve"), Column("sigma", True), Column("kappa", True),
             Column("points", True), *predicted_columns),
            tuple(rows),
        ),
        again,
        marks,
        note=note,
    )  # fmt: skip


def _law_row(label: str, law: ScalingLaw, predicted: Mapping[int, Interval]) -> tuple[str, ...]:
    cells = [f"{predicted[n].low:.1f} to {predicted[n].high:.1f}" for n in PREDICTED_THREADS]
    kappa = f"{law.kappa:.5f}" if law.kappa_fitted else "held at 0"
    return (label, f"{law.sigma:.4f}", kappa, str(law.points), *cells)
