"""docs/broken-files.md does what it says."""

from pathlib import Path

import pytest

from tests.data.encode import control, data, plain, record
from tests.data.faults import FAULTS

GUIDE = Path(__file__).parents[2] / "docs" / "broken-files.md"
pytestmark = pytest.mark.checkout


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bad, junk = FAULTS["length zero"].content, FAULTS["junk"].content
    Path("broken.mrc").write_bytes(plain("one") + bad + plain("two") + junk + plain("three"))
    example = GUIDE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(example, str(GUIDE), "exec"), {})
    said, errors, *lines = capsys.readouterr().out.splitlines()
    assert said.startswith("record 1 (001 bad), byte 141: the record length")
    assert errors == "{'RecordLengthInvalid': 2}"
    assert [line.split()[0] for line in lines] == ["1", "3"]
    assert Path("bad.mrc").read_bytes() == junk


def test_the_example_of_encodings_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    false = record([control("001", "no"), data("245", "10", b"aL'\xe9t\xe9")])
    Path("broken.mrc").write_bytes(plain("one") + false)
    example = GUIDE.read_text("utf-8").split("```python\n")[2].split("```")[0]
    exec(compile(example, str(GUIDE), "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "2 {('utf-8', 'latin-1'): 1}",
        "141 no utf-8 latin-1",
        "utf-8",
        "latin-1",
    ]


def test_the_example_of_rules_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.mrc").write_bytes(plain("one") + record([data("245", "10", "aTitle")]))
    example = GUIDE.read_text("utf-8").split("```python\n")[3].split("```")[0]
    exec(compile(example, str(GUIDE), "exec"), {})
    said = capsys.readouterr().out
    assert said == "record 1, byte 141, tag 001: there is no control number\n"


def test_the_guide_names_every_key_of_a_line(tmp_path: Path) -> None:
    import json

    import rapidmarc

    with rapidmarc.MARCReader(b"junk", on_error="skip", rejects=tmp_path / "bad") as reader:
        list(reader)
    text = GUIDE.read_text("utf-8")
    keys = json.loads((tmp_path / "bad.jsonl").read_text("ascii")).keys()
    assert [key for key in keys if f"`{key}`" not in text] == []
