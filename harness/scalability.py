"""The Universal Scalability Law, fitted to measured speed-ups. It predicts; it never decides.

    C(n) = n / (1 + sigma * (n - 1) + kappa * n * (n - 1))

(Gunther, "Guerrilla Capacity Planning", 2007.) sigma is the share of the work that only one thread
can do at a time (with kappa = 0 this is Amdahl's law); kappa is what every pair of threads costs
each other. The fit is by least squares on the relative error of n / C(n), which is linear in both,
with neither below zero.

Points with more threads than the host has cores say nothing about more cores and must not be
handed in. Two unknowns need two points beside the one-thread point; with a single one, kappa is
held at zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics import SEED, Floats, Interval, trimmed_mean

PREDICTED_THREADS: tuple[int, ...] = (8, 16, 32, 64)


@dataclass(frozen=True)
class ScalingLaw:
    """A fitted curve. `kappa_fitted` is false when the points allowed only Amdahl's law."""

    sigma: float
    kappa: float
    points: int
    worst_error: float
    kappa_fitted: bool

    def speed_up(self, threads: ArrayLike) -> Floats:
        n = np.asarray(threads, dtype=np.float64)
        return np.asarray(n / (1 + self.sigma * (n - 1) + self.kappa * n * (n - 1)))


def fit(threads: Sequence[int], speed_ups: ArrayLike) -> ScalingLaw | None:
    """Fit to speed-ups against one thread; None if there is no point above one thread."""
    n = np.asarray(threads, dtype=np.float64)
    c = np.asarray(speed_ups, dtype=np.float64)
    if n.shape != c.shape or np.any(c <= 0):
        raise ValueError("one positive speed-up for every thread count")
    above = n > 1
    n, c = n[above], c[above]
    if len(n) == 0:
        return None
    weight = c / n
    columns = np.column_stack([(n - 1) * weight, n * (n - 1) * weight])
    target = (n / c - 1) * weight
    kappa_fitted = len(set(n.tolist())) >= 2
    sigma, kappa = _not_negative(columns, target, both=kappa_fitted)
    law = ScalingLaw(sigma, kappa, len(n) + 1, 0.0, kappa_fitted)
    error = float(np.max(np.abs(law.speed_up(n) / c - 1)))
    return ScalingLaw(sigma, kappa, len(n) + 1, error, kappa_fitted)


def _not_negative(columns: Floats, target: Floats, *, both: bool) -> tuple[float, float]:
    """Least squares in two unknowns with neither below zero: try every set of free unknowns."""
    best, best_loss = (0.0, 0.0), float(target @ target)
    for free in ((0,), (1,), (0, 1)) if both else ((0,),):
        part = columns[:, free]
        solution = np.linalg.lstsq(part, target, rcond=None)[0]
        if np.any(solution < 0):
            continue
        loss = float(np.sum((part @ solution - target) ** 2))
        if loss < best_loss - 1e-15:
            full = [0.0, 0.0]
            for place, value in zip(free, solution, strict=True):
                full[place] = float(value)
            best, best_loss = (full[0], full[1]), loss
    return best


def predict(
    samples: Mapping[int, ArrayLike],
    threads: Sequence[int] = PREDICTED_THREADS,
    *,
    resamples: int = 400,
    seed: int = SEED,
) -> tuple[ScalingLaw, dict[int, Interval]] | None:
    """Fit and predict from log speed-ups, one list of blocks for every thread count above one.

    The intervals (90%) carry the scatter of the blocks only, not the doubt whether the law holds
    beyond the measured range; whoever shows them must call them a prediction.
    """
    counts = sorted(n for n in samples if n > 1)
    if not counts:
        return None
    blocks = [np.asarray(samples[n], dtype=np.float64) for n in counts]
    law = fit(counts, [float(np.exp(trimmed_mean(values))) for values in blocks])
    if law is None:
        return None
    generator = np.random.default_rng(seed)
    curves = np.empty((resamples, len(threads)))
    for i in range(resamples):
        again = fit(
            counts,
            [float(np.exp(trimmed_mean(generator.choice(v, len(v))))) for v in blocks],
        )
        assert again is not None  # the thread counts are the same as above
        curves[i] = again.speed_up(threads)
    low, high = np.quantile(curves, [0.05, 0.95], axis=0)
    middle = law.speed_up(threads)
    return law, {
        n: Interval(float(middle[i]), float(low[i]), float(high[i])) for i, n in enumerate(threads)
    }
