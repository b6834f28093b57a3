"""The examples in the user guide run, and print what the guide says; no page is left out."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rapidmarc.cli import commands as command_line
from rapidmarc.cli import exits
from tests.data.encode import control, data, plain, record

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.checkout
ROOT = DOCS.parent
#: Pages whose examples show what they print.
GUIDES = ("clusters.md", "columns.md", "random-access.md", "reading.md", "start.md")
#: Pages whose examples are programs, run one after the other.
PROGRAMS = ("big-files.md", "index.md", "migrating.md", "../README.md")


def fixed(year: str, language: str) -> str:
    """A field 008."""
    return f"850101s{year}    xx            000 0 {language} d"


BOOKS = [
    record(
        [
            control("001", "b1"),
            control("008", fixed("1986", "ger")),
            data("020", "  ", "a9783150099001"),
            data("020", "  ", "a3150099005"),
            data("245", "14", "aDie Verwandlung /", "cFranz Kafka."),
            data("650", " 0", "aMetamorphosis", "vFiction."),
            data("651", " 0", "aPrague"),
        ]
    ),
    record(
        [
            control("001", "b2"),
            control("008", fixed("1914", "eng")),
            data("245", "10", "aDubliners /", "cJames Joyce."),
            data("651", " 0", "aDublin"),
            data("856", "40", "uhttps://books.example/dubliners"),
        ]
    ),
    record([control("001", "b3"), data("245", "00", "aRecords of a lost library")]),
]
BROKEN = record([control("001", "b2"), data("245", "00", b"a\xff")])


def lines_of(guide: str) -> str:
    """The Python of a guide, everything else as blank lines, so that line numbers stay."""
    kept = []
    inside = False
    for line in (DOCS / guide).read_text(encoding="utf-8").splitlines():
        fence = line.startswith("```")
        kept.append(line if inside and not fence else "")
        inside = line == "```python" if fence else inside
    return "\n".join(kept) + "\n"


def lay_out(folder: Path) -> None:
    """The files that the examples read."""
    (folder / "books.mrc").write_bytes(b"".join(BOOKS))
    (folder / "broken.mrc").write_bytes(record([control("001", "b1")]) + BROKEN + BOOKS[2])


@pytest.mark.parametrize("guide", GUIDES)
def test_examples_of_the_guide_are_right(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_doctest(lines_of(guide), {}, guide, guide, 0)
    assert len(examples.examples) >= 5
    runner = doctest.DocTestRunner()
    printed: list[str] = []
    runner.run(examples, out=printed.append, clear_globs=False)
    assert not printed, "".join(printed)


@pytest.mark.parametrize("guide", PROGRAMS)
def test_programs_of_the_guide_run(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("books.mrc", "changed.mrc"):
        # Also the record that one page looks for by its number.
        Path(name).write_bytes(b"".join(BOOKS) + plain("one"))
    text = (DOCS / guide).read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert programs
    names: dict[str, object] = {}
    for number, program in enumerate(programs):
        exec(compile(program, f"{guide}, program {number}", "exec"), names)


def test_every_page_with_python_is_run() -> None:
    with_python = {
        path.relative_to(DOCS).as_posix()
        for path in DOCS.rglob("*.md")
        if "```python" in path.read_text(encoding="utf-8")
    }
    of_others = with_python - set(GUIDES) - set(PROGRAMS)
    assert "broken-files.md" in of_others
    # Each of those is named by a test file that is about it.
    tests = [
        file.read_text("utf-8")
        for file in (ROOT / "tests").glob("*/test_*.py")
        if file != Path(__file__)
    ]
    unnamed = [page for page in of_others if not any(f'"{page}"' in text for text in tests)]
    assert unnamed == []


def test_verbs_in_shell_examples_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    shown = set()
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text("utf-8"), re.M | re.S):
            shown |= set(re.findall(r"^make ([a-z]+)", block, re.M))
    assert shown - verbs == set()
    assert {"gates", "test", "wheel", "sdist"} <= shown


def test_every_guide_with_examples_is_run() -> None:
    with_examples = {
        path.name
        for path in DOCS.glob("*.md")
        if re.search(r"^>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert with_examples == set(GUIDES)


def commands_of(guide: str) -> list[tuple[str, str]]:
    """The commands of a guide, and what it says that they print."""
    text = (DOCS / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = []
    for block in blocks:
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = each.partition("\n")
            found.append((command, printed))
    return found


def test_commands_of_the_guide_print_what_it_says(tmp_path: Path) -> None:
    lay_out(tmp_path)
    program = tmp_path / "bin" / "rapidmarc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rapidmarc "$@"\n')
    program.chmod(0o755)
    commands = commands_of("command-line.md")
    assert len(commands) > 15
    for command, printed in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == printed, command


def test_every_command_and_exit_code_stands_in_the_guide() -> None:
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for name in command_line.list_commands(click.Context(command_line)):
        assert f"`{name}`" in text
    for code in (exits.FINE, exits.BROKEN, exits.USAGE, exits.FILE, 129, 130, 141, 143):
        assert f"\n| {code} | " in text
