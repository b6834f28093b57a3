"""Where the time goes: phases of a record, whether they add up, and what other threads get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness import breakdown
from harness.breakdown import Account
from harness.report import plots, tables
from harness.report.data import Run, Sample, name_of
from harness.report.sections import Figure, Section, command
from harness.report.svg import Legend
from harness.report.tables import Column, Table

_PHASES = (*breakdown.PHASES, breakdown.UNCLAIMED)
_NAMES = ("engine", "source", "threads")


def phase_breakdown(run: Run) -> Section:
    """Where a record's time goes, on both sides of the first ratio of each gate."""
    lead = (
        "Thread time a record, by what the reader was doing. Thread time is wall time times "
        "threads: if nothing were lost between threads, the bars of a pair would be equally long."
    )
    sides: list[tuple[str, dict[str, float]]] = []
    for line in run.verdicts:
        for entry in line["estimates"]:
            if entry.get("measure", "speed-up") != "speed-up" or entry["ratio"] is None:
                continue
            for cell in (entry["denominator"], entry["numerator"]):
                label = name_of(cell, ["engine", "source", "threads"])
                split = breakdown.typical(_lines_of(run, entry, cell), cell)
                if split is not None and label not in [known for known, _ in sides]:
                    sides.append((label, split))
    accounts = _accounts(run)
    more = [
        table for table in (_sums(accounts), _counter(run), _kernel(run, accounts)) if table.rows
    ]
    notes = _in_words(accounts) + [
        f"Gate {line['gate']}, {line['breakdown']['estimate']}: "
        + "; ".join(line["breakdown"]["sentences"])
        + "."
        for line in run.verdicts
        if line.get("breakdown")
    ]
    if not sides:
        return Section("breakdown", "Where the time goes", lead, (), more, notes)
    used = [p for p in _PHASES if any(abs(split.get(p, 0)) > 0.05 for _, split in sides)]
    rows = [
        (label, [(_PHASES.index(p), split.get(p, 0.0)) for p in used]) for label, split in sides
    ]
    longest = max(sides, key=lambda side: side[1]["total"])
    most = max(used, key=lambda phase: longest[1].get(phase, 0.0))
    figure = Figure(
        "phases", "Thread time a record", plots.bars(rows, "nanoseconds a record"),
        f"A record takes longest in {longest[0]}: {longest[1]['total']:.0f} nanoseconds, most of "
        f"them in {breakdown.label(most)} ({longest[1][most] / longest[1]['total']:.0%}).",
        tables.breakdown(sides), command(),
        [Legend(breakdown.label(p), _PHASES.index(p)) for p in used],
        "What no phase claims is shown as such, never booked on one of them.", swatches=True,
    )  # fmt: skip
    return Section("breakdown", "Where the time goes", lead, [figure], more, notes)


def _lines_of(
    run: Run, entry: Mapping[str, Any], cell: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    return [
        line
        for sample in run.samples()
        if sample.scenario.startswith("gates/")
        and sample.comparison == entry.get("comparison", sample.comparison)
        and sample.cell == cell
        for line in sample.lines
    ]


def _accounts(run: Run) -> list[tuple[Sample, Account]]:
    """Of every cell whose reader measures all phases; the scenario made for it comes first."""
    found: dict[str, tuple[Sample, Account]] = {}
    ordered = sorted(run.samples(), key=lambda s: not s.scenario.endswith("/breakdown"))
    for sample in ordered:
        if sample.cell["workload"] != "read" or sample.cell["batch_size"] != "auto":
            continue
        if not sample.scenario.startswith("gates/") and not sample.scenario.endswith("/breakdown"):
            continue
        made = breakdown.typical_account(sample.lines, sample.cell)
        if made is not None:
            found.setdefault(name_of(sample.cell, _NAMES), (sample, made))
    return list(found.values())


def _in_words(accounts: Sequence[tuple[Sample, Account]]) -> list[str]:
    if not accounts:
        return []
    covers = [made.covered for _, made in accounts]
    outside = [name_of(s.cell, _NAMES) for s, made in accounts if not made.adds_up]
    text = (
        f"In {len(accounts)} cells the phases give {min(covers):.1%} to {max(covers):.1%} of the "
        f"calling threads' time; {breakdown.TOLERANCE:.0%} may be missing or counted twice. "
    )
    return [text + (f"Outside that: {', '.join(outside)}." if outside else "None is outside that.")]


def _sums(accounts: Sequence[tuple[Sample, Account]]) -> Table:
    columns = (
        Column("cell"), *(Column(breakdown.label(name), True) for name in breakdown.PHASES),
        Column("sum", True), Column("thread time", True), Column("sum / time", True),
        Column("workers beside", True),
    )  # fmt: skip
    rows = tuple(
        (
            name_of(sample.cell, _NAMES),
            *(f"{value:.1f}" for value in made.phases.values()),
            f"{sum(made.phases.values()):.1f}",
            f"{made.measured:.1f}",
            f"{made.covered:.1%}",
            f"{made.beside:.1f}",
        )
        for sample, made in accounts
    )
    marked = frozenset(i for i, (_, made) in enumerate(accounts) if not made.adds_up)
    caption = "Whether the phases add up: nanoseconds of the calling threads a record"
    return Table(caption, columns, rows, marked)


def _median(sample: Sample, part: str, key: str) -> float | None:
    values = [line[part][key] for line in sample.lines if key in line[part]]
    return float(np.median(values)) if values else None


def _counter(run: Run) -> Table:
    """How far a pure-Python thread gets beside a reader."""
    rows = []
    for sample in run.samples():
        shares = [
            line["stats"]["counter_beside_per_s"] / line["stats"]["counter_alone_per_s"]
            for line in sample.lines
            if line["stats"].get("counter_alone_per_s")
        ]
        if shares:
            alone = _median(sample, "stats", "counter_alone_per_s") or 0.0
            rows.append((
                name_of(sample.cell, _NAMES), f"{np.median(shares):.0%}",
                f"{min(shares):.0%} to {max(shares):.0%}", tables.count(alone),
            ))  # fmt: skip
    columns = (
        Column("beside"), Column("share of its own pace", True), Column("blocks", True),
        Column("steps/s alone", True),
    )  # fmt: skip
    caption = "What another Python thread gets: the pace of a counter while the reader works"
    return Table(caption, columns, tuple(rows))


def _kernel(run: Run, accounts: Sequence[tuple[Sample, Account]]) -> Table:
    """Hand-overs of the lock, and what the kernel counted while the cell was measured."""
    rows = []
    for sample, _ in accounts:
        read = float(sample.lines[0]["stats"]["records"])

        def per_thousand(part: str, key: str, sample: Sample = sample, read: float = read) -> str:
            value = _median(sample, part, key)
            return "–" if value is None else f"{1000 * value / read:.3g}"

        stolen = sum(float(line["host"]["steal_s"]) for line in sample.lines)
        taken = sum(float(line["host"]["wall_s"]) for line in sample.lines)
        rows.append((
            name_of(sample.cell, _NAMES),
            per_thousand("stats", "gil_releases"),
            per_thousand("stats", "gil_hand_offs"),
            per_thousand("host", "minor_faults"),
            per_thousand("host", "major_faults"),
            per_thousand("host", "voluntary_switches"),
            per_thousand("host", "involuntary_switches"),
            f"{stolen / (taken * max(1, run.cores)):.2%}",
        ))  # fmt: skip
    titles = (
        "lock let go", "lock handed to another reader", "minor page faults", "major page faults",
        "switches, voluntary", "switches, forced", "time stolen by the host",
    )  # fmt: skip
    columns = (Column("cell"), *(Column(title, True) for title in titles))
    return Table("For every thousand records", columns, tuple(rows))
