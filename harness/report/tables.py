"""Tables and the words for numbers: the same for the page and for report.md.

A table is plain text cells: both outputs are made from it, and each escapes it in its own way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.breakdown import label
from harness.report.data import Run, Sample, name_of, varying
from harness.statistics import Interval


@dataclass(frozen=True)
class Column:
    title: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A caption, titles, and rows of text. `marked` rows are set apart (unranked, wrong)."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = field(default_factory=frozenset)


def count(value: float) -> str:
    """Three digits that matter, with the unit's letter: 2.47 M, 81.3 k, 512."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return _three(value / size) + letter
    return _three(value)


def _three(value: float) -> str:
    """Three significant digits, always: 2.00, not 2."""
    return f"{value:#.3g}".rstrip(".")


def megabytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB"


def between(interval: Interval, word: Any = count) -> str:
    """The interval before the point: `2.41 M to 2.52 M`."""
    if math.isinf(interval.high):
        return "one block only"
    return f"{word(interval.low)} to {word(interval.high)}"


def ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def rates(samples: Sequence[Sample], caption: str, axes: Sequence[str] = ()) -> Table:
    """Any set of cells with rate and memory, named by what sets them apart."""
    named = list(axes) or varying([sample.cell for sample in samples])
    columns = (
        Column("cell"),
        Column("records/s, 95% interval", True),
        Column("records/s", True),
        Column("MB/s", True),
        Column("peak memory", True),
        Column("blocks", True),
    )
    rows = tuple(
        (
            name_of(sample.cell, named) or str(sample.cell["engine"]),
            between(sample.rate),
            count(sample.rate.point),
            f"{sample.bytes_rate.point / 1e6:,.0f}",
            "–" if sample.memory is None else megabytes(sample.memory.point),
            str(len(sample.lines)),
        )
        for sample in samples
    )
    return Table(caption, columns, rows)


def estimates(verdicts: Sequence[Mapping[str, Any]]) -> Table:
    """Every ratio of every gate with the bounds that decide."""
    columns = (
        Column("gate"),
        Column("ratio"),
        Column("95% interval", True),
        Column("middle", True),
        Column("surely at least", True),
        Column("surely at most", True),
        Column("needed", True),
        Column("ceiling", True),
        Column("blocks", True),
        Column("role"),
    )
    rows = []
    for verdict in verdicts:
        for entry in verdict["estimates"]:
            digits = 4 if entry.get("measure") == "memory growth" else 2
            numbers = [
                "–" if entry[key] is None else f"{entry[key]:.{digits}f}"
                for key in ("low", "high", "ratio", "one_sided_low", "one_sided_high", "threshold")
            ]
            ceiling = entry["ceiling"]
            rows.append((
                str(verdict["gate"]),
                entry["name"],
                f"{numbers[0]} to {numbers[1]}",
                *numbers[2:],
                "–" if ceiling is None else ratio(ceiling["ratio"]),
                str(entry.get("blocks", verdict["blocks"])),
                str(entry.get("role", "decides")),
            ))  # fmt: skip
    return Table("Ratios that decide, and those reported beside them", columns, tuple(rows))


def sanitizer(lines: Sequence[Mapping[str, Any]], expected: str) -> Table:
    """Sanitizer runs of one sort: real cases, or canaries."""
    chosen = [line for line in lines if line["expected"] == expected]
    wanted = "no report" if expected == "clean" else "a report"
    words = {"clean": "no report", "race": "reported a race", "could-not-run": "could not run"}
    rows = tuple(
        (
            str(line["case"]),
            str(line["gate"]),
            {"cpp": "C++", "python": "Python"}.get(line["road"], line["road"]),
            wanted,
            words.get(line["outcome"], line["outcome"]),
            "as it must" if line["outcome"] == expected else str(line.get("detail") or "wrong"),
            f"{line['seconds']:.1f} s",
        )
        for line in chosen
    )
    marked = frozenset(i for i, line in enumerate(chosen) if line["outcome"] != expected)
    caption = "Cases that must be clean" if expected == "clean" else "Canaries: deliberate races"
    columns = ("case", "gate", "road", "must give", "gave", "finding")
    return Table(caption, (*(Column(c) for c in columns), Column("time", True)), rows, marked)


def breakdown(sides: Sequence[tuple[str, Mapping[str, float]]]) -> Table:
    """Nanoseconds of thread time a record, phase by phase."""
    names = list(dict.fromkeys(name for _, split in sides for name in split if name != "total"))
    columns = (
        Column("cell"), *(Column(label(name), True) for name in names), Column("sum", True)
    )  # fmt: skip
    rows = tuple(
        (title, *(f"{split[n]:.1f}" if n in split else "–" for n in names), f"{split['total']:.1f}")
        for title, split in sides
    )
    return Table("Nanoseconds of thread time a record", columns, rows)


def verification(run: Run) -> Table:
    """Whose output was compared with the reference's."""
    rows: list[tuple[str, ...]] = []
    marked: set[int] = set()
    for line in run.verifications:
        options = line.get("options") or {}
        shown = ", ".join(f"{key} {value}" for key, value in options.items())
        if not (line["agrees"] and line["ranked"]):
            marked.add(len(rows))
        rows.append((
            str(line["engine"]),
            str(line["corpus"]),
            shown or "–",
            f"{line['records']:,}",
            "same" if line["agrees"] else "differs",
            str(line.get("finding") or "–"),
        ))  # fmt: skip
    columns = (
        Column("engine"), Column("corpus"), Column("options"), Column("records", True),
        Column("output"), Column("finding"),
    )  # fmt: skip
    return Table("Output compared with the reference", columns, tuple(rows), frozenset(marked))


def missing(run: Run) -> Table:
    rows = tuple(
        (str(line["part"]), str(line["reason"]), str(line.get("install") or "–"))
        for line in run.missing
    )
    columns = (Column("part"), Column("why it is missing"), Column("how to install it"))
    return Table("Missing here", columns, rows)


def host(run: Run) -> Table:
    """The environment, flattened; long values stay as they are."""
    rows: list[tuple[str, str]] = [
        ("run", run.name),
        ("started", str(run.header.get("started", "–"))),
        (
            "commit",
            str(run.header.get("commit", "–")) + (" + changes" if run.header.get("dirty") else ""),
        ),
        ("command", str(run.header.get("command", "–"))),
    ]
    for key, value in run.environment.items():
        if isinstance(value, Mapping):
            word = "version" if key == "versions" else key.replace("_", " ")
            rows.extend((f"{word} of {name}", str(v)) for name, v in value.items())
        elif value is not None:
            rows.append((key.replace("_", " "), str(value)))
    for corpus in run.header.get("corpora", []):
        shown = ", ".join(f"{k} {v}" for k, v in corpus.items() if k != "name")
        rows.append((f"corpus {corpus.get('name', '')}", shown))
    return Table("Where it ran", (Column("what"), Column("value")), tuple(rows))
