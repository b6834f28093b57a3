"""What MkDocs does beside rendering docs/: figures, a drawing, a notebook, pages from elsewhere.

* `<!-- reference: WORDS -->` in a page becomes that piece of the reference run's report
  (`harness.report.excerpts`), `<!-- drawing: architecture -->` the drawing of the house.
* The documents beside README, and scenarios/FORMAT.md, become pages; their links are
  turned into those of the site, and those to files that are no pages into plain names.
* The reference run's report, rendered anew, and its lines are part of the site.
* A notebook in examples/ is executed, and its page shows what came out.

Not here: what the pages say.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # MkDocs loads a hook by its path alone

from mkdocs.exceptions import PluginError  # noqa: E402
from mkdocs.structure.files import File, Files  # noqa: E402

from harness.report import render  # noqa: E402
from harness.report.excerpts import Excerpts, UnknownExcerpt  # noqa: E402
from scripts import architecture, notebooks  # noqa: E402

REFERENCE = ROOT / "results" / "reference"
REPORT = ROOT / "build" / "site-report"
#: Pages of the site that are files of the repository outside of docs/.
BORROWED = ("METHODOLOGY.md", "HACKING.md", "SECURITY.md", "CHANGELOG.md", "scenarios/FORMAT.md")
ASKED = re.compile(r"<!-- (reference|drawing|notebook): ([^>]+?) -->")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    for name in BORROWED:
        text = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, name, content=text))
    page = render(REFERENCE, REPORT)
    for file in sorted(page.parent.iterdir()):
        text = file.read_text("utf-8")
        if file.suffix == ".html":
            text = re.sub(r'href="[^"]*run\.jsonl"', 'href="run.jsonl"', text)
        # MkDocs would take a report in Markdown for a page of its own.
        uri = f"reference/{file.name.replace('.md', '.md.txt')}"
        text = text.replace('href="report.md"', 'href="report.md.txt"')
        files.append(File.generated(config, uri, content=text))
    lines = str(REFERENCE / "run.jsonl")
    files.append(File.generated(config, "reference/run.jsonl", abs_src_path=lines))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    source: str = page.file.src_uri
    if source not in BORROWED:
        return markdown

    def rewritten(match: re.Match[str]) -> str:
        text, target = match[1], match[2]
        if "://" in target or target.startswith("#"):
            return match[0]
        path, _, anchor = target.partition("#")
        uri = path.removeprefix("docs/")
        if files.get_file_from_path(uri) is None:
            return text
        up = "../" * source.count("/")
        return f"[{text}]({up}{uri}{'#' + anchor if anchor else ''})"

    return LINK.sub(rewritten, markdown)


def on_page_content(html: str, page: Any, config: Any, files: Files) -> str:
    return ASKED.sub(lambda match: _made(match[1], match[2], page.file.src_uri), html)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Gives the theme's parts the names that they lack, and makes code that scrolls reachable.

    It is the outer element that scrolls (docs/assets/site.css): from the inner one the theme's
    script takes the index away on a device that cannot hover.
    """
    output = output.replace('id="__toc">', 'id="__toc" aria-label="Table of contents">')
    output = output.replace('role="dialog">', 'role="dialog" aria-label="Search">')
    return output.replace("<pre><span></span><code>", '<pre tabindex="0"><span></span><code>')


def _made(kind: str, words: str, source: str) -> str:
    try:
        if kind == "reference":
            return str(_excerpts().html(words))
        if kind == "drawing":
            return f'<div class="drawing">{architecture.drawing()}</div>'
        return notebooks.html(ROOT / words)
    except (UnknownExcerpt, notebooks.NotebookFailed) as error:
        raise PluginError(f"{source}: {error}") from error


@cache
def _excerpts() -> Excerpts:
    return Excerpts(REFERENCE)
