"""Where the time of a ratio went: nanoseconds a record in each phase, on one thread and on several.

Every phase is measured, by the reader itself (`reader.stats`) or by the worker that drives it, and
summed over its threads, so it is compared with thread time: wall time times threads. What no phase
claims is shown as such and never booked on one of them. If nothing were lost, thread time a record
would be the same on both sides; the difference, phase by phase, is the explanation of a ratio below
the ideal.

`account` looks at the calling threads alone, whose phases follow each other without a gap: they
must add up to the time that these threads took. What workers do beside them is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Phases in the order in which a byte meets them: name in stats, then name for people.
PHASES: dict[str, str] = {
    "open": "opening and closing",
    "read": "reading",
    "frame": "finding record ends",
    "decode": "decoding",
    "queue_wait": "waiting for the queue",
    "gil_wait": "waiting for the GIL",
    "convert": "making Python objects",
    "consumer": "the caller's own code",
}
UNCLAIMED = "unclaimed"
#: So much of the calling threads' time the phases may miss, or claim twice.
TOLERANCE = 0.05


def phase_of(stats: Mapping[str, Any], phase: str) -> float | None:
    """Nanoseconds of a phase, or None if this reader does not measure it."""
    value = stats.get(f"{phase}_ns")
    return None if value is None else float(value)


def per_record(line: Mapping[str, Any]) -> dict[str, float] | None:
    """Thread time a record, phase by phase, with `total` and `unclaimed`; None without stats."""
    stats = line.get("stats") or {}
    # The phases are shared out over the records that the reader counted beside them.
    records = float(stats.get("records") or line.get("records") or 0)
    phases = {name: phase_of(stats, name) for name in PHASES}
    known = {name: value for name, value in phases.items() if value is not None}
    if not known or records <= 0 or not line.get("records"):
        return None
    threads = int(line["cell"].get("threads") or 1)
    result = {name: value / records for name, value in known.items()}
    # Seconds, records and the reader's counters are all those of the fastest pass.
    total = float(line["seconds"]) * 1e9 * threads / float(line["records"])
    return {**result, UNCLAIMED: total - sum(result.values()), "total": total}


@dataclass(frozen=True)
class Account:
    """How far the phases of the calling threads explain the time that these took."""

    phases: Mapping[str, float]  # nanoseconds a record
    beside: float  # what workers did meanwhile, nanoseconds a record
    measured: float  # the threads' own time, taken by the worker process, nanoseconds a record

    @property
    def covered(self) -> float:
        return sum(self.phases.values()) / self.measured

    @property
    def adds_up(self) -> bool:
        return abs(self.covered - 1) <= TOLERANCE


def account(stats: Mapping[str, Any]) -> Account | None:
    """The phases of the calling threads; None for a reader that does not measure them all."""
    records, threads = stats.get("records"), phase_of(stats, "thread")
    phases = {name: phase_of(stats, name) for name in PHASES}
    if not records or not threads or any(value is None for value in phases.values()):
        return None
    beside = {name: phase_of(stats, f"worker_{name}") or 0.0 for name in PHASES}
    own = {name: ((phases[name] or 0.0) - beside[name]) / records for name in PHASES}
    return Account(own, sum(beside.values()) / records, threads / records)


def typical_account(lines: Iterable[Mapping[str, Any]], cell: Mapping[str, Any]) -> Account | None:
    """That of the block whose cover is the median one of all blocks of a cell."""
    found = [
        made
        for line in lines
        if line["cell"] == cell and (made := account(line.get("stats") or {})) is not None
    ]
    return sorted(found, key=lambda one: one.covered)[len(found) // 2] if found else None


def typical(lines: Iterable[Mapping[str, Any]], cell: Mapping[str, Any]) -> dict[str, float] | None:
    """Median over the blocks of one cell."""
    found = [
        split for line in lines if line["cell"] == cell and (split := per_record(line)) is not None
    ]
    if not found:
        return None
    names = [name for name in found[0] if all(name in split for split in found)]
    return {name: float(np.median([split[name] for split in found])) for name in names}


def explain(
    lines: Iterable[Mapping[str, Any]], estimate: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The `breakdown` of a verdict: both sides of one estimate, the losses, and the ceiling."""
    lines = list(lines)
    many = typical(lines, estimate["numerator"])
    base = typical(lines, estimate["denominator"])
    if many is None or base is None:
        lost: dict[str, float] = {}
        sentences = ["the reader gave no phase times"]
    else:
        lost = {
            name: many.get(name, 0.0) - base.get(name, 0.0)
            for name in (*PHASES, UNCLAIMED)
            if name in many or name in base
        }
        sentences = _about_losses(many, base, lost)
    return {
        "estimate": estimate["name"],
        "ratio": estimate["ratio"],
        "ceiling": estimate.get("ceiling"),
        "numerator": many,
        "denominator": base,
        "lost": lost,
        "sentences": [*sentences, *_about_ceiling(estimate)],
    }


def _about_losses(
    many: Mapping[str, float], base: Mapping[str, float], lost: Mapping[str, float]
) -> list[str]:
    grown = many["total"] - base["total"]
    sentences = [
        f"thread time a record: {base['total']:.0f} ns in the base, {many['total']:.0f} ns here "
        f"({grown:+.0f} ns)"
    ]
    largest = sorted(lost.items(), key=lambda item: -item[1])
    named = [f"{label(name)} {value:+.0f} ns" for name, value in largest if value > 0.5][:3]
    if named:
        sentences.append("most of it: " + ", ".join(named))
    return sentences


def _about_ceiling(estimate: Mapping[str, Any]) -> list[str]:
    ceiling = estimate.get("ceiling")
    if ceiling is None:
        return []
    threads = estimate["numerator"].get("threads")
    return [
        f"code that shares nothing reached {ceiling['ratio']:.2f} on {threads} threads in the same "
        "blocks"
    ]


def label(phase: str) -> str:
    """The name of a phase for people."""
    return "no phase" if phase == UNCLAIMED else PHASES.get(phase, phase)


def as_text(breakdown: Mapping[str, Any]) -> str:
    """The explanation as plain lines for a terminal or a log."""
    lines = [f"where the time went: {breakdown['estimate']}"]
    lines += [f"  {sentence}" for sentence in breakdown["sentences"]]
    many, base = breakdown["numerator"], breakdown["denominator"]
    if many and base:
        lines.append(f"  {'ns a record':<26}{'base':>9}{'here':>9}{'change':>9}")
        for name, change in breakdown["lost"].items():
            lines.append(
                f"  {label(name):<26}{base.get(name, 0):>9.1f}{many.get(name, 0):>9.1f}"
                f"{change:>+9.1f}"
            )
    return "\n".join(lines)
