"""Real measurements whose outcome is known: the same reader twice, and one that does 5% more work.

All three are measured in every block by the code that measures everything else, and judged by the
code that judges everything else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import RESULTS, evidence, host, results
from harness.corpora import Corpus, describe, get
from harness.costs import Costs
from harness.model import CellGroup, Comparison
from harness.plan import PlannedComparison, expand
from harness.processes import execute
from harness.results import Line, RunFile
from harness.run import Progress, Runner, Silent
from harness.selftest.scripted import Demand, verdict_of
from harness.statistics import LOOKS, Floats, Share, look_by_look

RUNS = 20
CORPUS = "generated-medium"
# Readings in a pass: the slow engine does one of them twice.
READINGS = 20
PLAIN, TWIN, SLOW = "fake/real", "fake/real-twin", "fake/real-slow"
SCENARIO = "selftest/real"
FOUND = 0.95
MEASURED = "as measured now"
UNDECIDED = "undecided"


def comparison(name: str, corpus: Corpus, looks: Sequence[int] = LOOKS) -> PlannedComparison:
    """The three engines on one thread."""
    axes: dict[str, tuple[Any, ...]] = {
        "engine": (PLAIN, TWIN, SLOW), "workload": ("read",), "source": ("open",),
        "corpus": (corpus.name,), "disk": ("page-cache",), "threads_kind": ("readers",),
        "threads": (1,), "batch_size": ("auto",),
    }  # fmt: skip
    group = CellGroup(axes, passes=2, warmup="short", records=READINGS * corpus.records)
    planned, _ = expand(Comparison(name, (group,)), usable=1)
    costs = Costs.of_host()
    cells = tuple(replace(cell, expected_s=costs.expected(cell, 1)) for cell in planned)
    return PlannedComparison(SCENARIO, name, cells, looks[0], looks[-1], None)


def start(folder: Path = RESULTS, *, seed: int | None = None, command: str = "") -> Runner:
    """A run of its own, with nothing measured yet."""
    corpus = get(CORPUS)
    environment = host.fingerprint({})
    name = f"selftest-{results.new_run_name(environment['host'])}"
    chosen = time.time_ns() % 2**31 if seed is None else seed
    header = results.header(
        name, environment, host.commit(), command, chosen, [], [describe(corpus)]
    )
    run = RunFile.create(name, header, folder)
    return Runner(
        run, chosen, host.usable_cores(), execute, lambda corpus_name, disk: corpus.path,
        Costs(None),
    )  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one run told of each side, and what the gate "no slower than 1%" said of it."""

    told: Mapping[str, str]  # engine -> faster, slower, none, or undecided
    gate: Mapping[str, str]
    blocks: int
    repeated: int


def judged(lines: Sequence[Line], name: str, looks: Sequence[int] = LOOKS) -> Outcome:
    """Judge one run's blocks; without enough of them nothing may be told."""
    told: dict[str, str] = {}
    gate: dict[str, str] = {}
    kept = 0
    measured = evidence.measurements(lines, scenario=SCENARIO, comparison=name)
    for engine in (TWIN, SLOW):
        pairs = evidence.paired(measured, {"engine": engine}, [{"engine": PLAIN}])
        ratios: Floats | None = None if pairs is None else pairs.log_ratios
        kept = 0 if ratios is None else len(ratios)
        if ratios is None or kept < looks[0]:
            told[engine] = gate[engine] = UNDECIDED
            continue
        told[engine] = look_by_look(ratios, looks=looks)
        gate[engine] = verdict_of(ratios, looks=tuple(looks))
    repeated = evidence.repeated_blocks(lines, SCENARIO, name)
    return Outcome(told, gate, kept, repeated)


def measure(
    runner: Runner, runs: int = RUNS, looks: Sequence[int] = LOOKS,
    progress: Progress | None = None,
) -> list[Outcome]:  # fmt: skip
    """All runs, one after the other, each until a look finds the slow-down."""
    runner.progress = progress or Silent()
    corpus = get(CORPUS)
    outcomes = []
    for number in range(1, runs + 1):
        planned = comparison(f"run {number}", corpus, looks)
        for look, blocks in enumerate(looks, 1):
            runner.up_to(planned, blocks, look)
            outcome = judged(runner.run.lines, planned.name, looks)
            if outcome.told[SLOW] == "slower":
                break
        outcomes.append(outcome)
    return outcomes


def demands(outcomes: Sequence[Outcome]) -> list[Demand]:
    """No alarm, no wrong verdict, and the slow-down found in 19 of 20."""
    runs = len(outcomes)
    twin, slow = (Counter(o.told[engine] for o in outcomes) for engine in (TWIN, SLOW))
    alarms = twin["faster"] + twin["slower"]
    gates = [(o.gate[TWIN], o.gate[SLOW]) for o in outcomes]
    wrong = sum(same == "FAIL" or less == "PASS" for same, less in gates)
    counted: tuple[tuple[str, int, float, bool], ...] = (
        ("the same code is told apart", alarms, 0.0, False),
        ("a wrong verdict of at most 1% slower", wrong, 0.0, False),
        ("5% slower is found", slow["slower"], FOUND, True),
    )
    return [
        Demand(promise, MEASURED, Share(count, runs), limit, at_least, plain=True)
        for promise, count, limit, at_least in counted
    ]


def undecided(outcomes: Sequence[Outcome]) -> int:
    """Runs in which the host did not leave enough blocks alone."""
    return sum(UNDECIDED in o.told.values() for o in outcomes)
