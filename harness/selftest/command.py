"""What `python -m harness selftest` does and shows: whether the harness may be believed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness import RESULTS
from harness.run import Progress
from harness.selftest import real, scripted
from harness.selftest.noise import AS_RECORDED
from harness.selftest.scripted import ALL, Demand

PARTS = ("scripted", "real")
FILE = "selftest.json"


def show(console: Console, demands: Sequence[Demand], *, whole: bool) -> None:
    """Every promise with its figures; of single shapes of noise only what was broken, else."""
    table = Table("promise", "noise", "happened", "rate", "its bound", "allowed", "")
    for demand in demands:
        if not whole and demand.kept and demand.noise not in (ALL, AS_RECORDED, real.MEASURED):
            continue
        sign = "at least" if demand.at_least else "at most"
        table.add_row(
            demand.promise, demand.noise, f"{demand.share.count:,} of {demand.share.trials:,}",
            f"{demand.share.rate:.2%}", f"{demand.bound:.2%}", f"{sign} {demand.limit:.0%}",
            "kept" if demand.kept else "BROKEN",
        )  # fmt: skip
    console.print(table)


def run(
    console: Console, progress: Progress, *, parts: Sequence[str], trials: int, runs: int,
    whole: bool, command: str, folder: Path = RESULTS,
) -> int:  # fmt: skip
    """0 when every promise was kept, 1 when one was broken, 2 when the host left too little."""
    demands: list[Demand] = []
    undecided = 0
    if "scripted" in parts:
        console.print(f"- {trials:,} scripted comparisons of every shape of noise")
        demands += scripted.demands(scripted.count_errors(scripted.recorded(), trials))
        show(console, demands, whole=whole)
    if "real" in parts:
        console.print(f"- {runs} runs of the same reader twice, and of one with 5% more work")
        runner = real.start(folder, command=command)
        outcomes = real.measure(runner, runs, progress=progress)
        found = real.demands(outcomes)
        show(console, found, whole=whole)
        undecided = real.undecided(outcomes)
        repeated = sum(outcome.repeated for outcome in outcomes)
        console.print(f"blocks repeated: {repeated}; runs without enough blocks: {undecided}")
        demands += found
        text = {
            "runs": [asdict(outcome) for outcome in outcomes],
            "promises": [{**asdict(demand), "kept": demand.kept} for demand in demands],
        }
        (runner.run.folder / FILE).write_text(json.dumps(text, indent=1) + "\n", "utf-8")
        console.print(f"run: {runner.run.name}", markup=False)
    broken = [demand for demand in demands if not demand.kept]
    # A slow-down that could not be looked for was not overlooked.
    excused = all(demand.at_least and demand.noise == real.MEASURED for demand in broken)
    code = 0 if not broken else 2 if undecided and excused else 1
    console.print(f"selftest: {('kept', 'BROKEN', 'INCONCLUSIVE')[code]}")
    return code
