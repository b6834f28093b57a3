"""Whether a selector of a scenario meets the cells that it should, before anything is measured.

A gate's numerator is looked up for every host that has as many cores as the gate has threads, or
fewer: there it stands for another number of threads, and may meet two cells where one is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.evidence import fits
from harness.model import ROLE_CELL, Comparison
from harness.plan import expand

Cells = list[dict[str, Any]]
Selector = Mapping[str, Any]


def scaled(selector: Selector, threads: int, cores: int) -> dict[str, Any]:
    """The numerator of a claim about so many threads as a host of so many cores has it."""
    if cores and selector.get("threads") == threads:
        return {**selector, "threads": min(threads, cores)}
    return dict(selector)


def mistake(
    selector: Selector, comparison: Comparison, threads: int | None, *, one: bool
) -> tuple[str, str] | None:
    """The key that is wrong ("" for all together) and why, or None. `threads` are those of the
    gate's claim, None without a gate; `one` says that the selector must meet a single cell."""
    most = threads or int(selector.get("threads", 2))
    possible, impossible = _cells(comparison, most)
    known = [*possible, *impossible]
    for key, value in selector.items():
        values = list(dict.fromkeys(cell[key] for cell in known))
        if value not in values:
            has = ", ".join(map(str, values))
            return key, f"{value!r} is not in comparison {comparison.name!r}, which has {has}"
    if not any(fits(cell, selector) for cell in known):
        return "", f"no cell of comparison {comparison.name!r} is all of that at once"
    for cores in range(most, 0, -1) if one else ():
        wanted = selector if threads is None else scaled(selector, threads, cores)
        met = [cell for cell in _cells(comparison, cores)[0] if fits(cell, wanted)]
        if len(met) > 1:
            keys = [key for key in met[0] if len({cell[key] for cell in met}) > 1]
            return "", (
                f"meets {len(met)} cells of comparison {comparison.name!r} on {cores} core(s); "
                f"add one of: {', '.join(keys)}"
            )
    return None


def _cells(comparison: Comparison, usable: int) -> tuple[Cells, Cells]:
    """What a host with so many cores measures, and what no host can."""
    planned, bad = expand(comparison, usable)
    cells = [each.cell.as_dict() for each in planned if each.role == ROLE_CELL]
    return cells, [cell.as_dict() for cell, _ in bad]
