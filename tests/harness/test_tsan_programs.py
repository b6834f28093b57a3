"""The programs of the sanitizer run: real races are found, and canaries stay where they belong."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness import ROOT
from harness.sanitizer import cases
from harness.sanitizer.judge import Judgement, judge
from harness.sanitizer.process import Surroundings, run_process
from harness.sanitizer.toolchain import CannotRun, Toolchain, find_toolchain, program

PROGRAMS = ROOT / "tests" / "sanitizer"

RACING = """
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
// More than once: of two accesses at the very same moment the sanitizer may see neither.
volatile int shared = 0;
void often() { for (int i = 0; i < 10'000; ++i) shared = shared + 1; }
void planted() {
  std::thread other(often);
  often();
  other.join();
}
int main(int, char** arguments) {
  const std::string how = arguments[1];
  if (how == "race") planted();
  if (how == "race, then exit 3") { planted(); _exit(3); }
  if (how == "race, then SIGKILL") { planted(); kill(getpid(), 9); }
  if (how == "race in a child") {
    if (const pid_t child = fork(); child == 0) { planted(); return 0; }
    else waitpid(child, nullptr, 0);
    _exit(0);
  }
  return 0;
}
"""


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    try:
        return find_toolchain()
    except CannotRun as reason:
        pytest.skip(f"no real ThreadSanitizer at hand: {reason}")


@pytest.fixture(scope="module")
def racing(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("racing")
    (folder / "racing.cpp").write_text(RACING)
    flags = ["-std=c++20", "-O2", "-g", "-fsanitize=thread", "-shared-libsan"]
    command = [toolchain.cxx_compiler, *flags, "racing.cpp", "-o", "racing"]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    return folder / "racing"


def run(racing: Path, toolchain: Toolchain, how: str, names: str | None = None) -> Judgement:
    surroundings = Surroundings(toolchain, racing.parent, racing.parent)
    ended, _ = run_process([str(racing), how], surroundings, time_limit=60)
    return judge(ended, names=names)


@pytest.mark.parametrize(
    "how", ["race", "race, then exit 3", "race, then SIGKILL", "race in a child"]
)
def test_a_real_race_is_found_however_the_process_ends(
    racing: Path, toolchain: Toolchain, how: str
) -> None:
    judgement = run(racing, toolchain, how)
    assert judgement.outcome == "race"
    assert "racing.cpp" in judgement.detail


def test_a_real_race_is_named(racing: Path, toolchain: Toolchain) -> None:
    assert run(racing, toolchain, "race", names="planted").outcome == "race"
    assert run(racing, toolchain, "race", names="another_function").outcome == "clean"


def test_a_program_without_a_race_is_clean(racing: Path, toolchain: Toolchain) -> None:
    assert run(racing, toolchain, "nothing") == Judgement("clean", 0, "")


def test_every_case_names_something_that_its_program_knows() -> None:
    stress_main = (PROGRAMS / "stress_main.cpp").read_text(encoding="utf-8")
    known_to_cpp = set(re.findall(r'^    \{"([\w-]+)", \w+\},$', stress_main, re.M))
    assert known_to_cpp == {name for names in cases.CPP_SCENARIOS.values() for name in names}

    stress = (PROGRAMS / "stress.py").read_text(encoding="utf-8")
    known_to_python = set(re.findall(r'^    "([\w-]+)": \w+,$', stress, re.M))
    assert known_to_python == {
        name
        for backends in cases.PYTHON_SCENARIOS.values()
        for names in backends.values()
        for name in names
    }

    canaries = (PROGRAMS / "canaries.hpp").read_text(encoding="utf-8")
    assert set(re.findall(r"^void (\w+)\(\);$", canaries, re.M)) == set(cases.CANARIES)


def test_the_canaries_do_not_compile_without_the_sanitizer() -> None:
    command = ["c++", "-std=c++20", "-fsyntax-only", f"-I{ROOT / 'impl'}"]
    refused = subprocess.run(
        [*command, "-x", "c++", str(PROGRAMS / "canaries.hpp")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode != 0
    assert "deliberate races" in refused.stderr


def test_cmake_refuses_the_canaries_in_any_other_build(tmp_path: Path) -> None:
    refused = subprocess.run(
        [program("cmake"), "-S", str(PROGRAMS), "-B", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert refused.returncode != 0
    assert "deliberate races" in refused.stderr


def test_no_other_build_holds_a_canary() -> None:
    for build in (ROOT / "build").glob("*/CMakeCache.txt"):
        if "RAPIDMARC_SANITIZER:STRING=thread" in build.read_text(encoding="utf-8"):
            continue
        assert list(build.parent.rglob("*canaries*")) == [], build
