"""What the rest of a run is expected to take, by what the run itself has shown so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.costs import Costs
from harness.plan import PlannedComparison
from harness.results import INTERRUPTED, RunFile


@dataclass
class Pace:
    """The plan was made before anything was measured; a host that turns out slow or restless makes
    everything that is still to come longer, too."""

    run: RunFile
    costs: Costs
    cores: int

    def measured(self) -> tuple[float, float]:
        """Seconds of all samples, and of those that count."""
        samples = [x for x in self.run.of_kind("measurement") if x["discarded"] != INTERRUPTED]
        whole, counted = (
            sum(float(x["host"]["wall_s"]) for x in samples if with_repeats or not x["discarded"])
            for with_repeats in (True, False)
        )
        return whole, counted

    def repeats(self) -> float:
        """What is measured here for one that counts."""
        whole, counted = self.measured()
        return whole / counted if counted > 0 else self.costs.restless

    def expected_s(self, blocks: Iterable[tuple[PlannedComparison, int]]) -> float:
        """Seconds for so many blocks of each comparison, were none repeated."""
        return sum(
            count * self.costs.expected(cell, self.cores)
            for comparison, count in blocks
            for cell in comparison.cells
        )


def first_looks(
    comparisons: Sequence[PlannedComparison],
) -> list[tuple[PlannedComparison, int]]:
    """Each with the blocks that it needs at least."""
    return [(comparison, comparison.first_blocks) for comparison in comparisons]
