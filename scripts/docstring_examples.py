"""An extension of griffe: examples in docstrings are shown as Python, not as quotations.

Our docstrings write examples as doctest wants them, without a heading; Markdown takes `>>>` for
quotations within quotations. Each run of such lines becomes a fenced block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from griffe import Docstring, Extension, Object  # type: ignore[import-not-found, unused-ignore]


class Examples(Extension):  # type: ignore[misc, unused-ignore]
    """Rewrites the docstring of each object when it is loaded."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            fence(obj.docstring)


def fence(docstring: Docstring) -> None:
    docstring.value = "\n".join(_fenced(docstring.value.splitlines()))


def _fenced(lines: list[str]) -> Iterator[str]:
    """The lines with a fence around each example: from `>>>` to the next empty line."""
    inside = False
    for line in lines:
        if not inside and line.lstrip().startswith(">>>"):
            inside = True
            yield "```python"
        elif inside and not line.strip():
            inside = False
            yield "```"
        yield line
    if inside:
        yield "```"
