"""The command line: what a person or a CI job asks for, and the exit code that answers.

Exit codes: 0 good, 1 a gate failed or an output is wrong, 2 inconclusive, 3 a needed part is
missing, 64 wrong usage, 70 an internal error, 130 interrupted (the run can be resumed).
"""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness import REPORTS, RESULTS, SCENARIOS, compare_cli, doctor, gates, host, lock, show
from harness import run as running
from harness.broken import look
from harness.campaign import Campaign, Listener, Options
from harness.corpora import CorpusError
from harness.costs import Costs
from harness.engines import is_ours
from harness.inputs import Inputs, broken_of, prepare, verifications_of
from harness.mistakes import ScenarioError
from harness.model import Scenario
from harness.options import Budget, Cpus, pin
from harness.plan import PlanError, make_plan
from harness.results import RUN_FILE, VERDICT_FILE, ResultsError
from harness.scenario import load_all, select
from harness.selftest import command as selftest
from harness.selftest import real, scripted
from harness.selftest.command import PARTS
from harness.verify import checks, verify

MEASURED = ("sweep", "curated", "wild")  # the tiers of rates without a verdict
USAGE, INTERNAL, INTERRUPTED = 64, 70, 130
ESSENTIAL = ("python", "rapidmarc/record", "pymarc")


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_names = click.argument("names", nargs=-1)
_folder = click.option(
    "--scenarios", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=SCENARIOS, help="Folder with the scenario files.",
)  # fmt: skip
_results = click.option(
    "--results", "results", type=click.Path(path_type=Path, file_okay=False), default=RESULTS,
    help="Folder for the runs.",
)  # fmt: skip
_short = click.option("--short", is_flag=True, help="For CI: one look, few passes a sample.")
_budget = click.option("--budget", type=Budget(), help="Cut repetitions to fit, e.g. 10m.")
_blocks = click.option("--blocks", type=click.IntRange(1), help="Blocks of a sweep.")
_seed = click.option("--seed", type=click.IntRange(0), help="Seed of the order of cells.")
_only = click.option(
    "--only", multiple=True, metavar="PATTERN",
    help="Only cells of sweeps of which a value, or the name of their comparison or scenario, is "
    "like this, e.g. 'rapidmarc/*'; several must all be met.",
)  # fmt: skip
_cpus = click.option(
    "--cpus", type=Cpus(), expose_value=False, callback=pin,
    help="Use only these processors, e.g. 0,2-3: all that is measured is pinned to them.",
)  # fmt: skip
_resume = click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Measures MARC readers, judges the figures and shows them."""


def _chosen(folder: Path, names: Sequence[str], default: Sequence[str]) -> list[Scenario]:
    known = load_all(folder)
    wanted = names or [tier for tier in default if any(s.tier == tier for s in known)]
    return select(known, wanted)


@contextmanager
def _listener(console: Console) -> Iterator[Listener]:
    if not console.is_terminal:
        yield show.PlainListener(console)
        return
    listener = show.BarListener(console)
    try:
        yield listener
    finally:
        listener.stop()


@cli.command("doctor")
def doctor_command() -> int:
    """Look whether this host can measure, and how to get what is missing."""
    found = doctor.examine()
    show.findings(show.console(), found)
    gone = [f.part for f in found if f.state == doctor.MISSING and f.part in ESSENTIAL]
    return 3 if gone else 0


@cli.command("list")
@_folder
def list_command(folder: Path) -> int:
    """List scenarios and engines."""
    show.scenarios(show.console(), load_all(folder))
    return 0


@cli.command("plan")
@_options(_names, _folder, _short, _budget, _blocks, _only, _cpus)
@click.option("--cells", is_flag=True, help="Show every cell.")
def plan_command(
    names: tuple[str, ...], folder: Path, short: bool, budget: float | None, blocks: int | None,
    only: tuple[str, ...], cells: bool,
) -> int:  # fmt: skip
    """Print the cells and the expected time; measure nothing."""
    scenarios = _chosen(folder, names, ("gates", *MEASURED))
    made = make_plan(
        scenarios, host.usable_cores(), missing=doctor.disk_obstacles(1 << 28), short=short,
        budget_s=budget, blocks=blocks, costs=Costs.of_host(), only=only,
    )  # fmt: skip
    show.plan(show.console(), made, cells=cells)
    return 0


@cli.command("verify")
@_options(_names, _folder)
@click.option("--engine", "engines", multiple=True, help="Only these engines.")
@click.option("--corpus", "corpora", multiple=True, help="Only these corpora.")
def verify_command(
    names: tuple[str, ...], folder: Path, engines: tuple[str, ...], corpora: tuple[str, ...]
) -> int:
    """Compare outputs with the reference's."""
    console = show.console()
    scenarios = _chosen(folder, names, ("verify",))
    with _listener(console) as listener:
        inputs = prepare(scenarios, listener.step)
        wanted = [
            check
            for check in checks(verifications_of(scenarios))
            if (not engines or check.engine in engines) and (not corpora or check.corpus in corpora)
        ]
        listener.step(f"{len(wanted)} readings")
        lines = verify(
            wanted,
            inputs.corpora,
            inputs.engines.versions,
            at_once=inputs.cores,
            note=listener.line,
        )
        asked = [] if corpora else broken_of(scenarios)
        asked = [
            replace(each, engines=tuple(e for e in each.engines if not engines or e in engines))
            for each in asked
        ]
        found = look(asked, inputs.engines.versions, at_once=inputs.cores, note=listener.line)
    if wanted:
        show.verifications(console, lines)
    show.broken(console, found)
    if found and not wanted:
        return 0
    return _verified(console, inputs, lines, {check.engine for check in wanted})


def _wrong(lines: Iterable[dict[str, Any]]) -> bool:
    """Whether an output of ours differs; a fake one counts as ours, so that it can be tested."""
    return any(
        not line["agrees"] and (is_ours(line["engine"]) or line["engine"].startswith("fake/"))
        for line in lines
    )


def _verified(
    console: Console, inputs: Inputs, lines: Sequence[dict[str, Any]], wanted: set[str]
) -> int:
    """1 for a wrong output of ours, 3 when something could not be compared. Peers may differ."""
    for name, gone in inputs.engines.missing.items():
        console.print(f"missing: {name}: {gone.reason} (install: {gone.install})", markup=False)
    if _wrong(lines):
        return 1
    compared = {line["engine"] for line in lines}
    return 0 if lines and wanted <= compared else 3


@cli.command("run")
@_options(_names, _folder, _results, _short, _budget, _blocks, _seed, _resume, _only, _cpus)
def run_command(
    names: tuple[str, ...], folder: Path, results: Path, short: bool, budget: float | None,
    blocks: int | None, seed: int | None, resume: str | None, only: tuple[str, ...],
) -> int:  # fmt: skip
    """Measure scenarios without a verdict: a tier, a scenario or a gate's cells."""
    console = show.console()
    scenarios = [replace(s, gate=None) for s in _chosen(folder, names, MEASURED)]
    options = Options(
        _command(), short=short, budget_s=budget, blocks=blocks, seed=seed, only=only
    )  # fmt: skip
    with lock.held(_command()) as hold, _listener(console) as listener:
        inputs = prepare(scenarios, listener.step)
        try:
            campaign = Campaign(scenarios, inputs, options, listener, results=results)
            judged = resume is not None and (results / resume / VERDICT_FILE).exists()
            campaign.begin(resume)
            if not judged:  # nor will it be: a verdict that stays open would say nothing
                (campaign.run.folder / VERDICT_FILE).unlink(missing_ok=True)
            hold.name(campaign.run.name)
            show.plan(console, campaign.plan, cells=False)
            if verifications_of(scenarios) or broken_of(scenarios):
                campaign.verify()
            failures = campaign.sweeps()
            time = campaign.account()
        finally:
            inputs.close()
    show.rates(console, campaign.run.lines)
    show.targets(console, campaign.run.lines)
    show.time_taken(console, time)
    console.print(f"run: {campaign.run.name}", markup=False)
    measured = bool(running.cell_lines(campaign.run.lines))
    wrong = _wrong(campaign.run.of_kind("verification"))
    return 1 if failures or wrong else 0 if measured else 3


@cli.command("gates")
@_options(_names, _folder, _results, _short, _budget, _blocks, _seed, _resume, _cpus)
@click.option("--fail-fast", is_flag=True, help="A failed gate stops those after it.")
@click.option("--strict", is_flag=True, help="A host-scaled pass counts as not evaluable.")
@click.option("--sanitizer/--no-sanitizer", default=True, help="Without it no gate can pass.")
@click.option(
    "--sweeps/--no-sweeps", default=True, help="Measure the sweeps and compare the peers, too."
)
@click.option("--report/--no-report", "pages", default=True, help="Write the report at the end.")
def gates_command(
    names: tuple[str, ...], folder: Path, results: Path, short: bool, budget: float | None,
    blocks: int | None, seed: int | None, resume: str | None, fail_fast: bool, strict: bool,
    sanitizer: bool, sweeps: bool, pages: bool,
) -> int:  # fmt: skip
    """Judge the gates (all, or those named). The last line is `verdict: NAME`."""
    console = show.console()
    judged = _chosen(folder, names, ("gates",))
    if any(scenario.gate is None for scenario in judged):
        raise click.UsageError("gates judges scenarios that have a gate; use run for the others")
    extra = (*MEASURED, "verify") if sweeps else ()
    others = [s for s in load_all(folder) if s.tier in extra and s not in judged]
    options = Options(
        _command(), short=short, strict=strict, fail_fast=fail_fast, budget_s=budget, blocks=blocks,
        seed=seed, sanitizer=sanitizer,
    )  # fmt: skip
    with lock.held(_command()) as hold, _listener(console) as listener:
        inputs = prepare([*judged, *others], listener.step)
        try:
            campaign = Campaign([*judged, *others], inputs, options, listener, results=results)
            campaign.begin(resume)
            hold.name(campaign.run.name)
            show.plan(console, campaign.plan, cells=False)
            campaign.verify()
            campaign.sanitizer()
            campaign.gates()
            failures = campaign.sweeps()
            time = campaign.account()
            name, code = campaign.finish()
        finally:
            inputs.close()
    show.verdicts(console, campaign.verdicts)
    show.time_taken(console, time)
    for failure in failures:
        console.print(f"not measured: {failure}", markup=False)
    if pages:
        _render(console, campaign.run.folder, REPORTS / campaign.run.name)
    console.print(f"run: {campaign.run.name}", markup=False)
    console.print(f"verdict: {name}", markup=False)
    return code


@cli.command("report")
@click.argument("run")
@_results
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pages."
)
def report_command(run: str, results: Path, out: Path | None) -> int:
    """Write the pages of a run: its name, or its folder."""
    folder = Path(run) if (Path(run) / RUN_FILE).exists() else results / run
    if not (folder / RUN_FILE).exists():
        raise click.UsageError(f"there is no run {run!r} in {results}")
    _render(show.console(), folder, out or REPORTS / folder.name)
    return 0


def _render(console: Console, folder: Path, out: Path) -> None:
    from harness.report import render

    render(folder, out)
    console.print(f"report: {out / 'index.html'}", markup=False)


@cli.command("selftest")
@_results
@click.option("--part", type=click.Choice(PARTS), help="Only this half.")
@click.option(
    "--trials",
    type=click.IntRange(1),
    default=scripted.TRIALS,
    show_default=True,
    help="Scripted comparisons of every shape of noise.",
)
@click.option(
    "--runs", type=click.IntRange(1), default=real.RUNS, show_default=True, help="Real runs."
)
@click.option("--whole", is_flag=True, help="Show every shape of noise.")
def selftest_command(
    results: Path, part: str | None, trials: int, runs: int, whole: bool
) -> int:  # fmt: skip
    """Judge the harness itself: false alarms, intervals, a slow-down that must be found."""
    console = show.console()
    with lock.held(_command()), _listener(console) as listener:
        return selftest.run(
            console, listener, parts=(part,) if part else PARTS, trials=trials, runs=runs,
            whole=whole, command=_command(), folder=results,
        )  # fmt: skip


for command in compare_cli.COMMANDS:
    cli.add_command(command)


def _command() -> str:
    return shlex.join(["python", "-m", "harness", *sys.argv[1:]])


def invoke(arguments: Sequence[str]) -> int:
    """Run a command; every way in which it can end is an exit code."""
    try:
        result = cli.main(
            args=list(arguments), prog_name="python -m harness", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; a run goes on with --resume RUN", err=True)
        return INTERRUPTED
    except (ScenarioError, PlanError, ResultsError) as error:
        click.echo(f"error: {error}", err=True)
        return USAGE
    except lock.HostBusy as error:
        click.echo(f"error: {error}", err=True)
        return gates.EXIT_CODES[gates.NOT_EVALUABLE]
    except CorpusError as error:
        click.echo(f"missing: {error}", err=True)
        return gates.EXIT_CODES[gates.NOT_EVALUABLE]
    except Exception:
        traceback.print_exc()
        return INTERNAL
    return result if isinstance(result, int) else 0


def main() -> None:
    sys.exit(invoke(sys.argv[1:]))
