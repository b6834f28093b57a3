"""Finds what a claim needs in the lines of a run: paired blocks, ceilings, checks of the output.

Pure functions over lines of `run.jsonl`. What was found is judged in gates.py, not here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.results import INTERRUPTED
from harness.statistics import Bootstrap, Floats, bootstrap, log_ratios

Line = Mapping[str, Any]
Selector = Mapping[str, Any]

#: Both ways a sanitizer case is driven; a gate needs a clean run and a caught canary on each.
ROADS = ("cpp", "python")


def of_kind(lines: Iterable[Line], kind: str) -> list[Line]:
    return [line for line in lines if line.get("kind") == kind]


def fits(cell: Mapping[str, Any], selector: Selector) -> bool:
    """Whether a cell carries every value that the selector names."""
    return all(cell.get(key) == value for key, value in selector.items())


def cell_key(cell: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A cell as something that can be compared and put into a dictionary."""
    return tuple(sorted((key, repr(value)) for key, value in cell.items()))


class AmbiguousSelector(ValueError):
    """A selector that meets several cells of one block where only one can be meant."""


@dataclass(frozen=True)
class Pairs:
    """One log ratio for every block that holds both sides, in the order of the blocks."""

    blocks: tuple[int, ...]
    log_ratios: Floats
    numerator: dict[str, Any]
    denominator: dict[str, Any]

    def resampled(self) -> Bootstrap:
        return bootstrap(self.log_ratios)


def measurements(
    lines: Iterable[Line], *, scenario: str | None, comparison: str | None, role: str = "cell"
) -> list[Line]:
    """Measurements that count, of one comparison; without names, of all."""
    return [
        line
        for line in of_kind(lines, "measurement")
        if not line.get("discarded")
        and line.get("role", "cell") == role
        and (scenario is None or line.get("scenario") == scenario)
        and (comparison is None or line.get("comparison") == comparison)
    ]


def _by_block(lines: Iterable[Line]) -> dict[int, dict[tuple[tuple[str, str], ...], Line]]:
    """Cells of each block. A cell measured again in a resumed block replaces the earlier one."""
    blocks: dict[int, dict[tuple[tuple[str, str], ...], Line]] = {}
    for line in lines:
        blocks.setdefault(int(line["block"]), {})[cell_key(line["cell"])] = line
    return blocks


def paired(
    lines: Iterable[Line], numerator: Selector, denominators: Sequence[Selector]
) -> Pairs | None:
    """Pair the numerator of each block with the fastest base of the same block.

    None if no block holds both sides. A denominator may meet several cells: they all are bases.
    """
    blocks: list[int] = []
    values: list[float] = []
    base_cells: Counter[tuple[tuple[str, str], ...]] = Counter()
    cells: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    top_cell: dict[str, Any] = {}
    for block, found in sorted(_by_block(lines).items()):
        tops = [line for line in found.values() if fits(line["cell"], numerator)]
        if len({cell_key(line["cell"]) for line in tops}) > 1:
            names = sorted({key for line in tops for key in line["cell"]} - set(numerator))
            raise AmbiguousSelector(
                f"{dict(numerator)} meets several cells of block {block}; "
                f"add one of: {', '.join(names)}"
            )
        bases = [
            line
            for line in found.values()
            if any(fits(line["cell"], selector) for selector in denominators)
            and not (tops and line is tops[0])
        ]
        if not tops or not bases:
            continue
        rates = [[float(line["records_per_s"])] for line in bases]
        values.append(float(log_ratios([float(tops[0]["records_per_s"])], rates)[0]))
        blocks.append(block)
        fastest = bases[int(np.argmax([rate[0] for rate in rates]))]["cell"]
        top_cell = dict(tops[0]["cell"])
        base_cells[cell_key(fastest)] += 1
        cells[cell_key(fastest)] = dict(fastest)
    if not blocks:
        return None
    return Pairs(
        tuple(blocks), np.asarray(values), top_cell, cells[base_cells.most_common(1)[0][0]]
    )


def ceilings(lines: Iterable[Line], threads: int) -> list[Pairs]:
    """Speed-up of code that shares nothing, one for every kind of ceiling in these lines."""
    found: dict[tuple[tuple[str, str], ...], list[Line]] = {}
    for line in lines:
        kind = {key: value for key, value in line["cell"].items() if not key.startswith("threads")}
        found.setdefault(cell_key(kind), []).append(line)
    pairs = [paired(part, {"threads": threads}, [{"threads": 1}]) for part in found.values()]
    return [pair for pair in pairs if pair is not None]


def repeated_blocks(lines: Iterable[Line], scenario: str | None, comparison: str | None) -> int:
    """How many blocks' worth of measurements was thrown away, rounded up: a block repeated twice
    counts twice, a single cell as its part of a block."""
    cells = set()
    thrown = 0
    for line in of_kind(lines, "measurement"):
        if scenario is not None and line.get("scenario") != scenario:
            continue
        if comparison is not None and line.get("comparison") != comparison:
            continue
        cells.add((line.get("role", "cell"), cell_key(line["cell"])))
        thrown += line.get("discarded") not in (None, INTERRUPTED)
    return math.ceil(thrown / max(1, len(cells)))


@dataclass
class Finding:
    """What a check brought up: things that are wrong, and things that could not be looked at."""

    wrong: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def check_output(
    lines: Iterable[Line], engines: Sequence[str], corpora: Sequence[str], reference: str | None
) -> Finding:
    """Whether every engine gave the reference's records for every corpus."""
    finding = Finding()
    verifications = of_kind(lines, "verification")
    for corpus in corpora:
        for engine in engines:
            if engine == reference:
                continue
            of_pair = [
                line
                for line in verifications
                if line.get("engine") == engine and line.get("corpus") == corpus
            ]
            compared = [line for line in of_pair if line.get("reference_digest")]
            if not compared:
                finding.missing.append(f"output of {engine} on {corpus} was not compared")
            differing = [line for line in compared if not line.get("agrees")]
            if differing:
                detail = differing[0].get("finding") or "the digests differ"
                finding.wrong.append(f"wrong output: {engine} on {corpus}: {detail}")
    return finding


def check_sanitizer(lines: Iterable[Line], names: Sequence[str]) -> Finding:
    """Whether the sanitizer ran clean on both roads and caught every deliberate race.

    A gate without cases claims nothing of native code of ours; `harness.scenario` refuses it for
    rapidmarc.
    """
    finding = Finding()
    if not names:
        return finding
    runs = [line for line in of_kind(lines, "sanitizer") if line.get("gate") in (*names, "all")]
    if not runs:
        finding.missing.append("unverified: there is no thread-sanitizer run")
        return finding
    for road in ROADS:
        of_road = [line for line in runs if line.get("road") == road]
        clean = {line.get("gate") for line in of_road if line.get("expected") == "clean"}
        finding.missing += [
            f"unverified: no case of {name} ran under the sanitizer ({road})"
            for name in names
            if clean and name not in clean
        ]
        for expected, label in (("clean", "case"), ("race", "canary")):
            of_sort = [line for line in of_road if line.get("expected") == expected]
            if not of_sort:
                finding.missing.append(f"unverified: no {label} ran under the sanitizer ({road})")
            for line in of_sort:
                outcome, case = line.get("outcome"), f"{line.get('case')} ({road})"
                if outcome not in ("clean", "race"):
                    detail = line.get("detail") or "no reason given"
                    finding.missing.append(f"unverified: {case} could not run: {detail}")
                elif outcome != expected and expected == "clean":
                    detail = line.get("detail") or f"{line.get('warnings')} warnings"
                    finding.wrong.append(f"data race: {case}: {detail}")
                elif outcome != expected:
                    finding.wrong.append(f"missed canary: {case}: a deliberate race was not seen")
    return finding


@dataclass(frozen=True)
class Growth:
    """Bytes of memory for every further byte of file: typical, least and largest block."""

    cell: dict[str, Any]
    typical: float
    least: float
    largest: float
    blocks: int


def memory_growth(lines: Iterable[Line], smaller: str, larger: str) -> list[Growth]:
    """Growth of the peak (without the interpreter) between two corpora, for every kind of cell."""
    slopes: dict[tuple[tuple[str, str], ...], list[float]] = {}
    cells: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for found in _by_block(lines).values():
        halves = {
            cell_key({k: v for k, v in line["cell"].items() if k != "corpus"}): line
            for line in found.values()
            if line["cell"].get("corpus") == smaller
        }
        for line in found.values():
            if line["cell"].get("corpus") != larger:
                continue
            kind = {k: v for k, v in line["cell"].items() if k != "corpus"}
            key = cell_key(kind)
            other = halves.get(key)
            if other is None or line["bytes"] <= other["bytes"]:
                continue
            here, there = net_memory(line), net_memory(other)
            if here is None or there is None:
                continue
            slope = (here - there) / (line["bytes"] - other["bytes"])
            slopes.setdefault(key, []).append(slope)
            cells[key] = kind
    return [
        Growth(cells[key], float(np.median(found)), min(found), max(found), len(found))
        for key, found in sorted(slopes.items())
    ]


def net_memory(line: Line) -> float | None:
    """Peak memory without what the interpreter held before; None where it cannot be known."""
    peak = line.get("peak_rss_bytes")
    return None if peak is None else float(peak) - float(line.get("baseline_rss_bytes") or 0)
