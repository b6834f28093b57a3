"""Instructions a record: the stored baseline, and what was counted for the commit of this run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.instructions import BASELINE, LAST
from harness.report.data import Run
from harness.report.sections import Section
from harness.report.tables import Column, Table

COMMAND = "python -m harness.instructions"


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def section(run: Run, baseline: Path = BASELINE, last: Path = LAST) -> Section:
    lead = (
        "Counted by callgrind, so free of the host's noise: they tell that a commit does more "
        "work, not how long it takes."
    )
    title = "Instructions a record"
    stored, counted = _read(baseline), _read(last)
    if not stored:
        return Section("instructions", title, lead)
    of_this = counted.get("commit") == run.header.get("commit") and not counted.get("dirty")
    here: dict[str, float] = counted.get("instructions_per_record", {}) if of_this else {}
    base: dict[str, float] = stored["instructions_per_record"]
    changes = {name: here[name] / base[name] - 1 for name in base if name in here}
    tolerance = float(stored["tolerance"])
    rows = tuple(
        (
            name, f"{figure:,.1f}", f"{here[name]:,.1f}" if name in here else "–",
            f"{changes[name]:+.1%}" if name in changes else "–",
        )
        for name, figure in base.items()
    )  # fmt: skip
    marked = frozenset(i for i, name in enumerate(base) if changes.get(name, 0) > tolerance)
    note = "Not counted for the commit of this run; the baseline alone is shown."
    if changes:
        most = max(changes, key=lambda name: abs(changes[name]))
        note = (
            f"{len(marked)} of {len(changes)} workloads need more than {tolerance:.0%} above the "
            f"baseline; the largest change is that of “{most}”, {changes[most]:+.1%}."
        )
    columns = (
        Column("workload"), Column("baseline", True), Column("this commit", True),
        Column("change", True),
    )  # fmt: skip
    table = Table(f"Instructions a record, baseline of {stored['date']}", columns, rows, marked)
    return Section("instructions", title, lead, (), [table], [note], COMMAND)
