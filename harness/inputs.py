"""What a run needs of this host, found before anything is measured: engines, corpora, disks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import doctor, host
from harness.corpora import Corpus, get_or_stand_in
from harness.disks import NotEvaluable
from harness.model import Broken, Scenario, Verification
from harness.profiles import Profiles


@dataclass
class Inputs:
    """Everything of this host that a run needs, found before anything is measured."""

    engines: doctor.Engines
    corpora: dict[str, Corpus]  # by the name in the scenario
    stand_ins: dict[str, str]
    corpus_reasons: dict[str, str]
    disk_obstacles: dict[str, str]
    cores: int
    environment: dict[str, Any] = field(default_factory=dict)
    profiles: Profiles = field(default_factory=Profiles)

    def locate(self, corpus: str, disk: str) -> Path:
        """The file of a corpus, which may be a stand-in, as a disk profile sees it."""
        file = next(c.path for c in self.corpora.values() if c.name == corpus)
        return self.profiles.place(file, disk)

    def close(self) -> None:
        self.profiles.close()

    @property
    def missing(self) -> dict[str, str]:
        return {**self.engines.reasons, **self.disk_obstacles}


def corpora_of(scenarios: Iterable[Scenario]) -> list[str]:
    """Every corpus that these scenarios name."""
    names: dict[str, None] = {}
    for scenario in scenarios:
        for comparison in scenario.comparisons:
            for group in comparison.groups:
                names.update(dict.fromkeys(group.axes["corpus"]))
        for verification in verifications_of([scenario]):
            names.update(dict.fromkeys(verification.corpora))
    return list(names)


def verifications_of(scenarios: Iterable[Scenario]) -> list[Verification]:
    found: list[Verification] = []
    for scenario in scenarios:
        found += scenario.verifications
        if scenario.gate is not None and scenario.gate.verification is not None:
            found.append(scenario.gate.verification)
    return found


def broken_of(scenarios: Iterable[Scenario]) -> list[Broken]:
    return [each for scenario in scenarios for each in scenario.broken]


def engines_of(scenarios: Iterable[Scenario]) -> list[str]:
    names: dict[str, None] = {}
    for scenario in scenarios:
        for comparison in scenario.comparisons:
            for group in comparison.groups:
                names.update(dict.fromkeys(group.axes["engine"]))
            if comparison.ceiling:
                names["ceiling"] = None
    for verification in verifications_of(scenarios):
        names.update(dict.fromkeys((*verification.engines, verification.reference)))
    for broken in broken_of(scenarios):
        names.update(dict.fromkeys(broken.engines))
    return list(names)


def disks_of(scenarios: Iterable[Scenario]) -> list[str]:
    """Every disk profile that these scenarios name; none when all is read from the page cache."""
    names: dict[str, None] = {}
    for scenario in scenarios:
        for comparison in scenario.comparisons:
            for group in comparison.groups:
                names.update(dict.fromkeys(group.axes["disk"]))
    return [] if set(names) <= {"page-cache"} else list(names)


def _open_profiles(names: Iterable[str], file: Path | None, gone: dict[str, str]) -> Profiles:
    """Set up and measure each profile; what cannot be had is added to `gone`."""
    profiles = Profiles()
    for name in names:
        if file is None or name in gone:
            continue
        try:
            profiles.open(name, file)
        except NotEvaluable as reason:
            gone[name] = str(reason)
    return profiles


def prepare(
    scenarios: Sequence[Scenario], step: Callable[[str], None] = lambda text: None
) -> Inputs:
    """Probe the engines and get the corpora. A corpus that cannot be had at all is an error."""
    step("looking at engines")
    engines = doctor.probe_engines(engines_of(scenarios))
    corpora: dict[str, Corpus] = {}
    reasons: dict[str, str] = {}
    for name in corpora_of(scenarios):
        step(f"corpus {name}")
        corpora[name], reason = get_or_stand_in(name)
        if reason is not None:
            reasons[name] = reason
    largest = max(corpora.values(), key=lambda corpus: corpus.bytes, default=None)
    obstacles = doctor.disk_obstacles(0 if largest is None else largest.bytes)
    wanted = disks_of(scenarios)
    if wanted:
        step("disk profiles")
    profiles = _open_profiles(wanted, None if largest is None else largest.path, obstacles)
    return Inputs(
        engines=engines,
        corpora=corpora,
        stand_ins={name: c.name for name, c in corpora.items() if c.name != name},
        corpus_reasons=reasons,
        disk_obstacles=obstacles,
        cores=host.usable_cores(),
        environment=host.fingerprint(engines.versions),
        profiles=profiles,
    )
