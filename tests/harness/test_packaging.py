"""What several places say of packages agrees: interpreters, extras, versions, pinned actions."""

from __future__ import annotations

import re

from harness import ROOT
from harness.mistakes import tomllib
from scripts import package

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")


def test_wheels_are_built_for_the_interpreters_that_are_named() -> None:
    named = {
        name.rsplit(" ", 1)[1].replace(".", "")
        for name in PROJECT["project"]["classifiers"]
        if re.search(r"Python :: 3\.\d+$", name)
    }
    built = {name[2:].removesuffix("-*") for name in PROJECT["tool"]["cibuildwheel"]["build"]}
    assert {name.removesuffix("t") for name in built} == named
    assert any(name.endswith("t") for name in built)


def test_every_extra_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "installing.md").read_text("utf-8")
    extras = PROJECT["project"]["optional-dependencies"]
    assert [name for name in extras if f"| `{name}` |" not in guide] == []


def test_no_package_has_two_versions() -> None:
    names = [line.partition("==")[0].lower() for line in REQUIREMENTS.splitlines() if "==" in line]
    assert len(names) == len(set(names))


def test_packages_for_the_trial_of_a_wheel_are_pinned() -> None:
    assert {re.split("[=-]", line)[0] for line in package.pinned()} == set(package.FOR_TESTS)


def test_libraries_of_a_wheel_are_told_by_their_names() -> None:
    names = ["rapidmarc/libtbb.so.12", "rapidmarc.libs/libre2-0bad1dea.so.9", "rapidmarc/_core.so"]
    assert package.libraries(names) == {"tbb", "re2"}


def test_workflows_pin_actions_by_commit_and_ask_for_no_more_than_they_need() -> None:
    assert {file.stem for file in WORKFLOWS} == {"checks", "docs", "fuzz", "gates", "wheels"}
    for file in WORKFLOWS:
        text = file.read_text("utf-8")
        for action in re.findall(r"uses: (.*)", text):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), f"{file.name}: {action}"
        assert "permissions:\n  contents: read\n" in text


def test_workflows_use_verbs_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for file in WORKFLOWS:
        lines = re.findall(r"^ +(?:- run: )?make ([a-z ]+)", file.read_text("utf-8"), re.M)
        assert lines, file.name
        used = {verb for line in lines for verb in line.split()}
        assert used - verbs == set(), file.name
