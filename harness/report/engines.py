"""Engines side by side. One whose output differs from the reference's is marked and not ranked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from harness.engines import is_ours
from harness.report import plots, tables
from harness.report.data import Run, Sample
from harness.report.sections import Figure, Section, command
from harness.report.sentences import extremes
from harness.report.svg import Legend
from harness.report.tables import Column, Table, between, count
from harness.statistics import trimmed_mean

REFERENCE = "pymarc"


def findings(run: Run) -> dict[str, str]:
    """Engines that differ from the reference, or were never compared with it, and how."""
    found: dict[str, str] = {}
    compared = set()
    for line in run.verifications:
        engine = str(line["engine"])
        compared.add(engine)
        if not line["ranked"] or not line["agrees"]:
            found.setdefault(engine, str(line.get("finding") or "its output differs"))
    for sample in run.samples():
        engine = str(sample.cell["engine"])
        if engine not in compared and engine != REFERENCE:
            found.setdefault(engine, "its output was not compared")
    return found


def comparisons(run: Run) -> list[list[Sample]]:
    """Groups of cells, measured in the same blocks, in which other engines take part."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in run.samples():
        # Gates and targets have sections of their own.
        if sample.scenario not in run.with_targets and not sample.scenario.startswith("gates/"):
            groups.setdefault((sample.scenario, sample.comparison), []).append(sample)
    return [
        group
        for group in groups.values()
        if any(not is_ours(str(s.cell["engine"])) for s in group)
        and len({s.cell["engine"] for s in group}) > 1
    ]


def side_by_side(run: Run) -> Section:
    lead = (
        "Every engine in the way that serves it best, on the same bytes. Only engines that give "
        "the reference's records are ranked; the others are drawn hollow and grey."
    )
    unranked = findings(run)
    figures = [_figure(number, group, unranked) for number, group in enumerate(comparisons(run))]
    found = [table for table in (tables.verification(run), tables.missing(run)) if table.rows]
    notes = [
        f"{engine} is timed and not ranked: {finding}."
        for engine, finding in unranked.items()
        if any(s.cell["engine"] == engine for group in comparisons(run) for s in group)
    ]
    ranking = _ranking(comparisons(run), unranked)
    return Section(
        "engines", "Engines side by side", lead, figures, [*ranking, *found], notes,
        "python -m harness verify",
    )  # fmt: skip


def _by_engine(group: Sequence[Sample]) -> dict[str, dict[str, Sample]]:
    """Samples by engine and workload, the fastest engine first."""
    found: dict[str, dict[str, Sample]] = {}
    for sample in group:
        found.setdefault(str(sample.cell["engine"]), {})[str(sample.cell["workload"])] = sample
    first = str(group[0].cell["workload"])

    def speed(engine: str) -> float:
        cells = found[engine]
        return (cells.get(first) or next(iter(cells.values()))).rate.point

    return {engine: found[engine] for engine in sorted(found, key=speed, reverse=True)}


def _figure(number: int, group: Sequence[Sample], unranked: Mapping[str, str]) -> Figure:
    engines = _by_engine(group)
    works = list(dict.fromkeys(str(s.cell["workload"]) for s in group))
    rows = [
        plots.DotRow(
            engine + (" (not ranked)" if engine in unranked else ""),
            [(works.index(work), cells[work].rate) for work in works if work in cells],
            dim=engine in unranked,
        )
        for engine, cells in engines.items()
    ]
    body: list[tuple[str, ...]] = []
    marked: set[int] = set()
    for engine, cells in engines.items():
        for work, sample in cells.items():
            base = engines.get(REFERENCE, {}).get(work)
            times = None if base is None else sample.ratio_to(base)
            if engine in unranked:
                marked.add(len(body))
            body.append((
                engine, work, str(sample.cell["source"]), between(sample.rate),
                count(sample.rate.point), "–" if times is None else f"{times.point:.1f}×",
                unranked.get(engine, "same as the reference"),
            ))  # fmt: skip
    corpus = group[0].cell["corpus"]
    columns = (
        Column("engine"), Column("workload"), Column("source"),
        Column("records/s, 95% interval", True), Column("records/s", True),
        Column(f"against {REFERENCE}", True), Column("output"),
    )  # fmt: skip
    title = f"Records a second on {corpus}, by engine"
    return Figure(
        f"engines-{number}", title, plots.dots(rows, "records a second (logarithmic)", log=True),
        extremes(
            [s for s in group if s.cell["workload"] == works[0]], ["engine", "workload"],
            lambda s: s.rate, "records a second",
        ),
        Table(title, columns, tuple(body), frozenset(marked)),
        command(group[0].scenario), [Legend(work, i) for i, work in enumerate(works)],
    )  # fmt: skip


def _behind(samples: Mapping[str, Sample]) -> dict[str, float]:
    """How far each engine is behind the fastest, as a logarithm; nothing if one of them has no
    block in common with it."""
    best = max(samples.values(), key=lambda sample: sample.rate.point)
    logs = {engine: best.ratios_to(sample) for engine, sample in samples.items()}
    if not all(logs.values()):
        return {}
    return {engine: float(trimmed_mean(np.asarray(found))) for engine, found in logs.items()}


def _ranking(groups: Sequence[Sequence[Sample]], unranked: Mapping[str, str]) -> list[Table]:
    """Geometric mean of the ratios to the best, over workloads that all ranked engines share.

    A ratio is that of the blocks which hold both.
    """
    rows: list[tuple[str, ...]] = []
    for group in groups:
        engines = {e: c for e, c in _by_engine(group).items() if e not in unranked}
        if len(engines) < 2:
            continue
        behind = [
            found
            for work in sorted(set.intersection(*(set(cells) for cells in engines.values())))
            if (found := _behind({engine: cells[work] for engine, cells in engines.items()}))
        ]
        if not behind:
            continue
        means = {
            engine: math.exp(sum(found[engine] for found in behind) / len(behind))
            for engine in engines
        }
        for place, engine in enumerate(sorted(means, key=means.__getitem__), 1):
            rows.append((str(place), engine, f"{means[engine]:.2f}", str(len(behind))))
    columns = (
        Column("place", True), Column("engine"), Column("times slower than the best", True),
        Column("shared workloads", True),
    )  # fmt: skip
    return (
        [Table("Ranking: geometric mean over shared workloads", columns, tuple(rows))]
        if rows
        else []
    )
