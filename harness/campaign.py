"""One run from beginning to end: corpora, verification, sanitizer, blocks, verdicts, report.

`Campaign` goes through the steps with what `harness.inputs` found, and writes a line for
everything it finds. Judging is in `harness.gates`, the sanitizer in `harness.tsan`, pages in
`harness.report`; they are called here and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from harness import RESULTS, doctor, gates, host, results
from harness.broken import look
from harness.corpora import describe
from harness.costs import Costs
from harness.disks import NotEvaluable
from harness.engines import is_ours
from harness.engines.protocol import Answer, Job, Missing
from harness.gate_spec import gate_dict
from harness.inputs import Inputs, broken_of, verifications_of
from harness.model import Gate, Scenario
from harness.pace import Pace, first_looks
from harness.plan import (
    FEWEST_SWEEP_BLOCKS,
    MEASURE,
    SANITIZER,
    VERIFY,
    Plan,
    PlannedComparison,
    make_plan,
)
from harness.processes import execute
from harness.results import Line, RunFile
from harness.run import CellFailed, Execute, Progress, Runner, Silent, WrongOutput
from harness.timing import Allowance, Timing
from harness.verify import DigestCache, checks, verify

MORE_TIME = "make gates GATES_BUDGET=1h"
SEVERITY = (
    gates.FAIL,
    gates.INCONCLUSIVE,
    gates.NOT_EVALUABLE,
    gates.PASS_SCALED,
    gates.PASS,
    gates.RECORDED,
)


class Listener(Progress, Protocol):
    """Who is told what a run finds."""

    def step(self, text: str) -> None: ...
    def line(self, line: Line) -> None: ...


class Quiet(Silent):
    def step(self, text: str) -> None:
        pass

    def line(self, line: Line) -> None:
        pass


@dataclass
class Options:
    """What the command line asked for."""

    command: str = "python -m harness"
    short: bool = False
    strict: bool = False
    fail_fast: bool = False
    budget_s: float | None = None
    blocks: int | None = None
    seed: int | None = None
    sanitizer: bool = True
    only: tuple[str, ...] = ()


@dataclass
class Campaign:
    """One run. Every step appends its lines to the run's file."""

    scenarios: Sequence[Scenario]
    inputs: Inputs
    options: Options
    listener: Listener = field(default_factory=Quiet)
    execute: Execute = execute
    sanitize: Callable[[Sequence[str], Callable[[Line], None]], Sequence[Line]] | None = None
    results: Path = RESULTS
    cache: DigestCache = field(default_factory=DigestCache)
    costs: Costs = field(default_factory=Costs.of_host)
    clock: Callable[[], float] = time.monotonic
    run: RunFile = field(init=False)
    runner: Runner = field(init=False)
    plan: Plan = field(init=False)
    timing: Timing = field(init=False)
    verdicts: dict[str, Line] = field(default_factory=dict)
    _allowance: Allowance = field(init=False)
    _pace: Pace = field(init=False)
    _resumed: bool = False

    def __post_init__(self) -> None:
        self._allowance = Allowance(self.clock, self.options.budget_s)
        self.plan = make_plan(
            self.scenarios, self.inputs.cores,
            missing=self.inputs.missing, stand_ins=self.inputs.stand_ins, short=self.options.short,
            budget_s=self.options.budget_s, blocks=self.options.blocks, costs=self.costs,
            only=self.options.only, sanitizer=self.options.sanitizer,
        )  # fmt: skip
        self.timing = Timing(self.clock, self.plan, self.costs)

    # --- the file of the run ---

    def begin(self, resume: str | None = None) -> None:
        """Open the run's file: a new one, or that of an interrupted run of the same scenarios."""
        if resume is not None:
            self._resumed = True
            self.run = RunFile.resume(resume, self.results)
            results.require_same(self.run.lines[0], self._header(resume, 0))
            seed = int(self.run.lines[0]["seed"])
        else:
            seed = self.options.seed if self.options.seed is not None else time.time_ns() % 2**31
            name = results.new_run_name(self.inputs.environment["host"])
            self.run = RunFile.create(name, self._header(name, seed), self.results)
            self._note_missing()
        self._pace = Pace(self.run, self.costs, self.inputs.cores)
        self.runner = Runner(
            self.run, seed, self.inputs.cores, self._on_disk, self.inputs.locate, self.costs,
            self.listener,
        )  # fmt: skip
        for line in self.inputs.profiles.lines:
            self._append(line)
        self.runner.remember()
        self.run.write_verdict(gates.INCONCLUSIVE, 2, complete=False, gates={})

    def _on_disk(self, job: Job) -> Answer:
        """Measure a cell where its bytes come as fast as its disk profile says."""
        with self.inputs.profiles.joined(job["disk"]):
            return self.execute(job)

    def _header(self, name: str, seed: int) -> Line:
        return results.header(
            name, self.inputs.environment, host.commit(), self.options.command, seed,
            [{"name": s.name, "file": s.file.name, "text": s.text} for s in self.scenarios],
            [describe(corpus) for corpus in self.inputs.corpora.values()],
        )  # fmt: skip

    def _note_missing(self) -> None:
        wanted = {out.part for out in self.plan.left_out if out.part}
        wanted |= set(self.inputs.engines.missing)
        found = doctor.missing_lines(self.inputs.engines, self.inputs.disk_obstacles)
        gone = [(d["part"], d["reason"], d["install"]) for d in found if d["part"] in wanted]
        gone += [
            (f"corpus {name}", reason, "python -m harness.corpora")
            for name, reason in self.inputs.corpus_reasons.items()
        ]
        no_room = ("the budget had no room for it", MORE_TIME)
        gone += [(name, *no_room) for name in self.plan.no_room]
        for part, reason, install in gone:
            self._note_gone(part, reason, install)

    def _note_gone(self, part: str, reason: str, install: str = "") -> None:
        self._append({"kind": "missing", "part": part, "reason": reason, "install": install})

    def _append(self, line: Line) -> None:
        self.run.append(line)
        self.listener.line(line)

    # --- steps ---

    def verify(self) -> list[Line]:
        """Compare outputs. A resumed run does so again: our own digests are not kept."""
        self.listener.step("comparing outputs")
        versions, at_once = self.inputs.engines.versions, self.inputs.cores
        with self.timing.step(VERIFY):
            look(broken_of(self.scenarios), versions, at_once=at_once, note=self._append)
            return verify(
                checks(verifications_of(self.scenarios)), self.inputs.corpora, versions,
                cache=self.cache, at_once=at_once, note=self._append,
            )  # fmt: skip

    def sanitizer(self) -> None:
        """The thread-sanitizer runs of the gates that will be judged."""
        names = [case for s in self.scenarios if s.gate is not None for case in s.gate.sanitizer]
        if not names or not self.options.sanitizer:
            return
        self.listener.step("thread sanitizer")
        run = self.sanitize or _run_sanitizer
        with self.timing.step(SANITIZER):
            run(list(dict.fromkeys(names)), self._append)

    def gates(self) -> None:
        """Measure and judge each gate in its order."""
        stopped = ""
        for scenario in self.scenarios:
            if scenario.gate is None:
                continue
            if stopped:
                verdict = self._not_judged(scenario, f"stopped after gate {stopped} (--fail-fast)")
            else:
                verdict = self._gate(scenario, scenario.gate)
            self.verdicts[scenario.gate.name] = verdict
            self._append(verdict)
            if self.options.fail_fast and verdict["verdict"] == gates.FAIL:
                stopped = scenario.gate.name

    def _gate(self, scenario: Scenario, gate: Gate) -> Line:
        """Look after look until nothing more can change, or the last look or the time is over."""
        planned = self.plan.of(scenario.name)
        if not planned:
            return self._not_judged(scenario, "none of its cells can be measured here")
        looks = [c for c in gate.looks if c <= max(p.most_blocks for p in planned)]
        looks = looks or [gate.looks[0]]
        verdict: Line = {}
        for number, goal in enumerate(looks, 1):
            self.listener.step(f"gate {gate.name}, look {number} of {len(looks)}")
            failure = self._measure(scenario, planned, goal, number)
            final = number == len(looks) or not self._time_for(
                planned, goal, looks[number], scenario
            )
            verdict = self._judge(scenario, number, final)
            if failure is not None:
                return self._failed(verdict, failure)
            if final and number < len(looks) and verdict["verdict"] == gates.INCONCLUSIVE:
                verdict["reasons"].append(f"the time ended before look {number + 1}")
            if final or gates.speed_is_settled(verdict):
                break
        return verdict

    def _measure(
        self, scenario: Scenario, planned: Sequence[PlannedComparison], goal: int, look: int
    ) -> Exception | None:
        """Bring every comparison of a gate to this look, or as far as the time goes; a cell that
        fails ends it."""
        try:
            for index, comparison in enumerate(planned):
                blocks = min(goal, comparison.most_blocks)
                later = [*(planned[index + 1 :] if look == 1 else ()), *self._gates_after(scenario)]
                may_go_on = self._go_on(comparison, blocks, later)
                with self.timing.step(MEASURE):
                    done = self.runner.up_to(comparison, blocks, look, may_go_on)
                if done < blocks and not may_go_on():
                    ended = f"the time ended after {done} of {blocks} blocks"
                    self._note_gone(comparison.title, ended, MORE_TIME)
        except (CellFailed, WrongOutput) as failure:
            return failure
        finally:
            self.costs.save()
        return None

    def _gates_after(self, scenario: Scenario) -> list[PlannedComparison]:
        names = [each.name for each in self.scenarios if each.gate is not None]
        behind = names[names.index(scenario.name) + 1 :]
        return [comparison for name in behind for comparison in self.plan.of(name)]

    def _go_on(
        self, comparison: PlannedComparison, goal: int, later: Sequence[PlannedComparison]
    ) -> Callable[[], bool]:
        """Whether there is time for one more block beside the first looks of the later ones."""
        missing = goal - self.run.blocks_done(comparison.scenario, comparison.name)
        part, expected_s = self._allowance.part(), self._pace.expected_s
        # Of before: were it all disturbed from here on, there would be no end of what it needs.
        repeats = self._pace.repeats()
        return lambda: part(
            repeats * expected_s([(comparison, missing)]), repeats * expected_s(first_looks(later))
        )

    def _time_for(
        self, planned: Sequence[PlannedComparison], goal: int, next_goal: int, scenario: Scenario
    ) -> bool:
        more = [(c, next_goal - goal) for c in planned if c.most_blocks > goal]
        needed = [*more, *first_looks(self._gates_after(scenario))]
        return self._allowance.has(self._pace.repeats() * self._pace.expected_s(needed))

    def _judge(self, scenario: Scenario, look: int, final: bool) -> Line:
        return gates.judge(
            gate_dict(scenario, self.inputs.stand_ins, self.inputs.cores), self.run.lines,
            look=look, final=final, strict=self.options.strict,
        )  # fmt: skip

    def _failed(self, verdict: Line, failure: Exception) -> Line:
        """A reader that dies or loses records fails its gate; anything else is a missing part."""
        cell = getattr(failure, "cell", None)
        ours = cell is not None and is_ours(cell.engine)
        gone = isinstance(failure.__cause__, (Missing, NotEvaluable))
        wrong = isinstance(failure, WrongOutput) or (ours and not gone)
        name = gates.FAIL if wrong else gates.NOT_EVALUABLE
        return {
            **verdict,
            "verdict": name,
            "exit_code": gates.exit_code(name),
            "reasons": [str(failure), *verdict["reasons"]],
        }

    def _not_judged(self, scenario: Scenario, reason: str) -> Line:
        assert scenario.gate is not None
        gone = sorted({out.reason for out in self.plan.left_out if out.scenario == scenario.name})
        return {
            "kind": "verdict",
            "gate": scenario.gate.name,
            "verdict": gates.NOT_EVALUABLE,
            "exit_code": gates.exit_code(gates.NOT_EVALUABLE),
            "claim": scenario.gate.claim,
            "threshold": scenario.gate.threshold,
            "effective_threshold": scenario.gate.threshold,
            "look": 0,
            "blocks": 0,
            "blocks_repeated": 0,
            "estimates": [],
            "reasons": [reason, *gone],
            "breakdown": None,
        }

    def sweeps(self) -> list[str]:
        """Measure what has no verdict. What fails is named and left, the rest goes on."""
        failures: list[str] = []
        planned = [c for c in self.plan.comparisons if c.gate is None]
        for index, comparison in enumerate(planned):
            goal = self._affordable(comparison, planned[index:])
            if goal == 0:
                self._note_gone(comparison.title, "the time ended before it", MORE_TIME)
                continue
            self.listener.step(comparison.title)
            with self.timing.step(MEASURE):
                failures += self._sweep(comparison, goal)
            self.costs.save()
        return failures

    def _sweep(self, comparison: PlannedComparison, goal: int) -> list[str]:
        """A cell that fails is taken out, and the comparison goes on without it."""
        failures: list[str] = []
        while any(cell.role == "cell" for cell in comparison.cells):
            try:
                self.runner.up_to(comparison, goal)
            except (CellFailed, WrongOutput) as failure:
                failures.append(str(failure))
                self._note_gone(failure.cell.key, str(failure))
                kept = tuple(c for c in comparison.cells if c.cell != failure.cell)
                comparison = replace(comparison, cells=kept)
            else:
                break
        return failures

    def _affordable(self, comparison: PlannedComparison, rest: Sequence[PlannedComparison]) -> int:
        """Blocks for which there is time when all that is left is cut alike, but never so few that
        there is no interval. None beside gates once the time is over: on a restless host blocks are
        repeated, and what a budget promised must not grow by that."""
        left = self._allowance.left()
        if left is not None and left <= 0 and not self.plan.is_by_name:
            return 0
        needed = sum(c.first_s for c in rest)
        if left is None or needed <= left or needed == 0:
            return comparison.first_blocks
        most = int(comparison.first_blocks * max(0.0, left) / needed)
        return min(comparison.first_blocks, max(FEWEST_SWEEP_BLOCKS, most))

    def account(self) -> Line | None:
        """Write down how long the steps took, beside what was expected, and learn from it; a run
        that was taken up again knows only its own part, and nothing is written."""
        self.costs.learn_repeats(*self._pace.measured())
        self.costs.save()
        if self._resumed:
            return None
        lines = self.timing.lines()
        for line in lines:
            self._append(line)
        return lines[-1]

    def finish(self) -> tuple[str, int]:
        """Write this run's verdict: its name and its exit code."""
        codes = [int(line["exit_code"]) for line in self.verdicts.values()]
        code = gates.worst_exit_code(codes)
        name = overall(list(self.verdicts.values()), code)
        self.run.write_verdict(
            name, code, complete=True,
            gates={gate: line["verdict"] for gate, line in self.verdicts.items()},
        )  # fmt: skip
        return name, code


def overall(verdicts: Sequence[Line], code: int) -> str:
    """The name that stands for all gates: that of the worst, or the weakest kind of pass."""
    names = {str(line["verdict"]) for line in verdicts if line["exit_code"] == code}
    return next((name for name in SEVERITY if name in names), gates.NOT_EVALUABLE)


def _run_sanitizer(names: Sequence[str], note: Callable[[Line], None]) -> Sequence[Line]:
    from harness.tsan import run_sanitizer

    return run_sanitizer(gates=names, on_line=note)
