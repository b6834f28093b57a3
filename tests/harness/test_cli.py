"""The command line: what it prints last, and the exit code that answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness import cli, doctor, host, throttle
from harness.corpora import CorpusError
from harness.doctor import Engines, Finding
from harness.engines.protocol import Missing
from harness.gates import judge
from harness.results import ResultsError, read_lines
from harness.sanitizer.toolchain import CLANG_VERSIONS, install_line

from .measuring import GATE, SWEEP, write_scenarios

PRINTED_RUN = re.compile(r"^run: (\S+)$", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    verify = (
        'question = "Is it the same?"\n[[verify]]\ncorpora = ["generated-small"]\n'
        'engines = ["fake/twin"]\nreference = "fake/steady"\n'
    )
    return write_scenarios(tmp_path / "scenarios", gates__c=GATE, sweep__x=SWEEP, verify__v=verify)


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["frobnicate"],
            ["plan", "--budget", "soon"],
            ["plan", "sweep/nothing"],
            ["run", "--blocks", "0"],
            ["gates", "sweep/x"],
            ["report", "no-such-run"],
            ["run", "sweep/x", "--resume", "no-such-run"],
        ],
    )
    def test_wrong_usage_is_64(
        self, folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        if arguments[0] in ("plan", "run", "gates"):
            arguments = [*arguments, "--scenarios", str(folder)]
        if arguments[0] in ("run", "gates", "report"):
            arguments = [*arguments, "--results", str(folder.parent / "results")]
        assert cli.invoke(arguments) == 64
        assert capsys.readouterr().err.strip()

    def test_a_broken_scenario_is_64_and_named(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_scenarios(folder, sweep__broken=SWEEP.replace("corpus", "corpsu"))
        assert cli.invoke(["list", "--scenarios", str(folder)]) == 64
        message = capsys.readouterr().err
        assert "sweep/broken.toml" in message
        assert "'corpus'" in message

    def test_an_internal_error_is_70(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*args: Any) -> list[Finding]:
            raise ZeroDivisionError

        monkeypatch.setattr(doctor, "examine", broken)
        assert cli.invoke(["doctor"]) == 70

    def test_an_interruption_says_how_to_go_on(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupted(*args: Any) -> list[Finding]:
            raise KeyboardInterrupt

        monkeypatch.setattr(doctor, "examine", interrupted)
        assert cli.invoke(["doctor"]) == 130
        assert "--resume" in capsys.readouterr().err

    def test_a_corpus_that_cannot_be_had_is_3(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: Any) -> None:
            raise CorpusError("no network")

        monkeypatch.setattr(cli, "prepare", refuse)
        assert cli.invoke(["run", "sweep/x", "--scenarios", str(folder)]) == 3

    def test_help_is_0(self) -> None:
        assert cli.invoke(["--help"]) == 0


class TestLooking:
    def test_list_names_scenarios_and_engines(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.invoke(["list"]) == 0
        said = capsys.readouterr().out
        for word in ("gates/c_batched", "sweep/batch_size", "rapidmarc/native", "yaz-marcdump"):
            assert word in said
        assert "fake/" not in said

    def test_plan_shows_cells_and_time_and_measures_nothing(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.invoke(["plan", "--cells", "--scenarios", str(folder)]) == 0
        said = capsys.readouterr().out
        assert "expected:" in said
        assert "fake/slow" in said
        assert "if undecided" in said

    def test_plan_needs_no_build(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("BUILD", "CORPORA"):
            monkeypatch.setattr(doctor, name, tmp_path / "not there")
        assert cli.invoke(["plan", "--scenarios", str(folder)]) == 0

    def test_doctor_says_how_to_get_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        engines = Engines({"pymarc": "5.4.0"}, {"mrrc": Missing("not there", "pip install mrrc")})
        monkeypatch.setattr(doctor, "probe_engines", lambda: engines)
        monkeypatch.setattr(throttle, "obstacle", lambda: "no permission to write io.max")
        found = doctor.examine()
        states = {finding.part: finding.state for finding in found}
        assert states["pymarc"] == doctor.OK
        assert states["mrrc"] == doctor.MISSING
        assert states["disk hdd"] == doctor.MISSING
        assert cli.invoke(["doctor"]) == 0
        assert "pip install mrrc" in capsys.readouterr().out

    def test_doctor_is_3_without_what_is_essential(self, monkeypatch: pytest.MonkeyPatch) -> None:
        finding = Finding("rapidmarc/record", doctor.MISSING, "not built", "make build")
        monkeypatch.setattr(doctor, "examine", lambda: [finding])
        assert cli.invoke(["doctor"]) == 3

    @pytest.mark.parametrize("version", CLANG_VERSIONS)
    def test_doctor_knows_every_compiler_that_the_sanitizer_takes(
        self, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        only = f"clang++-{version}"
        monkeypatch.setattr(doctor.shutil, "which", lambda name: only if name == only else None)
        assert (doctor._sanitizer().state, doctor._sanitizer().detail) == (doctor.OK, only)

    def test_doctor_without_a_compiler_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
        found = doctor._sanitizer()
        assert found.state == doctor.MISSING
        assert all(version in found.detail for version in CLANG_VERSIONS)
        assert found.remedy == install_line()

    def test_one_core_is_a_missing_part(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(host, "usable_cores", lambda: 1)
        assert doctor._cores().state == doctor.MISSING


class TestVerify:
    def verify(self, folder: Path, *arguments: str) -> int:
        return cli.invoke(["verify", "--scenarios", str(folder), *arguments])

    def test_equal_outputs_are_0(self, folder: Path) -> None:
        assert self.verify(folder) == 0

    def test_a_wrong_output_is_1(self, folder: Path) -> None:
        text = (folder / "verify" / "v.toml").read_text()
        (folder / "verify" / "v.toml").write_text(text.replace("fake/twin", "fake/wrong"))
        assert self.verify(folder) == 1

    def test_nothing_compared_is_not_good(self, folder: Path) -> None:
        assert self.verify(folder, "--engine", "pymarc") == 3


class TestRun:
    def test_a_run_is_measured_written_and_named(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        results = tmp_path / "results"
        arguments = ["run", "sweep/x", "--blocks", "1", "--scenarios", str(folder)]
        code = cli.invoke([*arguments, "--results", str(results), "--seed", "5"])
        said = capsys.readouterr().out
        match = PRINTED_RUN.search(said)
        assert match is not None
        lines = read_lines(results / match.group(1) / "run.jsonl")
        assert lines[0]["seed"] == 5
        assert lines[0]["scenarios"][0]["text"] == SWEEP
        measured = [line for line in lines if line["kind"] == "measurement"]
        assert {line["cell"]["engine"] for line in measured} == {"fake/steady", "fake/slow"}
        # A host that never rests leaves no block: then there is no figure, and the code says so.
        kept = [line for line in measured if not line["discarded"]]
        assert code == (0 if kept else 3)

    @pytest.mark.parametrize(("engine", "wrong"), [("fake/wrong", True), ("fake/twin", False)])
    def test_a_wrong_output_of_ours_is_1_however_much_was_measured(
        self, engine: str, wrong: bool, folder: Path, tmp_path: Path
    ) -> None:
        verify = f'corpora = ["generated-small"]\nengines = ["{engine}"]\n'
        text = f'{SWEEP}[[verify]]\n{verify}reference = "fake/steady"\n'
        write_scenarios(folder, sweep__x=text)
        arguments = ["run", "sweep/x", "--blocks", "1", "--scenarios", str(folder)]
        code = cli.invoke([*arguments, "--results", str(tmp_path / "results")])
        assert (code == 1) == wrong

    def test_the_cells_of_a_gate_keep_its_threads_on_a_host_that_has_more(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned: list[int] = []

        class Planned(cli.Campaign):
            def begin(self, resume: str | None = None) -> None:
                planned.extend(c.cell.threads for each in self.plan.comparisons for c in each.cells)
                raise ResultsError("planned is enough")

        monkeypatch.setattr(host, "usable_cores", lambda: 64)
        monkeypatch.setattr(cli, "Campaign", Planned)
        arguments = ["run", "gates/c", "--scenarios", str(folder), "--results", str(tmp_path)]
        assert cli.invoke(arguments) == 64
        assert sorted(planned) == [1, 1, 2, 2]  # the reader's, and those of the ceiling

    def test_what_is_not_judged_leaves_no_verdict(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host, "commit", lambda: ("0" * 40, False))
        arguments = ["run", "sweep/x", "--blocks", "1", "--scenarios", str(folder)]
        arguments += ["--results", str(tmp_path / "results")]
        cli.invoke(arguments)
        (run,) = (tmp_path / "results").iterdir()
        assert not (run / "verdict.json").exists()
        assert cli.invoke([*arguments, "--resume", run.name]) != cli.USAGE
        assert not (run / "verdict.json").exists()

    def test_an_engine_that_dies_is_taken_out_and_the_rest_goes_on(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = SWEEP.replace("fake/slow", "fake/miscount")
        write_scenarios(folder, sweep__x=text)
        results = tmp_path / "results"
        arguments = ["run", "sweep/x", "--blocks", "1", "--scenarios", str(folder)]
        assert cli.invoke([*arguments, "--results", str(results)]) == 1
        match = PRINTED_RUN.search(capsys.readouterr().out)
        assert match is not None
        lines = read_lines(results / match.group(1) / "run.jsonl")
        gone = [line for line in lines if line["kind"] == "missing"]
        assert "counted 999 records" in gone[-1]["reason"]
        measured = {x["cell"]["engine"] for x in lines if x["kind"] == "measurement"}
        assert measured == {"fake/steady"}


class TestGates:
    def test_without_a_sanitizer_run_no_gate_passes(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """From the command to the last line, with real processes and no sanitizer."""
        write_scenarios(folder, gates__c=GATE.replace("looks = [20, 40]", "looks = [1]"))
        results = tmp_path / "results"
        places = ["--scenarios", str(folder), "--results", str(results)]
        code = cli.invoke(["gates", "C", "--no-sanitizer", "--no-sweeps", "--no-report", *places])
        said = capsys.readouterr().out.strip().splitlines()
        assert code in (2, 3)
        assert said[-1] in ("verdict: NOT EVALUABLE", "verdict: INCONCLUSIVE")
        run = said[-2].removeprefix("run: ")
        verdict = json.loads((results / run / "verdict.json").read_text())
        assert (verdict["run"], verdict["exit_code"]) == (run, code)
        assert verdict["complete"] is True
        lines = read_lines(results / run / "run.jsonl")
        verdict_line = next(line for line in lines if line["kind"] == "verdict")
        assert (lines[-1]["kind"], lines[-1]["step"]) == ("time", "all")
        again = judge(
            {**_gate_of(folder), "scenario": "gates/c"}, lines, look=1, final=True, strict=False
        )
        assert again["verdict"] == verdict_line["verdict"]


def _gate_of(folder: Path) -> dict[str, Any]:
    from harness.scenario import load_all

    gate = load_all(folder)[0].gate
    assert gate is not None
    return gate.as_dict()
