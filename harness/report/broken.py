"""Broken files: what one fault between good records costs each engine, and what the worst input
costs ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.corpora.worst import PREFIX
from harness.evidence import of_kind
from harness.report.data import Run, Sample, corpus_family, is_worst
from harness.report.sections import Section, command
from harness.report.tables import Column, Table
from harness.show import broken_word

#: Cost by size is a power of it; with this exponent twice the bytes take twice the time.
LINEAR = 1.0
#: How far from it an exponent may be and still be called linear: caches alone do as much.
ALLOWANCE = 0.15


def faults(run: Run) -> Section:
    lead = (
        "Three good records, and one fault between the first and the second. What is behind “+” "
        "are other records that were given, such as one salvaged from the fault."
    )
    lines = of_kind(run.lines, "broken")
    engines = list(dict.fromkeys(line["engine"] for line in lines))
    found = {(line["engine"], line["fault"]): line for line in lines}
    names = list(dict.fromkeys(line["fault"] for line in lines))
    rows = tuple(
        (
            name,
            *(
                broken_word(found[engine, name]) if (engine, name) in found else "–"
                for engine in engines
            ),
        )
        for name in names
    )
    columns = (Column("fault"), *(Column(engine) for engine in engines))
    table = Table("Good records given, by fault and engine", columns, rows)
    notes = [
        f"{engine} gives all good records in {whole} of {len(mine)} files."
        for engine in engines
        for mine in [[line for line in lines if line["engine"] == engine]]
        for whole in [sum(line["delivered"] == line["good"] for line in mine)]
    ]
    return Section(
        "faults", "One fault between good records", lead, (), [table] if rows else [], notes,
        "python -m harness verify verify/faults",
    )  # fmt: skip


def exponent(samples: Sequence[Sample]) -> float:
    """The slope of log time over log bytes: 1 where cost is linear, 2 where it is quadratic."""
    sizes = [np.log(float(sample.lines[0]["bytes"])) for sample in samples]
    times = [np.log(float(np.median([x["seconds"] for x in s.lines]))) for s in samples]
    return float(np.polyfit(sizes, times, 1)[0])


def worst_cases(run: Run) -> Section:
    lead = (
        "Input made to cost as much as it can, in growing sizes. Where cost is linear in bytes, "
        "each row is flat: the nanoseconds a byte do not grow, and the exponent is about 1."
    )
    samples = [sample for sample in run.samples() if is_worst(sample.cell)]
    groups: dict[tuple[str, ...], list[Sample]] = {}
    for sample in samples:
        family = str(corpus_family(str(sample.cell["corpus"]))).removeprefix(PREFIX)
        key = (family, *(str(sample.cell[axis]) for axis in ("engine", "workload", "threads")))
        groups.setdefault(key, []).append(sample)
    sizes = sorted({_megabytes(sample) for sample in samples})
    rows: list[tuple[str, ...]] = []
    marked = set()
    for (family, engine, work, threads), group in groups.items():
        if len(group) < 2:
            continue
        slope = exponent(group)
        linear = slope <= LINEAR + ALLOWANCE
        if not linear:
            marked.add(len(rows))
        cells = {_megabytes(s): f"{1e9 / s.bytes_rate.point:,.2f}" for s in group}
        rows.append((
            family, engine, work, threads, *(cells.get(size, "–") for size in sizes),
            f"{slope:.2f}", "linear" if linear else "more than linear",
        ))  # fmt: skip
    columns = (
        Column("input"), Column("engine"), Column("work"), Column("threads", True),
        *(Column(f"ns a byte, {size} MB", True) for size in sizes),
        Column("exponent", True), Column("cost"),
    )  # fmt: skip
    table = Table("Cost by size of the worst input", columns, tuple(rows), frozenset(marked))
    notes = [f"{len(rows) - len(marked)} of {len(rows)} rows are linear in bytes."] if rows else []
    where = command(*(sample.scenario for sample in samples)) if rows else ""
    return Section("worst-cases", "Worst cases", lead, (), [table] if rows else [], notes, where)


def _megabytes(sample: Sample) -> int:
    return int(sample.lines[0]["bytes"]) // 1_000_000
