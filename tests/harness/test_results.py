"""The file of a run: checked, appended to, never rewritten, resumable."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness import results
from harness.results import ResultsError, RunFile

from .measuring import QUIET, cell, header, new_run, sanitizer_lines

MEASUREMENT: dict[str, Any] = {
    "kind": "measurement",
    "scenario": "sweep/fake",
    "comparison": "sleep",
    "block": 0,
    "attempt": 0,
    "look": 1,
    "order": 0,
    "role": "cell",
    "cell": cell().as_dict(),
    "seconds": 1.0,
    "passes": [1.0],
    "records": 10,
    "bytes": 100,
    "records_per_s": 10.0,
    "peak_rss_bytes": None,
    "baseline_rss_bytes": None,
    "stats": {},
    "host": QUIET,
    "discarded": None,
}
MISSING = {"kind": "missing", "part": "rmarc", "reason": "absent", "install": "pip install rmarc"}
VERIFICATION = {
    "kind": "verification",
    "corpus": "loc-small",
    "engine": "pymarc",
    "options": {},
    "records": 1,
    "digest": "ab",
    "reference_digest": "ab",
    "agrees": True,
    "ranked": True,
    "finding": None,
}
VERDICT = {
    "kind": "verdict",
    "gate": "C",
    "verdict": "PASS",
    "exit_code": 0,
    "claim": "It is fast.",
    "threshold": 1.8,
    "effective_threshold": 1.8,
    "look": 1,
    "blocks": 20,
    "blocks_repeated": 0,
    "estimates": [],
    "reasons": [],
    "breakdown": None,
}


def block(number: int, cells: int = 2) -> list[dict[str, Any]]:
    return [{**MEASUREMENT, "block": number, "order": order} for order in range(cells)]


class TestSchema:
    @pytest.mark.parametrize(
        "line",
        [header(), MEASUREMENT, MISSING, VERIFICATION, VERDICT, *sanitizer_lines()[:1]],
        ids=lambda line: line["kind"],
    )
    def test_each_kind_of_line_is_known(self, line: dict[str, Any]) -> None:
        results.check(line)

    @pytest.mark.parametrize(
        ("line", "changed"),
        [
            (MEASUREMENT, {"seconds": -1}),
            (MEASUREMENT, {"passes": []}),
            (MEASUREMENT, {"cell": {**MEASUREMENT["cell"], "threads_kind": "both"}}),
            (MEASUREMENT, {"cell": {**MEASUREMENT["cell"], "batch_size": "large"}}),
            (MEASUREMENT, {"unheard_of": 1}),
            (MISSING, {"install": None}),
            (VERDICT, {"verdict": "GREEN"}),
            (VERDICT, {"exit_code": 64}),
            (VERIFICATION, {"agrees": "yes"}),
            (VERIFICATION, {"kind": "remark"}),
        ],
    )
    def test_a_line_that_does_not_fit_is_refused(
        self, line: dict[str, Any], changed: dict[str, Any]
    ) -> None:
        with pytest.raises(ResultsError):
            results.check({**line, **changed})

    def test_a_missing_key_is_named(self) -> None:
        line = {key: value for key, value in MEASUREMENT.items() if key != "passes"}
        with pytest.raises(ResultsError, match="passes"):
            results.check(line)


class TestAppending:
    def test_lines_are_kept_in_order_and_earlier_bytes_do_not_change(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.append(MISSING)
        before = run.file.read_bytes()
        run.append(*block(0))
        assert run.file.read_bytes().startswith(before)
        assert results.read_lines(run.file) == run.lines
        assert [line["kind"] for line in run.lines[:2]] == ["header", "missing"]

    def test_a_refused_line_leaves_nothing_behind(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        before = run.file.read_bytes()
        with pytest.raises(ResultsError):
            run.append(MISSING, {"kind": "missing"})
        assert run.file.read_bytes() == before
        assert len(run.lines) == 1

    def test_no_number_that_json_does_not_have(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        with pytest.raises(ValueError, match="JSON"):
            run.append({**MEASUREMENT, "seconds": float("inf")})

    def test_a_run_is_not_overwritten(self, tmp_path: Path) -> None:
        new_run(tmp_path)
        with pytest.raises(ResultsError, match="exists"):
            new_run(tmp_path)

    def test_names_sort_by_time(self) -> None:
        early = results.new_run_name("My Host", datetime(2024, 2, 3, 4, 5, 6))
        late = results.new_run_name("a", datetime(2024, 11, 3))
        assert early == "2024-02-03T040506-my-host"
        assert early < late


class TestResuming:
    def test_whole_blocks_are_counted(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.append(*block(0))
        run.append(*({**line, "discarded": "stolen"} for line in block(1)))
        again = RunFile.resume("run", tmp_path)
        assert again.blocks_done("sweep/fake", "sleep") == 1
        assert again.blocks_done("sweep/fake", "other") == 0

    def test_a_cut_line_is_dropped(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.append(*block(0))
        whole = run.file.read_bytes()
        run.file.write_bytes(whole + b'{"kind": "measur')
        again = RunFile.resume("run", tmp_path)
        assert again.lines == run.lines
        assert run.file.read_bytes() == whole

    def test_a_cut_block_is_dropped_with_its_lines(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.append(*block(0))
        whole = run.file.read_bytes()
        run.append(block(1)[0])
        again = RunFile.resume("run", tmp_path)
        assert again.blocks_done("sweep/fake", "sleep") == 1
        assert run.file.read_bytes() == whole
        again.append(*block(1))
        assert RunFile.resume("run", tmp_path).blocks_done("sweep/fake", "sleep") == 2

    def test_what_is_not_a_run_cannot_be_resumed(self, tmp_path: Path) -> None:
        with pytest.raises(ResultsError, match="no run"):
            RunFile.resume("absent", tmp_path)
        (tmp_path / "odd").mkdir()
        (tmp_path / "odd" / "run.jsonl").write_text('{"kind": "missing"}\n')
        with pytest.raises(ResultsError, match="header"):
            RunFile.resume("odd", tmp_path)
        (tmp_path / "odd" / "run.jsonl").write_text("not json\n")
        with pytest.raises(ResultsError, match="line 1"):
            RunFile.resume("odd", tmp_path)


class TestVerdictFile:
    def test_it_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        run = new_run(tmp_path)
        run.write_verdict("INCONCLUSIVE", 2, complete=False, gates={})
        run.write_verdict("PASS", 0, complete=True, gates={"C": "PASS"})
        content = json.loads((run.folder / "verdict.json").read_text())
        assert (content["run"], content["verdict"], content["exit_code"]) == ("run", "PASS", 0)
        assert content["complete"] is True
        assert content["gates"] == {"C": "PASS"}
        assert [file.name for file in run.folder.iterdir() if file.suffix == ".part"] == []
