"""Engines and the worker that drives them: what is read and told, never how long it took."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest

from harness import ROOT, disks, engines, worker
from harness.corpora import Corpus, get
from harness.digest import digest
from harness.engines import SOURCES, benchmark, engine_names, is_ours, load_engine, template
from harness.engines.benchmark import BenchmarkFailed
from harness.engines.ceiling import Ceiling
from harness.engines.protocol import Job, Missing, ProgramEngine, ReaderEngine
from harness.engines.pymarc_shape import WORKLOADS
from harness.engines.sources import Source
from harness.processes import WorkerFailed, execute, run_together, run_worker
from harness.verify import Check

BACKENDS = ("record", "batched", "native", "memory")


@pytest.fixture(scope="module")
def small() -> Corpus:
    return get("generated-small")


def job(corpus: Corpus, engine: str = "fake/steady", **other: Any) -> Job:
    threads = other.get("threads", 1)
    iterations = other.setdefault("iterations", threads)
    known = {
        "mode": "measure",
        "engine": engine,
        "work": engine,
        "workload": "read",
        "source": "open",
        "file": str(corpus.path),
        "disk": "page-cache",
        "threads": 1,
        "threads_kind": "readers",
        "batch_size": "auto",
        "records": corpus.records * iterations,
        "bytes": corpus.bytes * iterations,
        "passes": 2,
        "warmup": "short",
    }
    return cast("Job", {**known, **other})


class TestRegistry:
    def test_every_file_is_an_engine_or_support(self) -> None:
        modules = {module.name for module in pkgutil.iter_modules(engines.__path__)}
        own = {name.split("/")[0].replace("-", "_") for name in engine_names()}
        assert modules == own | engines._SUPPORT

    @pytest.mark.parametrize("name", engine_names())
    def test_each_follows_one_of_the_two_protocols(self, name: str) -> None:
        engine = load_engine(name)
        assert isinstance(engine, ReaderEngine) != isinstance(engine, ProgramEngine)
        assert engine.sources <= set(SOURCES)
        assert engine.workloads <= set(engines.WORKLOADS)
        assert engine.guess

    def test_ours_are_those_that_give_records_of_rapidmarc(self) -> None:
        ours = {name for name in engine_names() if is_ours(name)}
        assert ours == {
            *(name for name in engine_names() if name.startswith("rapidmarc/")),
            "processes/rapidmarc", "whole-process/rapidmarc", "whole-process/rapidmarc-count",
        }  # fmt: skip

    def test_loading_an_engine_imports_no_reader(self) -> None:
        code = (
            "import sys; from harness.engines import engine_names; engine_names();"
            "print([m for m in ('pymarc', 'mrrc', 'rmarc', 'rapidmarc') if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout.strip() == "[]"

    def test_the_worker_imports_one_engine_and_no_third_party(self) -> None:
        code = (
            "import sys, harness.worker; from harness.engines import load_engine;"
            "load_engine('pymarc').version();"
            "print({m.split('.')[0] for m in sys.modules"
            " if 'site-packages' in (getattr(sys.modules[m], '__file__', None) or '')}"
            " - {'_distutils_hack'})"  # which the interpreter itself loads at its start
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout.strip() == "{'pymarc'}"


class TestSources:
    @pytest.mark.parametrize("kind", SOURCES)
    def test_each_hands_over_the_whole_file_every_time(self, small: Corpus, kind: str) -> None:
        source = Source(kind, str(small.path))
        for _ in range(2):
            target = source.target()
            if kind == "path":
                data = Path(target).read_bytes()
            elif kind == "bytes":
                data = target
            else:
                data = b""
                while chunk := target.read(65536):
                    data += chunk
            source.release(target)
            source.finish()
            assert data == small.path.read_bytes()

    def test_custom_has_nothing_but_read_to_read_with(self, small: Corpus) -> None:
        target = Source("custom", str(small.path)).target()
        assert not any(hasattr(target, name) for name in ("readinto", "fileno", "seek", "tell"))
        target.close()

    def test_an_unknown_one_is_an_error(self, small: Corpus) -> None:
        with pytest.raises(ValueError, match="unknown source"):
            Source("tape", str(small.path)).target()


class TestWorker:
    def test_one_reader(self, small: Corpus) -> None:
        found = run_worker(job(small, passes=3))
        assert found["records"] == small.records
        assert len(found["passes"]) == 3
        assert found["seconds"] == min(found["passes"])
        assert found["peak_rss_bytes"] >= found["baseline_rss_bytes"] > 0
        assert found["stats"]["records"] == small.records
        assert found["host"]["calibration_ns"] > 0

    @pytest.mark.parametrize("source", SOURCES)
    def test_every_source_with_several_readers(self, small: Corpus, source: str) -> None:
        found = run_worker(job(small, source=source, threads=2, iterations=4))
        assert found["records"] == 4 * small.records
        assert found["stats"]["records"] == 4 * small.records

    def test_workers_are_one_reader(self, small: Corpus) -> None:
        found = run_worker(job(small, threads=4, threads_kind="workers", iterations=1))
        assert found["records"] == small.records

    def test_readings_must_be_shared_evenly(self, small: Corpus) -> None:
        with pytest.raises(WorkerFailed, match="do not divide by 2"):
            run_worker(job(small, threads=2, iterations=3))

    def test_a_lost_record_shows_in_the_count(self, small: Corpus) -> None:
        assert run_worker(job(small, "fake/miscount"))["records"] == small.records - 1

    def test_an_engine_that_dies_is_told_with_its_code(self, small: Corpus) -> None:
        with pytest.raises(WorkerFailed, match="fake/crash ended with code 9"):
            run_worker(job(small, "fake/crash"))

    def test_a_failure_in_one_thread_fails_the_cell(self, small: Corpus) -> None:
        with pytest.raises(WorkerFailed, match="ValueError: unknown source"):
            run_worker(job(small, threads=2, source="tape"))

    def test_a_worker_that_hangs_is_ended(
        self, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAPIDMARC_FAKE_PASS_S", "600")
        with pytest.raises(WorkerFailed, match="took too long"):
            run_worker(job(small), time_limit=1.0)

    def test_a_package_that_is_absent_is_missing_with_its_remedy(self, small: Corpus) -> None:
        line = json.dumps({"mode": "version", "engine": "pymarc"})
        code = (
            "import sys, importlib.metadata as m;"
            "m.version = lambda name: (_ for _ in ()).throw(m.PackageNotFoundError(name));"
            "from harness.worker import main; sys.exit(main())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=line + "\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        said = json.loads(done.stdout)
        assert said["missing"] is True
        assert said["install"] == "pip install pymarc"

    def test_warming_up_leaves_no_trace_in_the_figures(self, small: Corpus) -> None:
        for kind in ("full", "short", "none"):
            found = run_worker(job(small, warmup=kind, passes=1))
            assert found["stats"]["records"] == small.records

    def test_processes_that_share_nothing_are_added_up(self, small: Corpus) -> None:
        found = run_together(job(small, rendezvous=True), 3)
        assert found["records"] == 3 * small.records
        assert len(found["passes"]) == 2
        assert found["host"]["calibration_ns"] > 0

    def test_one_that_fails_fails_them_all(self, small: Corpus) -> None:
        with pytest.raises(WorkerFailed):
            run_together(job(small, "fake/crash", rendezvous=True), 2)

    def test_the_host_is_watched_around_every_cell(self, small: Corpus) -> None:
        host = execute(job(small))["host"]
        assert host["wall_s"] > 0
        assert host["steal_s"] >= 0

    def test_the_ceiling_does_the_work_of_the_engine_in_processes(self, small: Corpus) -> None:
        found = execute(job(small, "ceiling", work="fake/steady", threads=2, iterations=2))
        assert found["records"] == 2 * small.records
        assert found["host"]["calibration_ns"] > 0

    def test_cold_reading_drops_the_file_before_each_pass(
        self, tmp_path: Path, small: Corpus
    ) -> None:
        path = tmp_path / "cold.mrc"
        path.write_bytes(small.path.read_bytes())
        try:
            disks.drop(path)
        except disks.NotEvaluable:
            assert disks.resident_share(path) > disks.MOST_RESIDENT
            return  # the file system of the test has no disk under it
        assert disks.resident_share(path) == 0
        path.read_bytes()
        assert disks.resident_share(path) == 1
        found = run_worker(job(small, file=str(path), disk="cold"))
        assert found["records"] == small.records

    def test_a_file_that_cannot_be_dropped_is_no_failure_of_the_reader(self, small: Corpus) -> None:
        try:
            folder = disks.tmpfs_folder(small.bytes)
        except disks.NotEvaluable as reason:
            pytest.skip(str(reason))
        with tempfile.NamedTemporaryFile(dir=folder) as copy:  # where nothing can be dropped
            copy.write(small.path.read_bytes())
            copy.flush()
            with pytest.raises(Missing, match="stayed in the page cache"):
                run_worker(job(small, file=copy.name, disk="cold"))


class TestPymarcLikeEngines:
    def digest_of(self, corpus: Corpus, engine: str, **other: Any) -> tuple[int, str]:
        options = {"source": "open", "batch_size": "auto", "threads": 1, **other}
        found = run_worker(Check(corpus.name, engine, reference="", **options).job(corpus.path))
        return found["records"], found["digest"]

    @pytest.mark.parametrize("workload", sorted(WORKLOADS - {"marcxml"}))
    def test_every_workload_meets_every_record(self, small: Corpus, workload: str) -> None:
        found = run_worker(job(small, "pymarc", workload=workload, passes=1))
        assert found["records"] == small.records

    def test_the_template_agrees_with_pymarc(self, small: Corpus) -> None:
        engine = template.Template()
        with small.path.open("rb") as file:
            reader = engine.open(file, job(small))
            mine = digest(worker.canonical_records(engine, reader))
        assert (mine.records, mine.value) == self.digest_of(small, "pymarc")

    @pytest.mark.parametrize("name", ["mrrc", "rmarc"])
    def test_peers_do_every_workload_where_they_are_installed(
        self, small: Corpus, name: str
    ) -> None:
        if importlib.util.find_spec(name) is None:
            with pytest.raises(Missing):
                load_engine(name).version()
            pytest.skip(f"{name} is not installed")
        engine = load_engine(name)
        for workload in sorted(engine.workloads - {"marcxml"}):
            found = run_worker(job(small, name, workload=workload, passes=1))
            assert found["records"] == small.records
        document = get("generated-marcxml")
        found = run_worker(job(document, name, workload="marcxml", passes=1, warmup="none"))
        assert found["records"] == document.records
        assert self.digest_of(small, name)[0] == small.records

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_rapidmarc_agrees_with_pymarc(self, small: Corpus, backend: str) -> None:
        name = f"rapidmarc/{backend}"
        source = next(s for s in ("open", "path", "bytes") if s in load_engine(name).sources)
        assert self.digest_of(small, name, source=source) == self.digest_of(small, "pymarc")

    @pytest.mark.parametrize("backend", BACKENDS)
    @pytest.mark.parametrize("workload", sorted(WORKLOADS - {"marcxml"}))
    def test_rapidmarc_does_every_workload(
        self, small: Corpus, backend: str, workload: str
    ) -> None:
        name = f"rapidmarc/{backend}"
        source = next(s for s in ("open", "path", "bytes") if s in load_engine(name).sources)
        found = run_worker(job(small, name, workload=workload, source=source, passes=1))
        assert found["records"] == small.records
        assert found["stats"]["records"] == small.records

    def test_what_cannot_be_read_is_part_of_the_digest(self, tmp_path: Path) -> None:
        path = tmp_path / "broken.mrc"
        path.write_bytes(b"00026     2200025   4500\x1e\x1d" + b"99999")
        broken = Corpus("broken", path, 2, path.stat().st_size, "")
        records, value = self.digest_of(broken, "pymarc")
        path.write_bytes(b"00026     2200025   4500\x1e\x1d")
        assert (records, value) != self.digest_of(broken, "pymarc")


BENCHMARK = {
    "benchmarks": [
        {"run_name": "read/threads:2/real_time", "run_type": "iteration", "records": 5.0},
        {"run_name": "read/threads:2/real_time", "run_type": "aggregate", "records": 9.0},
        {"run_name": "readers/threads:2/real_time", "run_type": "iteration", "records": 7.0},
        {"run_name": "read/threads:20/real_time", "run_type": "iteration", "records": 8.0},
    ]
}


class TestPrograms:
    def test_rates_are_those_of_the_benchmark_named(self) -> None:
        text = json.dumps(BENCHMARK)
        assert benchmark.rates(text, "read", 2) == [5.0]
        assert benchmark.rates(text, "readers", 2) == [7.0]
        with pytest.raises(BenchmarkFailed, match="no figure for ceiling/threads:2"):
            benchmark.rates(text, "ceiling", 2)

    def test_an_error_of_the_benchmark_is_told(self) -> None:
        entry = {"run_name": "read/threads:1", "error_occurred": True, "error_message": "no file"}
        with pytest.raises(BenchmarkFailed, match="no file"):
            benchmark.rates(json.dumps({"benchmarks": [entry]}), "read", 1)

    def program(self, folder: Path, code: int) -> Path:
        """Stands for bench_read: says what it was asked for as its figures."""
        path = folder / "bench_read"
        rate = {"run_name": "readers/threads:2/real_time", "records": 4000.0}
        said = json.dumps({"benchmarks": [rate, {**rate, "records": 5000.0}]})
        path.write_text(
            f"#!/bin/sh\ntest -r \"$RAPIDMARC_BENCH_FILE\" || exit 9\ncat <<'END'\n{said}\nEND\n"
            f"exit {code}\n"
        )
        path.chmod(0o755)
        return path

    def test_the_baseline_is_what_the_program_says(
        self, tmp_path: Path, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(benchmark, "PROGRAM", self.program(tmp_path, 0))
        found = execute(job(small, "native-baseline", source="path", threads=2, iterations=2))
        assert found["seconds"] == 2 * small.records / 5000
        assert len(found["passes"]) == 2

    def test_a_program_that_fails_gives_no_figure(
        self, tmp_path: Path, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(benchmark, "PROGRAM", self.program(tmp_path, 1))
        with pytest.raises(BenchmarkFailed, match="exit code 1"):
            execute(job(small, "native-baseline", source="path", threads=2))

    def test_without_the_program_the_ceiling_is_made_of_processes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(benchmark, "PROGRAM", tmp_path / "build" / "absent")
        monkeypatch.setattr(benchmark, "BUILD", tmp_path / "build")
        assert Ceiling().version() == "processes"
        with pytest.raises(Missing, match="not built"):
            load_engine("native-baseline").version()

    def test_yaz_marcdump_counts_where_it_is_installed(
        self, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = load_engine("yaz-marcdump")
        assert isinstance(engine, ProgramEngine)
        try:
            engine.version()
        except Missing as missing:
            assert "apt-get install" in missing.install
            return
        assert engine.count(str(small.path)) == small.records
        found = execute(job(small, "yaz-marcdump", source="path"))
        assert found["records"] == small.records
        monkeypatch.setenv("PATH", os.devnull)
        with pytest.raises(Missing, match="not installed"):
            engine.version()


def test_a_counter_beside_the_readers_tells_what_they_leave_to_others(small: Corpus) -> None:
    stats = run_worker(job(small, beside="counter", passes=1))["stats"]
    assert stats["counter_alone_per_s"] > 0
    assert stats["counter_beside_per_s"] > 0
    assert "counter_alone_per_s" not in run_worker(job(small, passes=1))["stats"]
