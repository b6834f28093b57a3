"""Compares everything at hand with pymarc, in every backend, and says how much that was.

    build/venv/bin/python -m tests.parity [--backend NAME ...] [--limit RECORDS]

All files of tests/data, all real files and all records of the Library of Congress file. pymarc's
side is kept under build/parity. Exit code 1 if anything differs, or if RAPIDMARC_REQUIRE_DATA=1
and a file is missing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import corpora, roads
from tests.parity import pymarc_side

# The large file is compared in pieces, so that pymarc's side can be kept piece by piece and no
# description of it is ever whole in memory.
PIECE_RECORDS = 25_000
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"to_unicode": False},
    {"force_utf8": True, "utf8_handling": "replace"},
    {"file_encoding": "latin-1", "hide_utf8_warnings": True},
)


class Tally:
    """What was compared so far, and what differed."""

    def __init__(self) -> None:
        self.runs = self.records = self.fields = 0
        self.differing: list[str] = []

    def compare(self, name: str, data: bytes, backend: str, folder: Path, **options: Any) -> None:
        """Compares one input in one backend under one set of options."""

        def open_again() -> Any:
            return roads.reader_for(backend, data, folder, **options)

        with open_again() as reader:
            actual = pymarc_side.digests_of(reader)
        found = pymarc_side.first_difference(data, actual.digests, open_again, **options)
        if found:
            self.differing.append(f"{name} [{backend}] {options or ''}")
            print(f"DIFFERS {self.differing[-1]}\n{found}", flush=True)
        self.runs += 1
        self.records += actual.records
        self.fields += actual.fields


def pieces(path: Path, limit: int | None) -> Iterator[tuple[str, bytes]]:
    """The large file in runs of whole records."""
    data = path.read_bytes()
    position = start = count = 0
    while position < len(data) and (limit is None or count < limit):
        position += int(data[position : position + 5])
        count += 1
        if count % PIECE_RECORDS == 0 or position >= len(data) or count == limit:
            yield f"{path.name}, records up to {count:,}", data[start:position]
            start = position


def small_files() -> Iterator[tuple[str, bytes]]:
    """Every file of our own and every real one."""
    for path in corpora.own_files():
        yield f"{path.parent.name}/{path.name}", path.read_bytes()
    for file in corpora.real_files_to_read():
        yield file.name, file.bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", action="append", choices=roads.BACKENDS)
    parser.add_argument("--limit", type=int, help="records of the large file, instead of all")
    chosen = parser.parse_args()
    backends = chosen.backend or roads.BACKENDS
    tally = Tally()
    began = time.monotonic()
    lc = corpora.lc_file()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, data in small_files():
            for options in OPTIONS:
                for backend in backends:
                    tally.compare(name, data, backend, folder, **options)
            _clear(folder)
        print(f"small files: {tally.records:,} records compared", flush=True)
        for name, data in pieces(lc, chosen.limit) if lc else ():
            for backend in backends:
                tally.compare(name, data, backend, folder)
            _clear(folder)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    for line in corpora.missing_lines():
        print(line)
    print(
        f"compared with pymarc in {', '.join(backends)}: {tally.runs:,} runs,"
        f" {tally.records:,} records, {tally.fields:,} fields; {len(tally.differing)} runs differ"
    )
    return 1 if tally.differing else 0


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


if __name__ == "__main__":
    sys.exit(main())
