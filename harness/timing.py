"""How long the steps of a run took, beside what the plan expected: recorded, and learned from; and
how much of a budget is left, and for what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.costs import Costs
from harness.plan import MEASURE, Plan

# Kept back from a budget for the report.
REPORT_S = 20.0
#: An estimate holds when the time taken is no further off than this.
TOLERANCE = 0.25
ALL = "all"


class Allowance:
    """The time that a run may take. Without a budget all of it is None: no end."""

    def __init__(self, clock: Callable[[], float], budget_s: float | None) -> None:
        self._clock = clock
        self._end = None if budget_s is None else clock() + budget_s - REPORT_S

    def left(self) -> float | None:
        """Seconds; below zero once the time is over."""
        return None if self._end is None else self._end - self._clock()

    def has(self, seconds: float) -> bool:
        """Whether so much is left."""
        left = self.left()
        return left is None or seconds <= left

    def part(self) -> Callable[[float, float], bool]:
        """Begin something. What is returned says whether it may go on, if it should take
        `expected_s` in all and what comes after it `later_s`: as long as that is still left; and
        where there is not enough for both, the first has it, because half of every gate would
        decide none of them."""
        begun = self._clock()

        def may_go_on(expected_s: float, later_s: float) -> bool:
            left = self.left()
            if left is None:
                return True
            return left > 0 and (left > later_s or self._clock() - begun < expected_s)

        return may_go_on


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
            self.costs.learn_step(name, self.took[name], self.plan.steps[name])

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
