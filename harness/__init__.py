"""Measures MARC readers, judges the figures and shows them.

From a scenario file come a plan, a run of blocks, samples, statistics, verdicts and a report.
Nothing here imports a reader: engines are imported by `harness.engines`, each in a process of its
own. This file only says where things lie.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "scenarios"
RESULTS = ROOT / "results"
REPORTS = ROOT / "reports"
BUILD = ROOT / "build"
CACHE = BUILD / "harness"
CORPORA = BUILD / "corpora"
