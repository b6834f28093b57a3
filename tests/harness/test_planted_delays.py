"""A delay planted in a phase of the reader appears in that phase, and the phases still add up.

Sleeping sets a lower bound to a time, so no test depends on how fast the host is. The native phases
are delayed in a second module of the same build (tests/planted), which the product knows nothing
of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import BUILD, ROOT, breakdown
from harness.corpora.generate import write

RECORDS = 1_000
PACKAGE = BUILD / "release" / "planted"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("planted") / "records.mrc"
    with file.open("wb") as out:
        write(out, "mixed", RECORDS, seed=1)
    return file


def read_with(phase: str, corpus: Path) -> dict[str, Any]:
    path = os.pathsep.join([str(PACKAGE), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.planted.reading", phase, str(corpus), str(RECORDS)],
        env=dict(os.environ, PYTHONPATH=path), cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def own_nanoseconds(stats: dict[str, int], phase: str) -> int:
    """What the calling thread spent in a phase."""
    return stats[f"{phase}_ns"] - stats.get(f"worker_{phase}_ns", 0)


@pytest.mark.parametrize("phase", ["read", "read/custom", "frame", "decode", "convert", "consumer"])
def test_a_planted_sleep_appears_in_its_phase(phase: str, corpus: Path) -> None:
    found = read_with(phase, corpus)
    stats, name = found["stats"], phase.partition("/")[0]
    # Conversion and the caller's code are sampled, so they may be a little off.
    assert own_nanoseconds(stats, name) >= 0.95 * found["planted_ns"]
    others = sum(own_nanoseconds(stats, other) for other in breakdown.PHASES if other != name)
    assert others < own_nanoseconds(stats, name)


@pytest.mark.parametrize("phase", ["gil_wait", "queue_wait"])
def test_what_another_thread_holds_up_appears_as_waiting_for_it(phase: str, corpus: Path) -> None:
    # Opening a file waits for the lock as well, inside Python's own functions.
    phases = [name for name in breakdown.PHASES if name != "open"]

    def longest() -> str:
        stats = read_with(phase, corpus)["stats"]
        return max(phases, key=lambda name: own_nanoseconds(stats, name))

    # Other programs may hold the process up in any phase, but not each time in the same.
    assert phase in [longest() for _ in range(3)]


@pytest.mark.parametrize(
    "phase", ["read", "read/custom", "frame", "decode", "queue_wait", "convert", "consumer"]
)
def test_the_phases_add_up_to_the_time_of_the_calling_thread(phase: str, corpus: Path) -> None:
    account = breakdown.account(read_with(phase, corpus)["stats"])
    assert account is not None
    assert account.adds_up, account
