"""Every real ISO 2709 file, and every file of our own, through pymarc and through each backend.

Compared step by step: record or None, exception, chunk, notes, and each record in every form it
has. Real files that are not at hand are counted at the end of the run.
"""

import functools
from pathlib import Path
from typing import Any

import pytest

from tests import corpora, roads
from tests.parity import compare, pymarc_side

# Ways to ask that change what comes out. The last: everything at once that hides faults.
CHOICES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "bytes": {"to_unicode": False},
    "forced": {"force_utf8": True, "utf8_handling": "replace"},
    "latin1": {"file_encoding": "latin-1", "hide_utf8_warnings": True},
    "lenient": {"force_utf8": True, "utf8_handling": "ignore", "permissive": True},
}
# Larger files are read under default options only.
SMALL = 40_000


@functools.lru_cache(maxsize=8)
def by_pymarc(path: Path, choice: str) -> list[compare.Step]:
    return pymarc_side.steps(path.read_bytes(), **CHOICES[choice])


def assert_read_alike(path: Path, backend: str, choice: str, folder: Path) -> None:
    with roads.reader_for(backend, path.read_bytes(), folder, **CHOICES[choice]) as reader:
        actual = compare.run(reader)
    compare.assert_same(by_pymarc(path, choice), actual, f"{path.name}, {backend}, {choice}")


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("path", corpora.own_files(), ids=lambda path: path.stem)
def test_our_files(path: Path, choice: str, tmp_path: Path) -> None:
    for backend in roads.BACKENDS:
        assert_read_alike(path, backend, choice, tmp_path)


@pytest.mark.parametrize(
    "file", [None, *corpora.real_files_to_read()], ids=lambda file: file.name if file else "own"
)
def test_real_files(file: corpora.RealFile | None, tmp_path: Path) -> None:
    # The first case stands for the real files where there are none, so that a run without them
    # still shows that the comparison works.
    path = corpora.WELLFORMED / "hundred.mrc" if file is None else file.path
    choices = list(CHOICES) if path.stat().st_size < SMALL else ["defaults"]
    for choice in choices:
        for backend in roads.BACKENDS:
            assert_read_alike(path, backend, choice, tmp_path)
