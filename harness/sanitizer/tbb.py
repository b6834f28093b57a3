"""Builds oneTBB with ThreadSanitizer, from the source of the installed Debian package.

The packaged libtbb hides its synchronisation from the sanitizer: every correct use of it is then
reported as a race, and every suppression that silences those reports silences the real ones too.
Headers and soname stay the same, so programs linked against the package load this library instead
when LD_LIBRARY_PATH names its folder. Nothing outside `build/tbb-tsan` is changed.

`python -m harness.sanitizer.tbb` builds it (or finds it built) and prints the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import ROOT
from harness.sanitizer.toolchain import (
    CannotRun,
    Toolchain,
    find_toolchain,
    install_line,
    is_instrumented,
    program,
    run_step,
)

PREFIX = ROOT / "build" / "tbb-tsan"
LIBRARY = "libtbb.so.12"
APT = Path("/etc/apt")

OPTIONS = (
    "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
    # oneTBB 2021.8 asks for a CMake older than CMake 4 still imitates.
    "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",
    "-DTBB_SANITIZE=thread",
    # The runtime comes once, by LD_PRELOAD; a second, static copy in the library would not see the
    # threads of the first.
    "-DCMAKE_SHARED_LINKER_FLAGS=-shared-libsan",
    "-DTBB_TEST=OFF",
    "-DTBB_STRICT=OFF",
    "-DTBBMALLOC_BUILD=OFF",
    "-DTBBMALLOC_PROXY_BUILD=OFF",
    "-DTBB_DISABLE_HWLOC_AUTOMATIC_SEARCH=ON",
)


def installed_version() -> str:
    """Version of the source package behind the installed headers."""
    answer = run_step(
        "asking for the version of libtbb-dev",
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${source:Version}", "libtbb-dev"],
        seconds=30,
        install=install_line(),
    )
    status, _, version = answer.strip().partition(" ")
    if status != "installed" or not version:
        raise CannotRun("libtbb-dev is not installed", install_line())
    return version


def source_entries(apt: Path = APT) -> str:
    """The machine's own package sources as deb-src entries, in the deb822 form."""
    entries = []
    for file in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")):
            types = re.search(r"^Types:(.*)$", stanza, re.M)
            if types and "deb" in types[1].split():
                entries.append(re.sub(r"^Types:.*$", "Types: deb-src", stanza.strip(), flags=re.M))
    return "\n\n".join(entries) + "\n" if entries else ""


def one_line_entries(apt: Path = APT) -> str:
    """The same for the older one-line form of `sources.list`."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    lines = [
        line
        for file in files
        if file.is_file()
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    sources = [re.sub(r"^deb\s", "deb-src ", line) for line in lines if re.match(r"deb\s", line)]
    return "\n".join(sources) + "\n" if sources else ""


def cache_key(version: str, toolchain: Toolchain) -> str:
    """Everything that decides what the library contains."""
    options = hashlib.sha256("\n".join(OPTIONS).encode()).hexdigest()[:12]
    return f"onetbb {version} clang {toolchain.version} options {options}\n"


def is_built(prefix: Path, key: str) -> bool:
    stamp = prefix / "BUILT"
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8") == key
        and (prefix / "lib" / LIBRARY).is_file()
    )


def ensure_instrumented_tbb(
    toolchain: Toolchain, prefix: Path = PREFIX, *, build: bool = True, jobs: int = 2
) -> Path:
    """Folder that holds the instrumented libtbb; built unless the cached one still fits."""
    version = installed_version()
    key = cache_key(version, toolchain)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(prefix):
        if not is_built(prefix, key):
            if not build:
                raise CannotRun(
                    f"no instrumented oneTBB {version} in {prefix}",
                    f"{sys.executable} -m harness.sanitizer.tbb",
                )
            shutil.rmtree(prefix, ignore_errors=True)
            _build(version, toolchain, prefix, jobs)
            if not is_instrumented(prefix / "lib" / LIBRARY):
                raise CannotRun(f"{prefix / 'lib' / LIBRARY} was built without instrumentation")
            (prefix / "BUILT").write_text(key, encoding="utf-8")
    return prefix / "lib"


@contextmanager
def _one_at_a_time(prefix: Path) -> Iterator[None]:
    with open(prefix.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(version: str, toolchain: Toolchain, prefix: Path, jobs: int) -> None:
    work = prefix / "work"
    source = _fetch_source(version, work)
    cmake, ninja = program("cmake"), program("ninja")
    run_step(
        "configuring oneTBB",
        [
            cmake, "-S", str(source), "-B", str(work / "build"), "-G", "Ninja",
            f"-DCMAKE_MAKE_PROGRAM={ninja}", f"-DCMAKE_C_COMPILER={toolchain.c_compiler}",
            f"-DCMAKE_CXX_COMPILER={toolchain.cxx_compiler}",
            f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DCMAKE_INSTALL_LIBDIR=lib", *OPTIONS,
        ],
        seconds=120,
    )  # fmt: skip
    run_step("building oneTBB", [cmake, "--build", str(work / "build"), f"-j{jobs}"], seconds=600)
    run_step("installing oneTBB", [cmake, "--install", str(work / "build")], seconds=60)
    # The sources stay: reports then show lines inside oneTBB. The objects are not needed again.
    shutil.rmtree(work / "build")


def _fetch_source(version: str, work: Path) -> Path:
    parts, lists = work / "parts", work / "lists"
    (lists / "partial").mkdir(parents=True)
    parts.mkdir()
    (parts / "source.sources").write_text(source_entries(), encoding="utf-8")
    (parts / "source.list").write_text(one_line_entries(), encoding="utf-8")
    apt = [
        "apt-get", "-q",
        "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}",
        "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={work}",
    ]  # fmt: skip
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    get = f"fetching the source of oneTBB {version}"
    run_step(get, [*apt, "update"], env=env, seconds=180)
    run_step(
        get, [*apt, "source", "--download-only", f"onetbb={version}"], cwd=work, env=env,
        seconds=180,
    )  # fmt: skip
    descriptions = list(work.glob("onetbb_*.dsc"))
    if len(descriptions) != 1:
        raise CannotRun(f"{get}: expected one source description, got {len(descriptions)}")
    source = work / "onetbb"
    run_step(
        "unpacking the source of oneTBB",
        ["dpkg-source", "-x", str(descriptions[0]), str(source)],
        cwd=work,
        seconds=60,
        install=install_line(),
    )
    return source


def main() -> int:
    try:
        print(ensure_instrumented_tbb(find_toolchain()))
    except CannotRun as reason:
        print(f"could not run: {reason}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
