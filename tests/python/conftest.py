"""Fixtures of more than one file."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from rapidmarc import MARCWriter


@pytest.fixture(scope="module", params=[2, 1])
def num_threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def open_writer(num_threads: int) -> Any:
    """`MARCWriter`, written by a thread of its own or by the caller."""
    return partial(MARCWriter, num_threads=num_threads)
