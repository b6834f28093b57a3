"""The simulated pipeline obeys what is known of pipelines, whatever it is fed with."""

from __future__ import annotations

import pytest

from harness import simulation
from harness.simulation import Costs, speed_up

KINDS = ("readers", "workers")


def stats(**other: int) -> dict[str, int]:
    phases = {"open": 0, "read": 10_000, "frame": 1_000, "decode": 29_000, "queue_wait": 0,
              "gil_wait": 500, "convert": 4_000, "consumer": 6_000}  # fmt: skip
    named = {f"{name}_ns": value for name, value in phases.items()}
    return {"records": 100, "batches": 2, "thread_ns": sum(phases.values()), **named, **other}


@pytest.mark.parametrize("kind", KINDS)
def test_one_thread_is_the_base(kind: str) -> None:
    assert speed_up(Costs(100, 20, 1), kind, 1) == 1


def test_readers_that_never_need_the_lock_scale_with_their_number() -> None:
    for threads in (2, 4, 8):
        assert speed_up(Costs(1000, 0, 0), "readers", threads) == pytest.approx(threads, rel=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_of_threads_outruns_the_lock(kind: str) -> None:
    costs = Costs(900, 100, 0)
    assert 9 < speed_up(costs, kind, 64) <= 10


@pytest.mark.parametrize("kind", KINDS)
def test_work_that_is_all_under_the_lock_does_not_scale(kind: str) -> None:
    assert speed_up(Costs(1, 1000, 0), kind, 8) == pytest.approx(1, abs=0.02)


def test_a_consumer_that_decodes_while_it_waits_makes_two_threads_nearly_two() -> None:
    assert speed_up(Costs(1000, 200, 0), "workers", 2) == pytest.approx(2, abs=0.08)


@pytest.mark.parametrize("kind", KINDS)
def test_more_threads_are_never_slower_on_a_host_that_shares_nothing(kind: str) -> None:
    found = [speed_up(Costs(1000, 100, 5), kind, n) for n in (1, 2, 4, 8, 16)]
    assert found == sorted(found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_that_stretches_native_work_costs_speed_up(kind: str) -> None:
    costs = Costs(1000, 50, 0)
    assert speed_up(costs, kind, 4, lambda n: 1.3) < 0.85 * speed_up(costs, kind, 4)


def test_costs_are_those_of_a_batch_of_the_calling_thread() -> None:
    assert simulation.costs_of(stats()) == Costs(20_000, 5_000, 250)


def test_a_reader_with_workers_beside_it_is_no_base() -> None:
    assert simulation.costs_of(stats(worker_decode_ns=1_000)) is None


def test_a_reader_that_does_not_measure_its_phases_is_not_simulated() -> None:
    assert simulation.predict([{"records": 5}], "readers", [2], simulation.no_stretch) == {}


def test_the_spread_of_a_prediction_is_that_of_the_blocks() -> None:
    blocks = [stats(), stats(consumer_ns=9_000, thread_ns=53_500)]
    middle, low, high = simulation.predict(blocks, "readers", [8], simulation.no_stretch)[8]
    assert low < high
    assert low <= middle <= high


def test_a_source_that_is_read_by_calling_python_reads_under_the_lock() -> None:
    found = simulation.costs_of(stats(), reads_locked=True)
    assert found == Costs(15_000, 10_000, 250)
