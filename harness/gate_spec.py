"""What a gate claims and what decides it, as `gates.judge` needs it.

Scenario files are read and checked in scenario.py; what `gate_dict` makes of one is the input here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.model import ROLE_CELL, Scenario
from harness.plan import expand
from harness.statistics import LOOKS


@dataclass(frozen=True)
class Estimate:
    """A ratio of rates: one cell over the fastest of others in the same block.

    `role` is "decides" or "reported". A reported estimate with a threshold is a target.
    """

    name: str
    numerator: Mapping[str, Any]
    denominator: tuple[Mapping[str, Any], ...]
    comparison: str | None = None
    threshold: float | None = None
    role: str = "decides"


@dataclass(frozen=True)
class GateSpec:
    """One gate. `threads` is T of the verdict table; `scenario` keeps other blocks out."""

    name: str
    claim: str
    threads: int
    estimates: tuple[Estimate, ...]
    threshold: float | None = None
    required: bool = True
    looks: tuple[int, ...] = LOOKS
    sanitizer: tuple[str, ...] = ()
    scenario: str | None = None
    memory: Mapping[str, Any] | None = None
    engines: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    reference: str | None = None
    order: int = 0

    def __post_init__(self) -> None:
        if not self.estimates:
            raise ValueError(f"gate {self.name} has no estimate: it would decide nothing")
        if self.required and not self.deciding:
            raise ValueError(f"gate {self.name} is required, but no estimate decides")
        if self.required and not (self.engines and self.corpora):
            raise ValueError(f"gate {self.name} is required, but names no output to be checked")
        for estimate in self.deciding:
            if estimate.threshold is None:
                raise ValueError(f"gate {self.name}: {estimate.name} decides without a threshold")

    @property
    def deciding(self) -> tuple[Estimate, ...]:
        return tuple(e for e in self.estimates if e.role == "decides")

    @property
    def comparisons(self) -> tuple[str | None, ...]:
        """Comparisons whose blocks carry the verdict, each once."""
        return tuple(dict.fromkeys(e.comparison for e in self.deciding or self.estimates))

    @classmethod
    def from_dict(cls, gate: Mapping[str, Any], *, scenario: str | None = None) -> GateSpec:
        """From the checked `[gate]` table of a scenario."""
        checked = gate.get("verification") or {}
        return cls(
            name=gate["name"],
            claim=gate["claim"],
            threads=gate["threads"],
            estimates=tuple(
                Estimate(
                    name=entry["name"],
                    numerator=entry["numerator"],
                    denominator=tuple(entry["denominator"]),
                    comparison=entry.get("comparison"),
                    threshold=entry.get("threshold"),
                    role=entry.get("role", "decides"),
                )
                for entry in gate["estimates"]
            ),
            threshold=gate.get("threshold"),
            required=gate.get("required", True),
            looks=tuple(gate.get("looks") or LOOKS),
            sanitizer=tuple(gate.get("sanitizer", (gate["name"],))),
            scenario=scenario if scenario is not None else gate.get("scenario"),
            memory=gate.get("memory"),
            engines=tuple(checked.get("engines", ())),
            corpora=tuple(checked.get("corpora", ())),
            reference=checked.get("reference"),
            order=gate.get("order", 0),
        )


def gate_dict(scenario: Scenario, stand_ins: Mapping[str, str], cores: int) -> dict[str, Any]:
    """What the judge is given: the gate, its scenario, and the corpora as they are here."""
    assert scenario.gate is not None
    gate = {**scenario.gate.as_dict(), "scenario": scenario.name}
    for part in ("memory", "verification"):
        if gate[part] is not None:
            corpora = [stand_ins.get(name, name) for name in gate[part]["corpora"]]
            gate[part] = {**gate[part], "corpora": corpora}
    if gate["memory"] is not None:
        gate["memory"] |= _planned(scenario, gate["memory"]["comparison"], stand_ins, cores)
    return gate


def _planned(
    scenario: Scenario, comparison: str, stand_ins: Mapping[str, str], cores: int
) -> dict[str, Any]:
    """The cells whose memory is judged, also those that cannot be measured here, and how many
    blocks of them: those of the first look, unless the comparison asks for fewer."""
    assert scenario.gate is not None
    of = next(each for each in scenario.comparisons if each.name == comparison)
    planned, _ = expand(of, min(scenario.usable or cores, cores))
    cells = [each.cell.as_dict() for each in planned if each.role == ROLE_CELL]
    first = scenario.gate.looks[0]
    return {
        "cells": [{**cell, "corpus": stand_ins.get(cell["corpus"], cell["corpus"])}
                  for cell in cells],
        "blocks": min(first, of.blocks or first),
    }  # fmt: skip
