"""What is run under ThreadSanitizer: the canaries, and the scenarios of every gate on both roads.

A canary belongs to no gate: each must be reported in every run, or that run counts as broken. A
scenario belongs to the gate whose claim it guards and must stay clean. The programs themselves are
in `tests/sanitizer`; this file only names them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from harness import ROOT
from harness.model import GATES

PROGRAMS = ROOT / "tests" / "sanitizer"

CANARIES = (
    "worker_vs_worker",
    "parallel_filter_counter",
    "token_rewritten",
    "without_gil",
    "gil_holder_vs_worker",
    "lock_order_inversion",
)

# Scenario names of `stress_main.cpp`.
CPP_SCENARIOS = {
    "B": ("records-alone", "same-bytes"),
    "C": ("batches-alone", "batches-handed-over"),
    "N": ("inline-readers",),
    "H": (
        "file-workers",
        "memory-workers",
        "several-readers",
        "misjoined-chunks",
        "queue-policies",
        "early-stop",
        "restarts",
    ),
    "S": ("columns", "columns-stopped"),
}

# Scenario names of `stress.py`, by the backend they run on.
SHARED = ("own-readers", "shared-reader", "keep-and-free", "close-while-read")
READING_AHEAD = (
    *(*SHARED, "shared-writer", "queue-policies"),
    *("early-stop", "misjoined-chunks", "options-changed"),
)
PYTHON_SCENARIOS: dict[str, dict[str, tuple[str, ...]]] = {
    "B": {"record": SHARED},
    "C": {"batched": (*SHARED, "options-changed")},
    "N": dict.fromkeys(("record", "batched", "native", "memory"), ("one-thread",)),
    "H": {"native": READING_AHEAD, "memory": READING_AHEAD},
    "S": dict.fromkeys(("batched", "native", "memory"), ("columns",)),
}


@dataclass(frozen=True)
class Case:
    """One process to run and the outcome that is right for it."""

    gate: str  # of GATES, or "all"
    road: str  # "cpp" | "python"
    name: str
    command: tuple[str, ...]
    expected: str = "clean"  # "clean" | "race"
    names: str | None = None  # the function that the report of a canary must name
    time_limit: float = 30.0


def canary_cases(build: Path) -> list[Case]:
    roads = {
        "cpp": (str(build / "bin" / "canaries_main"),),
        "python": (sys.executable, str(PROGRAMS / "canaries.py")),
    }
    return [
        Case("all", road, f"canary/{name}", (*command, name), "race", f"canaries::{name}")
        for road, command in roads.items()
        for name in CANARIES
    ]


def scenario_cases(build: Path) -> list[Case]:
    """In the gates' order, C++ before Python: the smaller program tells more when both fail."""
    cases = []
    for gate in GATES:
        stress_main = str(build / "bin" / "stress_main")
        for name in CPP_SCENARIOS[gate]:
            cases.append(Case(gate, "cpp", name, (stress_main, name)))
        stress = str(PROGRAMS / "stress.py")
        for backend, names in PYTHON_SCENARIOS[gate].items():
            for name in names:
                command = (sys.executable, stress, name, backend)
                cases.append(Case(gate, "python", f"{backend}/{name}", command))
    return cases
