"""Pages are checked before anybody looks at them, and the checker finds what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ROOT
from harness.report import render
from harness.report.page import TEMPLATES
from scripts import architecture, pages

from . import example_run

DOCS = ROOT / "docs"
GOOD = (
    "<!doctype html><html lang='en'><head><title>t</title></head><body><h1>one</h1>"
    "<h2 id='a'>two</h2><a href='#a'>there</a></body></html>"
)


def findings(folder: Path, page: str) -> list[str]:
    (folder / "page.html").write_text(page, "utf-8")
    return pages.check(folder)


def test_a_good_page_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        (" lang='en'", "", "no language"),
        ("<title>t</title>", "", "no title"),
        ("<h2 id='a'>two</h2>", "<h3 id='a'>two</h3>", "h3 follows h1"),
        ("<h1>one</h1>", "", "0 h1"),
        ("<h1>", "<img src='x.png'><h1>", "a picture without alt"),
        ("<h1>", "<svg role='img'></svg><h1>", "a drawing (role img) without aria-label"),
        ("<h1>", "<h1 id='a'>", "id 'a' stands 2 times"),
        ("#a'>there", "#b'>there", "no such place: #b"),
        ("#a'>there", "gone.html'>there", "leads nowhere: gone.html"),
        (">there<", "><", "a link without a name"),
        ("<h1>", "<input id='q'><h1>", "a input without a label"),
        ("<h1>", "<script src='https://elsewhere.example/x.js'></script><h1>", "loads https:"),
        ("<h1>", "<link rel='stylesheet' href='//fonts.example/f.css'><h1>", "loads //fonts"),
        ("<h1>one</h1>", "<h1>one</h1><div><section></div>", "<section> is not closed"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, was: str, becomes: str, found: str) -> None:
    assert was in GOOD
    said = findings(tmp_path, GOOD.replace(was, becomes, 1))
    assert any(found in finding for finding in said), said


def test_style_sheets_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text("a { background: url(https://elsewhere.example/x.png) }")
    assert findings(tmp_path, GOOD) == ["site.css: loads https://elsewhere.example/x.png"]


def test_the_report_passes(tmp_path: Path) -> None:
    run = example_run.write(tmp_path / "run", example_run.example())
    page = render(run, tmp_path / "out")
    found = [f for f in pages.check(page.parent) if "run.jsonl" not in f]
    assert found == []


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it, of `#rrggbb`."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def schemes(sheet: Path, first: str, second: str) -> Iterator[dict[str, str]]:
    """The colours of the light and of the dark page."""
    text = sheet.read_text("utf-8")
    light: dict[str, str] = {}
    for start in (first, second):
        block = text[text.index(start) :].partition("}")[0]
        light = light | dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
        yield light


SHEETS = [
    (TEMPLATES / "style.css", ":root {", "@media screen and (prefers-color-scheme: dark)"),
    (DOCS / "assets" / "site.css", ':root, [data-md-color-scheme="default"] {',
     '[data-md-color-scheme="slate"] {'),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "light", "dark"), SHEETS)
def test_colours_can_be_told_from_the_paper(sheet: Path, light: str, dark: str) -> None:
    for colours in schemes(sheet, light, dark):
        words = ["ink", "muted", "link", "pass", "fail", "open", "missing", "recorded"]
        words = [w for w in [*words, "md-typeset-a-color"] if w in colours]
        for surface in ("paper", "raised", "faint"):
            low = {w: contrast(colours[w], colours[surface]) for w in words}
            assert {w: c for w, c in low.items() if c < 4.5} == {}
        # Marks and lines of figures: 3 to 1 (WCAG 2.1, 1.4.11).
        series = {f"s{i}": contrast(colours[f"s{i}"], colours["paper"]) for i in range(1, 9)}
        assert {w: c for w, c in series.items() if c < 3} == {}


def test_the_site_draws_figures_in_the_colours_of_the_report() -> None:
    report, site = (list(schemes(*sheet)) for sheet in SHEETS)
    for one, other in zip(report, site, strict=True):
        assert [one[f"s{i}"] for i in range(1, 9)] == [other[f"s{i}"] for i in range(1, 9)]


def test_arrows_of_the_architecture_point_downwards() -> None:
    found = architecture.arrows()
    assert architecture.upwards(found) == []
    assert found["python", "core"] > 0 and found["parallel", "io"] > 0
    assert "impl/core/" in architecture.drawing()


def test_an_arrow_that_points_upwards_is_named() -> None:
    found = architecture.arrows()
    found["core", "io"] = 1
    assert architecture.upwards(found) == [("core", "io")]
