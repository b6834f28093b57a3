"""How long the steps of a run took, beside what the plan expected: recorded, and learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.costs import Costs
from harness.plan import MEASURE, Plan

#: An estimate holds when the time taken is no further off than this.
TOLERANCE = 0.25
ALL = "all"


@dataclass
class Timing:
    """The steps of one run."""

    clock: Callable[[], float]
    plan: Plan
    costs: Costs
    took: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; one that comes to its end is learned from."""
        start = self.clock()
        try:
            yield
        finally:
            self.took[name] = self.took.get(name, 0.0) + self.clock() - start
        if name in self.plan.steps:
            self.costs.learn_step(name, self.took[name])

    def lines(self) -> list[dict[str, Any]]:
        """A `time` line for each step, and one for all of them."""
        found = [_line(name, *self._expected([name]), took) for name, took in self.took.items()]
        return [*found, _line(ALL, *self._expected(self.took), sum(self.took.values()))]

    def _expected(self, names: Iterable[str]) -> tuple[float, float]:
        """Seconds for these steps: at least, and when every gate needs its last look."""
        first = most = 0.0
        for name in names:
            step = self.plan.steps.get(name, 0.0)
            first += self.plan.measuring_s if name == MEASURE else step
            most += self.plan.most_measuring_s if name == MEASURE else step
        return first, most


def _line(step: str, expected: float, most: float, took: float) -> dict[str, Any]:
    held = expected * (1 - TOLERANCE) <= took <= most * (1 + TOLERANCE)
    return {
        "kind": "time", "step": step, "expected_s": round(expected, 3), "most_s": round(most, 3),
        "took_s": round(took, 3), "held": held,
    }  # fmt: skip
