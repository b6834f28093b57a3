"""Runs blocks: every cell of a comparison once, in random order, each in a fresh process.

The order comes from the run's seed and the place of the block, so it can be repeated. A cell that
was pushed off its core, or measured at another speed of the host than the rest of the block, is
measured again within the block; a block during which the host gave time away, or in which a cell is
disturbed again and again, is repeated. Both are decided from what the host did and before any ratio
is formed. What was thrown away stays in the file, marked. Nothing is judged here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.costs import Costs
from harness.engines.protocol import Answer, Job
from harness.host import Watch
from harness.model import ROLE_CELL, Cell
from harness.plan import PlannedCell, PlannedComparison
from harness.results import Line, RunFile

# A block that the host will not leave alone is given up after this many attempts; all of them are
# counted.
MOST_ATTEMPTS = 3
# So often is a cell measured in one block before the block is repeated.
MOST_TRIES_OF_A_CELL = 4
# What hyperfine exported, a line for each sample of a whole process.
HYPERFINE_FILE = "hyperfine.jsonl"

Execute = Callable[[Job], Answer]
Locate = Callable[[str, str], Path]  # corpus and disk profile -> the file to read


class WrongOutput(Exception):
    """A cell delivered another number of records than its corpus has: no speed counts then."""

    def __init__(self, cell: Cell, counted: int, expected: int) -> None:
        super().__init__(
            f"{cell.engine} counted {counted:,} records of {cell.corpus} instead of {expected:,}"
        )
        self.cell = cell
        self.counted = counted
        self.expected = expected


class CellFailed(Exception):
    """A cell could not be measured: which one, and what happened."""

    def __init__(self, cell: Cell, reason: str) -> None:
        super().__init__(f"{cell.key}: {reason}")
        self.cell = cell
        self.reason = reason


class Progress(Protocol):
    """Who is told how a run goes on."""

    def block(self, comparison: PlannedComparison, done: int, goal: int, note: str) -> None: ...


class Silent:
    """Nobody is told."""

    def block(self, comparison: PlannedComparison, done: int, goal: int, note: str) -> None:
        pass


def order_of(
    cells: tuple[PlannedCell, ...],
    seed: int,
    scenario: str,
    comparison: str,
    block: int,
    attempt: int,
) -> list[PlannedCell]:
    """The random order of a block: the same for the same seed and place, also in a resumed run."""
    shuffled = list(cells)
    random.Random(f"{seed}/{scenario}/{comparison}/{block}/{attempt}").shuffle(shuffled)
    return shuffled


def job_for(cell: PlannedCell, file: Path) -> Job:
    return {
        "mode": "measure",
        "engine": cell.cell.engine,
        "work": cell.work,
        "workload": cell.cell.workload,
        "source": cell.cell.source,
        "file": str(file),
        "disk": cell.cell.disk,
        "threads": cell.cell.threads,
        "threads_kind": cell.cell.threads_kind,
        "batch_size": cell.cell.batch_size,
        "iterations": cell.iterations,
        "records": cell.records,
        "bytes": cell.bytes,
        "passes": cell.passes,
        "warmup": cell.warmup,
        "beside": cell.beside,
    }


@dataclass
class _Taken:
    """One measurement of a cell in its block, and why it does not count, if it does not."""

    place: int  # of the cell in the block's order
    answer: Answer
    reason: str | None


@dataclass
class Runner:
    """Runs the blocks of one run and appends them to its file."""

    run: RunFile
    seed: int
    cores: int
    execute: Execute
    locate: Locate
    costs: Costs = field(default_factory=Costs)
    progress: Progress = field(default_factory=Silent)
    watch: Watch = field(default_factory=Watch)

    def remember(self) -> None:
        """Learn from the lines of a resumed run what is usual on this host."""
        for line in self.run.of_kind("measurement"):
            self.watch.disturbed_cell(Cell(**line["cell"]).key, line["host"])

    def up_to(
        self,
        comparison: PlannedComparison,
        goal: int,
        look: int = 1,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> int:
        """Measure until `goal` blocks of the comparison are kept; how many are.

        A block that was disturbed in every attempt is given up and leaves no gap in the numbers. So
        that a restless host cannot hold a run for ever, no more than twice the missing blocks are
        tried, and none is begun any more when it may not go on.
        """
        done = self.run.blocks_done(comparison.scenario, comparison.name)
        tries = 2 * max(0, goal - done)
        while done < goal and tries > 0 and may_go_on():
            spent = self.block(comparison, done, look, min(MOST_ATTEMPTS, tries), may_go_on)
            tries -= spent
            kept = self.run.blocks_done(comparison.scenario, comparison.name)
            note = "" if kept > done and spent == 1 else "repeated"
            done = kept
            self.progress.block(comparison, done, goal, note)
        return done

    def block(
        self,
        comparison: PlannedComparison,
        number: int,
        look: int,
        most: int,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> int:
        """One block, repeated while the host disturbs it; how many attempts were made."""
        earlier = [
            line["attempt"]
            for line in self.run.of_kind("measurement")
            if (line["scenario"], line["comparison"], line["block"])
            == (comparison.scenario, comparison.name, number)
        ]
        first = max(earlier, default=-1) + 1
        for attempt in range(first, first + most):
            if not self._attempt(comparison, number, look, attempt) or not may_go_on():
                return attempt - first + 1
        return most

    def _attempt(
        self, comparison: PlannedComparison, number: int, look: int, attempt: int
    ) -> str | None:
        """Measure every cell. Gives the reason why the block must be repeated, or None."""
        order = order_of(
            comparison.cells, self.seed, comparison.scenario, comparison.name, number, attempt
        )
        taken: list[_Taken] = []

        def measure(place: int) -> str | None:
            """Measure until the cell is left alone; the reason if it never is."""
            while sum(each.place == place for each in taken) < MOST_TRIES_OF_A_CELL:
                answer = self._measured(order[place])
                # The figures exist; whether they count is decided from the host's part alone.
                reason = self.watch.disturbed_cell(order[place].cell.key, answer["host"])
                taken.append(_Taken(place, answer, reason))
                self.run.note(lined(taken[-1], reason))
                if reason is None:
                    return None
            return next(each.reason for each in reversed(taken) if each.place == place)

        def lined(each: _Taken, reason: str | None) -> Line:
            return _line(
                comparison,
                order[each.place],
                each.answer,
                number,
                attempt,
                look,
                each.place,
                reason,
            )

        block_reason: str | None = None
        waiting = list(range(len(order)))
        while waiting and block_reason is None:
            block_reason = next(filter(None, map(measure, waiting)), None)
            kept = [each for each in taken if each.reason is None]
            strayed = self.watch.strayed([each.answer["host"]["calibration_ns"] for each in kept])
            for index, reason in strayed.items():
                kept[index].reason = reason
            waiting = [kept[index].place for index in strayed]
        hosts = [
            (order[each.place].cell.threads, each.answer["host"])
            for each in taken
            if each.reason is None
        ]
        block_reason = block_reason or self.watch.disturbed_block(hosts, self.cores)
        self.run.append(*(lined(each, each.reason or block_reason) for each in taken))
        for each in taken:
            if "hyperfine" in each.answer:
                self.run.append_export(
                    HYPERFINE_FILE,
                    {
                        "scenario": comparison.scenario, "comparison": comparison.name,
                        "block": number, "attempt": attempt,
                        "cell": order[each.place].cell.as_dict(),
                        "discarded": each.reason or block_reason,
                        "results": [each.answer["hyperfine"]],
                    },
                )  # fmt: skip
        self.run.settle()
        return block_reason

    def _measured(self, cell: PlannedCell) -> Answer:
        try:
            return self._measure(cell)
        except Exception:
            self.run.keep_pending()  # the block ends here; what it measured so far is not lost
            raise

    def _measure(self, cell: PlannedCell) -> Answer:
        try:
            answer = self.execute(job_for(cell, self.locate(cell.cell.corpus, cell.cell.disk)))
        except Exception as error:
            raise CellFailed(cell.cell, str(error) or type(error).__name__) from error
        if answer["records"] != cell.records:
            raise WrongOutput(cell.cell, answer["records"], cell.records)
        self.costs.learn(cell, answer["host"]["wall_s"], self.cores)
        return answer


def _line(
    comparison: PlannedComparison,
    cell: PlannedCell,
    answer: Answer,
    block: int,
    attempt: int,
    look: int,
    place: int,
    discarded: str | None,
) -> Line:
    return {
        "kind": "measurement",
        "scenario": comparison.scenario,
        "comparison": comparison.name,
        "block": block,
        "attempt": attempt,
        "look": look,
        "order": place,
        "role": cell.role,
        "cell": cell.cell.as_dict(),
        "seconds": answer["seconds"],
        "passes": answer["passes"],
        "records": answer["records"],
        "bytes": cell.bytes,
        "records_per_s": answer["records"] / answer["seconds"],
        "peak_rss_bytes": answer["peak_rss_bytes"],
        "baseline_rss_bytes": answer["baseline_rss_bytes"],
        "stats": answer["stats"],
        "host": answer["host"],
        "discarded": discarded,
    }


def cell_lines(lines: list[Line]) -> list[Line]:
    """The measurements that count, without the ceilings."""
    return [
        line
        for line in lines
        if line["kind"] == "measurement" and line["role"] == ROLE_CELL and not line["discarded"]
    ]
