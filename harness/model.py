"""What a scenario says, as plain values: cells, comparisons, estimates, gates.

Only the shapes; `harness.scenario` reads and checks the files, `harness.plan` expands them for a
host.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TIERS = ("gates", "sweep", "curated", "wild", "verify")
THREAD_KINDS = ("readers", "workers")
WARMUPS = ("full", "short", "none")
BESIDES = ("nothing", "counter")
#: The gates in their order; the scenarios of `gates/` say what each claims.
GATES = ("B", "C", "N", "H", "S")
USABLE = "usable"
SWEEP_BLOCKS = 10
ROLE_CELL, ROLE_CEILING = "cell", "ceiling"

# A key of a cell that may hold one word or a list of them; the lists are multiplied out.
AXES = ("engine", "workload", "source", "corpus", "disk", "threads_kind", "threads", "batch_size")


@dataclass(frozen=True)
class Cell:
    """One point of the sweep."""

    engine: str
    workload: str
    source: str
    corpus: str
    disk: str
    threads: int
    threads_kind: str
    batch_size: int | str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def key(self) -> str:
        """The cell as one line of text: the same cell has the same key in every run."""
        return " ".join(str(value) for value in asdict(self).values())


@dataclass(frozen=True)
class CellGroup:
    """A small matrix inside a comparison: values of every axis, and what a sample costs."""

    axes: Mapping[str, tuple[Any, ...]]
    passes: int
    warmup: str
    records: int
    beside: str = "nothing"

    def points(self) -> Iterable[dict[str, Any]]:
        """Every combination of the axes, in the order of the file."""
        for values in itertools.product(*(self.axes[axis] for axis in AXES)):
            yield dict(zip(AXES, values, strict=True))


@dataclass(frozen=True)
class Comparison:
    """Cells that are measured in one block, so that their ratios can be formed inside it."""

    name: str
    groups: tuple[CellGroup, ...]
    ceiling: tuple[int | str, ...] = ()
    blocks: int | None = None


@dataclass(frozen=True)
class Estimate:
    """A ratio of rates: a cell against the fastest of others in the same block."""

    name: str
    comparison: str
    numerator: Mapping[str, Any]
    denominator: tuple[Mapping[str, Any], ...]
    threshold: float | None
    role: str


@dataclass(frozen=True)
class Target:
    """A figure that the product is to reach: a ratio of rates, or a figure of its own.

    Nothing is judged by it; the report says whether it is reached.
    """

    work: str
    comparison: str
    numerator: Mapping[str, Any]
    against: str = ""
    denominator: Mapping[str, Any] | None = None  # several cells may fit: the fastest is the base
    beside: Mapping[str, Any] | None = None  # another numerator, shown and not required
    limit: Mapping[str, Any] | None = None  # a numerator that no reader passes
    own_limit: Mapping[str, Any] | None = None  # the product, if its objects cost nothing
    figure: str | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Verification:
    """Engines whose output must have the same digest as the reference's, on every corpus named."""

    name: str
    corpora: tuple[str, ...]
    engines: tuple[str, ...]
    reference: str
    source: tuple[str, ...] = ()
    batch_size: tuple[int | str, ...] = ("auto",)
    threads: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Broken:
    """Engines that are to read files with one fault between good records."""

    name: str
    engines: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """The claim of a scenario and what decides it."""

    name: str
    order: int
    claim: str
    required: bool
    threads: int
    threshold: float | None
    looks: tuple[int, ...]
    sanitizer: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    memory: Mapping[str, Any] | None
    verification: Verification | None

    def as_dict(self) -> dict[str, Any]:
        """What `harness.gates.judge` is given: plain lists, dicts, words and numbers."""
        return asdict(self)


@dataclass(frozen=True)
class Scenario:
    """One file: `tier/stem` is its name."""

    name: str
    file: Path
    text: str
    question: str
    teaches: str
    analysis: str
    comparisons: tuple[Comparison, ...]
    gate: Gate | None
    verifications: tuple[Verification, ...] = ()
    targets: tuple[Target, ...] = ()
    usable: int | None = None  # most threads that the word stands for; None: all cores
    broken: tuple[Broken, ...] = ()

    @property
    def tier(self) -> str:
        return self.name.split("/")[0]
