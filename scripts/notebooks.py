"""Executes a notebook and shows it as HTML: what its cells say, and what really came out.

The notebook is committed without outputs. What it reads is named by the environment variable
RAPIDMARC_EXAMPLE, so that the build can hand it the large file and a test a small one.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Any

import markdown
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SECONDS = 120


class NotebookFailed(RuntimeError):
    """A cell raised; the text says which notebook and what."""


def executed(path: Path) -> Any:
    """The notebook with the outputs of a fresh kernel."""
    book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call, unused-ignore]
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        NotebookClient(
            book, timeout=SECONDS, resources={"metadata": {"path": path.parent}}
        ).execute()
    except CellExecutionError as error:
        raise NotebookFailed(f"{path.name}: {error}") from error
    return book


def html(path: Path) -> str:
    """The executed notebook as a piece of a page."""
    parts = []
    for cell in executed(path).cells:
        if cell.cell_type == "markdown":
            parts.append(markdown.markdown(cell.source, extensions=["tables"]))
            continue
        code = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True))
        parts.append(f'<div class="highlight"><pre tabindex="0"><code>{code}</code></pre></div>')
        parts += [_output(output, cell.metadata.get("alt", "")) for output in cell.outputs]
    return f'<div class="excerpt notebook">{"".join(parts)}</div>'


def _output(output: Any, alt: str) -> str:
    if output.output_type == "stream":
        return f'<pre class="output" tabindex="0"><code>{escape(output.text)}</code></pre>'
    data = output.get("data", {})
    if "image/png" in data:
        if not alt:
            raise NotebookFailed("a cell with a picture needs the metadata `alt`")
        picture = data["image/png"].replace("\n", "")
        return f'<p><img alt="{escape(alt)}" src="data:image/png;base64,{picture}"></p>'
    text = escape(data.get("text/plain", ""))
    return f'<pre class="output" tabindex="0"><code>{text}</code></pre>'
