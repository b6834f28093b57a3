"""Turns matplotlib figures into SVG that belongs to the page: its colours, its font, its width.

Figures are drawn in placeholder colours; the page's style sheet gives them their real ones, so one
drawing serves the light and the dark page. Each figure is drawn twice, for a wide and a narrow
screen, and the style sheet shows one of them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

#: Placeholder colours: each is written by matplotlib as it stands and then becomes a CSS variable.
INK, MUTED, GRID, FAINT, PAPER = "#010203", "#010204", "#010205", "#010206", "#010207"
SERIES = tuple(f"#0102{0x10 + i:02x}" for i in range(8))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), "-", "-", "-", "-")
_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    FAINT: "var(--faint)",
    PAPER: "var(--paper)",
    **{colour: f"var(--s{i + 1})" for i, colour in enumerate(SERIES)},
}
_SHAPES = {
    "o": '<circle cx="9" cy="6" r="4"/>',
    "s": '<rect x="5.2" y="2.2" width="7.6" height="7.6"/>',
    "^": '<path d="M9 1.5 13.6 10H4.4Z"/>',
    "D": '<path d="M9 1 14 6 9 11 4 6Z"/>',
    "v": '<path d="M9 10.5 4.4 2h9.2Z"/>',
    "P": '<path d="M7.5 1.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z"/>',
    "<": '<path d="M13 1.4v9.2L4.5 6Z"/>',
    "X": '<path d="m6 1.5 3 3 3-3 1.5 1.5-3 3 3 3-1.5 1.5-3-3-3 3L4.500 9l3-3-3-3Z"/>',
}

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rapidmarc",
    "text.parse_math": False,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "lines.linewidth": 2,
    "lines.markersize": 7,
    "hatch.linewidth": 0.8,
}

WIDE, NARROW = 780, 356


@dataclass(frozen=True)
class Legend:
    """One entry below a figure's title: colour and shape say the same thing twice."""

    label: str
    place: int

    @property
    def mark(self) -> Markup:
        i = self.place % len(SERIES)
        return Markup(
            '<svg class="mark" viewBox="0 0 18 12" aria-hidden="true" '
            f'style="color:var(--s{i + 1})">'
            f"{_SHAPES[MARKERS[i]]}</svg>"
        )

    @property
    def swatch(self) -> Markup:
        if self.place >= len(SERIES):  # one more than there are colours: what belongs to none
            return Markup('<span class="swatch none"></span>')
        return Markup(f'<span class="swatch" style="background:var(--s{self.place + 1})"></span>')


def colour(place: int) -> str:
    return SERIES[place % len(SERIES)]


def marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def dash(place: int) -> Any:
    return DASHES[place % len(DASHES)]


@dataclass(frozen=True)
class Canvas:
    """What a drawing function is told: how wide it may be, in units of the page."""

    width: int

    @property
    def narrow(self) -> bool:
        return self.width < 500

    def figure(self, height: int) -> Figure:
        """A figure of this width. 72 units are a matplotlib inch: sizes are those of the page."""
        return Figure(figsize=(self.width / 72, height / 72), layout="constrained")


def both(draw: Callable[[Canvas], Figure], name: str, alt: str) -> Markup:
    """The drawing for wide and for narrow screens. `name` keeps the ids of the page apart."""
    parts = []
    for kind, width in (("wide", WIDE), ("narrow", NARROW)):
        with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
            text = _written(draw(Canvas(width)))
        parts.append(_adapted(text, f"{name}-{kind}", kind, alt))
    return Markup("\n".join(parts))


def _written(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _adapted(text: str, name: str, kind: str, alt: str) -> str:
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.S)
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None  # matplotlib always writes one
    head = (
        f'<svg class="plot {kind}" viewBox="{box[1]}" role="img" aria-label="{escape(alt)}" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    text = re.sub(r"<svg[^>]*>", head, text, count=1)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = re.sub(r"font: (?:(bold|\d+) )?([\d.]+)px [^;\"]+", _font, text)
    for placeholder, variable in _VARIABLES.items():
        text = text.replace(placeholder, variable)
    return re.sub(r"\n\s+", "\n", text)


def _font(match: re.Match[str]) -> str:
    weight = f"font-weight: {match[1]}; " if match[1] else ""
    return f"{weight}font-size: {match[2]}px"
