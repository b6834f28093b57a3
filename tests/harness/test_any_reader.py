"""A stranger's reader under the same verdicts: what `docs/any-reader` promises of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ROOT, engines
from harness.campaign import Campaign, Options
from harness.engines import engine_names, template
from harness.engines.protocol import Answer, Job
from harness.inputs import prepare
from harness.mistakes import ScenarioError
from harness.plan import Costs
from harness.scenario import load_all
from harness.verify import DigestCache

from .measuring import GATE, answer, write_scenarios

DOCS = ROOT / "docs" / "any-reader"


def harness(*arguments: str, folder: Path = DOCS / "engines") -> subprocess.CompletedProcess[str]:
    paths = {"PYTHONPATH": str(DOCS), "RAPIDMARC_ENGINES": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **paths}, check=False,
    )  # fmt: skip


def test_an_engine_is_one_file_of_fewer_than_fifty_lines() -> None:
    for file in (Path(template.__file__), DOCS / "engines" / "plain_reader.py"):
        assert len(file.read_text("utf-8").splitlines()) < 50


def test_the_reader_of_the_guide_has_forty_lines_and_knows_no_harness() -> None:
    text = (DOCS / "plain_reader.py").read_text("utf-8")
    assert len(text.splitlines()) <= 40
    assert "harness" not in text


def test_its_records_are_compared_with_pymarcs() -> None:
    done = harness("verify", "--scenarios", str(DOCS / "scenarios"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plain-reader" in done.stdout


def test_wrong_records_are_found_in_it(tmp_path: Path) -> None:
    engine = (DOCS / "engines" / "plain_reader.py").read_text("utf-8")
    assert "(f.tag, f.text)" in engine
    wrong = engine.replace("(f.tag, f.text)", '(f.tag, f.text + "!")')
    (tmp_path / "plain_reader.py").write_text(wrong, "utf-8")
    done = harness("verify", "--scenarios", str(DOCS / "scenarios"), folder=tmp_path)
    assert "output differs: plain-reader" in done.stdout


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine in this process too."""
    monkeypatch.setenv("PYTHONPATH", str(DOCS))
    monkeypatch.setenv("RAPIDMARC_ENGINES", str(DOCS / "engines"))
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(DOCS / "engines")])
    engine_names.cache_clear()
    yield
    engine_names.cache_clear()
    sys.modules.pop("harness.engines.plain_reader", None)


@pytest.mark.parametrize(("rate", "verdict"), [(2000.0, "PASS"), (500.0, "FAIL")])
@pytest.mark.usefixtures("known")
def test_a_claim_about_it_gets_a_verdict(tmp_path: Path, rate: float, verdict: str) -> None:
    def execute(job: Job) -> Answer:
        return answer(job, rate if job["engine"] == "plain-reader" else 1000.0)

    scenarios = [s for s in load_all(DOCS / "scenarios") if s.gate is not None]
    campaign = Campaign(
        scenarios, prepare(scenarios), Options(seed=1), execute=execute, results=tmp_path,
        cache=DigestCache(None), costs=Costs(None),
    )  # fmt: skip
    campaign.begin()
    campaign.verify()
    campaign.gates()
    assert campaign.finish()[0] == verdict


def test_without_its_package_it_is_missing_and_says_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "RAPIDMARC_ENGINES": str(DOCS / "engines"), "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "harness", "verify", "--scenarios", str(DOCS / "scenarios")],
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "PYTHONPATH=docs/any-reader" in done.stdout


def test_a_gate_of_ours_must_name_its_sanitizer_cases(tmp_path: Path) -> None:
    ours = GATE.replace("fake/steady", "rapidmarc/batched").replace("fake/twin", "pymarc")
    write_scenarios(tmp_path, gates__c=ours.replace('sanitizer = ["C"]', "sanitizer = []"))
    with pytest.raises(ScenarioError, match="cases that must be clean"):
        load_all(tmp_path)
