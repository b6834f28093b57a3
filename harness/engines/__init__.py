"""The engines that can be measured: one file each; a new file in this folder is a new engine.

A file takes part by having an `ENGINES` dictionary (name -> engine). `README.md` says how to write
one. Nothing here imports a reader: each engine imports its own when it is asked for its version or
for records.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.engines.protocol import AnyEngine, Engine

WORKLOADS = (
    "read", "title", "extract", "subfields", "roundtrip", "write", "change",
    "change_path", "change_beside", "as_dict", "as_json", "marcxml", "select",
)  # fmt: skip
SOURCES = ("path", "open", "bytesio", "custom", "bytes", "pipe", "socket")

OURS = "rapidmarc/"
_OURS_TOO = ("processes/rapidmarc", "whole-process/rapidmarc")


def is_ours(engine: str) -> bool:
    """Whether the engine of this name reads with rapidmarc: its output has to be right, and it
    changes from commit to commit."""
    return engine.startswith((OURS, *_OURS_TOO))


# Folders with engines of other people, which need not be copied into this one.
__path__.extend(filter(None, os.environ.get("RAPIDMARC_ENGINES", "").split(os.pathsep)))

# Files of this folder that are not engines.
_SUPPORT = frozenset(
    {
        "protocol",
        "sources",
        "pymarc_shape",
        "workloads",
        "benchmark",
        "hyperfine",
        "plain",
        "template",
        "columns",
    }
)


def _module(name: str) -> str:
    return f"{__name__}.{name.split('/')[0].replace('-', '_')}"


def file_of(name: str) -> str:
    """The file that the engine stands in."""
    return importlib.import_module(_module(name)).__file__ or ""


def is_strangers(name: str) -> bool:
    """Whether it stands in a folder of `RAPIDMARC_ENGINES`, where its code may change any time."""
    return os.path.dirname(file_of(name)) != os.path.dirname(__file__)


def usual_source(engine: Engine, preferred: Sequence[str]) -> str:
    """The first of these that the engine takes, else any that it does."""
    return next(source for source in (*preferred, *SOURCES) if source in engine.sources)


@cache
def engine_names() -> tuple[str, ...]:
    """Every name that a scenario may use, in alphabetical order."""
    names: list[str] = []
    for module in pkgutil.iter_modules(__path__):
        if module.name not in _SUPPORT:
            names.extend(importlib.import_module(f"{__name__}.{module.name}").ENGINES)
    return tuple(sorted(names))


def load_engine(name: str) -> AnyEngine:
    """The engine of that name; only its own file is imported.

    What stands behind an "@" is the commit whose package it measures (`harness.builds`).
    """
    name = name.partition("@")[0]
    engines: dict[str, AnyEngine] = importlib.import_module(_module(name)).ENGINES
    return engines[name]
