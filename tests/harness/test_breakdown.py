"""The explanation of a low ratio names the phase in which the time was lost."""

from __future__ import annotations

from typing import Any

import pytest

from harness import breakdown

from .scripted import cell, measurement

ESTIMATE = {
    "name": "scaling, open file",
    "ratio": 1.5,
    "numerator": cell(threads=2),
    "denominator": cell(threads=1),
    "ceiling": {"ratio": 1.97, "low": 1.95, "high": 1.99},
}


def timed(threads: int, **nanoseconds: float) -> dict[str, Any]:
    """A measurement whose reader spent so many nanoseconds a record in each phase."""
    records = 250_000
    stats = {f"{name}_ns": int(value * records) for name, value in nanoseconds.items()}
    total = sum(nanoseconds.values()) + 10  # ten nanoseconds that no phase claims
    return measurement(
        cell(threads=threads), threads * 1e9 / total, stats={**stats, "records": records}
    )


def test_the_phase_that_grew_is_named_first() -> None:
    lines = [
        timed(1, read=100, decode=230, gil_wait=1, convert=30),
        timed(2, read=110, decode=235, gil_wait=120, convert=30),
    ]
    found = breakdown.explain(lines, ESTIMATE)
    assert found is not None
    assert found["lost"]["gil_wait"] == pytest.approx(119, abs=0.1)
    assert found["lost"]["unclaimed"] == pytest.approx(0, abs=0.1)
    assert found["sentences"][1].startswith("most of it: waiting for the GIL +119 ns")
    assert "1.97 on 2 threads" in found["sentences"][-1]


def test_phases_and_the_unclaimed_rest_add_up_to_thread_time() -> None:
    split = breakdown.per_record(timed(2, read=100, decode=230, convert=40))
    assert split is not None
    assert split["total"] == pytest.approx(380)
    assert split["unclaimed"] == pytest.approx(10)
    assert sum(v for name, v in split.items() if name != "total") == pytest.approx(split["total"])


def test_the_counters_of_the_fastest_pass_meet_the_time_of_the_fastest_pass() -> None:
    line = timed(1, decode=390)
    line["passes"] = [line["seconds"], line["seconds"] * 2]
    split = breakdown.per_record(line)
    assert split is not None
    assert split["total"] == pytest.approx(400)


def counted(**nanoseconds: int) -> dict[str, int]:
    known = {f"{name}_ns": 10_000 for name in breakdown.PHASES}
    return {"records": 100, "thread_ns": 80_000, **known, **nanoseconds}


def test_the_calling_threads_phases_are_held_against_these_threads_own_time() -> None:
    even = breakdown.account(counted())
    assert even is not None
    assert even.phases["decode"] == 100
    assert even.covered == pytest.approx(1)
    assert even.adds_up
    gap = breakdown.account(counted(thread_ns=85_000))
    twice = breakdown.account(counted(thread_ns=75_000))
    assert gap is not None
    assert twice is not None
    assert not gap.adds_up
    assert not twice.adds_up


def test_what_workers_do_beside_the_caller_is_no_part_of_the_callers_time() -> None:
    found = breakdown.account(counted(decode_ns=50_000, worker_decode_ns=40_000))
    assert found is not None
    assert found.phases["decode"] == 100
    assert found.beside == 400
    assert found.adds_up


def test_a_reader_that_lacks_a_phase_has_no_account() -> None:
    stats = counted()
    del stats["consumer_ns"]
    assert breakdown.account(stats) is None


def test_the_typical_block_is_shown_not_the_wildest() -> None:
    lines = [timed(1, decode=d) for d in (200, 210, 9000)]
    found = breakdown.typical(lines, cell(threads=1))
    assert found is not None
    assert found["decode"] == pytest.approx(210)


def test_a_reader_without_phase_times_is_said_to_give_none() -> None:
    lines = [measurement(cell(threads=n), 1e6) for n in (1, 2)]
    found = breakdown.explain(lines, ESTIMATE)
    assert found is not None
    assert found["lost"] == {}
    assert found["sentences"][0] == "the reader gave no phase times"
    assert "1.97" in breakdown.as_text(found)


def test_the_text_lists_every_phase_of_both_sides() -> None:
    lines = [timed(1, read=100, decode=230), timed(2, read=150, decode=231)]
    found = breakdown.explain(lines, ESTIMATE)
    assert found is not None
    text = breakdown.as_text(found)
    for expected in ("where the time went: scaling, open file", "reading", "decoding", "+50.0"):
        assert expected in text
