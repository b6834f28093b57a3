"""Selectors are looked up in the cells of a scenario when it is read, not when it is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario import load_all

from .measuring import GATE, SWEEP, TARGET, error_of, write_scenarios


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("threads = 2 }", "threads = 3 }", "3 is not in comparison 'scaling', which has 1, 2"),
        ("threads = 1 }]", "threads = 4 }]", "4 is not in comparison"),
        ("threads = 2 }", 'threads = "usable" }', "not a whole number"),
        (", threads = 2 }", " }", "add one of: threads"),
        ("threads = [1, 2]", 'threads = 2\nsource = ["open", "path"]', "add one of: source"),
    ],
)
def test_one_that_meets_no_cell_or_two_is_an_error(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GATE
    assert said in error_of(tmp_path, GATE.replace(old, new), "gates__c")


def test_two_values_that_no_cell_has_together_are_an_error(tmp_path: Path) -> None:
    more = '[[comparison.cells]]\nengine = "fake/slow"\nthreads = 1\n\n[gate]'
    text = GATE.replace("[gate]", more).replace(
        'numerator = { engine = "fake/steady"', 'numerator = { engine = "fake/slow"'
    )
    assert "is all of that at once" in error_of(tmp_path, text, "gates__c")


def test_a_numerator_must_be_clear_on_a_host_of_fewer_cores_too(tmp_path: Path) -> None:
    """There "usable" is less, and may be what another cell has."""
    more = '[[comparison.cells]]\nengine = "fake/steady"\nthreads_kind = "workers"\n\n[gate]'
    text = GATE.replace("threads = [1, 2]", 'threads = [1, "usable"]').replace("[gate]", more)
    assert "on 1 core(s); add one of: threads_kind" in error_of(tmp_path, text, "gates__c")


def test_a_target_has_a_numerator_of_one_cell_and_a_denominator_of_any(tmp_path: Path) -> None:
    sweep = SWEEP + 'threads = [1, "usable"]\n'
    assert "add one of: threads" in error_of(tmp_path, sweep + TARGET)
    one = TARGET.replace('"fake/steady" }', '"fake/steady", threads = 8 }')
    write_scenarios(tmp_path, sweep__x=sweep + one)  # for a host that has so many
    assert load_all(tmp_path)[0].targets[0].numerator["threads"] == 8
    fixed = SWEEP + "threads = [1, 2]\n"
    assert "8 is not in comparison 'sleep'" in error_of(tmp_path, fixed + one)
