"""Noise of two sides that run the same code, in the shapes and sizes that a real run recorded.

`Recorded.of` takes from the lines of a run what the host did to it: how far ratios scatter, how
much a block resembles the one before, how deep and how often cells fell into a slow moment or a
slow state. `shapes` makes scripted comparisons of that. Everything is a logarithm of a rate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.model import Cell
from harness.statistics import Floats, autocorrelation, trimmed_mean

Line = Mapping[str, Any]
Draw = Callable[[np.random.Generator, int, int], Floats]  # trials, blocks -> trials x blocks

FEWEST_BLOCKS = 20
# Pieces of this many blocks on average are cut from recorded series, so that neighbours stay so.
PIECE = 4.0
# Two groups of figures this many standard deviations apart are states, not scatter.
SEPARATION = 4.0
# States that hold less than this share of the blocks are bursts.
RARE = 0.15
TAIL_FREEDOM = 3

AS_RECORDED = "as recorded"


@dataclass(frozen=True)
class Fall:
    """Being slower for a while: by how much, for which share of the blocks, how restlessly.

    `restless` is 1 when a block says nothing of the next, and near 0 when the state lasts.
    """

    depth: float
    share: float
    restless: float


@dataclass(frozen=True)
class Recorded:
    """What a run tells of the noise of its host."""

    scale: float  # of the ratio of two one-thread cells, without its wild blocks
    resemblance: float  # autocorrelation of restless ratios from block to block
    bursts: Fall
    states: Fall
    one_thread: tuple[Floats, ...]  # centred log ratios, block after block
    two_threads: tuple[Floats, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Recorded:
        """From every comparison of the run that has enough blocks."""
        one: list[Floats] = []
        more: list[Floats] = []
        falls: list[Fall] = []
        for cells in _series(lines).values():
            falls += [fall for values in cells.values() if (fall := fall_of(values)) is not None]
            for (name, top), (other, base) in itertools.combinations(cells.items(), 2):
                ratios = top - base
                single = name.threads == other.threads == 1
                (one if single else more).append(ratios - trimmed_mean(ratios))
        if not one or not more:
            raise ValueError(f"the run has no comparison with {FEWEST_BLOCKS} blocks of two cells")
        return cls(
            scale=float(np.median([_scatter(ratios) for ratios in one])),
            resemblance=float(np.quantile([autocorrelation(r) for r in (*one, *more)], 0.9)),
            bursts=_typical([fall for fall in falls if fall.share < RARE]),
            states=_typical([fall for fall in falls if fall.share >= RARE]),
            one_thread=tuple(one),
            two_threads=tuple(more),
        )


def _series(lines: Iterable[Line]) -> dict[tuple[str, str], dict[Cell, Floats]]:
    """Log rates of every cell of the comparisons with enough blocks, in the order of blocks."""
    found: dict[tuple[str, str], dict[Cell, dict[int, float]]] = {}
    for line in lines:
        if line.get("kind") != "measurement" or line.get("discarded"):
            continue
        place = (str(line["scenario"]), str(line["comparison"]))
        rates = found.setdefault(place, {}).setdefault(Cell(**line["cell"]), {})
        rates[int(line["block"])] = math.log(float(line["records_per_s"]))
    return {
        place: {
            cell: np.asarray([rates[block] for block in sorted(rates)])
            for cell, rates in cells.items()
        }
        for place, cells in found.items()
        if min(len(rates) for rates in cells.values()) >= FEWEST_BLOCKS
    }


def _scatter(values: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def fall_of(values: Floats) -> Fall | None:
    """The two groups into which these figures fall, or None if they are a single cloud."""
    ordered = np.sort(values)
    cuts = range(2, len(ordered) - 2)
    inside = [ordered[:cut].var() * cut + ordered[cut:].var() * (len(ordered) - cut)
              for cut in cuts]  # fmt: skip
    cut = cuts[int(np.argmin(inside))]
    spread = math.sqrt(min(inside) / len(ordered))
    depth = float(ordered[cut:].mean() - ordered[:cut].mean())
    if spread == 0 or depth / spread < SEPARATION:
        return None
    slow = values < (ordered[cut - 1] + ordered[cut]) / 2
    share = float(slow.mean())
    switches = float((slow[1:] != slow[:-1]).mean())
    return Fall(depth, share, min(1.0, switches / (2 * share * (1 - share))))


def _typical(falls: Sequence[Fall]) -> Fall:
    if not falls:
        return Fall(0.0, 0.0, 1.0)
    table = np.asarray([(fall.depth, fall.share, fall.restless) for fall in falls])
    depth, share, restless = np.median(table, axis=0)
    return Fall(float(depth), float(share), float(restless))


# --- shapes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """One kind of noise. In a fair one nothing prefers a side, so the true ratio is 1."""

    name: str
    draw: Draw
    fair: bool = True

    def true_ratio(self) -> float:
        """The logarithm to which the figure of ever more blocks comes."""
        if self.fair:
            return 0.0
        many = self.draw(np.random.default_rng(0), 2_000, 80)
        return float(trimmed_mean(many.ravel()))


def _chain(rng: np.random.Generator, trials: int, steps: int, fall: Fall) -> Floats:
    """0 or `-depth` for every step: a state that is entered and left at random."""
    enter, leave = fall.restless * fall.share, fall.restless * (1 - fall.share)
    slow = np.empty((trials, steps), dtype=bool)
    slow[:, 0] = rng.random(trials) < fall.share
    for step in range(1, steps):
        dice = rng.random(trials)
        slow[:, step] = np.where(slow[:, step - 1], dice >= leave, dice < enter)
    return np.asarray(slow * -fall.depth, dtype=np.float64)


def _plain(rng: np.random.Generator, trials: int, blocks: int, scale: float) -> Floats:
    return rng.normal(0, scale, (trials, blocks))


def _drifting(
    rng: np.random.Generator, trials: int, blocks: int, scale: float, resemblance: float
) -> Floats:
    values = _plain(rng, trials, blocks, scale)
    for block in range(1, blocks):
        fresh = math.sqrt(1 - resemblance**2) * values[:, block]
        values[:, block] = resemblance * values[:, block - 1] + fresh
    return values


def _pieces(rng: np.random.Generator, trials: int, blocks: int, series: Sequence[Floats]) -> Floats:
    """Series put together from pieces of one recorded series each (the stationary bootstrap of
    Politis and Romano 1994)."""
    of = rng.integers(0, len(series), trials)
    lengths = np.asarray([len(values) for values in series])[of]
    table = np.zeros((len(series), max(len(values) for values in series)))
    for row, values in enumerate(series):
        table[row, : len(values)] = values
    place = rng.integers(0, lengths)
    drawn = np.empty((trials, blocks))
    for block in range(blocks):
        drawn[:, block] = table[of, place]
        jump = rng.random(trials) < 1 / PIECE
        place = np.where(jump, rng.integers(0, lengths), (place + 1) % lengths)
    return drawn


def shapes(recorded: Recorded) -> tuple[Shape, ...]:
    """Every kind of noise, in the sizes that were recorded."""
    scale = recorded.scale

    def as_recorded(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        sides = rng.choice((-1.0, 1.0), (trials, 1))
        return sides * _pieces(rng, trials, blocks, recorded.one_thread)

    def two_threads(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        return _pieces(rng, trials, blocks, recorded.two_threads)

    def drift(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        return _drifting(rng, trials, blocks, scale, recorded.resemblance)

    def bursts(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        # The cells of a block follow each other, so a burst may cover both, one or a next block.
        slow = _chain(rng, trials, 2 * blocks, recorded.bursts)
        return _plain(rng, trials, blocks, scale) + slow[:, ::2] - slow[:, 1::2]

    def states(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        one, other = (_chain(rng, trials, blocks, recorded.states) for _ in range(2))
        return _plain(rng, trials, blocks, scale) + one - other

    def one_side(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        return _plain(rng, trials, blocks, scale) + _chain(rng, trials, blocks, recorded.states)

    def tail(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        return scale * rng.standard_t(TAIL_FREEDOM, (trials, blocks))

    def together(rng: np.random.Generator, trials: int, blocks: int) -> Floats:
        return drift(rng, trials, blocks) + bursts(rng, trials, blocks) + tail(rng, trials, blocks)

    return (
        Shape(AS_RECORDED, as_recorded),
        Shape("drift", drift),
        Shape("bursts", bursts),
        Shape("two states", states),
        Shape("heavy tail", tail),
        Shape("drift, bursts and tail", together),
        Shape("as recorded, two threads", two_threads, fair=False),
        Shape("two states of one side", one_side, fair=False),
    )
