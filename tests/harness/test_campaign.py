"""A whole run from scripted answers: which verdict it ends with, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.campaign import Options, overall
from harness.disks import NotEvaluable
from harness.engines.protocol import Answer, Job, Missing
from harness.processes import WorkerFailed
from harness.results import ResultsError, RunFile

from .campaigns import OTHER_GATE, Made, inputs, scaling
from .measuring import (
    GATE,
    SWEEP,
    answer,
    scripted_sanitizer,
)

COMMIT = "0" * 40


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is being changed here meanwhile."""
    monkeypatch.setattr("harness.host.commit", lambda: (COMMIT, False))


class TestVerdicts:
    def test_a_clear_speed_up_passes_at_the_first_look(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.95))
        assert made.run() == ("PASS", 0)
        assert (made.verdict()["look"], made.verdict()["blocks"]) == (1, 20)

    def test_a_clear_lack_of_it_fails_and_is_explained(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.3))
        assert made.run() == ("FAIL", 1)
        assert made.verdict()["look"] == 1

    def test_a_ratio_at_the_threshold_is_looked_at_again(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.8))
        assert made.run() == ("INCONCLUSIVE", 2)
        assert (made.verdict()["look"], made.verdict()["blocks"]) == (2, 40)

    def test_a_low_ceiling_cannot_fail(self, tmp_path: Path) -> None:
        assert Made(tmp_path, scaling(1.3, ceiling=1.35)).run() == ("INCONCLUSIVE", 2)

    def test_one_core_cannot_be_judged(self, tmp_path: Path) -> None:
        assert Made(tmp_path, scaling(1.95), cores=1).run() == ("NOT EVALUABLE", 3)

    def test_a_short_run_looks_once(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.8), options=Options(seed=1, short=True))
        assert made.run() == ("INCONCLUSIVE", 2)
        assert made.verdict()["blocks"] == 20

    def test_wrong_output_fails_however_fast(self, tmp_path: Path) -> None:
        files = {"gates__c": GATE.replace('["fake/twin"]', '["fake/wrong"]')}
        made = Made(tmp_path, scaling(1.95), files=files)
        assert made.run() == ("FAIL", 1)
        assert any("wrong output" in reason for reason in made.verdict()["reasons"])

    def test_a_race_fails_however_fast(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.95), sanitize=scripted_sanitizer("race"))
        assert made.run() == ("FAIL", 1)

    @pytest.mark.parametrize("sanitizer", [True, False])
    def test_without_a_sanitizer_nothing_passes(self, tmp_path: Path, sanitizer: bool) -> None:
        made = Made(
            tmp_path,
            scaling(1.95),
            sanitize=scripted_sanitizer("could-not-run"),
            options=Options(seed=1, sanitizer=sanitizer),
        )
        assert made.run() == ("NOT EVALUABLE", 3)

    def test_a_lost_record_fails(self, tmp_path: Path) -> None:
        made = Made(tmp_path, lambda job: {**answer(job), "records": job["records"] - 1})
        assert made.run() == ("FAIL", 1)
        assert "counted" in made.verdict()["reasons"][0]

    def test_a_part_that_breaks_leaves_the_gate_unjudged(self, tmp_path: Path) -> None:
        def execute(job: Job) -> Answer:
            if job["engine"] == "ceiling":
                raise RuntimeError("no program")
            return answer(job)

        made = Made(tmp_path, execute)
        assert made.run() == ("NOT EVALUABLE", 3)
        assert "no program" in made.verdict()["reasons"][0]

    def test_a_part_that_goes_missing_under_a_reader_of_ours_is_no_failure_of_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.campaign.is_ours", lambda name: True)

        def run(reason: Exception) -> str:
            def execute(job: Job) -> Answer:
                raise reason

            return Made(tmp_path / type(reason).__name__, execute).run()[0]

        assert run(NotEvaluable("the page cache cannot be dropped")) == "NOT EVALUABLE"
        assert run(Missing("not built", "make build")) == "NOT EVALUABLE"
        assert run(WorkerFailed("died of signal 11")) == "FAIL"

    def test_a_missing_engine_is_named_with_its_remedy(self, tmp_path: Path) -> None:
        gone = {"fake/steady": Missing("not built", "make build")}
        made = Made(tmp_path, scaling(1.95), inputs=inputs(missing=gone))
        assert made.run() == ("NOT EVALUABLE", 3)
        assert "not built" in made.verdict()["reasons"]
        missing = made.campaign.run.of_kind("missing")
        assert ("fake/steady", "make build") in {(m["part"], m["install"]) for m in missing}

    def test_a_restless_host_is_inconclusive(self, tmp_path: Path) -> None:
        fast = scaling(1.95)
        calls: list[int] = []

        def execute(job: Job) -> Answer:
            calls.append(1)
            found = fast(job)
            return {**found, "host": {**found["host"], "steal_s": 0.5 * (len(calls) % 3 == 0)}}

        made = Made(tmp_path, execute)
        assert made.run() == ("INCONCLUSIVE", 2)
        assert made.verdict()["blocks_repeated"] > 0


class TestOrder:
    def test_fail_fast_stops_the_gates_after_it(self, tmp_path: Path) -> None:
        files = {"gates__c": GATE, "gates__n": OTHER_GATE}
        made = Made(tmp_path, scaling(1.3), files=files, options=Options(seed=1, fail_fast=True))
        assert made.run() == ("FAIL", 1)
        assert made.verdict("N")["verdict"] == "NOT EVALUABLE"
        assert "stopped after gate C" in made.verdict("N")["reasons"][0]
        assert {x["scenario"] for x in made.campaign.run.of_kind("measurement")} == {"gates/c"}

    def test_without_it_every_gate_is_judged(self, tmp_path: Path) -> None:
        files = {"gates__c": GATE, "gates__n": OTHER_GATE}
        made = Made(tmp_path, scaling(1.3), files=files)
        made.run()
        assert made.verdict("N")["verdict"] == "FAIL"

    def test_sweeps_come_after_the_gates(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.95), files={"gates__c": GATE, "sweep__x": SWEEP})
        made.run()
        lines = made.campaign.run.lines
        measured = [x["scenario"] for x in lines if x["kind"] == "measurement"]
        assert measured == sorted(measured)
        assert measured.count("sweep/x") == 10 * 2

    @pytest.mark.parametrize(
        ("verdicts", "name", "code"),
        [
            ([("PASS", 0), ("RECORDED", 0)], "PASS", 0),
            ([("PASS", 0), ("PASS (host-scaled)", 0)], "PASS (host-scaled)", 0),
            ([("PASS (host-scaled)", 3), ("PASS", 0)], "PASS (host-scaled)", 3),
            ([("NOT EVALUABLE", 3), ("INCONCLUSIVE", 2), ("FAIL", 1)], "FAIL", 1),
            ([("NOT EVALUABLE", 3), ("INCONCLUSIVE", 2)], "INCONCLUSIVE", 2),
            ([], "NOT EVALUABLE", 3),
        ],
    )
    def test_the_worst_stands_for_all(
        self, verdicts: list[tuple[str, int]], name: str, code: int
    ) -> None:
        assert overall([{"verdict": n, "exit_code": c} for n, c in verdicts], code) == name


class TestFiles:
    def test_the_verdict_file_says_whether_the_run_came_to_its_end(self, tmp_path: Path) -> None:
        made = Made(tmp_path, scaling(1.95))
        made.campaign.begin()
        file = made.campaign.run.folder / "verdict.json"
        assert json.loads(file.read_text())["complete"] is False
        assert json.loads(file.read_text())["exit_code"] != 0
        made.campaign.verify()
        made.campaign.sanitizer()
        made.campaign.gates()
        made.campaign.finish()
        content = json.loads(file.read_text())
        assert content["complete"] is True
        assert content["gates"] == {"C": "PASS"}
        assert content["run"] == made.campaign.run.name

    def test_an_interrupted_run_is_resumed_to_the_same_verdict(self, tmp_path: Path) -> None:
        calls: list[int] = []

        def interrupted(job: Job) -> Answer:
            calls.append(1)
            if len(calls) > 30:
                raise KeyboardInterrupt
            return scaling(1.95)(job)

        first = Made(tmp_path, interrupted)
        with pytest.raises(KeyboardInterrupt):
            first.run()
        name = first.campaign.run.name
        kept = RunFile.resume(name, tmp_path / "results").blocks_done("gates/c", "scaling")
        assert 0 < kept < 20
        again = Made(tmp_path, scaling(1.95))
        again.campaign.begin(resume=name)
        again.campaign.verify()
        again.campaign.sanitizer()
        again.campaign.gates()
        assert again.campaign.finish() == ("PASS", 0)
        assert again.campaign.run.blocks_done("gates/c", "scaling") == 20

    def begun(self, folder: Path) -> str:
        first = Made(folder, scaling(1.95))
        first.campaign.begin()
        return first.campaign.run.name

    def test_other_scenarios_are_not_added_to_a_run(self, tmp_path: Path) -> None:
        name = self.begun(tmp_path)
        again = Made(tmp_path, scaling(1.95), files={"gates__c": GATE + "\n# changed\n"})
        with pytest.raises(ResultsError, match="measured other scenarios; start a new run"):
            again.campaign.begin(resume=name)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("host", "another"), ("cores_usable", 4), ("python", "CPython 3.13"),
            ("compiler", "clang"), ("versions", {"rapidmarc": "2"}),
        ],
    )  # fmt: skip
    def test_another_host_or_build_is_not_added_to_a_run(
        self, tmp_path: Path, key: str, value: object
    ) -> None:
        name = self.begun(tmp_path)
        other = inputs()
        other.environment[key] = value
        with pytest.raises(ResultsError, match=rf"\({key} differs\); start a new run"):
            Made(tmp_path, scaling(1.95), inputs=other).campaign.begin(resume=name)

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ((COMMIT, False), ("1" * 40, False), "of another commit"),
            ((COMMIT, False), (COMMIT, True), "files differ from their commit"),
            ((COMMIT, True), (COMMIT, False), "files differ from their commit"),
        ],
    )
    def test_code_that_is_not_surely_the_same_is_not_added_to_a_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: object, after: object,
        said: str,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("harness.host.commit", lambda: before)
        name = self.begun(tmp_path)
        monkeypatch.setattr("harness.host.commit", lambda: after)
        with pytest.raises(ResultsError, match=said):
            Made(tmp_path, scaling(1.95)).campaign.begin(resume=name)

    def test_samples_of_a_short_run_are_not_added_to_those_of_a_whole_one(
        self, tmp_path: Path
    ) -> None:
        name = self.begun(tmp_path)
        short = Options("python -m harness gates --short", short=True)
        with pytest.raises(ResultsError, match="was begun without --short"):
            Made(tmp_path, scaling(1.95), options=short).campaign.begin(resume=name)
