"""Engines that are programs, and probes whose figure is no rate: what they give, never how much."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from harness.corpora import Corpus, get
from harness.engines import load_engine, whole_process
from harness.engines.protocol import Job, Missing, ProgramEngine
from harness.processes import execute, run_worker
from harness.run import HYPERFINE_FILE, Runner

from .measuring import answer, cell, comparison, new_run


@pytest.fixture(scope="module")
def small() -> Corpus:
    return get("generated-small")


def job(corpus: Corpus, engine: str, **other: Any) -> Job:
    known = {
        "mode": "measure", "engine": engine, "work": engine, "workload": "read", "source": "path",
        "file": str(corpus.path), "disk": "page-cache", "threads": 1, "threads_kind": "workers",
        "batch_size": "auto", "iterations": 1, "records": corpus.records, "bytes": corpus.bytes,
        "passes": 2, "warmup": "none",
    }  # fmt: skip
    return cast("Job", {**known, **other})


def present(name: str) -> ProgramEngine | None:
    """The engine, or None where its program is missing: then it must say how to get it."""
    engine = load_engine(name)
    assert isinstance(engine, ProgramEngine)
    try:
        engine.version()
    except Missing as missing:
        assert "install" in missing.install
        return None
    return engine


class TestPrograms:
    @pytest.mark.parametrize("name", list(whole_process.ENGINES))
    def test_a_whole_process_counts_the_records(self, small: Corpus, name: str) -> None:
        engine = present(name)
        if engine is None:
            pytest.skip(f"{name} is not installed")
        assert engine.count(str(small.path)) == small.records
        found = execute(job(small, name))
        assert found["records"] == small.records
        assert found["hyperfine"]["times"] == found["passes"]

    def test_marc_batch_does_every_workload(self, small: Corpus) -> None:
        engine = present("marc-batch")
        if engine is None:
            pytest.skip("MARC::Batch is not installed")
        assert engine.count(str(small.path)) == small.records
        for workload in engine.workloads:
            assert execute(job(small, "marc-batch", workload=workload))["records"] == small.records

    def test_without_its_program_an_engine_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", os.devnull)
        for name in ("marc-batch", "whole-process/rapidmarc", "dd"):
            with pytest.raises(Missing, match="not installed"):
                load_engine(name).version()

    @pytest.mark.parametrize("disk", ["page-cache", "cold"])
    def test_dd_reads_the_file_as_often_as_it_is_told(self, small: Corpus, disk: str) -> None:
        found = execute(job(small, "dd", disk=disk, iterations=2))
        assert len(found["passes"]) == 2
        assert found["peak_rss_bytes"] is None

    def test_what_hyperfine_exports_stays_beside_the_run(self, tmp_path: Path) -> None:
        export = {"command": "count", "times": [0.5, 0.6]}
        run = new_run(tmp_path)
        runner = Runner(
            run, 1, 2, lambda job: {**answer(job), "hyperfine": export}, lambda *_: Path("file")
        )
        runner.up_to(comparison(cell(), blocks=2), 2)
        lines = [json.loads(line) for line in (run.folder / HYPERFINE_FILE).open()]
        assert [line["block"] for line in lines] == [0, 1]
        assert lines[0]["results"] == [export]
        assert lines[0]["cell"] == cell().as_dict()


class TestBulkCall:
    @pytest.mark.parametrize("source", ["path", "bytes"])
    @pytest.mark.parametrize("threads", [1, 2])
    def test_mrrc_parses_the_whole_file_at_once(
        self, small: Corpus, source: str, threads: int
    ) -> None:
        bulk = job(small, "mrrc/parallel", source=source, threads=threads)
        try:
            found = execute(bulk)
        except Missing as missing:
            assert "pip install" in missing.install
            pytest.skip("mrrc is not installed")
        assert found["records"] == small.records

    def test_its_records_are_those_of_its_reader(self, small: Corpus) -> None:
        digests = []
        for engine in ("mrrc/parallel", "mrrc"):
            try:
                digests.append(run_worker(job(small, engine, mode="digest"))["digest"])
            except Missing as missing:
                pytest.skip(missing.reason)
        assert digests[0] == digests[1]


class TestProbes:
    def test_the_import_names_no_module_of_others(self, small: Corpus) -> None:
        stats = execute(job(small, "probe/import"))["stats"]
        assert stats["third_party_modules"] == 0
        assert stats["import_ms"] > 0

    def test_the_first_record_is_one_of_all(self, small: Corpus) -> None:
        found = execute(job(small, "probe/first-record", passes=1))
        assert found["records"] == small.records
        assert found["stats"]["first_record_us"] > 0

    @pytest.mark.parametrize(("name", "source"), [("kept", "path"), ("kept-open", "open")])
    def test_what_is_kept_is_one_record_in_a_hundred(
        self, small: Corpus, name: str, source: str
    ) -> None:
        found = execute(job(small, f"probe/{name}", source=source, passes=1))
        share = found["stats"]["kept_bytes"] / small.bytes
        assert 0.005 < share < 0.02
        assert found["stats"]["grown_bytes"] >= 0
