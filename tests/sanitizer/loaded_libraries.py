"""Proves, from inside Python, that the process runs what the sanitizer run says it runs.

With the packaged libtbb, or with the release extension, a green run would mean nothing, and both
are loaded silently whenever a variable is lost on the way. `loaded_libraries.hpp` is the same check
for C++; change both.
"""

from __future__ import annotations

import os
from pathlib import Path


def require_sanitizer_build(*modules: object) -> None:
    """To be called after the import of `modules`, which must lie below the build asked for."""
    build = Path(os.environ["RAPIDMARC_TSAN_BUILD"]).resolve()
    for module in modules:
        file = Path(str(getattr(module, "__file__", ""))).resolve()
        if build not in file.parents:
            raise RuntimeError(f"{module!r} is not part of {build}")
    _require_library("libclang_rt.tsan", None)
    _require_library("libtbb.so", Path(os.environ["RAPIDMARC_TSAN_TBB"]).resolve())


def _require_library(name: str, folder: Path | None) -> None:
    mapped = {
        Path(line[line.index("/") :])
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        if "/" in line
    }
    loaded = [file for file in mapped if file.name.startswith(name)]
    if not loaded:
        raise RuntimeError(f"no {name} is loaded")
    strangers = [file for file in loaded if folder is not None and file.parent != folder]
    if strangers:
        raise RuntimeError(f"{strangers[0]} is loaded, not the one in {folder}")
