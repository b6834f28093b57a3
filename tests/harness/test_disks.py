"""Where bytes lie while they are read: proved, limited by the kernel, and cleaned up after."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness import CORPORA, ROOT, disks, doctor, profiles, results, throttle
from harness.corpora import Corpus, get
from harness.costs import Costs
from harness.disks import LIMITS, NotEvaluable
from harness.janitor import FILE, GROUP, Janitor, clean
from harness.plan import PlannedCell, impossible
from harness.profiles import Profiles
from harness.throttle import Limits, NoThrottle

from .measuring import cell

ROOMY = Limits(100_000_000, 1_000)


@pytest.fixture(scope="module")
def small() -> Corpus:
    return get("generated-small")


def can_throttle() -> bool:
    return doctor.disk_obstacles(1).keys().isdisjoint(disks.THROTTLED)


class TestProfiles:
    def test_page_cache_is_the_file_itself_and_lies_in_memory(self, small: Corpus) -> None:
        profiles = Profiles()
        profiles.open("page-cache", small.path)
        assert profiles.place(small.path, "page-cache") == small.path
        assert profiles.lines[0]["resident_share"] == 1.0

    def test_tmpfs_is_a_copy_that_is_removed(self, small: Corpus) -> None:
        profiles = Profiles()
        copy = profiles.place(small.path, "tmpfs")
        assert copy == profiles.place(small.path, "tmpfs")
        assert copy.read_bytes() == small.path.read_bytes()
        profiles.close()
        assert not copy.exists()
        assert small.path.exists()

    @pytest.mark.parametrize("profile", ["cold", "hdd", "network"])
    def test_cold_and_limited_ones_start_with_nothing_in_memory(
        self, small: Corpus, profile: str
    ) -> None:
        profiles = Profiles()
        try:
            profiles.open(profile, small.path)
        except NotEvaluable as reason:
            assert str(reason)  # the host cannot, and says why
        else:
            line = profiles.lines[0]
            results.check(line)
            assert line["resident_share"] <= disks.MOST_RESIDENT
            assert line["bytes_per_s"] > 0
            assert line["latency_s"] > 0
        finally:
            profiles.close()

    def test_a_limit_that_the_device_does_not_come_near_is_not_evaluable(
        self, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(LIMITS, "nvme", Limits(10**13, 10**9))
        profiles = Profiles()
        with pytest.raises(NotEvaluable, match=r"stands for|permission|block device|offers"):
            profiles.open("nvme", small.path)
        profiles.close()
        assert profiles.lines == []

    def test_only_reading_under_the_profile_is_limited(self, small: Corpus) -> None:
        profiles = Profiles()
        here = Path("/proc/self/cgroup").read_text()
        with profiles.joined("cold"):
            assert Path("/proc/self/cgroup").read_text() == here
        if can_throttle():
            group = throttle.make("test", ROOMY, throttle.device_of(CORPORA))
            with group.joined():
                assert str(os.getpid()) in (group.folder / "cgroup.procs").read_text().split()
            throttle.remove(group.folder)
        assert Path("/proc/self/cgroup").read_text() == here

    def test_where_nothing_passes_by_the_page_cache_pages_are_read_through_it(
        self, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        really, dropped = os.open, []

        def refuse(path: Any, flags: int, *more: Any) -> int:
            if flags & os.O_DIRECT:
                raise OSError(errno.EINVAL, "no direct reading here")
            return really(path, flags, *more)

        monkeypatch.setattr(profiles.os, "open", refuse)
        monkeypatch.setattr(profiles, "drop", dropped.append)
        found = profiles.probe(small.path, cold=True)
        assert found["latency_s"] > 0
        assert dropped == [small.path] * 2  # what the first reading brought in is no latency

    def test_an_empty_file_is_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert disks.resident_share(tmp_path / "empty") == 0


class TestControlGroups:
    """On folders that look like the kernel's, so that both versions are seen on every host."""

    def v1(self, root: Path) -> Path:
        (root / "blkio").mkdir(parents=True)
        for name in throttle.V1_FILES:
            (root / "blkio" / name).touch()
        return root

    def v2(self, root: Path, controllers: str = "cpu io") -> Path:
        (root / "cgroup.controllers").write_text(controllers)
        (root / "cgroup.subtree_control").write_text("cpu")
        return root

    def proc(self, folder: Path, text: str) -> Path:
        file = folder / "proc-cgroup"
        file.write_text(text)
        return file

    def test_version_1_has_a_file_for_each_limit(self, tmp_path: Path) -> None:
        proc = self.proc(tmp_path, "7:blkio:/jobs\n")
        group = throttle.make("hdd", ROOMY, "8:0", self.v1(tmp_path), proc)
        assert [(group.folder / f).read_text() for f in throttle.V1_FILES] == [
            "8:0 100000000",
            "8:0 1000",
        ]
        assert group.home == tmp_path / "blkio" / "jobs"

    def test_version_2_has_one_line_and_its_controller_is_switched_on(self, tmp_path: Path) -> None:
        proc = self.proc(tmp_path, "0::/user\n")
        group = throttle.make("hdd", ROOMY, "8:0", self.v2(tmp_path), proc)
        assert (group.folder / "io.max").read_text() == "8:0 rbps=100000000 riops=1000"
        assert (tmp_path / "cgroup.subtree_control").read_text() == "+io"
        assert group.home == tmp_path / "user"

    def test_a_process_joins_and_leaves(self, tmp_path: Path) -> None:
        proc = self.proc(tmp_path, "7:blkio:/\n")
        group = throttle.make("hdd", ROOMY, "8:0", self.v1(tmp_path), proc)
        with group.joined():
            assert (group.folder / "cgroup.procs").read_text() == str(os.getpid())
        assert (group.home / "cgroup.procs").read_text() == str(os.getpid())

    def test_what_is_missing_is_named(self, tmp_path: Path) -> None:
        assert throttle.obstacle(tmp_path) == "this kernel offers neither io.max nor blkio.throttle"
        assert throttle.obstacle(self.v2(tmp_path, "cpu")) == "the cgroup has no io controller"
        with pytest.raises(NoThrottle, match="io controller"):
            throttle.make("hdd", ROOMY, "8:0", tmp_path)

    def test_a_folder_that_cannot_be_written_is_no_group(self, tmp_path: Path) -> None:
        root = self.v1(tmp_path)
        (root / "blkio" / f"{throttle.NAME}-{os.getpid()}-hdd").touch()  # in the way
        with pytest.raises(NoThrottle, match="no control group could be made"):
            throttle.make("hdd", ROOMY, "8:0", root)

    def test_the_device_of_a_partition_is_the_whole_disk(self, tmp_path: Path) -> None:
        number = os.stat(tmp_path).st_dev
        block = tmp_path / "dev" / "block"
        disk = tmp_path / "devices" / "sda"
        (disk / "sda1").mkdir(parents=True)
        (disk / "dev").write_text("8:0\n")
        (disk / "sda1" / "partition").write_text("1\n")
        block.mkdir(parents=True)
        name = f"{os.major(number)}:{os.minor(number)}"
        (block / name).symlink_to(disk / "sda1")
        if os.major(number) == 0:
            with pytest.raises(NoThrottle, match="no block device"):
                throttle.device_of(tmp_path, tmp_path)
        else:
            assert throttle.device_of(tmp_path, tmp_path) == "8:0"

    def test_groups_of_dead_runs_are_leftovers_and_those_of_living_ones_are_not(
        self, tmp_path: Path
    ) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        for pid in (ended.pid, os.getpid()):
            (tmp_path / "blkio" / f"{throttle.NAME}-{pid}-hdd").mkdir(parents=True)
        assert [place.name for place in throttle.leftovers(tmp_path)] == [
            f"{throttle.NAME}-{ended.pid}-hdd"
        ]


class TestPlanning:
    @pytest.mark.parametrize("disk", disks.COLD)
    @pytest.mark.parametrize(
        ("other", "reason"),
        [
            ({"source": "bytesio"}, "reads no disk"),
            ({"engine": "yaz-marcdump", "source": "path"}, "only the first would be cold"),
        ],
    )
    def test_what_cannot_be_read_cold_is_left_out(
        self, disk: str, other: dict[str, str], reason: str
    ) -> None:
        found = impossible(cell(disk=disk, **other))
        assert found is not None
        assert reason in found

    def test_a_slow_disk_is_expected_to_take_its_time(self) -> None:
        def expected(disk: str) -> float:
            planned = PlannedCell(
                cell("rapidmarc/batched", corpus="loc-large", disk=disk), "cell", 1, "none", 1, ""
            )
            return Costs(None).expected(planned, 2)

        assert expected("hdd") > 242e6 / LIMITS["hdd"].bytes_per_s > expected("page-cache")


HOLD = """
import sys, time
from pathlib import Path
from harness.disks import NotEvaluable
from harness.profiles import Profiles
profiles, file = Profiles(), Path(sys.argv[1])
print(profiles.place(file, "tmpfs"), flush=True)
try:
    profiles.open("hdd", file)
except NotEvaluable as reason:
    said = reason  # no right to limit, or a device too busy for the profile
group = profiles._groups.get("hdd")
print(group.folder if group else said, flush=True)
time.sleep(60)
"""


class TestCleaning:
    def test_what_is_named_is_taken_away_when_the_run_closes(self, tmp_path: Path) -> None:
        copy = tmp_path / "copy with a space"
        copy.touch()
        janitor = Janitor()
        janitor.file(copy)
        assert copy.exists()
        janitor.close()
        assert not copy.exists()

    def test_nothing_to_take_away_starts_nothing(self) -> None:
        Janitor().close()

    def test_what_is_gone_already_is_no_error(self, tmp_path: Path) -> None:
        clean(FILE, tmp_path / "gone")
        clean(GROUP, tmp_path / "gone")

    def test_a_killed_run_leaves_neither_groups_nor_copies(self, small: Corpus) -> None:
        run = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(small.path)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert run.stdout is not None
        places = [Path(run.stdout.readline().strip()) for _ in range(2)]
        assert places[0].exists()
        assert places[1].is_dir() == can_throttle()
        run.send_signal(signal.SIGKILL)
        run.wait()
        for _ in range(600):
            if not any(place.exists() for place in places):
                break
            time.sleep(0.05)
        assert not any(place.exists() for place in places)
        run.stdout.close()
