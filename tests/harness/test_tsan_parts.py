"""What the sanitizer needs of the machine: found when whole, and told with its remedy when not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sanitizer import tbb
from harness.sanitizer.toolchain import CannotRun, Toolchain, find_toolchain, run_step


def program(folder: Path, name: str, script: str = "exit 0") -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def whole_clang(folder: Path, version: str) -> Path:
    runtime = folder / "libclang_rt.tsan.so"
    runtime.touch()
    program(folder, f"clang++-{version}", f"echo {runtime}")
    program(folder, f"clang-{version}")
    program(folder, f"llvm-symbolizer-{version}")
    return runtime


def test_a_whole_clang_is_found(tmp_path: Path) -> None:
    runtime = whole_clang(tmp_path, "19")
    toolchain = find_toolchain(path=str(tmp_path))
    assert (toolchain.version, toolchain.runtime) == ("19", runtime)


def test_without_clang_the_line_that_installs_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as told:
        find_toolchain(path=str(tmp_path))
    assert "clang++-19" in told.value.reason
    assert told.value.install.startswith("apt-get install clang-19 libclang-rt-19-dev")


@pytest.mark.parametrize("missing", ["llvm-symbolizer-19", "clang-19", "libclang_rt.tsan.so"])
def test_half_a_clang_is_refused_and_the_gap_named(tmp_path: Path, missing: str) -> None:
    whole_clang(tmp_path, "19")
    (tmp_path / missing).unlink()
    with pytest.raises(CannotRun) as told:
        find_toolchain(path=str(tmp_path))
    assert missing.removesuffix(".so") in told.value.reason


def test_a_whole_clang_is_preferred_to_half_a_newer_one(tmp_path: Path) -> None:
    whole_clang(tmp_path, "19")
    (tmp_path / "llvm-symbolizer-19").unlink()
    whole_clang(tmp_path, "16")
    assert find_toolchain(path=str(tmp_path)).version == "16"


def test_clang_14_is_not_used(tmp_path: Path) -> None:
    whole_clang(tmp_path, "14")
    with pytest.raises(CannotRun):
        find_toolchain(path=str(tmp_path))


def test_the_source_entries_are_the_binary_entries_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "system.sources").write_text(
        "Types: deb\nURIs: mirror://a\nSuites: stable\n\nTypes: deb-src\nURIs: mirror://b\n"
    )
    assert tbb.source_entries(tmp_path) == "Types: deb-src\nURIs: mirror://a\nSuites: stable\n"


def test_one_line_entries_become_source_entries(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("# off\ndeb mirror://a stable main\ndeb-src x y z\n")
    assert tbb.one_line_entries(tmp_path) == "deb-src mirror://a stable main\n"


def toolchain(version: str) -> Toolchain:
    return Toolchain(version, "clang", "clang++", Path("runtime"), "symbolizer")


def test_the_cached_library_is_used_for_its_own_version_only(tmp_path: Path) -> None:
    key = tbb.cache_key("2021.8.0-2", toolchain("19"))
    assert not tbb.is_built(tmp_path, key)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / tbb.LIBRARY).touch()
    (tmp_path / "BUILT").write_text(key)
    assert tbb.is_built(tmp_path, key)
    assert not tbb.is_built(tmp_path, tbb.cache_key("2021.8.0-3", toolchain("19")))
    assert not tbb.is_built(tmp_path, tbb.cache_key("2021.8.0-2", toolchain("16")))


def test_a_stamp_without_its_library_counts_for_nothing(tmp_path: Path) -> None:
    key = tbb.cache_key("2021.8.0-2", toolchain("19"))
    (tmp_path / "BUILT").write_text(key)
    assert not tbb.is_built(tmp_path, key)


def test_an_unbuilt_library_is_told_when_nothing_may_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tbb, "installed_version", lambda: "2021.8.0-2")
    with pytest.raises(CannotRun, match=r"no instrumented oneTBB 2021\.8\.0-2"):
        tbb.ensure_instrumented_tbb(toolchain("19"), tmp_path / "tbb", build=False)


def test_a_library_built_without_instrumentation_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_plain(version: str, toolchain: Toolchain, prefix: Path, jobs: int) -> None:
        (prefix / "lib").mkdir(parents=True)
        (prefix / "lib" / tbb.LIBRARY).touch()

    monkeypatch.setattr(tbb, "installed_version", lambda: "2021.8.0-2")
    monkeypatch.setattr(tbb, "_build", build_plain)
    monkeypatch.setattr(tbb, "is_instrumented", lambda binary: False)
    with pytest.raises(CannotRun, match="without instrumentation"):
        tbb.ensure_instrumented_tbb(toolchain("19"), tmp_path / "tbb")
    assert not (tmp_path / "tbb" / "BUILT").exists()


def test_a_step_that_fails_says_what_the_program_said() -> None:
    with pytest.raises(CannotRun, match=r"building x failed \(3\): no such header"):
        run_step("building x", ["sh", "-c", "echo no such header; exit 3"], seconds=20)


def test_a_step_whose_program_is_missing_says_which() -> None:
    with pytest.raises(CannotRun, match="no-such-program is not installed; install: get it"):
        run_step("building x", ["no-such-program"], seconds=20, install="get it")
