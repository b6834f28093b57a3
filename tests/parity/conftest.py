"""The libraries as fixtures: pymarc and each backend by turns, or both modules by turns."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.parity.libraries import NAMES, Library


@pytest.fixture(params=NAMES)
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """pymarc, then rapidmarc in each backend: what holds for one must hold for all."""
    with Library(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=("pymarc", "rapidmarc"))
def module(request: pytest.FixtureRequest) -> ModuleType:
    """Both packages, for rules that have nothing to do with reading."""
    return importlib.import_module(request.param)
