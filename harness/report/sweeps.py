"""Sections made of curves along one axis: batch size, file size, source, disk and more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.disks import PROFILES
from harness.evidence import of_kind
from harness.report import plots, tables
from harness.report.data import (
    Curve,
    Run,
    Sample,
    corpus_family,
    curves,
    is_worst,
    name_of,
    place_on,
    varying,
)
from harness.report.sections import Figure, Section, command, legend, named, split
from harness.report.sentences import extremes
from harness.statistics import Interval


def _rate(sample: Sample) -> Interval | None:
    return sample.rate


def _bytes_rate(sample: Sample) -> Interval | None:
    return sample.bytes_rate


def _memory(sample: Sample) -> Interval | None:
    return sample.memory


def _stacked(
    name: str,
    title: str,
    group: Sequence[Curve],
    x_title: str,
    panels: Sequence[tuple[str, Callable[[Sample], Interval | None]]],
    label_of: Callable[[Any], str] = str,
    note: str = "",
) -> Figure:
    """A figure of panels over the values of one axis, with the table of its cells."""
    axis = group[0].axis
    values = sorted({v for c in group for v in c.values}, key=lambda v: place_on(axis, v))
    labels = named(group)
    by_value = [{s.cell[axis]: s for s in curve.samples} for curve in group]
    drawn = [
        plots.Panel(
            panel,
            [
                plots.Line(i, [pick(cells[v]) if v in cells else None for v in values])
                for i, cells in enumerate(by_value)
            ],
        )
        for panel, pick in panels
    ]
    samples = [s for curve in group for s in curve.samples]
    return Figure(
        name,
        title,
        plots.stacked([label_of(v) for v in values], drawn, x_title),
        extremes(
            samples,
            [*(varying([s.cell for s in samples]) or ["engine"])],
            panels[0][1],
            panels[0][0],
        ),
        tables.rates(samples, title),
        command(*(curve.scenario for curve in group)),
        legend(labels),
        note,
    )


#: How far "auto" may fall behind the best fixed batch size: as a factor, of what that one reaches.
AUTO_AT_LEAST = 0.97


def auto_beside_fixed(found: Sequence[Curve]) -> tables.Table:
    """The default against the fixed batch size that was fastest, in the blocks that hold both.

    The best of several is also the luckiest of them, so the ratio errs against "auto".
    """
    rows: list[tuple[str, ...]] = []
    marked = set()
    for curve, label in zip(found, named(found) if found else (), strict=True):
        auto = next((s for s in curve.samples if s.cell["batch_size"] == "auto"), None)
        fixed = [s for s in curve.samples if s.cell["batch_size"] != "auto"]
        best = max(fixed, key=lambda sample: sample.rate.point, default=None)
        if auto is None or best is None or (ratio := auto.ratio_to(best)) is None:
            continue
        word = (
            "within 3%" if ratio.low >= AUTO_AT_LEAST
            else "beyond 3%" if ratio.high < AUTO_AT_LEAST else "not decided"
        )  # fmt: skip
        if word == "beyond 3%":
            marked.add(len(rows))
        rows.append((
            label, str(best.cell["batch_size"]), tables.ratio(ratio.point),
            tables.between(ratio, tables.ratio), word, str(len(auto.lines)),
        ))  # fmt: skip
    columns = (
        tables.Column("cell"), tables.Column("best fixed size", True),
        tables.Column("auto against it", True), tables.Column("interval", True),
        tables.Column("word"), tables.Column("blocks", True),
    )  # fmt: skip
    return tables.Table("“auto” beside the best fixed batch size", columns, tuple(rows),
                        frozenset(marked))  # fmt: skip


def batch_sizes(run: Run) -> Section:
    lead = (
        "A batch is what is parsed between two takes of the GIL. Small ones hand the GIL over too "
        "often, large ones fall out of the processor's cache. “auto” is the default."
    )
    found = curves(run.samples(), "batch_size", least=3) or curves(run.samples(), "batch_size")
    panels = [("records a second", _rate), ("peak memory beyond the interpreter's, bytes", _memory)]
    figures = [
        _stacked(f"batch-{i}", "Rate and memory by batch size", group, "records a batch", panels)
        for i, group in enumerate(split(found) if found else [])
    ]
    beside = auto_beside_fixed(found)
    return Section("batch-size", "Batch size", lead, figures, [beside] if beside.rows else [])


def _sized(run: Run) -> list[Curve]:
    """Curves over several sizes of the same kind of corpus."""
    of_sizes = [s for s in run.samples() if corpus_family(s.cell["corpus"])]
    found = curves([s for s in of_sizes if not is_worst(s.cell)], "corpus")
    found = [c for c in found if len({corpus_family(v) for v in c.values}) == 1]
    # Gates measure two sizes for memory; a sweep, where there is one, shows more.
    return [c for c in found if not c.scenario.startswith("gates/")] or found


def _size_word(corpus: Any) -> str:
    return str(corpus).rsplit("-", 1)[-1]


def file_sizes(run: Run) -> Section:
    lead = (
        "Opening a file and starting threads has a price that a small file may not earn back. "
        "Every size reads about the same number of records in all."
    )
    groups = split(_sized(run)) if _sized(run) else []
    figures = [
        _stacked(
            f"size-{i}", "Rate by file size", group, "size of the file",
            [("records a second", _rate)], _size_word,
        )
        for i, group in enumerate(groups)
    ]  # fmt: skip
    return Section("file-size", "File size", lead, figures)


def memory(run: Run) -> Section:
    """Peak memory over file size; gate N says how much it may grow."""
    lead = (
        "Peak memory of the process without what the interpreter held before reading. A reader "
        "that streams gives a flat line."
    )
    found = [c for c in _sized(run) if any(s.memory is not None for s in c.samples)]
    figures = [
        _stacked(
            f"memory-{i}", "Peak memory by file size", group, "size of the file",
            [("bytes beyond the interpreter's", _memory)], _size_word,
            note="The bars run from the least to the largest block.",
        )
        for i, group in enumerate(split(found) if found else [])
    ]  # fmt: skip
    return Section("memory", "Memory", lead, figures)


def _by_category(
    run: Run, axis: str, name: str, title: str, lead: str, *, least: int = 2,
    disk_rate: bool = False, keep: Callable[[Sample], bool] = lambda sample: True,
) -> Section:  # fmt: skip
    """Rows for the values of an axis, marks for whatever else differs: one figure a comparison."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in run.samples():
        if keep(sample) and not (sample.scenario.startswith("gates/") or is_worst(sample.cell)):
            groups.setdefault((sample.scenario, sample.comparison), []).append(sample)
    figures: list[Figure] = []
    for (scenario, _), samples in groups.items():
        values = list(dict.fromkeys(s.cell[axis] for s in samples))
        others = varying([{k: v for k, v in s.cell.items() if k != axis} for s in samples])
        if len(values) < least or len(samples) > 40:
            continue
        labels = list(dict.fromkeys(name_of(s.cell, others or ["engine"]) for s in samples))
        rows = [
            plots.DotRow(
                str(value),
                [
                    (labels.index(name_of(s.cell, others or ["engine"])),
                     s.bytes_rate if disk_rate else s.rate)
                    for s in samples
                    if s.cell[axis] == value
                ],
            )
            for value in values
        ]  # fmt: skip
        unit = "bytes a second" if disk_rate else "records a second"
        figures.append(
            Figure(
                f"{name}-{len(figures)}",
                f"Rate by {axis}",
                plots.dots(rows, unit),
                extremes(samples, [axis, *others], _bytes_rate if disk_rate else _rate, unit),
                tables.rates(samples, f"Rate by {axis}", [axis, *others]),
                command(scenario),
                legend(labels),
            )
        )
    return Section(name, title, lead, figures)


def sources(run: Run) -> Section:
    return _by_category(
        run, "source", "sources", "Sources",
        "What each way of handing the bytes over costs. Pipes and sockets need a second process "
        "that writes.",
        least=4,
    )  # fmt: skip


def disks(run: Run) -> Section:
    section = _by_category(
        run, "disk", "disks", "Disks",
        "How much of the speed is left when the bytes do not lie in the page cache. Throttled "
        "profiles limit bandwidth and operations in the kernel.",
        disk_rate=True,
    )  # fmt: skip
    # A cell that failed is a missing part too, and names its profile among other words.
    gone = [line for line in run.missing if line["part"] in PROFILES]
    notes = [
        f"{line['profile']}: {line['bytes_per_s'] / 1e6:,.0f} MB/s and "
        f"{line['latency_s'] * 1e3:.3g} ms a page were measured ({line['method']})."
        for line in of_kind(run.lines, "disk")
    ]
    notes += [f"Not evaluable here: {line['part']} ({line['reason']})." for line in gone]
    return Section(section.name, section.title, section.lead, section.figures, (), notes)


def workloads(run: Run) -> Section:
    return _by_category(
        run, "workload", "workloads", "What is done with each record",
        "The reader's own share is largest when records are only counted. Every value that becomes "
        "a Python string needs the GIL.",
        keep=lambda sample: not sample.scenario.startswith("curated/"),
    )  # fmt: skip


def scripts(run: Run) -> Section:
    return _by_category(
        run, "corpus", "scripts", "Scripts and record lengths",
        "Generated records in several scripts and lengths: realistic sizes, not contents.",
        keep=lambda sample: corpus_family(sample.cell["corpus"]) is None,
    )  # fmt: skip
