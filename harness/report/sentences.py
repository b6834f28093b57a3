"""What a picture shows, said in a sentence that is made from its figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.report.data import Sample, name_of
from harness.report.tables import count
from harness.statistics import Interval

Pick = Callable[[Sample], Interval | None]


def extremes(samples: Sequence[Sample], axes: Sequence[str], pick: Pick, unit: str) -> str:
    """The highest and the lowest of the cells, unless their intervals meet."""
    known = [(found, s) for s in samples if (found := pick(s)) is not None]
    if not known:
        return "Nothing of this was measured."
    high, top = max(known, key=lambda pair: pair[0].point)
    low, bottom = min(known, key=lambda pair: pair[0].point)
    if top is bottom:
        return f"One cell was measured: {count(high.point)} {unit}."
    if math.isinf(high.high) and math.isinf(low.high):
        return (
            f"One block each, so without intervals: from {count(low.point)} for "
            f"{name_of(bottom.cell, axes)} to {count(high.point)} {unit} for "
            f"{name_of(top.cell, axes)}."
        )
    if high.low <= low.high:
        return (
            f"No clear difference: all {len(known)} cells lie between {count(low.point)} and "
            f"{count(high.point)} {unit}."
        )
    return (
        f"Most: {name_of(top.cell, axes)} with {count(high.point)} {unit}. "
        f"Least: {name_of(bottom.cell, axes)} with {count(low.point)}, "
        f"{high.point / low.point:.1f} times less."
    )


def speed_ups(
    labels: Sequence[str], measured: Sequence[Mapping[int, Interval]],
    ceiling: Mapping[int, Interval], cores: int,
) -> str:  # fmt: skip
    """The best curve at the most threads that the host can really run, beside the ceiling."""
    found = [
        (n, interval, label)
        for label, curve in zip(labels, measured, strict=True)
        for n, interval in curve.items()
        if n <= (cores or n)
    ]
    if not found:
        return "No count of threads above one fits this host's cores."
    most = max(n for n, _, _ in found)
    _, best, label = max((f for f in found if f[0] == most), key=lambda f: f[1].point)
    text = f"On {most} threads {label} is fastest, {best.low:.2f} to {best.high:.2f} times one"
    if most in ceiling:
        text += f": {best.point / ceiling[most].point:.0%} of what the host gives at all"
    return text + "."


def predicted(labels: Sequence[str], curves: Sequence[Mapping[int, Interval]], threads: int) -> str:
    pairs = [
        (curve[threads], label)
        for label, curve in zip(labels, curves, strict=True)
        if threads in curve
    ]
    least, most = (f(pairs, key=lambda p: p[0].point) for f in (min, max))
    return (
        f"Predicted, not measured: on {threads} threads {most[0].low:.1f} to {most[0].high:.1f} "
        f"for {most[1]}"
        + ("." if most is least else f", {least[0].low:.1f} to {least[0].high:.1f} for {least[1]}.")
    )


def thresholds(estimates: Sequence[Mapping[str, Any]]) -> str:
    """How many of the deciding ratios reach what they need."""
    deciding = [
        e for e in estimates
        if e.get("role") == "decides" and e.get("measure", "speed-up") == "speed-up"
        and e["threshold"] is not None and e["low"] is not None
    ]  # fmt: skip
    if not deciding:
        return "No ratio here decides a gate."
    above = [e for e in deciding if e["one_sided_low"] >= e["threshold"]]
    closest = min(deciding, key=lambda e: e["one_sided_low"] / e["threshold"])
    return (
        f"{len(above)} of {len(deciding)} deciding ratios reach their threshold with the whole "
        f"interval; closest to it is {closest['name']}, {closest['low']:.2f} to "
        f"{closest['high']:.2f} where {closest['threshold']:.2f} is needed."
    )
