"""One fault between good records, a file for each: what the scenario of faults lets readers read.

The faults are those of the tests (`tests/data/faults.py`), which say what each is.
"""

from __future__ import annotations

from pathlib import Path

from harness import CORPORA
from tests.data.encode import plain
from tests.data.faults import FAULTS

__all__ = ["FAULTS", "GOOD", "file_of"]

#: What the good records have in their 001; the fault stands behind the first.
GOOD = ("before", "after", "last")


def file_of(fault: str, folder: Path = CORPORA) -> Path:
    """The file with that fault, made anew: it is small, and the table may have changed."""
    folder = folder / "broken"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{fault.replace(' ', '-')}.mrc"
    first, *rest = map(plain, GOOD)
    path.write_bytes(b"".join([first, FAULTS[fault].content, *rest]))
    return path
