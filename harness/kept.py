"""Small JSON files kept between runs: a broken one is forgotten, a new one replaces it whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(file: Path | None) -> dict[str, Any]:
    """What was kept, or nothing."""
    if file is None or not file.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except ValueError:
        return {}
    return found


def save(file: Path | None, content: dict[str, Any]) -> None:
    """Replace the file; nothing is kept without one."""
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1, sort_keys=True), "utf-8")
    part.replace(file)
