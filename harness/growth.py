"""Judges whether peak memory grows with the file: an entry of the verdict for each kind of cell.

Memory hardly scatters, and few blocks are measured: every block must keep the limit to meet it, and
every block must break it to miss it. Each cell that was planned must be there on both corpora, in
as many blocks as were planned: one that was left out says nothing of its memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.evidence import Growth, Line, cell_key, memory_growth


@dataclass
class Judged:
    """What was found, what was not measured, and what these blocks leave open."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def judge_growth(memory: Mapping[str, Any], lines: Sequence[Line]) -> Judged:
    """`memory` is the gate's, with the planned `cells` and `blocks` where they are known; `lines`
    are those of its comparison."""
    smaller, larger = memory["corpora"][0], memory["corpora"][-1]
    least = int(memory.get("blocks", 1))
    planned = memory.get("cells") or [line["cell"] for line in lines]
    kinds = {
        cell_key(kind): kind
        for kind in (_kind(cell) for cell in planned if cell["corpus"] in (smaller, larger))
    }
    found = {cell_key(growth.cell): growth for growth in memory_growth(lines, smaller, larger)}
    what = f"peak memory was not measured on both {smaller} and {larger}"
    judged = Judged(missing=[] if kinds else [what])
    for key, kind in sorted(kinds.items()):
        if key not in found:
            judged.missing.append(f"{_name(kind)}: {what}")
            continue
        entry = _entry(found[key], memory, least)
        judged.entries.append(entry)
        if found[key].blocks < least:
            judged.open.append(f"{entry['name']}: only {entry['blocks']} of {least} blocks")
        elif entry["outcome"] == "open":
            judged.open.append(f"{sentence(entry)}: the blocks do not agree")
    return judged


def sentence(entry: Mapping[str, Any]) -> str:
    return (
        f"{entry['name']}: {entry['low']:.4f} to {entry['high']:.4f} bytes for each "
        f"byte of file, allowed {entry['threshold']:g}"
    )


def _kind(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key != "corpus"}


def _name(kind: Mapping[str, Any]) -> str:
    return f"memory growth, {kind.get('engine')}, {kind.get('threads')} thread(s)"


def _entry(growth: Growth, memory: Mapping[str, Any], least: int) -> dict[str, Any]:
    corpora, limit = memory["corpora"], float(memory["most_growth_per_byte"])
    if growth.blocks < least:
        outcome = "open"
    else:
        outcome = "met" if growth.largest <= limit else "missed" if growth.least > limit else "open"
    return {
        "name": _name(growth.cell),
        "measure": "memory growth", "role": "decides", "comparison": memory["comparison"],
        "numerator": {**growth.cell, "corpus": corpora[-1]},
        "denominator": {**growth.cell, "corpus": corpora[0]},
        "ratio": growth.typical, "low": growth.least, "high": growth.largest,
        "one_sided_low": growth.least, "one_sided_high": growth.largest,
        "threshold": limit, "ceiling": None, "blocks": growth.blocks, "outcome": outcome,
    }  # fmt: skip
