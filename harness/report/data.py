"""The lines of a run, sorted for showing: typical values with intervals, curves along an axis.

Nothing is drawn or worded here, and nothing is judged: verdicts are read as they were written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from harness.evidence import Line, cell_key, net_memory, of_kind
from harness.model import AXES as AXES
from harness.model import GATES
from harness.results import RUN_FILE, read_lines
from harness.scenario import targets_in
from harness.statistics import Interval, bootstrap, interval_of

GATE_ORDER = GATES
_SIZES = {"small": 0, "medium": 1, "half": 2, "large": 3}
_FAMILY = re.compile(r"^(?P<family>.+)-(?P<size>small|medium|half|large)$")

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sample:
    """All blocks of one cell inside one comparison."""

    scenario: str
    comparison: str
    cell: Mapping[str, Any]
    lines: tuple[Line, ...]

    @cached_property
    def rate(self) -> Interval:
        """Records a second."""
        return interval_of([line["records_per_s"] for line in self.lines])

    @cached_property
    def bytes_rate(self) -> Interval:
        """Bytes a second."""
        return interval_of([line["bytes"] / line["seconds"] for line in self.lines])

    @cached_property
    def memory(self) -> Interval | None:
        """Peak memory beyond the interpreter's, in bytes: median, least and largest block."""
        found = [value for line in self.lines if (value := net_memory(line)) is not None]
        if not found:
            return None
        return Interval(float(np.median(found)), min(found), max(found))

    @property
    def records(self) -> int:
        return int(self.lines[0]["records"])

    def by_block(self) -> dict[int, float]:
        return {int(line["block"]): float(line["records_per_s"]) for line in self.lines}

    def ratios_to(self, base: Sample) -> list[float]:
        """Log ratios to another cell, inside the blocks that hold both."""
        mine, theirs = self.by_block(), base.by_block()
        return [float(np.log(mine[b] / theirs[b])) for b in sorted(mine.keys() & theirs.keys())]

    def ratio_to(self, base: Sample) -> Interval | None:
        """The ratio to another cell with its interval; None if no block holds both."""
        ratios = self.ratios_to(base)
        return bootstrap(ratios).interval().exponentials() if ratios else None


@dataclass(frozen=True)
class Curve:
    """Cells that differ along one axis only, in the order of that axis."""

    axis: str
    fixed: Mapping[str, Any]
    samples: tuple[Sample, ...]

    @property
    def scenario(self) -> str:
        return self.samples[0].scenario

    @property
    def values(self) -> list[Any]:
        return [sample.cell[self.axis] for sample in self.samples]


@dataclass(eq=False)
class Run:
    """One run, ready to be shown."""

    folder: Path
    lines: Sequence[Line]
    _samples: dict[str, list[Sample]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Run:
        return cls(folder, read_lines(folder / RUN_FILE))

    @cached_property
    def header(self) -> Line:
        return next(iter(of_kind(self.lines, "header")), {})

    @property
    def environment(self) -> Mapping[str, Any]:
        return dict(self.header.get("environment", {}))

    @property
    def name(self) -> str:
        return str(self.header.get("run") or self.folder.name)

    @property
    def cores(self) -> int:
        return int(self.environment.get("cores_usable") or 0)

    @cached_property
    def verdicts(self) -> list[Line]:
        """The last verdict of each gate, in the order of the gates."""
        last = {line["gate"]: line for line in of_kind(self.lines, "verdict")}
        known = [gate for gate in GATE_ORDER if gate in last]
        return [last[gate] for gate in (*known, *sorted(set(last) - set(known)))]

    @cached_property
    def sanitizer(self) -> list[Line]:
        """The last outcome of each sanitizer case."""
        last = {(x["gate"], x["road"], x["case"]): x for x in of_kind(self.lines, "sanitizer")}
        return list(last.values())

    @cached_property
    def verifications(self) -> list[Line]:
        return of_kind(self.lines, "verification")

    @cached_property
    def missing(self) -> list[Line]:
        """Each missing part once."""
        return list({line["part"]: line for line in of_kind(self.lines, "missing")}.values())

    @cached_property
    def measurements(self) -> list[Line]:
        return of_kind(self.lines, "measurement")

    @cached_property
    def discarded(self) -> list[Line]:
        return [line for line in self.measurements if line.get("discarded")]

    @cached_property
    def with_targets(self) -> frozenset[str]:
        """Scenarios that set targets: their cells serve those, and no other comparison."""
        return frozenset(
            str(entry["name"])
            for entry in self.header.get("scenarios", [])
            if targets_in(str(entry["text"]))
        )

    def samples(self, role: str = "cell") -> list[Sample]:
        """Every measured cell, in the order in which they first appear."""
        if role not in self._samples:
            found: dict[tuple[str, str, Key], list[Line]] = {}
            for line in self.measurements:
                if line.get("discarded") or line.get("role", "cell") != role:
                    continue
                place = (line["scenario"], line["comparison"], cell_key(line["cell"]))
                found.setdefault(place, []).append(line)
            self._samples[role] = [
                Sample(scenario, comparison, lines[0]["cell"], tuple(lines))
                for (scenario, comparison, _), lines in found.items()
            ]
        return self._samples[role]

    @cached_property
    def gate_names(self) -> list[str]:
        """The gates that the run set out to judge."""
        texts = [tomllib.loads(entry.get("text", "")) for entry in self.header.get("scenarios", [])]
        return [str(each["gate"]["name"]) for each in texts if "gate" in each]

    def _gate(self, name: str) -> Mapping[str, Any]:
        """The [gate] of this name, as its scenario has it; empty if the run has none."""
        for entry in self.header.get("scenarios", []):
            gate: Mapping[str, Any] = tomllib.loads(entry.get("text", "")).get("gate", {})
            if gate.get("name") == name:
                return gate
        return {}

    def claimed_threads(self, gate: str) -> int:
        """The threads of a gate's claim; 1 if it names none."""
        return int(self._gate(gate).get("threads", 1))

    def sanitizer_of(self, gate: str) -> list[str]:
        """The sanitizer cases that a gate asks for; its own where the scenario is not known."""
        asked = self._gate(gate).get("sanitizer", [gate])
        return [asked] if isinstance(asked, str) else list(asked)


def curves(samples: Iterable[Sample], axis: str, least: int = 2) -> list[Curve]:
    """Curves along an axis with so many values or more; of two alike, the longer one."""
    groups: dict[tuple[str, str, Key], list[Sample]] = {}
    for sample in samples:
        rest = {key: value for key, value in sample.cell.items() if key != axis}
        groups.setdefault((sample.scenario, sample.comparison, cell_key(rest)), []).append(sample)
    best: dict[Key, Curve] = {}
    for (_, _, key), group in groups.items():
        if len({sample.cell[axis] for sample in group}) < least:
            continue
        ordered = tuple(sorted(group, key=lambda s: place_on(axis, s.cell[axis])))
        fixed = {k: v for k, v in group[0].cell.items() if k != axis}
        curve = Curve(axis, fixed, ordered)
        if key not in best or _weight(curve) > _weight(best[key]):
            best[key] = curve
    return list(best.values())


def _weight(curve: Curve) -> tuple[int, int]:
    return len(curve.samples), sum(len(sample.lines) for sample in curve.samples)


def place_on(axis: str, value: Any) -> tuple[float, str]:
    """Where a value stands on its axis; words that have no order stand by the alphabet."""
    if axis == "corpus":
        match = _FAMILY.match(str(value))
        return (_SIZES[match["size"]], match["family"]) if match else (99, str(value))
    if axis == "batch_size" and value == "auto":
        return (float("inf"), "")
    if isinstance(value, (int, float)):
        return (float(value), "")
    return (0.0, str(value))


def is_worst(cell: Mapping[str, Any]) -> bool:
    """Whether a cell reads input made to cost as much as it can: no figure of real use."""
    return str(cell["corpus"]).startswith("worst-")


def corpus_family(name: str) -> str | None:
    """`loc` of `loc-large`; None for a corpus that is not one size of several."""
    match = _FAMILY.match(name)
    return match["family"] if match else None


def varying(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The axes in which these cells differ."""
    return [axis for axis in AXES if len({repr(cell.get(axis)) for cell in cells}) > 1]


def name_of(cell: Mapping[str, Any], axes: Sequence[str]) -> str:
    """A cell by those of its values that set it apart."""
    words = []
    for axis in axes:
        value = cell.get(axis)
        if axis == "threads":
            kind = {"readers": "reader", "workers": "worker"}.get(str(cell.get("threads_kind")), "")
            words.append(f"{value} {kind} thread{'' if value == 1 else 's'}".replace("  ", " "))
        elif axis == "threads_kind":
            if "threads" not in axes:
                words.append(str(value))
        elif axis == "batch_size":
            words.append(f"batch {value}")
        else:
            words.append(str(value).removeprefix("rapidmarc/"))
    return " · ".join(words)
