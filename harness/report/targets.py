"""The section of targets: each beside what was measured, with the word for it."""

from __future__ import annotations

from collections import Counter

from harness import targets
from harness.report.data import Run
from harness.report.sections import Section, command
from harness.report.tables import Column, Table, between
from harness.statistics import Interval
from harness.targets import Found


def number(value: float) -> str:
    """Digits as the figure's size needs them: 412, 47.1, 0.83, 6,012,928."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def bound(found: Found) -> str:
    target = found.target
    if target.at_least is not None:
        return f"at least {number(target.at_least)}"
    return f"at most {number(target.at_most or 0)}"


def _point(interval: Interval | None) -> str:
    return "–" if interval is None else number(interval.point)


def table(found: list[Found]) -> Table:
    rows = tuple(
        (
            each.target.work,
            (each.target.against or "–") + (" (other records)" if each.output else ""),
            bound(each),
            _point(each.figure),
            "–" if each.figure is None else between(each.figure, number),
            each.word,
            _point(each.limit),
            _point(each.own_limit),
            _point(each.beside),
            str(each.blocks),
        )
        for each in found
    )
    marked = frozenset(i for i, each in enumerate(found) if each.word != targets.REACHED)
    columns = (
        Column("work"), Column("against"), Column("target", True), Column("measured", True),
        Column("interval", True), Column("word"), Column("limit", True),
        Column("with our decoding", True), Column("by the other way", True),
        Column("blocks", True),
    )  # fmt: skip
    return Table("Targets beside what was measured", columns, rows, marked)


def sentence(found: list[Found]) -> str:
    words = Counter(each.word for each in found)
    parts = [f"{count} {word}" for word, count in words.items() if word != targets.REACHED]
    rest = f"; {', '.join(parts)}" if parts else ""
    limits = _named("Beyond the limit of this host", [each for each in found if each.out_of_reach])
    limits += _named(
        "Beyond the limit with our decoding",
        [each for each in found if each.needs_faster_decoding and not each.out_of_reach],
    )
    return f"{words[targets.REACHED]} of {len(found)} targets are reached{rest}.{limits}"


def _named(what: str, found: list[Found]) -> str:
    names = dict.fromkeys(f"{each.target.work} ({each.target.against})" for each in found)
    return f" {what}: {', '.join(names)}." if names else ""


def section(run: Run) -> Section:
    lead = (
        "Set before the product was finished, and judged by the whole interval. Ratios are formed "
        "inside blocks; the other figures are the median of the blocks with the least and the "
        "largest. “By the other way” is the same ratio where the way of reading beside it (an open "
        "file, more threads) is used. “Limit” is what is left to any reader on one thread of this "
        "host: the file read and the caller's loop run, with every object there already. “With our "
        "decoding” adds what finding, checking and decoding each record takes here."
    )
    found = targets.find(run.lines)
    if not found:
        return Section("targets", "Targets", lead)
    outputs = {f"{each.target.against}: {each.output}." for each in found if each.output}
    outputs |= {f"{each.target.numerator['engine']}: {each.own}." for each in found if each.own}
    return Section(
        "targets", "Targets", lead, tables=[table(found)],
        notes=[sentence(found), *sorted(outputs)],
        command=command(*targets.in_order(sorted(run.with_targets))),
    )  # fmt: skip
