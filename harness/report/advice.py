"""Which backend to use, read off the figures of this run; only what was measured is recommended.

The rule is the same everywhere: of the candidates, the simplest whose interval reaches within 5% of
the fastest. A cell with a single block has no interval: it speaks by its value, and only where the
backend has no cell with more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.data import Run, Sample, corpus_family, is_worst, name_of, place_on
from harness.report.sections import Section
from harness.report.tables import Column, Table, between, megabytes
from harness.statistics import Interval

#: From simple to involved: what a user has to know, and what runs beside the caller.
SIMPLICITY = ("rapidmarc/record", "rapidmarc/batched", "rapidmarc/native", "rapidmarc/memory")
NEAR = 0.95


@dataclass(frozen=True)
class Situation:
    """What a user has, and which cells speak about it."""

    text: str
    fits: Callable[[Mapping[str, Any]], bool]
    fewest_threads: int = 1
    most_threads: int = 1


def _base(cell: Mapping[str, Any]) -> bool:
    return (
        cell["engine"] in SIMPLICITY
        and cell["workload"] == "read"
        and cell["disk"] == "page-cache"
        and cell["batch_size"] == "auto"
    )


def situations(cores: int) -> list[Situation]:
    large = _corpus("large")
    many = max(cores, 2)
    return [
        Situation(
            "a path, and one thread",
            lambda c: large(c) and c["source"] in ("path", "open"),
        ),
        Situation(
            "a path, one reader, and cores to spare",
            lambda c: large(c) and c["source"] in ("path", "open")
            and (c["threads_kind"] == "workers" or c["threads"] == 1),
            most_threads=many,
        ),
        Situation(
            "several files, a reader in each thread",
            lambda c: large(c) and c["source"] in ("path", "open")
            and c["threads_kind"] == "readers",
            2, many,
        ),
        Situation("an open file object", lambda c: large(c) and c["source"] == "open"),
        Situation("a BytesIO", lambda c: large(c) and c["source"] == "bytesio"),
        Situation("an object that only has .read", lambda c: large(c) and c["source"] == "custom"),
        Situation("a pipe or a socket", lambda c: c["source"] in ("pipe", "socket")),
        Situation("bytes in memory", lambda c: large(c) and c["source"] == "bytes",
                  most_threads=many),
        Situation(
            "a small file", lambda c: _corpus("small")(c) and c["source"] in ("path", "open"),
            most_threads=many,
        ),
    ]  # fmt: skip


def _corpus(size: str) -> Callable[[Mapping[str, Any]], bool]:
    order = place_on("corpus", f"loc-{size}")[0]

    def fits(cell: Mapping[str, Any]) -> bool:
        return (
            corpus_family(cell["corpus"]) is not None
            and not is_worst(cell)
            and place_on("corpus", cell["corpus"])[0] == order
        )

    return fits


def fitting(run: Run, situation: Situation) -> list[Sample]:
    """Every measured cell that speaks about this situation."""
    return [
        sample
        for sample in run.samples()
        if _base(sample.cell)
        and situation.fits(sample.cell)
        and situation.fewest_threads <= int(sample.cell["threads"]) <= situation.most_threads
    ]


def candidates(known: Sequence[Sample]) -> list[Sample]:
    """The best cell of each backend."""
    best: dict[str, Sample] = {}
    for sample in known:
        engine = str(sample.cell["engine"])
        if engine not in best or _worth(sample) > _worth(best[engine]):
            best[engine] = sample
    return list(best.values())


def _worth(sample: Sample) -> tuple[bool, float]:
    """How well a cell speaks for its backend: with an interval before without, then by its rate."""
    return not math.isinf(sample.rate.high), sample.rate.point


def _reach(sample: Sample) -> Interval:
    """The interval of a cell; of one with a single block, its value."""
    rate = sample.rate
    return Interval(rate.point, rate.point, rate.point) if math.isinf(rate.high) else rate


def choose(found: Sequence[Sample]) -> Sample:
    """The simplest whose interval reaches within 5% of the fastest."""
    fastest = max(sample.rate.point for sample in found)
    near = [sample for sample in found if _reach(sample).high >= NEAR * fastest]
    return min(near, key=lambda s: SIMPLICITY.index(str(s.cell["engine"])))


def which_backend(run: Run) -> Section:
    lead = (
        "Read off the figures of this run. The rule: of the backends measured for a situation, the "
        "simplest whose interval reaches within 5% of the fastest."
    )
    rows = []
    for situation in situations(run.cores):
        known = fitting(run, situation)
        found = candidates(known)
        if not found:
            continue
        chosen = choose(found)
        others = [_beside(chosen, s, known) for s in found if s is not chosen]
        rows.append((
            situation.text,
            str(chosen.cell["engine"]).removeprefix("rapidmarc/"),
            name_of(chosen.cell, ["threads"]),
            between(chosen.rate),
            "–" if chosen.memory is None else megabytes(chosen.memory.point),
            "; ".join(_against(chosen, other) for other in others) or "nothing else was measured",
        ))  # fmt: skip
    columns = (
        Column("you have"), Column("use"), Column("with"), Column("records/s, 95% interval", True),
        Column("peak memory", True), Column("the others"),
    )  # fmt: skip
    if not rows:
        return Section("backend", "Which backend should I use?", lead)
    notes = (
        "“auto”, the default, makes this choice by the kind of source. Code that touches every "
        "field is bound by Python objects, whatever the backend.",
    )
    table = Table("A backend for what you have", columns, tuple(rows))
    return Section("backend", "Which backend should I use?", lead, (), [table], notes)


def _beside(chosen: Sample, other: Sample, known: Sequence[Sample]) -> Sample:
    """The other backend's best cell in the blocks of the chosen one, or its best of all."""
    met = [
        sample
        for sample in known
        if sample.cell["engine"] == other.cell["engine"]
        and (sample.scenario, sample.comparison) == (chosen.scenario, chosen.comparison)
        and sample.ratios_to(chosen)
    ]
    return max(met, key=_worth, default=other)


def _against(chosen: Sample, other: Sample) -> str:
    """The ratio inside the blocks that hold both; of cells that never met, that of their typical
    rates, and said to be."""
    name = str(other.cell["engine"]).removeprefix("rapidmarc/")
    met = (chosen.scenario, chosen.comparison) == (other.scenario, other.comparison)
    ratio = other.ratio_to(chosen) if met else None
    if ratio is not None:
        single, apart = math.isinf(ratio.high), not ratio.low <= 1 <= ratio.high
        point, how = ratio.point, ""
    else:
        mine, theirs = _reach(chosen), _reach(other)
        single = math.isinf(chosen.rate.high) or math.isinf(other.rate.high)
        apart = mine.high < theirs.low or theirs.high < mine.low
        point, how = other.rate.point / chosen.rate.point, ", in other blocks"
    if not (single or apart):
        return f"{name}: no clear difference"
    return f"{name}: {point:.2f} times that{', by one block' if single else how}"
