"""Scenarios, answers and runs for the tests of measuring: no clock, no engine but fake ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import results
from harness.engines.protocol import Answer, Job
from harness.mistakes import ScenarioError
from harness.model import Cell
from harness.plan import PlannedCell, PlannedComparison
from harness.results import Line, RunFile
from harness.scenario import load_all

SWEEP = """
question = "Does the fake engine sleep?"

[defaults]
corpus = "generated-small"
source = "open"
passes = 1

[[comparison]]
name = "sleep"

[[comparison.cells]]
engine = ["fake/steady", "fake/slow"]
"""

GATE = """
question = "Does the fake engine scale?"

[defaults]
corpus = "generated-small"
source = "open"
passes = 1

[[comparison]]
name = "scaling"
ceiling = [1, "usable"]

[[comparison.cells]]
engine = "fake/steady"
threads = [1, 2]

[gate]
name = "C"
order = 2
claim = "Two threads are 1.8 times as fast as one."
threads = 2
threshold = 1.8
looks = [20, 40]
sanitizer = ["C"]

[[gate.estimate]]
name = "scaling"
comparison = "scaling"
numerator = { engine = "fake/steady", threads = 2 }
denominator = [{ engine = "fake/steady", threads = 1 }]

[gate.verification]
corpora = ["generated-small"]
engines = ["fake/twin"]
reference = "fake/steady"
"""

TARGET = """
[[target]]
work = "sleep"
comparison = "sleep"
numerator = { engine = "fake/steady" }
denominator = { engine = "fake/slow" }
at_least = 1.05
"""

QUIET: dict[str, float] = {
    "steal_s": 0.0,
    "foreign_s": 0.0,
    "wall_s": 1.0,
    "calibration_ns": 1_000_000,
    "involuntary_switches": 3,
    "voluntary_switches": 5,
    "minor_faults": 7,
}

ENVIRONMENT: dict[str, Any] = {
    "host": "test",
    "cpu_model": "scripted",
    "cores_usable": 2,
    "kernel": "1",
    "os": "test",
    "python": "CPython",
    "compiler": "none",
    "versions": {},
}


def write_scenarios(folder: Path, **files: str) -> Path:
    """`gates__c="..."` becomes `folder/gates/c.toml`."""
    for name, text in files.items():
        tier, stem = name.split("__")
        (folder / tier).mkdir(parents=True, exist_ok=True)
        (folder / tier / f"{stem}.toml").write_text(text, "utf-8")
    return folder


def error_of(folder: Path, text: str, name: str = "sweep__x") -> str:
    """What is said of a scenario that is wrong."""
    write_scenarios(folder, **{name: text})
    with pytest.raises(ScenarioError) as caught:
        load_all(folder)
    return str(caught.value)


def answer(job: Job, rate: float = 1000.0, **host: float) -> Answer:
    """What a worker would say that read at this rate."""
    seconds = job["records"] / rate
    return {
        "passes": [seconds],
        "seconds": seconds,
        "records": job["records"],
        "bytes": job["bytes"],
        "peak_rss_bytes": 30_000_000,
        "baseline_rss_bytes": 20_000_000,
        "stats": {},
        "host": {**QUIET, **host},
    }


def cell(engine: str = "fake/steady", **other: Any) -> Cell:
    known: dict[str, Any] = {
        "engine": engine,
        "workload": "read",
        "source": "open",
        "corpus": "generated-small",
        "disk": "page-cache",
        "threads": 1,
        "threads_kind": "readers",
        "batch_size": "auto",
    }
    return Cell(**{**known, **other})


def comparison(*cells: Cell, blocks: int = 3, name: str = "sleep") -> PlannedComparison:
    planned = tuple(PlannedCell(c, "cell", 1, "none", 1, c.engine, 0.1) for c in cells)
    return PlannedComparison("sweep/fake", name, planned, blocks, blocks, None)


def header(name: str = "run") -> Line:
    scenarios = [{"name": "sweep/fake", "file": "fake.toml", "text": SWEEP}]
    return results.header(name, ENVIRONMENT, ("0" * 40, False), "test", 7, scenarios, [])


def new_run(folder: Path, name: str = "run") -> RunFile:
    return RunFile.create(name, header(name), folder)


def sanitizer_lines(outcome: str = "clean") -> list[Line]:
    return [
        {
            "kind": "sanitizer",
            "gate": gate,
            "road": road,
            "case": case,
            "expected": expected,
            "outcome": outcome if expected == "clean" else "race",
            "warnings": 0,
            "detail": "",
            "seconds": 1.0,
        }
        for road in ("cpp", "python")
        for gate, case, expected in (("all", "canary", "race"), ("C", "stress", "clean"))
    ]


def scripted_sanitizer(
    outcome: str = "clean",
) -> Callable[[Any, Callable[[Line], None]], list[Line]]:
    def run(names: Any, note: Callable[[Line], None]) -> list[Line]:
        lines = sanitizer_lines(outcome)
        for line in lines:
            note(line)
        return lines

    return run
