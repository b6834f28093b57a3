"""The commands `compare` and `history`: runs and commits beside each other."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from harness import RESULTS, SCENARIOS, host, lock, results, show
from harness.corpora import describe
from harness.costs import Costs
from harness.inputs import prepare
from harness.plan import SHORT_PASSES, make_plan
from harness.processes import execute
from harness.results import ResultsError, RunFile
from harness.run import Runner
from harness.scenario import load_all, select

if TYPE_CHECKING:
    from harness.report.data import Run

# What reads runs belongs to the report and brings the drawing with it, which takes a second to
# import: no other command shall wait for that.

_results = click.option(
    "--results", "folder", type=click.Path(path_type=Path, file_okay=False), default=RESULTS,
    help="Folder for the runs.",
)  # fmt: skip


@click.command("compare")
@click.argument("before")
@click.argument("after")
@_results
@click.option("--build", "commits", is_flag=True, help="BEFORE and AFTER are commits: build both.")
@click.option("--scenario", "wanted", multiple=True, help="With --build: what to measure.")
@click.option("--blocks", type=click.IntRange(1), default=10, help="With --build: blocks.")
@click.option(
    "--short", is_flag=True, help=f"With --build: at most {SHORT_PASSES} passes a sample."
)
def compare_command(
    before: str, after: str, folder: Path, commits: bool, wanted: tuple[str, ...], blocks: int,
    short: bool,
) -> int:  # fmt: skip
    """Compare two runs of one host, or two commits measured in the same blocks."""
    from harness import builds, compare, show_runs

    console = show.console()
    if not commits:
        old, new = compare.load(before, folder), compare.load(after, folder)
        found = compare.changes(old, new)
        show_runs.changes(console, old.name, new.name, found)
        return 0 if found else 3
    try:
        old_commit, new_commit = builds.resolve(before), builds.resolve(after)
        command = _command(old_commit, new_commit, wanted, blocks, short=short)
        with lock.held(command):
            run = _interleave(
                console, old_commit, new_commit, folder, wanted, blocks, short, command
            )
    except builds.BuildFailed as error:
        raise click.ClickException(str(error)) from None
    found = builds.changes(run, old_commit, new_commit)
    if found:
        show_runs.changes(console, old_commit[:12], new_commit[:12], found)
    else:
        console.print("no block was kept: the host was disturbed in all of them", markup=False)
    console.print(f"run: {run.name}", markup=False)
    return 0 if found else 3


def _interleave(
    console: Console, before: str, after: str, folder: Path, wanted: tuple[str, ...], blocks: int,
    short: bool, command: str,
) -> Run:  # fmt: skip
    from harness import builds
    from harness.report.data import Run

    if before[:12] == after[:12]:
        raise builds.BuildFailed("both names mean the same commit")
    listener = show.PlainListener(console)
    packages = {commit[:12]: builds.build(commit, listener.step) for commit in (before, after)}
    scenarios = [
        replace(scenario, gate=None)
        for scenario in select(load_all(SCENARIOS), list(wanted) or ["gates/n_no_regression"])
    ]
    inputs = prepare(scenarios, listener.step)
    try:
        plan = make_plan(
            scenarios, inputs.cores, missing=inputs.missing, stand_ins=inputs.stand_ins,
            short=short, blocks=blocks, costs=Costs(None),
        )  # fmt: skip
        seed = time.time_ns() % 2**31
        name = results.new_run_name(f"{inputs.environment['host']}-compare")
        header = results.header(
            name, inputs.environment, host.commit(), command, seed,
            [{"name": s.name, "file": s.file.name, "text": s.text} for s in scenarios],
            [describe(corpus) for corpus in inputs.corpora.values()],
        )  # fmt: skip
        run = RunFile.create(name, header, folder)
        runner = Runner(
            run, seed, inputs.cores, builds.executor(packages, execute), inputs.locate,
            progress=listener,
        )  # fmt: skip
        for comparison in plan.comparisons:
            doubled = builds.both_sides(comparison, (before, after))
            if doubled is not None:
                runner.up_to(doubled, blocks)
    finally:
        inputs.close()
    return Run.load(run.folder)


def _command(before: str, after: str, wanted: Sequence[str], blocks: int, *, short: bool) -> str:
    """The line that measures the same again."""
    words = ["python", "-m", "harness", "compare", "--build", before, after]
    for name in wanted:
        words += ["--scenario", name]
    words += ["--blocks", str(blocks), *(["--short"] if short else [])]
    return shlex.join(words)


@click.command("history")
@click.argument("names", nargs=-1)
@_results
@click.option("--cell", "words", multiple=True, help="Only cells with this word in their name.")
def history_command(names: tuple[str, ...], folder: Path, words: tuple[str, ...]) -> int:
    """Show how each cell's rate went over the runs of one host: those named, or all of the newest
    run's host."""
    from harness import compare, show_runs

    console = show.console()
    if names:
        runs = sorted(
            (compare.load(name, folder) for name in names), key=lambda r: str(r.header["started"])
        )
    else:
        runs, others = compare.of_newest_host(compare.runs_in(folder))
        if others:
            console.print(
                f"left out, because they are of other hosts: {compare.names(others)}",
                style="yellow", markup=False,
            )  # fmt: skip
    if len(runs) < 2:
        raise ResultsError(f"a history needs two runs of one host; {folder} has {len(runs)}")
    found = [
        trend
        for trend in compare.trends(runs)
        if all(word in " ".join(map(str, trend.cell.values())) for word in words)
    ]
    show_runs.trends(console, runs, found)
    return 0 if found else 3


COMMANDS: tuple[Any, ...] = (compare_command, history_command)
