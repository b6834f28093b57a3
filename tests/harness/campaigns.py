"""Campaigns over scenarios written for one test, with scripted answers and a scripted clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.campaign import Campaign, Options
from harness.corpora import get
from harness.costs import Costs
from harness.doctor import Engines
from harness.engines.protocol import Answer, Job, Missing
from harness.inputs import Inputs
from harness.scenario import load_all
from harness.verify import DigestCache

from .measuring import ENVIRONMENT, GATE, answer, scripted_sanitizer, write_scenarios

Execute = Callable[[Job], Answer]
OTHER_GATE = GATE.replace('name = "C"', 'name = "N"').replace("order = 2", "order = 3")


def scaling(by: float, ceiling: float = 2.0) -> Execute:
    """An engine whose second thread brings this much, with a small scatter, always the same."""
    calls: list[int] = []

    def execute(job: Job) -> Answer:
        calls.append(1)
        factor = ceiling if job["engine"] == "ceiling" else by
        scatter = 1 + 0.01 * ((len(calls) * 7) % 5 - 2) / 2
        return answer(job, 1000.0 * (factor if job["threads"] == 2 else 1.0) * scatter)

    return execute


def inputs(cores: int = 2, missing: dict[str, Missing] | None = None) -> Inputs:
    names = ("fake/steady", "fake/twin", "fake/slow", "fake/wrong", "ceiling")
    return Inputs(
        engines=Engines(dict.fromkeys(names, "1"), missing or {}),
        corpora={"generated-small": get("generated-small")},
        stand_ins={},
        corpus_reasons={},
        disk_obstacles={},
        cores=cores,
        environment={**ENVIRONMENT, "cores_usable": cores},
    )


class Made:
    """A campaign over scenarios written for one test."""

    def __init__(self, folder: Path, execute: Execute, **settings: Any) -> None:
        files = settings.pop("files", {"gates__c": GATE})
        options = settings.pop("options", Options(seed=1))
        sanitize = settings.pop("sanitize", scripted_sanitizer())
        cores = settings.pop("cores", 2)
        self.scenarios = load_all(write_scenarios(folder / "scenarios", **files))
        self.campaign = Campaign(
            self.scenarios,
            settings.pop("inputs", inputs(cores)),
            options,
            execute=execute,
            sanitize=sanitize,
            results=folder / "results",
            cache=DigestCache(None),
            costs=Costs(None),
            **settings,
        )

    def run(self) -> tuple[str, int]:
        self.campaign.begin()
        self.campaign.verify()
        self.campaign.sanitizer()
        self.campaign.gates()
        self.campaign.sweeps()
        return self.campaign.finish()

    def verdict(self, gate: str = "C") -> dict[str, Any]:
        return self.campaign.verdicts[gate]


def timed(folder: Path, execute: Execute, options: Options, **settings: Any) -> Made:
    """A campaign whose clock goes on by a second with every answer."""
    now = [0.0]

    def ticking(job: Job) -> Answer:
        now[0] += 1.0
        return execute(job)

    return Made(folder, ticking, options=options, clock=lambda: now[0], **settings)
