"""A rendered page, as tests look at it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from harness.report import render

from . import example_run


class Page(HTMLParser):
    """What a test wants to know of a page: elements with attributes, and the text in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def rendered(lines: list[dict[str, Any]], place: Path) -> Page:
    example_run.write(place / "run", lines)
    return Page(render(place / "run", place / "out").read_text("utf-8"))
