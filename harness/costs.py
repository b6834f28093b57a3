"""What cells and steps took in earlier runs on this host, and what others are expected to take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness import CACHE, kept
from harness.corpora.catalog import SPECS
from harness.disks import LIMITS
from harness.engines import load_engine
from harness.model import ROLE_CEILING

if TYPE_CHECKING:
    from harness.plan import PlannedCell

FILE = CACHE / "costs.json"
# Planning figures, replaced by what earlier runs on this host took.
START_S = 0.12
LOAD_S_PER_BYTE = 0.5e-9
CEILING_S = 0.6
# Names among the costs.
PACE, RESTLESS = "pace", "restless"


class Costs:
    """Seconds that a cell took in earlier runs here, else a guess from the engine's rate."""

    def __init__(self, file: Path | None = None) -> None:
        """Without a file what is learned ends with this object."""
        self._file = file
        self._known: dict[str, float] = kept.load(file)

    @classmethod
    def of_host(cls) -> Costs:
        return cls(FILE)

    @staticmethod
    def _key(cell: PlannedCell) -> str:
        return f"{cell.role} {cell.cell.key} {cell.iterations}x{cell.passes} {cell.warmup}"

    @staticmethod
    def _kind(cell: PlannedCell) -> str:
        return f"pace {cell.role} {cell.cell.engine} {cell.cell.workload}"

    def expected(self, cell: PlannedCell, cores: int) -> float:
        """What this very cell took, else the guess at the pace of cells like it, else of all."""
        known = self._known.get(self._key(cell))
        if known is not None:
            return known
        pace = self._known.get(self._kind(cell), self._known.get(PACE, 1.0))
        return START_S + self._guess(cell, cores) * pace

    @staticmethod
    def _guess(cell: PlannedCell, cores: int) -> float:
        """Seconds beside the start of the process."""
        if cell.role == ROLE_CEILING:
            return CEILING_S - START_S
        guess = load_engine(cell.cell.engine).guess
        rate = guess.get(cell.cell.workload) or min(guess.values(), default=100_000.0)
        faster = min(cell.cell.threads, cores)
        warm = {"full": SPECS[cell.cell.corpus].records, "short": 0, "none": 0}[cell.warmup]
        work = warm / rate + cell.records * cell.passes / rate / faster
        load = SPECS[cell.cell.corpus].bytes * LOAD_S_PER_BYTE
        if cell.cell.disk in LIMITS:
            work = max(work, cell.bytes * cell.passes / LIMITS[cell.cell.disk].bytes_per_s)
        return work + (load if cell.cell.source in ("bytes", "bytesio") else 0.0)

    def learn(self, cell: PlannedCell, seconds: float, cores: int = 1) -> None:
        """Remember what a cell took, and what it says of cells that were never measured."""
        self._blend(self._key(cell), seconds)
        guess = self._guess(cell, cores)
        if guess > START_S and seconds > START_S:
            for name in (self._kind(cell), PACE):
                self._blend(name, (seconds - START_S) / guess)

    def learn_step(self, name: str, seconds: float, expected_s: float) -> None:
        """Remember how far a step was off: a run of few scenarios must not tell a run of all that
        comparing outputs takes a moment."""
        if expected_s > 0:
            self._blend(f"pace step {name}", self.step_pace(name) * seconds / expected_s)

    def step_pace(self, name: str) -> float:
        """What a step takes here, of its planning figure."""
        return self._known.get(f"pace step {name}", 1.0)

    def learn_repeats(self, measured_s: float, counted_s: float) -> None:
        """What was measured in all, and what of it counted."""
        if counted_s > 0:
            self._blend(RESTLESS, measured_s / counted_s)

    @property
    def restless(self) -> float:
        return self._known.get(RESTLESS, 1.0)

    def _blend(self, name: str, value: float) -> None:
        """The latest figure counts half: a single disturbed one must not spoil the plan."""
        self._known[name] = round((self._known.get(name, value) + value) / 2, 4)

    def save(self) -> None:
        kept.save(self._file, self._known)
