"""Broken files: what readers give of them is counted; the report shows it, and the worst cases."""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness.broken import look
from harness.corpora import broken as files
from harness.corpora import worst
from harness.engines import load_engine
from harness.engines.protocol import Answer, Job
from harness.engines.yaz_marcdump import YazMarcdump
from harness.model import Broken
from harness.processes import WorkerFailed
from harness.report import broken as report
from harness.report.data import Run
from harness.show import broken_word
from harness.worker import take_numbers

from .measuring import QUIET, cell


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files.file_of, "__defaults__", (tmp_path,))
    return tmp_path


def line(**changes: Any) -> dict[str, Any]:
    usual = {"engine": "pymarc", "fault": "LF", "good": 3, "delivered": 3, "others": 0}
    return {"kind": "broken", "ended": None, **usual, **changes}


class TestLooking:
    WANTED = (Broken("faults", ("pymarc", "rmarc")),)

    def test_counts_the_good_records_the_others_and_what_ended_the_reading(self) -> None:
        def take(job: Job, limit: float) -> Answer:
            assert job["mode"] == "numbers"
            return {"numbers": ["before", "bad", "last"], "ended": "ValueError"}

        lines = look(self.WANTED, {"pymarc": "5.4.0"}, take=take)
        assert [line["fault"] for line in lines] == list(files.FAULTS)
        assert {line["engine"] for line in lines} == {"pymarc"}  # the other is not here
        assert lines[0] == line(fault="length short", delivered=2, others=1, ended="ValueError")

    def test_a_reader_that_dies_has_given_nothing(self) -> None:
        def take(job: Job, limit: float) -> Answer:
            raise WorkerFailed("killed by signal 11")

        found = look(self.WANTED, {"rmarc": "1"}, take=take)[0]
        assert (found["delivered"], found["ended"]) == (0, "killed by signal 11")

    @pytest.mark.parametrize(
        "failure",
        [
            subprocess.CalledProcessError(2, "yaz-marcdump"),
            subprocess.TimeoutExpired("yaz-marcdump", 60),
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        ],
    )
    def test_a_program_that_fails_has_given_nothing(
        self, failure: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def numbers(self: YazMarcdump, file: str) -> list[str]:
            raise failure

        monkeypatch.setattr(YazMarcdump, "numbers", numbers)
        found = look((Broken("faults", ("yaz-marcdump",)),), {"yaz-marcdump": "1"})[0]
        assert (found["delivered"], found["ended"]) == (0, str(failure))

    def test_a_program_that_does_not_tell_its_records_is_no_reason_to_stop(self) -> None:
        name = "whole-process/pymarc"
        found = look((Broken("faults", (name,)),), {name: "1"})
        assert {line["ended"] for line in found} == {f"{name} does not tell which records it read"}

    def test_skipping_gives_all_good_records_and_salvage_more(self) -> None:
        salvaged = 0
        for fault, name in product(files.FAULTS, ("rapidmarc/skip", "rapidmarc/salvage")):
            job: Job = {
                "mode": "numbers", "engine": name, "source": "path", "threads": 1,
                "file": str(files.file_of(fault)), "threads_kind": "readers",
                "batch_size": "auto",
            }  # fmt: skip
            answer = take_numbers(load_engine(name), job)  # type: ignore[arg-type]
            assert answer["ended"] is None
            others = [number for number in answer["numbers"] if number not in files.GOOD]
            assert [n for n in answer["numbers"] if n in files.GOOD] == list(files.GOOD)
            assert others in ([], ["bad"]) and (name != "rapidmarc/skip" or not others)
            salvaged += len(others)
        assert salvaged


class TestWorstCases:
    @pytest.mark.parametrize("kind", worst.UNITS)
    def test_are_records_of_the_greatest_size_or_damage(self, kind: str) -> None:
        unit = worst.UNITS[kind]()
        assert 60_000 <= len(unit) <= 140_000
        if kind in ("delimiters", "subfields", "empty-fields", "large", "marks"):
            assert len(unit) == int(unit[:5]) > 99_000

    def test_are_repeated_up_to_their_size(self, tmp_path: Path) -> None:
        with (tmp_path / "x").open("w+b") as file:
            worst.write(file, "worst-large", 250_000)
        assert (tmp_path / "x").stat().st_size == 3 * len(worst.UNITS["large"]())

    def test_of_each_kind_come_in_three_sizes(self) -> None:
        names = [name for name, *_ in worst.known()]
        sizes = ("small", "medium", "large")
        assert names == [f"{kind}-{size}" for kind in worst.UNITS for size in sizes]


def measured(size: str, megabytes: int, seconds: float) -> dict[str, Any]:
    where = cell(engine="rapidmarc/native", corpus=f"worst-marks-{size}", source="path")
    return {
        "kind": "measurement", "scenario": "sweep/worst_cases", "comparison": "records",
        "block": 0, "attempt": 0, "look": 1, "order": 0, "role": "cell", "cell": where.as_dict(),
        "seconds": seconds, "passes": [seconds], "records": 10, "bytes": megabytes * 1_000_000,
        "records_per_s": 10 / seconds, "peak_rss_bytes": None, "baseline_rss_bytes": None,
        "stats": {}, "host": QUIET, "discarded": None,
    }  # fmt: skip


class TestReport:
    def test_a_fault_is_a_row_and_an_engine_a_column(self, tmp_path: Path) -> None:
        lines = [line(), line(engine="rmarc", delivered=1, others=2, ended="ValueError")]
        section = report.faults(Run(tmp_path, lines))
        (table,) = section.tables
        assert table.rows == (("LF", "3 of 3", "1 of 3 + 2, then ValueError"),)
        assert section.notes[0] == "pymarc gives all good records in 1 of 1 files."
        assert broken_word(lines[1]) == table.rows[0][2]

    def test_without_broken_files_there_is_no_table(self, tmp_path: Path) -> None:
        assert not report.faults(Run(tmp_path, [])).tables
        assert not report.worst_cases(Run(tmp_path, [])).tables

    @pytest.mark.parametrize(
        ("seconds", "exponent", "word"),
        [((0.1, 0.4, 1.6), "1.00", "linear"), ((0.1, 1.6, 25.6), "2.00", "more than linear")],
    )
    def test_cost_is_linear_or_not(
        self, seconds: tuple[float, ...], exponent: str, word: str, tmp_path: Path
    ) -> None:
        sizes = zip(("small", "medium", "large"), (1, 4, 16), seconds, strict=True)
        section = report.worst_cases(Run(tmp_path, [measured(*size) for size in sizes]))
        (table,) = section.tables
        assert table.rows[0][:3] == ("marks", "rapidmarc/native", "read")
        assert table.rows[0][-2:] == (exponent, word)
        assert table.rows[0][4] == "100.00"  # nanoseconds a byte of the smallest
        assert bool(table.marked) == (word != "linear")
