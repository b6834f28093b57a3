"""Draws who takes from whom in this repository, from the real #includes and imports.

    python scripts/architecture.py        prints the arrows, and fails if one points upwards

Rooms stand below each other, those that are used below those that use them. The drawing is an
SVG in the colours of the page (CSS variables). Nothing about the arrows is written down here.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Room: the folder it lies in, and what it is for.
ROOMS = {
    "harness": ("harness", "scenario, run, statistics, gates, report"),
    "engines": ("harness/engines", "one file for each way to read MARC"),
    "rapidmarc": ("impl/rapidmarc", "the importable package, with pymarc's names"),
    "python": ("impl/python", "bound types, the lock, exceptions"),
    "columns": ("impl/columns", "fields as columns, Arrow's structures"),
    "parallel": ("impl/parallel", "batches, queue, many threads on one file"),
    "io": ("impl/io", "where bytes come from and go to"),
    "core": ("impl/core", "the format: framing, decoding, MARC-8"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z]+)/', re.M)
WIDTH, BOX, TALL, GAP = 640, 330, 46, 26

Arrows = Counter[tuple[str, str]]


def arrows() -> Arrows:
    """From which room to which, and in how many lines."""
    found: Arrows = Counter()
    for room, (folder, _) in ROOMS.items():
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".cpp", ".hpp"):
                targets = iter(INCLUDE.findall(file.read_text("utf-8")))
            elif file.suffix == ".py" and _room_of(file) == room:
                targets = _imported(file)
            else:
                continue
            found.update((room, target) for target in targets if target in ROOMS and target != room)
    return found


def _room_of(file: Path) -> str:
    """The innermost room that a file lies in."""
    lies_in = [r for r, (folder, _) in ROOMS.items() if file.is_relative_to(ROOT / folder)]
    return max(lies_in, key=lambda room: len(ROOMS[room][0]))


def _imported(file: Path) -> Iterator[str]:
    """The rooms of what a Python file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("rapidmarc._core"):
                yield "python"  # the native module is what is bound there
            elif name.partition(".")[0] == "rapidmarc":
                yield "rapidmarc"
            elif name.startswith("harness.engines"):
                yield "engines"
            elif name.partition(".")[0] == "harness":
                yield "harness"


def upwards(found: Arrows) -> list[tuple[str, str]]:
    """The arrows that point to a room above. Engines and the harness are one house and may."""
    order = list(ROOMS)
    house = {"harness", "engines"}
    return [
        (a, b) for a, b in found if order.index(b) < order.index(a) and not {a, b} <= house
    ]  # fmt: skip


def drawing() -> str:
    """The rooms and arrows as SVG, with the arrows in words for those who do not see it."""
    found = arrows()
    order = list(ROOMS)
    left = (WIDTH - BOX) / 2
    tops = {room: 10 + i * (TALL + GAP) for i, room in enumerate(order)}
    height = 10 + len(order) * (TALL + GAP)
    said = "; ".join(f"{a} takes from {b} in {n} lines" for (a, b), n in sorted(found.items()))
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Rooms, from top to bottom: '
        f'{escape(", ".join(order))}. {escape(said)}.">',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8Z" fill="var(--muted)"/></marker>'
        "</defs>",
    ]
    for (source, target), lines in sorted(found.items()):
        step = order.index(target) - order.index(source)
        parts += _arrow(tops[source], tops[target], step, lines, left)
    for room, top in tops.items():
        folder, purpose = ROOMS[room]
        middle = WIDTH / 2
        parts.append(
            f'<rect x="{left:g}" y="{top}" width="{BOX}" height="{TALL}" rx="6" '
            'fill="var(--faint)" stroke="var(--line)"/>'
            f'<text x="{middle:g}" y="{top + 19}" text-anchor="middle" font-size="14" '
            f'font-weight="600">{escape(folder)}/</text>'
            f'<text x="{middle:g}" y="{top + 36}" text-anchor="middle" font-size="12">'
            f"{escape(purpose)}</text>"
        )
    return "\n".join([*parts, "</svg>"])


def _arrow(top: int, target: int, step: int, lines: int, left: float) -> list[str]:
    """A straight arrow to the next room, an arc at the side to one that is further away."""
    width = min(1 + lines / 25, 4)
    style = f'fill="none" stroke="var(--muted)" stroke-width="{width:.1f}" marker-end="url(#arrow)"'
    # An edge in the page's colour keeps a number readable where lines cross it.
    label = 'font-size="11" paint-order="stroke" stroke="var(--paper)" stroke-width="4"'
    if step == 1:
        x = WIDTH / 2
        return [
            f'<path d="M{x:g} {top + TALL}V{target - 2}" {style}/>',
            f'<text x="{x + 8:g}" y="{top + TALL + GAP / 2 + 4:g}" {label}>{lines}</text>',
        ]
    right = step > 0
    edge = left + BOX if right else left
    away = (18 + 22 * abs(step)) * (1 if right else -1)
    start, end = (top + TALL * 0.7, target + TALL * 0.3)
    bend = edge + away
    return [
        f'<path d="M{edge:g} {start:g}C{bend:g} {start:g} {bend:g} {end:g} '
        f'{edge + (2 if right else -2):g} {end:g}" {style}/>',
        f'<text x="{edge + away * 0.76:g}" y="{(start + end) / 2 + 4:g}" {label}>{lines}</text>',
    ]


def main() -> int:
    found = arrows()
    for (source, target), lines in sorted(found.items()):
        print(f"{source} -> {target}: {lines}")
    wrong = upwards(found)
    for source, target in wrong:
        print(f"architecture: {source} must not take from {target}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
