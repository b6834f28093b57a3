"""Runs that take hours: planned, alone on the host, killed and taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT, cli, doctor, host, lock, results
from harness.corpora import get
from harness.costs import Costs
from harness.engines.protocol import Job
from harness.plan import make_plan
from harness.results import INTERRUPTED, PENDING_FILE, RunFile, read_lines
from harness.run import CellFailed, Runner
from harness.scenario import load_all
from harness.timing import ALL, Timing

from .campaigns import OTHER_GATE
from .measuring import GATE, SWEEP, answer, cell, comparison, header, new_run, write_scenarios

TWO = comparison(cell("fake/steady"), cell("fake/slow"), blocks=20)


# --- alone on the host ---------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from harness import lock
with lock.held("python -m harness run", Path(sys.argv[1])) as hold:
    hold.name("2024-02-29T120000-there")
    print("held", flush=True)
    time.sleep(60)
"""


class TestLock:
    @pytest.fixture
    def other(self, lock_of_its_own: Path) -> Any:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(lock_of_its_own)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
        process.wait()
        process.stdout.close()

    def test_a_second_run_is_refused_and_told_of_the_first(self, other: Any) -> None:
        with pytest.raises(lock.HostBusy) as busy, lock.held("me"):
            pass
        assert "2024-02-29T120000-there" in str(busy.value)
        assert f"process {other.pid}" in str(busy.value)

    @pytest.mark.parametrize("command", ["run", "gates"])
    def test_the_command_line_says_so_and_measures_nothing(
        self, other: Any, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.invoke([command, "--results", str(tmp_path)]) == 3
        assert "2024-02-29T120000-there" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    def test_a_killed_run_holds_nothing(self, other: Any) -> None:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with lock.held("me"):
            pass

    def test_one_run_after_the_other(self) -> None:
        for _ in range(2):
            with lock.held("me"):
                pass

    def test_a_file_of_another_user_is_opened_without_the_flag_that_makes_it(
        self, lock_of_its_own: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        really = os.open

        def protected(path: Any, flags: int, *more: Any) -> int:
            if flags & os.O_CREAT and os.path.exists(path):
                raise PermissionError(13, "fs.protected_regular")
            return really(path, flags, *more)

        lock_of_its_own.touch()
        monkeypatch.setattr(lock.os, "open", protected)
        with lock.held("me"), pytest.raises(lock.HostBusy), lock.held("another"):
            pass


# --- killed and taken up again -------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from harness import cli, host, lock
host.commit = lambda: ("0" * 40, False)  # a run is not taken up again over uncommitted changes
lock.FILE = Path(sys.argv[1])
sys.exit(cli.invoke(sys.argv[2:]))
"""


class TestKilledRun:
    def start(self, folder: Path, *more: str) -> subprocess.Popen[bytes]:
        command = ["run", "--scenarios", str(folder / "scenarios"), "--results",
                   str(folder / "results"), "--blocks", "6", "--seed", "3", *more]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(folder / "lock"), *command], cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def test_no_sample_is_lost_and_none_is_doubled(self, tmp_path: Path) -> None:
        write_scenarios(tmp_path / "scenarios", sweep__fake=SWEEP)
        first = self.start(tmp_path)
        seen = self.wait_for(first, tmp_path / "results")
        first.send_signal(signal.SIGKILL)
        first.wait()
        folder = next((tmp_path / "results").iterdir())
        before = read_lines(folder / "run.jsonl")
        pending = folder / PENDING_FILE
        waiting = read_lines(pending) if pending.exists() else []
        code = self.start(tmp_path, "--resume", folder.name).wait()
        assert code in (0, 3)  # 3: the host left no block alone
        after = read_lines(folder / "run.jsonl")
        assert seen <= len(samples(before)) + len(waiting)
        for line in samples(before):
            assert line in after
        for line in waiting:
            assert [line["seconds"], line["cell"]] in [
                [x["seconds"], x["cell"]] for x in samples(after)
            ]
        places = [place(line) for line in samples(after)]
        assert len(places) == len(set(places))
        assert kept_blocks(after) == dict.fromkeys(range(len(kept_blocks(after))), 2)
        assert not pending.exists()

    def wait_for(self, run: subprocess.Popen[bytes], results_folder: Path) -> int:
        """Until a sample is put aside while its block goes on, or the run has some blocks."""
        for _ in range(6000):
            for file in results_folder.glob("*/run.jsonl"):
                done = len(samples(read_lines(file)))
                waiting = file.with_name(PENDING_FILE).exists()
                if (done and waiting) or done > 6:
                    return done
            assert run.poll() is None
            time.sleep(0.01)
        raise AssertionError("nothing was measured")


def samples(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] == "measurement"]


def place(line: dict[str, Any]) -> str:
    """A sample is told from others by its place and by its own figures."""
    where = [line["block"], line["attempt"], line["order"], line["seconds"], line["host"]]
    return json.dumps(where, sort_keys=True)


def kept_blocks(lines: list[dict[str, Any]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for line in samples(lines):
        if not line["discarded"]:
            counts[line["block"]] = counts.get(line["block"], 0) + 1
    return counts


class TestSamplesPutAside:
    def line(self, block: int, order: int) -> dict[str, Any]:
        job: Job = {"records": 10, "bytes": 100}
        found = answer(job)
        return {
            "kind": "measurement", "scenario": "sweep/fake", "comparison": "sleep",
            "block": block, "attempt": 0, "look": 1, "order": order, "role": "cell",
            "cell": cell().as_dict(), "records_per_s": 1000.0, "discarded": None,
            **{key: found[key] for key in ("seconds", "passes", "records", "bytes",
                                           "peak_rss_bytes", "baseline_rss_bytes", "stats",
                                           "host")},
        }  # fmt: skip

    def test_a_cut_block_comes_back_as_discarded(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.note(self.line(0, 0))
        again = RunFile.resume("run", tmp_path)
        assert [line["discarded"] for line in again.of_kind("measurement")] == [INTERRUPTED]
        assert again.blocks_done("sweep/fake", "sleep") == 0

    def test_a_whole_block_is_not_taken_twice(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        for order in range(2):
            run.note(self.line(0, order))
        run.append(*(self.line(0, order) for order in range(2)))
        again = RunFile.resume("run", tmp_path)
        assert [line["discarded"] for line in again.of_kind("measurement")] == [None, None]

    def test_a_block_that_was_torn_while_it_was_written_is_taken_from_what_was_put_aside(
        self, tmp_path: Path
    ) -> None:
        run = new_run(tmp_path)
        for order in range(2):
            run.note(self.line(0, order))
        run.append(self.line(0, 0))
        again = RunFile.resume("run", tmp_path)
        assert [line["discarded"] for line in again.of_kind("measurement")] == [INTERRUPTED] * 2

    def test_what_a_failing_block_measured_is_kept(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        calls: list[Job] = []

        def execute(job: Job) -> dict[str, Any]:
            calls.append(job)
            if len(calls) == 2:
                raise OSError("the disk is full")
            return answer(job)

        with pytest.raises(CellFailed):
            Runner(run, 7, 2, execute, lambda corpus, disk: Path("/nowhere")).up_to(TWO, 1)
        assert [line["discarded"] for line in run.of_kind("measurement")] == [INTERRUPTED]


# --- planned -------------------------------------------------------------------------------------


class TestEstimate:
    def test_steps_are_written_down_beside_what_was_expected(self, tmp_path: Path) -> None:
        scenarios = load_all(write_scenarios(tmp_path, sweep__x=SWEEP))
        plan = make_plan(scenarios, 2, costs=Costs(None))
        ticks = iter([0.0, plan.measuring_s * 1.2, 10.0, 10.0 + plan.measuring_s * 0.2])
        timing = Timing(lambda: next(ticks), plan, Costs(None))
        for _ in range(2):
            with timing.step("measure"):
                pass
        step, whole = timing.lines()
        assert (step["step"], whole["step"]) == ("measure", ALL)
        assert whole["took_s"] == pytest.approx(1.4 * plan.first_s, abs=0.01)
        assert whole["expected_s"] == pytest.approx(plan.first_s, abs=0.01)
        assert whole["held"] is False
        for line in (step, whole):
            results.check(line)

    @pytest.mark.parametrize(("share", "held"), [(0.8, True), (1.2, True), (0.7, False)])
    def test_an_estimate_holds_within_a_quarter(
        self, tmp_path: Path, share: float, held: bool
    ) -> None:
        scenarios = load_all(write_scenarios(tmp_path, sweep__x=SWEEP))
        plan = make_plan(scenarios, 2, costs=Costs(None))
        ticks = iter([0.0, share * plan.first_s])
        timing = Timing(lambda: next(ticks), plan, Costs(None))
        with timing.step("measure"):
            pass
        assert timing.lines()[-1]["held"] is held

    def test_cells_never_measured_are_expected_at_the_pace_of_cells_like_them(self) -> None:
        costs = Costs(None)
        known, other = comparison(
            cell("pymarc", corpus="generated-medium"), cell("pymarc", corpus="generated-half")
        ).cells
        before = costs.expected(other, 2)
        costs.learn(known, 3 * costs.expected(known, 2), 2)
        assert costs.expected(other, 2) > 2 * before

    def test_a_step_is_expected_to_take_its_share_of_what_it_took(self, tmp_path: Path) -> None:
        """Whatever else was to be compared in the run from which that is known."""
        costs = Costs()
        costs.learn_step("verify", seconds=9.0, expected_s=18.0)
        found = load_all(write_scenarios(tmp_path, gates__c=GATE, gates__n=OTHER_GATE))
        one, both = (make_plan(found[:n], 2, costs=costs).steps["verify"] for n in (1, 2))
        assert (one, both) == (9.0, 18.0)

    def test_repeats_of_earlier_runs_are_planned_for(self, tmp_path: Path) -> None:
        scenarios = load_all(write_scenarios(tmp_path, sweep__x=SWEEP))
        costs = Costs(None)
        quiet = make_plan(scenarios, 2, costs=costs).first_s
        costs.learn_repeats(150.0, 100.0)
        assert make_plan(scenarios, 2, costs=costs).first_s == pytest.approx(1.5 * quiet)


class TestChoosing:
    @pytest.mark.parametrize(
        ("only", "engines"),
        [
            (("fake/sl*",), ["fake/slow"]),
            (("sleep",), ["fake/steady", "fake/slow"]),
            (("sleep", "fake/steady"), ["fake/steady"]),
            (("mrrc",), []),
        ],
    )
    def test_cells_are_chosen_by_patterns(
        self, tmp_path: Path, only: tuple[str, ...], engines: list[str]
    ) -> None:
        scenarios = load_all(write_scenarios(tmp_path, sweep__x=SWEEP))
        plan = make_plan(scenarios, 2, costs=Costs(None), only=only)
        assert [c.cell.engine for p in plan.comparisons for c in p.cells] == engines

    @pytest.mark.parametrize(
        ("text", "numbers"), [("0", {0}), ("0,2-3", {0, 2, 3}), (" 1 , 1", {1})]
    )
    def test_processors_are_named_by_number(self, text: str, numbers: set[int]) -> None:
        assert host.parse_cpus(text) == numbers

    @pytest.mark.parametrize("text", ["", "a", "1-", "-1", "0,,1"])
    def test_anything_else_names_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="list of processors"):
            host.parse_cpus(text)

    def test_what_is_measured_is_pinned(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mine = os.sched_getaffinity(0)
        one = min(mine)
        write_scenarios(tmp_path / "scenarios", sweep__fake=SWEEP)
        get("generated-small")
        try:
            code = cli.invoke(
                ["run", "--scenarios", str(tmp_path / "scenarios"), "--results",
                 str(tmp_path / "r"), "--blocks", "1", "--cpus", str(one)]
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, mine)
        run = next((tmp_path / "r").iterdir())
        assert code in (0, 3)  # 3: the host disturbed its only block
        assert read_lines(run / "run.jsonl")[0]["environment"]["affinity"] == [one]
        assert cli.invoke(["plan", "--cpus", "100000"]) == cli.USAGE
        assert "does not let us use" in capsys.readouterr().err


class TestClock:
    """Advice of the doctor, on folders that look like the kernel's."""

    def cpus(self, folder: Path, *governors: str, **switches: str) -> Path:
        for number, name in enumerate(governors):
            place = folder / f"cpu{number}" / "cpufreq"
            place.mkdir(parents=True)
            (place / "scaling_governor").write_text(f"{name}\n")
        for file, value in switches.items():
            place = folder / {"boost": "cpufreq", "no_turbo": "intel_pstate"}[file]
            place.mkdir()
            (place / file).write_text(f"{value}\n")
        return folder

    def test_one_processor_that_saves_power_is_enough_to_warn(self, tmp_path: Path) -> None:
        found = doctor._governor(self.cpus(tmp_path, "performance", "powersave"))
        assert (found.state, found.remedy) == (
            doctor.WARN,
            "cpupower frequency-set -g performance",
        )

    @pytest.mark.parametrize("switch", [{"boost": "1"}, {"no_turbo": "0"}])
    def test_a_boosted_clock_is_named_with_its_switch(
        self, tmp_path: Path, switch: dict[str, str]
    ) -> None:
        found = doctor._governor(self.cpus(tmp_path, "performance", **switch))
        assert found.state == doctor.WARN
        assert next(iter(switch)) in found.remedy

    @pytest.mark.parametrize("switch", [{}, {"boost": "0"}, {"no_turbo": "1"}])
    def test_a_steady_clock_is_well(self, tmp_path: Path, switch: dict[str, str]) -> None:
        assert doctor._governor(self.cpus(tmp_path, "performance", **switch)).state == doctor.OK

    def test_a_machine_that_hides_its_clock_is_no_warning(self, tmp_path: Path) -> None:
        found = doctor._governor(tmp_path)
        assert (found.state, found.detail) == (doctor.OK, "not visible in this machine")


def test_the_header_of_a_resumed_run_is_the_one_it_began_with(tmp_path: Path) -> None:
    run = RunFile.create("run", header(), tmp_path)
    assert RunFile.resume("run", tmp_path).lines[0] == run.lines[0]
