"""The files that the tests read, and the count of those that are not at hand.

`tests/data` is committed. The real files lie in the folder that RAPIDMARC_DATA names and are
listed, with their hashes, in tests/data/real-files.tsv. The large Library of Congress file is
unpacked into build/corpora by `harness/corpora` (RAPIDMARC_CORPORA names another place).
"""

import csv
import functools
import os
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "tests" / "data"
WELLFORMED = OWN / "wellformed"
MALFORMED = OWN / "malformed"
DATA = Path(os.environ.get("RAPIDMARC_DATA", ROOT.parent / "shared" / "data"))
CORPORA = Path(os.environ.get("RAPIDMARC_CORPORA", ROOT / "build" / "corpora"))
DATA_REQUIRED = os.environ.get("RAPIDMARC_REQUIRE_DATA") == "1"

LC_NAME = "BooksAll.2016.part01.utf8"
LC_RECORDS = 250_000


class RealFile(NamedTuple):
    """One real ISO 2709 file, by its path below the folder of real files."""

    name: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        return DATA / "real" / self.name

    def bytes(self) -> bytes:
        """The content, which must be the one that was listed."""
        return self.path.read_bytes()


@functools.cache
def real_files() -> tuple[RealFile, ...]:
    """All real files that are known, at hand or not."""
    with open(OWN / "real-files.tsv", newline="", encoding="ascii") as listing:
        return tuple(
            RealFile(row["path"], int(row["bytes"]), row["sha256"])
            for row in csv.DictReader(listing, delimiter="\t")
        )


def real_files_to_read() -> tuple[RealFile, ...]:
    """The real files a test has to read: those at hand, or all if all are required."""
    return tuple(file for file in real_files() if DATA_REQUIRED or file.path.exists())


def some_real_files() -> tuple[RealFile, ...]:
    """The real files for a test that goes through them; where there is none, it is skipped."""
    found = real_files_to_read()
    if not found:
        pytest.skip("no real file is at hand")
    return found


def own_files() -> tuple[Path, ...]:
    """The committed files, in a fixed order."""
    return tuple(sorted([*WELLFORMED.glob("*.mrc"), *MALFORMED.glob("*.mrc")]))


@functools.cache
def lc_file() -> Path | None:
    """The Library of Congress file, if it was fetched."""
    found = sorted(CORPORA.rglob(LC_NAME)) if CORPORA.is_dir() else []
    if not found and DATA_REQUIRED:
        raise FileNotFoundError(f"{LC_NAME} is required but not below {CORPORA}")
    return found[0] if found else None


def missing_lines() -> list[str]:
    """One line for each kind of data that is not at hand, for the end of a test run."""
    lines = []
    absent = [file for file in real_files() if not file.path.exists()]
    if absent:
        lines.append(
            f"real files: {len(absent)} of {len(real_files())} were not at hand"
            f" below {DATA / 'real'} (set RAPIDMARC_DATA)"
        )
    if not (CORPORA.is_dir() and any(CORPORA.rglob(LC_NAME))):
        lines.append(f"real files: {LC_NAME} ({LC_RECORDS:,} records) was not at hand")
    return lines
