"""How many processors there are, what the host is, and when it disturbed a block."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT, counters, host
from harness.host import Watch

from .measuring import QUIET


def v2(root: Path, place: str, limit: str) -> None:
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.max").write_text(limit)


def quota(tmp_path: Path, cgroup: str) -> float | None:
    proc = tmp_path / "cgroup"
    proc.write_text(cgroup)
    return host.cgroup_quota(proc, tmp_path / "fs")


class TestUsableCores:
    def test_without_a_limit_the_affinity_counts(self) -> None:
        assert host.usable_cores(affinity=6, quota=None) == 6

    @pytest.mark.parametrize(
        ("affinity", "limit", "usable"), [(8, 2.0, 2), (8, 2.9, 2), (2, 6.0, 2), (4, 0.5, 1)]
    )
    def test_a_quota_cuts_it_to_whole_processors(
        self, affinity: int, limit: float, usable: int
    ) -> None:
        assert host.usable_cores(affinity=affinity, quota=limit) == usable

    def test_this_host_has_some(self) -> None:
        assert 1 <= host.usable_cores() <= host.affinity_cores()


class TestCgroupQuota:
    def test_version_2(self, tmp_path: Path) -> None:
        v2(tmp_path / "fs", "a/b", "150000 100000")
        assert quota(tmp_path, "0::/a/b\n") == 1.5

    def test_the_tightest_level_counts(self, tmp_path: Path) -> None:
        v2(tmp_path / "fs", "a", "200000 100000")
        v2(tmp_path / "fs", "a/b", "400000 100000")
        assert quota(tmp_path, "0::/a/b\n") == 2.0

    def test_no_limit(self, tmp_path: Path) -> None:
        v2(tmp_path / "fs", "a", "max 100000")
        assert quota(tmp_path, "0::/a\n") is None

    @pytest.mark.parametrize("mounted", ["cpu", "cpu,cpuacct"])
    def test_version_1(self, tmp_path: Path, mounted: str) -> None:
        folder = tmp_path / "fs" / mounted / "job"
        folder.mkdir(parents=True)
        (folder / "cpu.cfs_quota_us").write_text("300000")
        (folder / "cpu.cfs_period_us").write_text("100000")
        assert quota(tmp_path, "4:cpu,cpuacct:/job\n0::/\n") == 3.0

    def test_version_1_without_a_limit(self, tmp_path: Path) -> None:
        folder = tmp_path / "fs" / "cpu" / "job"
        folder.mkdir(parents=True)
        (folder / "cpu.cfs_quota_us").write_text("-1")
        (folder / "cpu.cfs_period_us").write_text("100000")
        assert quota(tmp_path, "4:cpu:/job\n") is None

    def test_no_cgroup_at_all(self, tmp_path: Path) -> None:
        assert host.cgroup_quota(tmp_path / "absent", tmp_path) is None


class TestFingerprint:
    def test_it_has_what_a_figure_may_depend_on(self) -> None:
        found = host.fingerprint({"pymarc": "5.4.0"})
        for key in (
            "host", "cpu_model", "cores_usable", "cgroup_quota", "kernel", "os", "python",
            "compiler", "governor", "simd", "caches", "memory_bytes", "gil",
        ):  # fmt: skip
            assert key in found
        assert found["versions"] == {"pymarc": "5.4.0"}
        json.dumps(found)


class TestDisturbance:
    def block(self, threads: int = 1, **changed: float) -> list[tuple[int, dict[str, float]]]:
        return [(threads, dict(QUIET)), (threads, {**QUIET, **changed})]

    def watch(self) -> Watch:
        """A watch that knows what is usual."""
        watch = Watch()
        for _ in range(6):
            assert watch.disturbed_cell("one", QUIET) is None
        return watch

    def test_a_quiet_block_is_kept(self) -> None:
        assert self.watch().disturbed_block(self.block(), 2) is None

    def test_stolen_time(self) -> None:
        assert "stolen time" in (Watch.disturbed_block(self.block(steal_s=0.2), 2) or "")
        assert Watch.disturbed_block(self.block(steal_s=0.01), 2) is None

    def test_time_stolen_from_a_few_threads_is_seen_on_a_host_of_many_cores(self) -> None:
        assert "stolen time" in (Watch.disturbed_block(self.block(steal_s=0.2), 64) or "")
        assert "stolen time" in (Watch.disturbed_block(self.block(4, steal_s=0.4), 64) or "")
        assert Watch.disturbed_block(self.block(64, steal_s=0.4), 64) is None

    def test_other_programs(self) -> None:
        assert "other programs" in (Watch.disturbed_block(self.block(foreign_s=0.9), 2) or "")
        assert Watch.disturbed_block(self.block(foreign_s=0.1), 2) is None

    @pytest.mark.parametrize("factor", [1.13, 0.88])
    def test_a_cell_measured_at_another_speed_than_the_block(self, factor: float) -> None:
        (strayed,) = Watch.strayed([1_000_000, 1_010_000, int(1_000_000 * factor)]).items()
        assert strayed[0] == 2
        assert "calibration" in strayed[1]

    @pytest.mark.parametrize("factor", [1.08, 0.92])
    def test_speeds_within_a_tenth_are_one(self, factor: float) -> None:
        assert Watch.strayed([1_000_000, 1_000_000, int(1_000_000 * factor)]) == {}

    def test_of_two_speeds_as_frequent_the_latest_counts(self) -> None:
        assert list(Watch.strayed([1_000_000, 1_500_000])) == [0]
        assert list(Watch.strayed([1_000_000, 1_000_000, 1_500_000])) == [2]

    def test_what_is_not_calibrated_does_not_stray(self) -> None:
        assert Watch.strayed([0, 1_000_000, 0]) == {}
        assert Watch.strayed([0]) == {}

    def test_far_more_involuntary_switches_than_usual(self) -> None:
        reason = self.watch().disturbed_cell("one", {**QUIET, "involuntary_switches": 500})
        assert reason is not None
        assert "switches" in reason
        assert self.watch().disturbed_cell("one", {**QUIET, "involuntary_switches": 20}) is None

    def test_usual_is_learned_for_each_cell(self) -> None:
        watch = Watch()
        for _ in range(6):
            watch.disturbed_cell("many", {**QUIET, "involuntary_switches": 400})
        assert watch.disturbed_cell("many", {**QUIET, "involuntary_switches": 500}) is None

    def test_the_first_cells_have_nothing_to_be_compared_with(self) -> None:
        assert Watch().disturbed_cell("one", {**QUIET, "involuntary_switches": 900}) is None

    def test_a_cell_that_changed_for_good_becomes_the_usual(self) -> None:
        watch = self.watch()
        changed = {**QUIET, "involuntary_switches": 500}
        reasons = [watch.disturbed_cell("one", changed) for _ in range(40)]
        assert reasons[0] is not None
        assert reasons[-1] is None


class TestCounters:
    def test_calibration_takes_time(self) -> None:
        assert counters.calibrate() > 0

    def test_stolen_time_never_goes_back(self) -> None:
        before = counters.stolen_seconds()
        assert counters.stolen_seconds() >= before >= 0

    @pytest.mark.parametrize(("busy", "own", "foreign"), [(5.0, 3.0, 2.0), (3.0, 3.02, 0.0)])
    def test_work_of_our_own_is_not_foreign(
        self, monkeypatch: pytest.MonkeyPatch, busy: float, own: float, foreign: float
    ) -> None:
        both = {"busy": 100.0, "own": 10.0}
        monkeypatch.setattr(counters, "busy_seconds", lambda: both["busy"])
        monkeypatch.setattr(counters, "own_seconds", lambda: both["own"])
        watched = counters.Foreign()
        both["busy"] += busy
        both["own"] += own
        assert watched.seconds() == pytest.approx(foreign)

    def test_work_of_processes_that_ended_is_our_own(self) -> None:
        busy, own = counters.busy_seconds(), counters.own_seconds()
        subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
        assert counters.own_seconds() > own
        assert counters.busy_seconds() >= busy > 0

    def test_the_peak_can_be_forgotten(self) -> None:
        """In a process of its own, as in a measurement: this one has a history."""
        program = """
from harness import counters
held = bytearray(64 << 20)
held[::4096] = b"x" * len(held[::4096])
high = counters.peak_bytes()
del held
counters.forget_peak()
assert counters.resident_bytes() <= counters.peak_bytes() <= high
assert high - counters.peak_bytes() > 32 << 20, (high, counters.peak_bytes())
"""
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)

    def test_switches_are_counted_from_the_start(self) -> None:
        figures = counters.Switches().figures()
        assert set(figures) == {
            "involuntary_switches", "voluntary_switches", "minor_faults", "major_faults",
        }  # fmt: skip
        assert all(value >= 0 for value in figures.values())
