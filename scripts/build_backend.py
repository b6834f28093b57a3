"""The build backend named in pyproject.toml: scikit-build-core, plus one question.

The native module needs oneTBB. Where the system has it (with CMake's package file), that one is
used and nothing is downloaded. Elsewhere `tbb-devel` from PyPI becomes a build requirement; CMake
finds it in the build environment and puts its shared library into the wheel.

`RAPIDMARC_ONETBB=pypi` or `=system` answers the question by hand.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import Any

from scikit_build_core import build as scikit_build_core
from scikit_build_core.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ONETBB_FROM_PYPI = "tbb-devel>=2021.8"


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    return [*scikit_build_core.get_requires_for_build_wheel(config_settings), *onetbb()]


def get_requires_for_build_editable(config_settings: dict[str, Any] | None = None) -> list[str]:
    return [*scikit_build_core.get_requires_for_build_editable(config_settings), *onetbb()]


def onetbb() -> list[str]:
    """What oneTBB adds to the build requirements: nothing where the system has it."""
    answer = os.environ.get("RAPIDMARC_ONETBB", "")
    if answer not in ("", "pypi", "system"):
        raise SystemExit(f"RAPIDMARC_ONETBB={answer}: must be 'pypi' or 'system'")
    if answer == "system" or (answer == "" and system_has_onetbb()):
        return []
    return [ONETBB_FROM_PYPI]


def system_has_onetbb() -> bool:
    """Whether CMake would find oneTBB by itself, in the places where it looks first."""
    if "TBB_DIR" in os.environ or "TBB_ROOT" in os.environ:
        return True
    prefixes = [*os.environ.get("CMAKE_PREFIX_PATH", "").split(os.pathsep), "/usr/local", "/usr"]
    libraries = ["lib", "lib64", f"lib/{sysconfig.get_config_var('MULTIARCH') or ''}"]
    return any(
        Path(prefix, library, "cmake", package, "TBBConfig.cmake").is_file()
        for prefix in prefixes
        if prefix
        for library in libraries
        for package in ("TBB", "tbb")
    )
