"""Checks HTML pages as files: what a browser, a screen reader or somebody without network meets.

    python scripts/pages.py FOLDER [--browser]

Without a browser: every page has a language, a title, one h1 and no heading that skips a level;
pictures have a text, ids are unique, form fields and links have names; every link within the folder
leads to a file and an anchor that is there; and nothing is loaded from elsewhere. `--browser` adds
axe (from axe-playwright-python) in headless Chromium, light and dark, which sees contrast and roles
as they come out.

Exit codes: 0 nothing found, 1 findings, 3 no Chromium or no axe.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
#: Elements whose `src` makes a browser fetch something, and links that do.
FETCHES = frozenset(["script", "img", "iframe", "source", "video", "audio"])
FETCHED = frozenset(["stylesheet", "icon", "preload", "preconnect", "modulepreload", "manifest"])
#: Elements that HTML lets end without saying so.
IMPLIED = frozenset(["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "option"])
SECONDS = 60
#: Put into a copy of the page: runs axe and leaves its answer in the page.
ASK = """
// The theme of the site shows its contents twice, under one name, for wide and for narrow screens.
const rules = () => document.querySelector(".md-container")
  ? {"landmark-unique": {enabled: false}} : {};
const options = () => ({resultTypes: ["violations"], rules: rules()});
addEventListener("load", () => axe.run(document, options()).then(result => {
  const out = document.createElement("script");
  out.type = "application/json";
  out.id = "axe-answer";
  out.textContent = JSON.stringify(result.violations);
  document.body.append(out);
}));
"""


class Page(HTMLParser):
    """What of a page matters for the checks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language = self.title = ""
        self.headings: list[int] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self._fetched: list[str] = []
        self._found: list[str] = []
        self._labels: set[str] = set()
        self._fields: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._text = ""
        self._link: tuple[str, bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append(tag)
        self._note(tag, {name: value or "" for name, value in attrs})

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, {name: value or "" for name, value in attrs})

    def _note(self, tag: str, given: dict[str, str]) -> None:
        named = bool(given.get("aria-label") or given.get("title"))
        if "id" in given:
            self.ids[given["id"]] += 1
        if tag == "html":
            self.language = given.get("lang", "")
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag == "img" and "alt" not in given:
            self._found.append(f"a picture without alt: {given.get('src', '')[:60]}")
        elif tag == "svg" and given.get("role") == "img" and not named:
            self._found.append("a drawing (role img) without aria-label")
        elif tag == "label" and "for" in given:
            self._labels.add(given["for"])
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
            self._link, self._text = (given["href"], named), ""
        elif tag in ("input", "select", "textarea") and given.get("type") != "hidden" and not named:
            self._fields.append((tag, given.get("id", "")))
        if tag in FETCHES and given.get("src"):
            self._fetched.append(given["src"])
        if tag == "link" and FETCHED & set(given.get("rel", "").split()):
            self._fetched.append(given.get("href", ""))
        self._fetched += _addresses(given.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1] != tag:
            left = self._open.pop()
            if left not in IMPLIED:
                self._found.append(f"<{left}> is not closed before </{tag}>")
        if self._open:
            self._open.pop()
        if tag == "a" and self._link is not None:
            if not (self._link[1] or self._text.strip()):
                self._found.append(f"a link without a name: {self._link[0][:60]}")
            self._link = None

    def handle_data(self, data: str) -> None:
        self._text += data
        if self._open[-2:] == ["head", "title"]:
            self.title += data
        elif self._open[-1:] == ["style"]:
            self._fetched += _addresses(data)

    def findings(self) -> Iterator[str]:
        yield from self._found
        if not self.language:
            yield "no language"
        if not self.title.strip():
            yield "no title"
        if self.headings.count(1) != 1:
            yield f"{self.headings.count(1)} h1"
        for before, after in zip(self.headings, self.headings[1:], strict=False):
            if after > before + 1:
                yield f"h{after} follows h{before}"
        yield from (f"id {name!r} stands {n} times" for name, n in self.ids.items() if n > 1)
        unnamed = [tag for tag, name in self._fields if name not in self._labels]
        yield from (f"a {tag} without a label" for tag in unnamed)
        for address in self._fetched:
            if urlsplit(address).scheme in ("http", "https") or address.startswith("//"):
                yield f"loads {address}"


def _addresses(style: str) -> list[str]:
    return [text.strip("'\"") for text in re.findall(r"url\(([^)]+)\)", style)]


def check(folder: Path) -> list[str]:
    """What is wrong in the pages of a folder, each with the page it is in."""
    pages = {}
    for file in sorted(folder.resolve().rglob("*.html")):
        pages[file] = Page()
        pages[file].feed(file.read_text("utf-8"))
        pages[file].close()
    found = []
    for file, page in pages.items():
        name = file.relative_to(folder.resolve())
        found += [f"{name}: {finding}" for finding in page.findings()]
        # A page for addresses that do not exist links from the root of a server.
        if name.name != "404.html":
            found += [f"{name}: {finding}" for finding in _dead(file, page, pages)]
    for sheet in sorted(folder.rglob("*.css")):
        text = sheet.read_text("utf-8")
        for address in re.findall(r"(?:url\(|@import )['\"]?((?:https?:)?//[^'\")]*)", text):
            found.append(f"{sheet.relative_to(folder)}: loads {address}")
    return found


def _dead(file: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    for link in dict.fromkeys(page.links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"leads nowhere: {link}"
        elif parts.fragment and target in pages and not pages[target].ids[unquote(parts.fragment)]:
            yield f"no such place: {link}"


def axe(folder: Path) -> list[str]:
    """What axe finds in each page, light and dark, as Chromium shows it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    package = importlib.util.find_spec("axe_playwright_python")
    if chromium is None or package is None or package.origin is None:
        raise FileNotFoundError("chromium" if chromium is None else "axe-playwright-python")
    script = Path(package.origin).with_name("axe.min.js")
    found = []
    # What is shown for addresses that do not exist is the theme's own page.
    for file in sorted(file for file in folder.rglob("*.html") if file.name != "404.html"):
        for scheme in ("light", "dark"):
            for violation in _violations(file, script, chromium, dark=scheme == "dark"):
                nodes = violation["nodes"]
                where = ", ".join(str(node["target"][0]) for node in nodes[:3])
                what = f"{violation['id']}, {violation['impact']}, {len(nodes)} times: {where}"
                found.append(f"{file.relative_to(folder)} ({scheme}): {what}")
    return found


def _violations(file: Path, script: Path, chromium: str, *, dark: bool) -> list[Any]:
    """Runs axe in a copy of the page that lies beside it, and reads its answer from the page."""
    added = f"<script src='{script.as_uri()}'></script><script>{ASK}</script></head>"
    text = file.read_text("utf-8").replace("</head>", added, 1)
    with (
        tempfile.NamedTemporaryFile("w", suffix=".html", dir=file.parent, encoding="utf-8") as copy,
        tempfile.TemporaryDirectory(prefix="rapidmarc-axe-") as profile,
    ):
        copy.write(text)
        copy.flush()
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
            *(["--force-dark-mode"] if dark else []),
            "--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom",
            Path(copy.name).as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    answer = re.search(r'id="axe-answer">(.*?)</script>', done.stdout, re.S)
    if answer is None:
        raise RuntimeError(f"{file}: axe gave no answer: {done.stderr[-300:]}")
    violations: list[Any] = json.loads(answer[1])
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--browser", action="store_true", help="with axe, in Chromium")
    given = parser.parse_args()
    found = check(given.folder)
    if given.browser:
        try:
            found += axe(given.folder)
        except FileNotFoundError as missing:
            print(f"pages: not evaluable: {missing} is not here")
            return 3
    for finding in found:
        print(f"pages: {finding}")
    print(f"pages: {len(found)} findings in {len([*given.folder.rglob('*.html')])} pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
