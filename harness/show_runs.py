"""What a person sees of runs beside each other. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from harness import compare
from harness.report.data import Run, name_of, varying
from harness.report.tables import between
from harness.show import table

STYLES = {"faster": "green", "slower": "red", "no difference": ""}


def changes(console: Console, before: str, after: str, found: Sequence[compare.Change]) -> None:
    axes = varying([change.cell for change in found]) or ["engine"]
    shown = table(f"{after} against {before}", "cell", "records/s before", "after",
                  "ratio, 95% interval", "")  # fmt: skip
    for change in found:
        style = STYLES[change.word]
        ratio = f"{change.ratio.low:.3f} to {change.ratio.high:.3f}"
        shown.add_row(
            name_of(change.cell, axes), between(change.before), between(change.after), ratio,
            f"[{style}]{change.word}[/{style}]" if style else change.word,
        )  # fmt: skip
    console.print(shown)
    console.print(compare.summary(found), markup=False)


def trends(console: Console, runs: Sequence[Run], found: Sequence[compare.Trend]) -> None:
    axes = varying([trend.cell for trend in found]) or ["engine"]
    days = [f"{run.name}\n{str(run.header.get('commit', ''))[:10]}" for run in runs]
    shown = table("Records a second over the runs of one host", "cell", *days, "last / first")
    for trend in found:
        known = {run.name: rate for run, rate in trend.points}
        rates = [between(known[run.name]) if run.name in known else "–" for run in runs]
        last = f"{trend.change.low:.3f} to {trend.change.high:.3f}"
        shown.add_row(name_of(trend.cell, axes), *rates, last)
    console.print(shown)
