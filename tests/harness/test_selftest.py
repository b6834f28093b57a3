"""The harness judges scripted and real comparisons whose truth is known."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from harness.results import Line, read_lines
from harness.selftest import command, real, scripted
from harness.selftest.noise import Fall, Recorded, fall_of, shapes
from harness.selftest.real import PLAIN, SLOW, TWIN, Outcome
from harness.selftest.scripted import Demand, verdict_of
from harness.statistics import Share

from .scripted import cell, measurement

TRIALS = 30
NOISE = Recorded(
    scale=0.015,
    resemblance=0.4,
    bursts=Fall(0.2, 0.06, 0.9),
    states=Fall(0.15, 0.35, 0.7),
    one_thread=(np.random.default_rng(1).normal(0, 0.015, 20),),
    two_threads=(np.random.default_rng(2).standard_t(3, 20) * 0.03,),
)
SHAPES = {shape.name: shape for shape in shapes(NOISE)}


class TestNoise:
    def test_the_reference_run_gives_every_shape(self) -> None:
        found = scripted.recorded()
        assert 0 < found.scale < 0.2
        assert len(found.one_thread) > 2
        for shape in shapes(found):
            drawn = shape.draw(np.random.default_rng(1), 3, 20)
            assert drawn.shape == (3, 20)
            assert np.isfinite(drawn).all()

    @pytest.mark.parametrize("name", SHAPES)
    def test_no_side_is_preferred_unless_the_shape_says_so(self, name: str) -> None:
        shape = SHAPES[name]
        drawn = shape.draw(np.random.default_rng(1), 400, 80)
        middle = float(np.median(drawn.mean(axis=1)))
        assert abs(middle) < 0.01 or not shape.fair

    def test_states_that_last_are_told_from_scatter(self) -> None:
        rng = np.random.default_rng(3)
        cloud = rng.normal(0, 0.01, 40)
        assert fall_of(cloud) is None
        found = fall_of(cloud - np.repeat([0.0, 0.2, 0.0, 0.2], 10))
        assert found is not None
        assert found.depth == pytest.approx(0.2, abs=0.02)
        assert found.share == 0.5
        assert found.restless < 0.2

    def test_discarded_figures_and_short_comparisons_are_no_noise(self) -> None:
        cells = [cell(), cell("rapidmarc/record")]
        lines = [
            measurement(of, 1e6 + 1e3 * block, block=block) for block in range(20) for of in cells
        ]
        wild = [measurement(of, 1.0, block=20, discarded="calibration") for of in cells]
        two = [measurement(cell("rapidmarc/native", threads=2), 1e6, block=b) for b in range(20)]
        found = Recorded.of([*lines, *wild, *two])
        assert all(np.abs(series).max() < 0.03 for series in found.one_thread)
        with pytest.raises(ValueError, match="20 blocks"):
            Recorded.of(lines[:30])


@pytest.fixture(scope="module")
def counts() -> dict[str, Counter[str]]:
    return scripted.count_errors(NOISE, trials=TRIALS, processes=1)


class TestScriptedComparisons:
    def test_every_shape_is_judged_and_nothing_lost(self, counts: dict[str, Counter[str]]) -> None:
        assert set(counts) == set(SHAPES)
        for name, part in counts.items():
            assert part["trials"] == TRIALS
            assert (part["fair trials"] == TRIALS) == SHAPES[name].fair
            for truth in ("slow", "same"):
                verdicts = [
                    key for key in part if key.startswith(f"{truth} ") and "found" not in key
                ]
                assert sum(part[key] for key in verdicts) == part["gate trials"]

    def test_errors_are_as_rare_as_promised(self, counts: dict[str, Counter[str]]) -> None:
        """With so few trials only a gross breach shows; `make selftest` has over 10,000."""
        whole = [d for d in scripted.demands(counts) if d.noise == scripted.ALL]
        rates = {d.promise: d.share.rate for d in whole}
        assert rates["the same code is told apart"] <= 0.02
        assert rates["2% slower passes as at most 1% slower"] <= 0.05
        assert all(d.kept for d in whole if d.at_least)

    def test_the_same_seed_gives_the_same_counts_on_any_number_of_processes(self) -> None:
        one = scripted.count_errors(NOISE, trials=4, processes=1)
        assert scripted.count_errors(NOISE, trials=4, processes=2) == one

    def test_gates_judge_clear_cases(self) -> None:
        quiet = np.random.default_rng(5).normal(0, 0.005, 80)
        assert verdict_of(quiet) == "PASS"
        assert verdict_of(quiet - 0.05) == "FAIL"
        assert verdict_of(quiet - 0.01) == "INCONCLUSIVE"


class TestDemands:
    def test_at_most_is_kept_when_the_bound_keeps_the_limit(self) -> None:
        assert Demand("", "", Share(10, 1000), 0.02).kept
        assert not Demand("", "", Share(18, 1000), 0.02).kept  # the rate does, its bound does not

    def test_at_least_is_broken_when_the_figures_contradict_it(self) -> None:
        assert Demand("", "", Share(945, 1000), 0.95, at_least=True).kept
        assert not Demand("", "", Share(930, 1000), 0.95, at_least=True).kept

    def test_a_broken_promise_is_exit_code_1_and_shown(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = Demand("the truth is told", "drift", Share(5, 10), 0.02)
        monkeypatch.setattr(scripted, "count_errors", lambda noise, trials: {})
        monkeypatch.setattr(scripted, "demands", lambda counts: [broken])
        assert selftest("scripted") == 1
        assert "BROKEN" in capsys.readouterr().out


def selftest(*parts: str, runs: int = 1, folder: Path = Path("unused")) -> int:
    from rich.console import Console

    from harness.run import Silent

    return command.run(
        Console(width=200), Silent(), parts=parts, trials=5, runs=runs, whole=False,
        command="test", folder=folder,
    )  # fmt: skip


def outcome(
    twin: str = "none", slow: str = "slower", same: str = "PASS", less: str = "FAIL"
) -> Outcome:
    return Outcome({TWIN: twin, SLOW: slow}, {TWIN: same, SLOW: less}, 20, 0)


class TestRealComparisons:
    @pytest.mark.parametrize(
        ("odd", "kept"),
        [
            (outcome(), True),
            (outcome(slow="none"), True),  # one of twenty may be missed
            (outcome(twin="faster"), False),
            (outcome(same="FAIL"), False),
            (outcome(less="PASS"), False),
        ],
    )
    def test_one_odd_run_of_twenty(self, odd: Outcome, kept: bool) -> None:
        found = real.demands([odd, *[outcome()] * 19])
        assert all(demand.kept for demand in found) == kept

    def test_two_missed_slow_downs_are_one_too_many(self) -> None:
        found = real.demands([*[outcome(slow="none")] * 2, *[outcome()] * 18])
        assert not all(demand.kept for demand in found)

    def test_a_host_that_leaves_no_blocks_is_inconclusive_not_wrong(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        unseen = outcome(twin="undecided", slow="undecided", same="undecided", less="undecided")
        monkeypatch.setattr(real, "measure", lambda runner, runs, progress: [unseen])
        assert selftest("real", folder=tmp_path) == 2

    def test_one_real_run_is_measured_judged_and_kept(self, tmp_path: Path) -> None:
        runner = real.start(tmp_path, seed=1)
        found = real.measure(runner, runs=1, looks=(2,))
        lines = read_lines(runner.run.file)
        assert {line["cell"]["engine"] for line in lines[1:]} == {PLAIN, TWIN, SLOW}
        assert lines[0]["seed"] == 1
        assert found[0].blocks <= 2


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Other programs that keep cores busy, in fits and starts."""
    busy = (
        "import random, time\n"
        "while True:\n"
        "    end = time.monotonic() + random.uniform(0.05, 0.4)\n"
        "    while time.monotonic() < end: pass\n"
        "    time.sleep(random.uniform(0.0, 0.2))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, list[Line]]:
    """What two blocks come to while other programs keep both cores busy."""
    runner = real.start(tmp_path_factory.mktemp("busy"), seed=2)
    with load(2):
        found = real.measure(runner, runs=1, looks=(2,))
    return found[0], runner.run.lines


class TestBusyHost:
    def test_blocks_are_repeated_because_of_the_other_programs(
        self, disturbed: tuple[Outcome, list[Line]]
    ) -> None:
        found, lines = disturbed
        reasons = " ".join(str(line["discarded"]) for line in lines if line.get("discarded"))
        assert found.repeated > 0
        assert any(word in reasons for word in ("other programs", "calibration", "switches"))

    def test_no_wrong_verdict_comes_of_it(self, disturbed: tuple[Outcome, list[Line]]) -> None:
        found, _ = disturbed
        assert found.told[TWIN] in ("none", "undecided")
        assert found.gate[TWIN] != "FAIL"
        assert found.gate[SLOW] != "PASS"
