"""Intervals hold what they promise, looks share the error, a difference is told if it is there."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from harness import statistics
from harness.statistics import Floats

Draw = Callable[[np.random.Generator, int], Floats]

NOISES: dict[str, Draw] = {
    "quiet": lambda rng, n: rng.normal(0, 0.05, n),
    "heavy tails": lambda rng, n: rng.standard_t(3, n) * 0.05,
    "restless fifth": lambda rng, n: (
        rng.normal(0, 0.05, n) - (rng.random(n) < 0.2) * rng.exponential(0.25, n)
    ),
    "two states": lambda rng, n: rng.normal(0, 0.03, n) - (rng.random(n) < 0.35) * 0.15,
    "skewed": lambda rng, n: np.exp(rng.normal(0, 0.6, n)) * 0.1,
}


def coverage(draw: Draw, blocks: int, level: float, trials: int = 300) -> tuple[float, float]:
    """How often the lower and the upper bound lie on the right side of the true trimmed mean."""
    rng = np.random.default_rng(1)
    true = float(statistics.trimmed_mean(draw(rng, 200_000)))
    below = above = 0
    for _ in range(trials):
        found = statistics.bootstrap(draw(rng, blocks), resamples=500)
        below += found.lower(level) <= true
        above += found.upper(level) >= true
    return below / trials, above / trials


@pytest.mark.parametrize("noise", NOISES)
def test_one_sided_bounds_hold_their_level(noise: str) -> None:
    level = statistics.look_level(1)
    below, above = coverage(NOISES[noise], blocks=20, level=level)
    # Three standard errors of the simulation itself.
    slack = 3 * math.sqrt(level * (1 - level) / 300)
    assert min(below, above) >= 1 - level - slack


def test_the_plain_mean_would_not_hold_it() -> None:
    """Why the mean is not used: the tail of a restless host."""
    rng = np.random.default_rng(1)
    draw, level = NOISES["restless fifth"], statistics.look_level(1)
    true = float(draw(rng, 200_000).mean())
    held = 0
    for _ in range(300):
        sample = draw(rng, 20)
        means = sample[rng.integers(0, 20, (500, 20))].mean(axis=1)
        held += float(np.quantile(means, level)) <= true
    assert held / 300 < 0.92


def test_bounds_are_wider_when_neighbouring_blocks_resemble_each_other() -> None:
    def restless(rng: np.random.Generator, n: int) -> Floats:
        values = rng.normal(0, 0.1, n)
        for i in range(1, min(n, 100)):
            values[i] = 0.6 * values[i - 1] + 0.8 * values[i]
        return values

    below, above = coverage(restless, blocks=80, level=0.025, trials=200)
    assert min(below, above) > 0.93  # without the widening it is 0.84


def test_the_figure_hardly_feels_a_few_wild_blocks() -> None:
    values = np.full(20, math.log(1.9))
    wild = values.copy()
    wild[:3] = math.log(0.6)
    assert statistics.bootstrap(wild).point == pytest.approx(math.log(1.9))


def test_swapping_the_sides_inverts_the_ratio_and_its_bounds() -> None:
    values = np.random.default_rng(3).normal(0.2, 0.1, 40)
    one, other = statistics.bootstrap(values), statistics.bootstrap(-values)
    assert other.point == pytest.approx(-one.point)
    assert other.lower(0.02) == pytest.approx(-one.upper(0.02), abs=1e-9)


def test_the_same_values_give_the_same_bounds() -> None:
    values = np.random.default_rng(4).normal(0, 0.1, 20)
    first, second = statistics.bootstrap(values), statistics.bootstrap(values)
    assert (first.lower(0.02), first.upper(0.02)) == (second.lower(0.02), second.upper(0.02))


def test_a_single_block_bounds_nothing() -> None:
    found = statistics.bootstrap([0.5])
    assert (found.lower(0.05), found.upper(0.05)) == (-math.inf, math.inf)


def test_the_base_is_the_fastest_denominator_of_each_block() -> None:
    ratios = statistics.log_ratios([4.0, 4.0], [[1.0, 2.0], [2.0, 1.0]])
    assert np.exp(ratios) == pytest.approx([2.0, 2.0])


@pytest.mark.parametrize("bad", ([1.0, 0.0], [1.0, -1.0], [1.0]))
def test_a_block_without_a_positive_figure_is_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"positive|every block"):
        statistics.log_ratios([1.0, 1.0], [bad])


def test_the_looks_share_the_error() -> None:
    levels = [statistics.look_level(look) for look in (1, 2, 3)]
    assert sum(levels) == pytest.approx(0.05)
    assert [round(100 * level, 2) for level in levels] == [1.79, 1.31, 1.90]
    assert statistics.look_level(1, (20,)) == pytest.approx(0.05)
    assert statistics.look_level(2, share=2) == pytest.approx(levels[1] / 2)
    with pytest.raises(ValueError, match="look 4 of 3"):
        statistics.look_level(4)


@pytest.mark.parametrize("noise", NOISES)
def test_the_same_code_on_both_sides_almost_never_differs(noise: str) -> None:
    sample = NOISES[noise](np.random.default_rng(5), 400)
    found = statistics.alarms(statistics.redrawn(sample), trials=150, resamples=800)
    # 5% is promised; two standard errors of 150 trials come on top.
    assert found.rate <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 150)
    assert found.at_most > found.rate


@pytest.mark.parametrize("noise", ("quiet", "heavy tails", "restless fifth"))
def test_a_slow_down_of_five_percent_is_found(noise: str) -> None:
    sample = NOISES[noise](np.random.default_rng(6), 400)
    draw = statistics.redrawn(sample, effect=0.95)
    assert statistics.alarms(draw, trials=60, resamples=200).rate >= 0.9
    rng = np.random.default_rng(7)
    assert statistics.look_by_look(draw(rng)) == "slower"


def test_a_real_difference_below_the_noise_bar_is_not_told() -> None:
    tiny = np.random.default_rng(8).normal(math.log(1.003), 0.001, 80)
    assert statistics.difference(tiny) == "none"
    assert statistics.difference(tiny, noise=0.001) == "faster"


def test_the_interval_of_rates_contains_the_rate() -> None:
    rates = np.random.default_rng(9).normal(2.5e6, 5e4, 20)
    found = statistics.interval_of(rates)
    assert found.low < 2.5e6 < found.high
    assert found.high / found.low < 1.05
