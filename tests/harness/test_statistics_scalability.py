"""The scalability law finds the numbers that made a curve, and says what it could not find."""

from __future__ import annotations

import numpy as np
import pytest

from harness import scalability


def curve(n: np.ndarray, sigma: float, kappa: float) -> np.ndarray:
    return n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


@pytest.mark.parametrize(("sigma", "kappa"), [(0.05, 0.001), (0.2, 0.0), (0.0, 0.01), (0.0, 0.0)])
def test_the_fit_finds_the_law_that_made_the_curve(sigma: float, kappa: float) -> None:
    n = np.array([1, 2, 4, 8])
    law = scalability.fit(n.tolist(), curve(n, sigma, kappa))
    assert law is not None
    assert (law.sigma, law.kappa) == pytest.approx((sigma, kappa), abs=1e-9)
    assert law.worst_error < 1e-9
    assert law.speed_up([64])[0] == pytest.approx(curve(np.array([64]), sigma, kappa)[0])


def test_a_curve_above_the_ideal_does_not_give_a_negative_cost() -> None:
    law = scalability.fit([1, 2, 4], [1.0, 2.1, 4.3])
    assert law is not None
    assert law.sigma >= 0
    assert law.kappa >= 0


def test_one_point_gives_amdahls_law_and_says_so() -> None:
    law = scalability.fit([1, 2], [1.0, 1.8])
    assert law is not None
    assert not law.kappa_fitted
    assert law.kappa == 0
    assert law.speed_up([2])[0] == pytest.approx(1.8)


def test_no_point_above_one_thread_gives_nothing() -> None:
    assert scalability.fit([1], [1.0]) is None
    assert scalability.predict({1: [0.0]}) is None


def test_the_curve_turns_where_more_threads_hurt() -> None:
    law = scalability.fit([1, 2, 4, 8], curve(np.array([1, 2, 4, 8]), 0.1, 0.01))
    assert law is not None
    threads = np.arange(1, 65)
    assert threads[np.argmax(law.speed_up(threads))] == pytest.approx(np.sqrt(0.9 / 0.01), abs=1)


def test_the_prediction_carries_the_scatter_of_the_blocks() -> None:
    rng = np.random.default_rng(1)
    samples = {
        n: np.log(curve(np.array([n]), 0.05, 0.002)[0]) + rng.normal(0, 0.02, 20) for n in (2, 4, 8)
    }
    found = scalability.predict(samples, threads=(16, 64))
    assert found is not None
    law, predicted = found
    assert law.points == 4
    for n, interval in predicted.items():
        assert interval.low < curve(np.array([n]), 0.05, 0.002)[0] < interval.high
    spread = {n: i.high / i.low for n, i in predicted.items()}
    assert spread[64] > spread[16]
