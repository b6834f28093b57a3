"""What a run will measure on this host, and how long that will take: shown before anything runs.

Expands scenarios into cells, leaves out what this host or an engine cannot do (with the reason),
and fits repetitions into a budget. A budget cuts blocks and looks; it never cuts a cell that a gate
needs. The plan keeps every gate's first look whole; where a restless host makes more of it than was
expected, `harness.timing.Allowance` ends it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from harness.corpora.catalog import SPECS
from harness.costs import Costs
from harness.disks import COLD
from harness.engines import load_engine
from harness.engines.protocol import ProgramEngine
from harness.model import (
    ROLE_CEILING,
    ROLE_CELL,
    SWEEP_BLOCKS,
    USABLE,
    Cell,
    CellGroup,
    Comparison,
    Scenario,
)

CEILING_PASSES = 4
# A short run is for CI: it looks once, and a sample is the best of few passes.
SHORT_LOOK = 20
SHORT_SWEEP_BLOCKS = 3
SHORT_PASSES = 3
FEWEST_SWEEP_BLOCKS = 3
GATE_BLOCK_S = 6.0
# What a budget gives up first when it has no room for all: most expensive first within a tier.
GIVEN_UP_FIRST = ("sweep/", "wild/", "curated/")
# Steps beside the measuring, before any was timed here: from nothing, on two cores.
VERIFY_S_PER_CHECK = 18.0
SANITIZER_S = 240.0
VERIFY, SANITIZER, MEASURE = "verify", "sanitizer", "measure"


class PlanError(Exception):
    """A gate needs a cell that cannot exist."""


@dataclass(frozen=True)
class PlannedCell:
    """A cell, how much of it is measured at a time, and what that is expected to take."""

    cell: Cell
    role: str
    passes: int
    warmup: str
    iterations: int
    work: str  # for the ceiling: whose work
    expected_s: float = 0.0
    beside: str = "nothing"

    @property
    def records(self) -> int:
        return SPECS[self.cell.corpus].records * self.iterations

    @property
    def bytes(self) -> int:
        return SPECS[self.cell.corpus].bytes * self.iterations


@dataclass(frozen=True)
class PlannedComparison:
    """One block's cells, and how many blocks: at the first look and at most."""

    scenario: str
    name: str
    cells: tuple[PlannedCell, ...]
    first_blocks: int
    most_blocks: int
    gate: str | None
    restless: float = 1.0  # what repeating disturbed cells and blocks costs here

    @property
    def title(self) -> str:
        return f"{self.scenario}: {self.name}"

    @property
    def block_s(self) -> float:
        return sum(cell.expected_s for cell in self.cells)

    @property
    def first_s(self) -> float:
        return self.block_s * self.first_blocks * self.restless

    @property
    def most_s(self) -> float:
        return self.block_s * self.most_blocks * self.restless


@dataclass(frozen=True)
class LeftOut:
    """A cell that is not measured here, and why."""

    scenario: str
    comparison: str
    cell: Cell
    reason: str
    part: str  # the engine or disk profile that is missing; empty when no host has the cell


@dataclass
class Plan:
    comparisons: list[PlannedComparison] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    no_room: list[str] = field(default_factory=list)  # comparisons that the budget gave up
    steps: dict[str, float] = field(default_factory=dict)  # beside the measuring

    @property
    def measuring_s(self) -> float:
        return sum(comparison.first_s for comparison in self.comparisons)

    @property
    def most_measuring_s(self) -> float:
        return sum(comparison.most_s for comparison in self.comparisons)

    @property
    def first_s(self) -> float:
        return self.measuring_s + sum(self.steps.values())

    @property
    def most_s(self) -> float:
        return self.most_measuring_s + sum(self.steps.values())

    @property
    def corpora(self) -> list[str]:
        names = {cell.cell.corpus for comparison in self.comparisons for cell in comparison.cells}
        return [name for name in SPECS if name in names]

    @property
    def is_by_name(self) -> bool:
        """Whether no gate is in it: what is asked for by name is measured, few times if need be."""
        return all(comparison.gate is None for comparison in self.comparisons)

    def of(self, scenario: str) -> list[PlannedComparison]:
        return [comparison for comparison in self.comparisons if comparison.scenario == scenario]

    def too_long(self) -> list[PlannedComparison]:
        """Gate comparisons whose block is expected to take longer than a gate's block may."""
        return [c for c in self.comparisons if c.gate is not None and c.block_s > GATE_BLOCK_S]


def impossible(cell: Cell) -> str | None:
    """Why no host could measure this cell, or None."""
    engine = load_engine(cell.engine)
    if cell.source not in engine.sources:
        return f"{cell.engine} does not take the source {cell.source}"
    if cell.workload not in engine.workloads:
        return f"{cell.engine} does not do the workload {cell.workload}"
    if SPECS[cell.corpus].marcxml != (cell.workload == "marcxml"):
        return f"the workload {cell.workload} does not read the format of {cell.corpus}"
    if cell.workload == "marcxml" and cell.source == "bytes":
        return "MARCXML is read from a path or a file"
    if cell.threads > 1 and cell.threads_kind not in engine.thread_kinds:
        return f"{cell.engine} has no threads of the kind {cell.threads_kind}"
    if cell.batch_size != "auto" and not engine.batch_sizes:
        return f"{cell.engine} takes no batch size"
    if engine.most_threads is not None and cell.threads > engine.most_threads:
        return f"{cell.engine} has at most {engine.most_threads} thread(s)"
    if cell.disk in COLD and cell.source in ("bytes", "bytesio"):
        return f"the source {cell.source} reads no disk"
    drops = getattr(engine, "drops_cache", False)
    if cell.disk in COLD and isinstance(engine, ProgramEngine) and not drops:
        return f"{cell.engine} times several passes at once: only the first would be cold"
    return None


def _cells(group: CellGroup, usable: int) -> list[Cell]:
    cells: dict[Cell, None] = {}
    for point in group.points():
        threads = usable if point["threads"] == USABLE else point["threads"]
        cells[Cell(**{**point, "threads": threads})] = None
    return list(cells)


def _iterations(corpus: str, records: int, threads: Iterable[int]) -> int:
    """Readings in one pass: enough for the records, and a multiple of every thread count."""
    step = math.lcm(*threads)
    wished = max(1, math.ceil(records / SPECS[corpus].records))
    return math.ceil(wished / step) * step


def expand(
    comparison: Comparison, usable: int, *, short: bool = False
) -> tuple[list[PlannedCell], list[tuple[Cell, str]]]:
    """The cells of one block, and the cells that cannot be."""
    found: dict[Cell, tuple[CellGroup, Cell]] = {}
    bad: list[tuple[Cell, str]] = []
    for group in comparison.groups:
        for cell in _cells(group, usable):
            reason = impossible(cell)
            if reason is None:
                found.setdefault(cell, (group, cell))
            else:
                bad.append((cell, reason))
    ceiling = sorted({usable if t == USABLE else int(t) for t in comparison.ceiling})
    counts = {cell.threads for cell in found if cell.threads_kind == "readers"} | set(ceiling)
    planned = [
        PlannedCell(
            cell=cell,
            role=ROLE_CELL,
            passes=min(group.passes, SHORT_PASSES) if short else group.passes,
            warmup=group.warmup,
            iterations=_iterations(cell.corpus, group.records, counts or {1}),
            work=cell.engine,
            beside=group.beside,
        )
        for cell, (group, _) in found.items()
    ]
    if ceiling and planned:
        first = planned[0]
        planned += [
            replace(
                first,
                cell=replace(
                    first.cell, engine="ceiling", threads=threads, threads_kind="readers",
                    batch_size="auto",
                ),
                role=ROLE_CEILING,
                beside="nothing",
                passes=min(first.passes, CEILING_PASSES),
            )
            for threads in ceiling
        ]  # fmt: skip
    return planned, bad


Missing = Mapping[str, str]  # part (engine or disk profile) -> reason


def make_plan(
    scenarios: Sequence[Scenario],
    cores: int,
    *,
    missing: Missing | None = None,
    stand_ins: Mapping[str, str] | None = None,
    short: bool = False,
    budget_s: float | None = None,
    blocks: int | None = None,
    costs: Costs | None = None,
    only: Sequence[str] = (),
    sanitizer: bool = True,
) -> Plan:
    """Cells and times for these scenarios; `missing` names engines and disk profiles."""
    gone, instead = missing or {}, stand_ins or {}
    known = costs or Costs()
    plan = Plan()
    for scenario in scenarios:
        gate = scenario.gate
        usable = min(scenario.usable or cores, cores)
        for comparison in scenario.comparisons:
            planned, bad = expand(comparison, usable, short=short)
            if bad and gate is not None:
                raise PlanError(f"{scenario.name}: {comparison.name}: {bad[0][1]}")
            plan.left_out += [LeftOut(scenario.name, comparison.name, c, why, "") for c, why in bad]
            cells = []
            for cell in planned:
                if not _wanted(scenario, comparison, cell, only):
                    continue
                part = next((p for p in (cell.cell.engine, cell.cell.disk) if p in gone), None)
                if part is not None:
                    plan.left_out.append(
                        LeftOut(scenario.name, comparison.name, cell.cell, gone[part], part)
                    )
                    continue
                corpus = instead.get(cell.cell.corpus, cell.cell.corpus)
                moved = replace(cell, cell=replace(cell.cell, corpus=corpus))
                cells.append(replace(moved, expected_s=known.expected(moved, cores)))
            if not any(cell.role == ROLE_CELL for cell in cells):
                continue
            first, most = _blocks(scenario, comparison, short, blocks)
            plan.comparisons.append(
                PlannedComparison(
                    scenario.name, comparison.name, tuple(cells), first, most,
                    None if gate is None else gate.name, known.restless,
                )
            )  # fmt: skip
    plan.steps = _steps(scenarios, known, sanitizer=sanitizer)
    if budget_s is not None:
        fit(plan, budget_s)
    return plan


def _steps(scenarios: Sequence[Scenario], costs: Costs, *, sanitizer: bool) -> dict[str, float]:
    """What a run does before it measures, and the seconds expected for it."""
    judged = [s.gate for s in scenarios if s.gate is not None]
    checks = sum(len(s.verifications) for s in scenarios) + len(judged)
    guesses = {VERIFY: VERIFY_S_PER_CHECK * checks} if checks else {}
    if sanitizer and any(gate.sanitizer for gate in judged):
        guesses[SANITIZER] = SANITIZER_S
    return {name: guess * costs.step_pace(name) for name, guess in guesses.items()}


def _wanted(
    scenario: Scenario, comparison: Comparison, cell: PlannedCell, only: Sequence[str]
) -> bool:
    """Whether every pattern meets the cell, its comparison or its scenario; a gate needs all of its
    cells, and a ceiling belongs to those that are left."""
    if scenario.gate is not None or cell.role == ROLE_CEILING:
        return True
    words = [
        scenario.name,
        comparison.name,
        *(str(value) for value in cell.cell.as_dict().values()),
    ]
    return all(any(fnmatchcase(word, pattern) for word in words) for pattern in only)


def _blocks(
    scenario: Scenario, comparison: Comparison, short: bool, wished: int | None
) -> tuple[int, int]:
    if comparison.blocks is not None:
        return comparison.blocks, comparison.blocks
    if scenario.gate is not None:
        looks = [look for look in scenario.gate.looks if not short or look <= SHORT_LOOK]
        looks = looks or [scenario.gate.looks[0]]
        return looks[0], looks[-1]
    count = wished or (SHORT_SWEEP_BLOCKS if short else SWEEP_BLOCKS)
    return count, count


def fit(plan: Plan, budget_s: float) -> None:
    """Cut the blocks of sweeps until the plan fits; then give up whole comparisons of theirs, and
    nothing more: gates keep their first look.

    Whether a gate may look again is decided while it runs, by the time that is left.
    """
    gates = sum(c.first_s for c in plan.comparisons if c.gate is not None)
    gates += sum(plan.steps.values())
    sweeps = sum(c.first_s for c in plan.comparisons if c.gate is None)
    if sweeps <= 0 or gates + sweeps <= budget_s:
        return
    share = max(0.0, budget_s - gates) / sweeps
    plan.comparisons = [c if c.gate is not None else _cut(c, share) for c in plan.comparisons]
    if plan.is_by_name:
        return
    over = plan.first_s - budget_s
    given_up = []
    for comparison in sorted(plan.comparisons, key=_kept_long):
        if over <= 0 or comparison.gate is not None:
            break
        given_up.append(comparison)
        over -= comparison.first_s
    plan.comparisons = [c for c in plan.comparisons if c not in given_up]
    plan.no_room = [comparison.title for comparison in given_up]


def _kept_long(comparison: PlannedComparison) -> tuple[int, float]:
    tiers = [
        comparison.gate is None and comparison.scenario.startswith(tier) for tier in GIVEN_UP_FIRST
    ]
    # A scenario of somebody's own goes before a gate, and after all of ours.
    own = len(tiers) + (comparison.gate is not None)
    return (tiers.index(True) if any(tiers) else own), -comparison.first_s


def _cut(comparison: PlannedComparison, share: float) -> PlannedComparison:
    count = max(FEWEST_SWEEP_BLOCKS, int(comparison.first_blocks * share))
    count = min(count, comparison.first_blocks)
    return replace(comparison, first_blocks=count, most_blocks=count)


def parse_budget(text: str) -> float:
    """`90s`, `10m`, `1h` or a bare number of seconds."""
    units: dict[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        seconds = float(number) * units[unit]
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < math.inf:
        raise ValueError(f"{text!r} is not a time such as 90s, 10m or 1h")
    return seconds


def duration(seconds: float) -> str:
    """For people: `45 s`, `12 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
