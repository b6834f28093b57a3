"""What every test of the harness needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import costs, lock


@pytest.fixture(autouse=True)
def lock_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Tests run side by side, and beside a real run: they measure nothing that counts."""
    file = tmp_path_factory.mktemp("lock") / "lock"
    monkeypatch.setattr(lock, "FILE", file)
    return file


@pytest.fixture(autouse=True)
def costs_of_their_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a scripted run takes must not be what the next real one is expected to take."""
    monkeypatch.setattr(costs, "FILE", tmp_path_factory.mktemp("costs") / "costs.json")
