"""What a person sees in the terminal: tables, and how far a run is. Nothing is decided here.

On a terminal there is a bar with the time left; elsewhere plain lines, a few for each comparison,
so that a log of a long run stays readable.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from harness.breakdown import as_text
from harness.doctor import MISSING, OK, WARN, Finding
from harness.engines import engine_names
from harness.model import Scenario
from harness.plan import GATE_BLOCK_S, Plan, PlannedComparison, duration
from harness.results import Line

PLAIN_EVERY_S = 20.0
MOST_REASONS = 8
WIDTH_WITHOUT_TERMINAL = 160
STYLES = {
    OK: "green",
    WARN: "yellow",
    MISSING: "red",
    "PASS": "green",
    "PASS (host-scaled)": "green",
    "RECORDED": "cyan",
    "FAIL": "bold red",
    "INCONCLUSIVE": "yellow",
    "NOT EVALUABLE": "yellow",
}


def console() -> Console:
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


def table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def findings(console: Console, found: Iterable[Finding]) -> None:
    shown = table("Can this host measure?", "part", "state", "found", "remedy")
    for finding in found:
        style = STYLES[finding.state]
        shown.add_row(
            finding.part, f"[{style}]{finding.state}[/{style}]", finding.detail, finding.remedy
        )
    console.print(shown)


def scenarios(console: Console, found: Iterable[Scenario]) -> None:
    shown = table("Scenarios", "name", "gate", "question", "teaches")
    for scenario in found:
        gate = scenario.gate.name if scenario.gate is not None else ""
        shown.add_row(scenario.name, gate, scenario.question, scenario.teaches)
    console.print(shown)
    names = [name for name in engine_names() if not name.startswith("fake/")]
    console.print(f"engines: {', '.join(names)}")


def plan(console: Console, found: Plan, *, cells: bool) -> None:
    shown = table("Plan", "scenario", "comparison", "cells", "one block", "blocks", "in all")
    for c in found.comparisons:
        blocks = str(c.first_blocks)
        total = duration(c.first_s)
        if c.most_blocks > c.first_blocks:
            blocks += f" to {c.most_blocks}"
            total += f" to {duration(c.most_s)}"
        shown.add_row(c.scenario, c.name, str(len(c.cells)), f"{c.block_s:.1f} s", blocks, total)
    console.print(shown)
    if cells:
        _cells(console, found.comparisons)
    for out in {(o.scenario, o.reason): o for o in found.left_out}.values():
        console.print(f"left out: {out.scenario}: {out.reason}", style="yellow", markup=False)
    for name in found.no_room:
        console.print(f"left out: {name}: the budget has no room", style="yellow", markup=False)
    for c in found.too_long():
        console.print(
            f"{c.title}: a gate's block may take {GATE_BLOCK_S:g} s, expected {c.block_s:.1f} s",
            style="yellow",
            markup=False,
        )
    more = "" if found.most_s == found.first_s else f", up to {duration(found.most_s)} if undecided"
    console.print(f"expected: {duration(found.first_s)}{more}")


def _cells(console: Console, comparisons: Iterable[PlannedComparison]) -> None:
    shown = table(
        "Cells", "comparison", "engine", "workload", "source", "corpus", "disk", "threads", "batch",
        "sample", "expected",
    )  # fmt: skip
    for c in comparisons:
        for planned in c.cells:
            cell = planned.cell
            shown.add_row(
                f"{c.scenario} {c.name}", cell.engine, cell.workload, cell.source, cell.corpus,
                cell.disk, f"{cell.threads} {cell.threads_kind}", str(cell.batch_size),
                f"{planned.passes} x {planned.iterations}", f"{planned.expected_s:.2f} s",
            )  # fmt: skip
    console.print(shown)


def verifications(console: Console, lines: Iterable[Line]) -> None:
    shown = table("Outputs", "engine", "corpus", "options", "records", "agrees", "finding")
    for line in lines:
        options = " ".join(f"{key}={value}" for key, value in line["options"].items())
        agrees = "[green]yes[/green]" if line["agrees"] else "[red]no[/red]"
        shown.add_row(
            line["engine"], line["corpus"], options, f"{line['records']:,}", agrees,
            line["finding"] or "",
        )  # fmt: skip
    console.print(shown)


def broken(console: Console, lines: Sequence[Line]) -> None:
    """One fault between good records: how many of these each engine gave, and what else."""
    engines = list(dict.fromkeys(line["engine"] for line in lines))
    if not engines:
        return
    shown = table("One fault between good records", "fault", *engines)
    for fault in dict.fromkeys(line["fault"] for line in lines):
        cells = {line["engine"]: broken_word(line) for line in lines if line["fault"] == fault}
        shown.add_row(fault, *(cells.get(engine, "") for engine in engines))
    console.print(shown)


def broken_word(line: Mapping[str, Any]) -> str:
    """`3 of 3`, or `1 of 3 + 1, then TypeError`: the good ones, others, what ended the reading."""
    others = f" + {line['others']}" if line["others"] else ""
    ended = f", then {line['ended']}" if line["ended"] else ""
    return f"{line['delivered']} of {line['good']}{others}{ended}"


def rates(console: Console, lines: Sequence[Line]) -> None:
    """Median and spread of the rate of every cell. Intervals of ratios are the report's."""
    shown = table("Measured", "comparison", "cell", "records/s", "lowest", "highest", "blocks")
    groups: dict[tuple[str, str], list[float]] = {}
    for line in lines:
        if line["kind"] == "measurement" and not line["discarded"]:
            cell = " ".join(str(value) for value in line["cell"].values())
            key = (f"{line['scenario']} {line['comparison']}", cell)
            groups.setdefault(key, []).append(line["records_per_s"])
    for (place, cell), found in groups.items():
        shown.add_row(
            place, cell, f"{statistics.median(found):,.0f}", f"{min(found):,.0f}",
            f"{max(found):,.0f}", str(len(found)),
        )  # fmt: skip
    console.print(shown)


def targets(console: Console, lines: Sequence[Line]) -> None:
    """Targets beside what was measured, when the scenarios set any."""
    from harness.report import targets as pages
    from harness.targets import find

    found = find(lines)
    if not found:
        return
    content = pages.table(found)
    shown = table(content.caption, *(column.title for column in content.columns))
    for row in content.rows:
        shown.add_row(*(escape(cell) for cell in row))
    console.print(shown)
    console.print(pages.sentence(found), markup=False)


def time_taken(console: Console, line: Line | None) -> None:
    """How long the run took, beside what the plan said."""
    if line is not None:
        first, most = duration(line["expected_s"]), duration(line["most_s"])
        expected = first if first == most else f"{first} to {most}"
        off = "" if line["held"] else ", more than a quarter off"
        console.print(f"took {duration(line['took_s'])}, expected {expected}{off}")


def verdicts(console: Console, lines: Mapping[str, Line]) -> None:
    shown = table("Verdicts", "gate", "verdict", "claim", "found", "blocks", "repeated")
    for gate, line in lines.items():
        style = STYLES.get(line["verdict"], "")
        shown.add_row(
            gate, f"[{style}]{line['verdict']}[/{style}]", line["claim"],
            "\n".join(_estimate(entry) for entry in line["estimates"]),
            str(line["blocks"]), str(line["blocks_repeated"]),
        )  # fmt: skip
    console.print(shown)
    for gate, line in lines.items():
        for reason in line["reasons"][:MOST_REASONS]:
            console.print(f"{gate}: {reason}", markup=False, highlight=False)
        more = len(line["reasons"]) - MOST_REASONS
        if more > 0:
            console.print(f"{gate}: and {more} more in the run's file", markup=False)
    for gate, line in lines.items():
        if line["verdict"] == "FAIL" and line["breakdown"]:
            text = f"gate {gate}: {as_text(line['breakdown'])}"
            console.print(text, markup=False, highlight=False)


def _estimate(entry: Mapping[str, Any]) -> str:
    if entry["ratio"] is None:
        return f"{entry['name']}: not measured"
    low, high = ("?" if entry[k] is None else f"{entry[k]:.2f}" for k in ("low", "high"))
    return escape(f"{entry['name']}: {entry['ratio']:.2f} [{low}, {high}]")


class PlainListener:
    """Lines for a log."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._last = 0.0

    def step(self, text: str) -> None:
        self.console.print(f"- {text}", markup=False, highlight=False)
        self._last = time.monotonic()

    def line(self, line: Line) -> None:
        text = describe(line)
        if text:
            self.console.print(f"  {text}", markup=False, highlight=False)

    def block(self, comparison: PlannedComparison, done: int, goal: int, note: str) -> None:
        now = time.monotonic()
        if done == goal or note or now - self._last > PLAIN_EVERY_S:
            self._last = now
            left = duration((goal - done) * comparison.block_s)
            more = f", {note}" if note else ""
            self.console.print(
                f"  {comparison.name}: block {done} of {goal}, about {left} left{more}",
                markup=False,
                highlight=False,
            )


class BarListener:
    """A bar for the comparison that is being measured, with the time left."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._name = ""
        self.bar.start()

    def stop(self) -> None:
        self.bar.stop()

    def step(self, text: str) -> None:
        self.console.print(f"- {text}", markup=False, highlight=False)

    def line(self, line: Line) -> None:
        text = describe(line)
        if text:
            self.console.print(f"  {text}", markup=False, highlight=False)

    def block(self, comparison: PlannedComparison, done: int, goal: int, note: str) -> None:
        name = comparison.title
        if self._task is None or name != self._name:
            if self._task is not None:
                self.bar.remove_task(self._task)
            self._task = self.bar.add_task(name, total=goal)
            self._name = name
        self.bar.update(self._task, completed=done, total=goal)


def describe(line: Line) -> str:
    """One line of a run for people, or nothing for those that would only scroll by."""
    if line["kind"] == "missing":
        install = f" (install: {line['install']})" if line["install"] else ""
        return f"missing: {line['part']}: {line['reason']}{install}"
    if line["kind"] == "disk":
        return (
            f"disk {line['profile']}: {line['bytes_per_s'] / 1e6:,.0f} MB/s, "
            f"{line['latency_s'] * 1e3:.2f} ms a page ({line['method']})"
        )
    if line["kind"] == "verification" and not line["agrees"]:
        return f"output differs: {line['engine']} on {line['corpus']}: {line['finding']}"
    if line["kind"] == "sanitizer" and line["outcome"] != line["expected"]:
        return (
            f"sanitizer: {line['case']} ({line['road']}): expected {line['expected']}, "
            f"{line['outcome']}: {line['detail']}"
        )
    if line["kind"] == "verdict":
        return f"gate {line['gate']}: {line['verdict']}"
    return ""
