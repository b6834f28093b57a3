"""What a set of paired samples says, and how surely it says it.

Everything here is a pure function of numbers: no clock, no files, no verdicts (see gates.py).

The figure of one block is the logarithm of a ratio between two cells that ran in that block, so
what the machine did to both cancels. The figure of many blocks is their **20% trimmed mean**, and
its interval comes from a seeded bootstrap. Simulation made the choice, and the tests repeat it:

* The plain mean does not cover. Restless minutes of a host leave a long tail on one side, and with
  20 blocks a bound that promises 98% then holds in well under 90% of the cases.
* The median covers, yet throws away a third of the information when the host is quiet.
* The bootstrap-t of the trimmed mean fails when a host has two states and blocks fall into either.
* The percentile bootstrap of the trimmed mean holds its level for normal, heavy-tailed, skewed,
  contaminated and two-state noise, once two things are added that it lacks: its quantiles are
  moved out for small samples (the expanded percentile interval of Hesterberg 2015, "What Teachers
  Should Know About the Bootstrap"), and blocks that resemble their neighbours count as fewer
  blocks (first-order autocorrelation r: as n * (1 - r) / (1 + r)). Few blocks estimate r badly and
  too low, so a standard error is added to it: without that, bounds fail too often where a state of
  the host lasts for some blocks. `harness.selftest` measures all of this.

A trimmed mean of logarithms is symmetrical: swapping the two sides turns the ratio r into 1 / r.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

TRIM = 0.2
CONFIDENCE = 0.95
LOOKS: tuple[int, ...] = (20, 40, 80)
RESAMPLES = 8_000
SEED = 20_240_229
#: Telling a difference between two sides that nobody claimed may be wrong this often, all looks and
#: both directions together.
ALARM_ERROR = 0.02
#: Added to the estimate of the autocorrelation, in standard errors.
CAUTION = 1.0
MOST_AUTOCORRELATION = 0.9
#: Below this the expansion of Student's t no longer holds.
LEAST_FREEDOM = 3.0

_NORMAL = NormalDist()


def log_ratios(numerators: ArrayLike, denominators: Sequence[ArrayLike]) -> Floats:
    """One logarithm a block: the numerator over the largest denominator of that same block.

    The largest denominator is the base on purpose: a slow base must not make a good ratio. Where
    several bases are equally fast this leans a little against the claim, never in its favour.
    """
    top = np.asarray(numerators, dtype=np.float64)
    bases = np.vstack([np.asarray(values, dtype=np.float64) for values in denominators])
    if top.ndim != 1 or bases.shape[1:] != top.shape:
        raise ValueError("every cell needs exactly one figure in every block")
    if not (np.all(top > 0) and np.all(bases > 0)):
        raise ValueError("a rate must be positive")
    return np.asarray(np.log(top) - np.log(bases.max(axis=0)), dtype=np.float64)


def trimmed_mean(values: Floats) -> Floats:
    """The mean along the last axis without the lowest and highest fifth."""
    count = values.shape[-1]
    cut = int(TRIM * count)
    ordered = np.sort(values, axis=-1)
    return np.asarray(ordered[..., cut : count - cut].mean(axis=-1), dtype=np.float64)


def autocorrelation(values: Floats) -> float:
    """First-order autocorrelation of values in the order they were measured, outliers pulled in."""
    count = len(values)
    if count < 4:
        return 0.0
    centre = float(np.median(values))
    spread = float(np.median(np.abs(values - centre)))
    if spread == 0.0:
        return 0.0
    pulled = np.clip(values - centre, -3 * spread, 3 * spread)
    pulled = pulled - pulled.mean()
    energy = float(np.dot(pulled, pulled))
    # The estimate is biased by about -1/n for independent values; add that back.
    if energy == 0.0:
        return 0.0
    neighbours: float = np.dot(pulled[1:], pulled[:-1])
    return float(neighbours / energy) + 1 / count


def effective_count(values: Floats) -> float:
    """How many independent blocks these are worth, at most as many as there are."""
    count = len(values)
    if count < 4:
        return float(count)
    r = autocorrelation(values) + CAUTION / math.sqrt(count)
    r = min(max(r, 0.0), MOST_AUTOCORRELATION)
    return count * (1 - r) / (1 + r)


def _student_quantile(p: float, freedom: float) -> float:
    """Quantile of Student's t by the Cornish-Fisher expansion: within 1% from 3 degrees on."""
    z = _NORMAL.inv_cdf(p)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / freedom ** (i + 1) for i, term in enumerate(terms)))


@dataclass(frozen=True)
class Interval:
    """A figure with the range it may lie in."""

    point: float
    low: float
    high: float

    def exponentials(self) -> Interval:
        """Of logarithms: the same as factors. No lower bound becomes 0, no upper one infinity."""
        return Interval(*(math.exp(value) for value in (self.point, self.low, self.high)))


@dataclass(frozen=True)
class Bootstrap:
    """The resampled trimmed means of one set of values in ascending order, ready to be asked for
    bounds."""

    point: float
    draws: Floats
    count: int
    effective: float

    def _edge(self, level: float) -> tuple[float, float]:
        """The quantile of the draws to look at, and how far to widen what is found there."""
        independent = _student_quantile(1 - level, self.count - 1)
        expanded = math.sqrt(self.count / (self.count - 1)) * independent
        freedom = min(self.count - 1, max(LEAST_FREEDOM, self.effective - 1))
        wider = _student_quantile(1 - level, freedom) / independent
        return _NORMAL.cdf(-expanded), wider * math.sqrt(self.count / self.effective)

    def _quantile(self, p: float) -> float:
        place = p * (len(self.draws) - 1)
        below = min(int(place), len(self.draws) - 2)
        step = float(self.draws[below + 1] - self.draws[below])
        return float(self.draws[below]) + (place - below) * step

    def lower(self, level: float) -> float:
        """The bound that lies above the true value with probability `level` at most."""
        if self.count < 2:
            return -math.inf
        p, widening = self._edge(level)
        return self.point + (self._quantile(p) - self.point) * widening

    def upper(self, level: float) -> float:
        """The bound that lies below the true value with probability `level` at most."""
        if self.count < 2:
            return math.inf
        p, widening = self._edge(level)
        return self.point + (self._quantile(1 - p) - self.point) * widening

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """Both bounds, each with half of the error."""
        half = (1 - confidence) / 2
        return Interval(self.point, self.lower(half), self.upper(half))


@lru_cache(maxsize=8)
def _weights(count: int, resamples: int, seed: int) -> Floats:
    """What each value, counted from the smallest, weighs in each resampled trimmed mean.

    Which places are drawn does not depend on the values, so all bootstraps of as many blocks share
    this matrix, and one product gives the draws. The second half of it mirrors the first: swapping
    the two sides mirrors the bounds.
    """
    generator = np.random.default_rng(seed)
    half = -(-resamples // 2)
    rows = np.arange(half)[:, np.newaxis]
    times = np.zeros((half, count))
    np.add.at(times, (rows, generator.integers(0, count, size=(half, count))), 1)
    cut = int(TRIM * count)
    places = np.clip(np.cumsum(times, axis=1), cut, count - cut)
    weights = np.diff(places, axis=1, prepend=cut) / (count - 2 * cut)
    return np.asarray(np.vstack([weights, weights[:, ::-1]]), dtype=np.float64)


def bootstrap(values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> Bootstrap:
    """Resample whole blocks. The same values and seed give the same bounds, on every host."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or len(sample) == 0:
        raise ValueError("a bootstrap needs at least one value")
    return Bootstrap(
        point=float(trimmed_mean(sample)),
        draws=np.sort(_weights(len(sample), resamples, seed) @ np.sort(sample)),
        count=len(sample),
        effective=effective_count(sample),
    )


def interval_of(positive: ArrayLike, *, confidence: float = CONFIDENCE) -> Interval:
    """Typical value of positive samples (rates, seconds, bytes) with its two-sided interval."""
    found = bootstrap(np.log(np.asarray(positive, dtype=np.float64)), resamples=2_000)
    # A single sample says nothing of the range: from nothing to infinity.
    return found.interval(confidence).exponentials()


def spent(fraction: float, error: float = 1 - CONFIDENCE) -> float:
    """How much of the error may be used up once this fraction of all blocks has been seen.

    The Pocock-like spending function of Lan and DeMets (1983, "Discrete sequential boundaries for
    clinical trials", Biometrika 70): error * ln(1 + (e - 1) * fraction). It spends enough at the
    first look for a clear case to end there.
    """
    return error * math.log(1 + (math.e - 1) * min(max(fraction, 0.0), 1.0))


def look_level(
    look: int, looks: Sequence[int] = LOOKS, error: float = 1 - CONFIDENCE, share: int = 1
) -> float:
    """The error of a one-sided bound at this look (1 is the first): all looks share `error`.

    Each look gets what was newly released to it and nothing else. The sum over the looks is
    `error` by the union bound, whatever the dependence between looks, so no normal theory is
    needed. With 20, 40 and 80 blocks the levels are 1.79%, 1.31% and 1.90%. `share` splits a level
    further between bounds of which any one alone would decide.
    """
    if not 1 <= look <= len(looks):
        raise ValueError(f"look {look} of {len(looks)} does not exist")
    before = spent(looks[look - 2] / looks[-1], error) if look > 1 else 0.0
    return (spent(looks[look - 1] / looks[-1], error) - before) / share


Difference = Literal["faster", "slower", "none"]


def difference(
    values: ArrayLike,
    *,
    noise: float = 0.01,
    level: float = ALARM_ERROR / 2,
    resamples: int = RESAMPLES,
) -> Difference:
    """Two bars: the interval leaves 1 out, and the figure differs by more than `noise`."""
    found = bootstrap(values, resamples=resamples)
    if found.lower(level) > 0 and found.point > math.log1p(noise):
        return "faster"
    if found.upper(level) < 0 and found.point < -math.log1p(noise):
        return "slower"
    return "none"


def look_by_look(
    values: Floats, *, looks: Sequence[int] = LOOKS, resamples: int = RESAMPLES
) -> Difference:
    """Whether a run that stops at the first clear look tells the two sides apart.

    `ALARM_ERROR` is shared between the looks and between the two directions.
    """
    for look, blocks in enumerate(looks, start=1):
        if len(values) < blocks and look > 1:
            break  # it ended before
        level = look_level(look, looks, error=ALARM_ERROR, share=2)
        told = difference(values[:blocks], level=level, resamples=resamples)
        if told != "none":
            return told
    return "none"


@dataclass(frozen=True)
class Share:
    """How often something happened, with a one-sided 95% upper bound (Wilson 1927)."""

    count: int
    trials: int

    @property
    def rate(self) -> float:
        return self.count / self.trials

    @property
    def at_most(self) -> float:
        z, n, p = _NORMAL.inv_cdf(CONFIDENCE), self.trials, self.rate
        centre = p + z * z / (2 * n)
        return (centre + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def alarms(
    draw: Callable[[np.random.Generator], Floats],
    *,
    trials: int = 200,
    looks: Sequence[int] = LOOKS,
    resamples: int = 1_000,
    seed: int = SEED,
) -> Share:
    """In how many of these runs a difference would be told. `draw` gives the blocks of one run.

    With the same code on both sides (A/A) every alarm is false; with a known slow-down every run
    without an alarm is a miss.
    """
    generator = np.random.default_rng(seed)
    told = sum(
        look_by_look(draw(generator), looks=looks, resamples=resamples) != "none"
        for _ in range(trials)
    )
    return Share(told, trials)


def redrawn(
    noise: ArrayLike, effect: float = 1.0, blocks: int = LOOKS[-1]
) -> Callable[[np.random.Generator], Floats]:
    """Runs made from the noise of a real one: its blocks, centred, moved by a known effect."""
    sample = np.asarray(noise, dtype=np.float64)
    centred = sample - trimmed_mean(sample)

    def draw(generator: np.random.Generator) -> Floats:
        return np.asarray(generator.choice(centred, blocks) + math.log(effect), dtype=np.float64)

    return draw
