"""Thousands of scripted comparisons through the judging code, and what is demanded of the outcome.

The noise is that of `harness.selftest.noise`; the truth is known, so every error can be counted.
Judged are the code that tells two sides apart (`statistics.look_by_look`), the intervals, and the
gates with lines as a run would write them.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from harness import RESULTS, gates, host
from harness.gate_spec import Estimate, GateSpec
from harness.results import RUN_FILE, read_lines
from harness.selftest.noise import AS_RECORDED, Recorded, Shape, shapes
from harness.statistics import (
    CONFIDENCE,
    LOOKS,
    Floats,
    Share,
    bootstrap,
    look_by_look,
    look_level,
)

REFERENCE = RESULTS / "reference" / RUN_FILE
#: Comparisons of every shape of noise: over 10,000 of the same code on both sides.
TRIALS = 1_700
# A gate is judged from lines, which takes longer than its statistics: this share of the trials.
GATE_SHARE = 0.2
# Small enough that two processes end together, large enough that drawing costs nothing.
CHUNK = 100
SEED = 20_240_301

MOST_FALSE_ALARMS = 0.02
MOST_WRONG_PASSES = MOST_WRONG_FAILS = 0.05
GATE_THRESHOLD = 0.99
GATE_SLOW = 0.98
SLOW = 0.95
SLOW_FOUND = 0.95
# How far a single shape may stay behind what all shapes together must keep.
SHAPE_SLACK = 0.02

#: The blocks at which intervals are shown: a sweep's, and those of the looks.
SHOWN_AT = (10, *LOOKS)


@contextmanager
def _one_core_each() -> Iterator[None]:
    """Processes started meanwhile multiply matrices on one core: they have the others."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def recorded(file: Path = REFERENCE) -> Recorded:
    """The noise of a run; the reference run is part of the repository."""
    return Recorded.of(read_lines(file))


# --- what is counted ----------------------------------------------------------------------------


def _told(noise: Floats, effect: float) -> Counter[str]:
    return Counter(look_by_look(values + math.log(effect)) for values in noise)


def _interval(blocks: int) -> str:
    return f"95% interval of {blocks} blocks"


LOWER, UPPER = "lower bound of every look", "upper bound of every look"


def _covered(noise: Floats, true: float) -> Counter[str]:
    """How often the shown intervals hold the truth, and how often the bounds of all looks do."""
    held: Counter[str] = Counter()
    for values in noise:
        found = {blocks: bootstrap(values[:blocks]) for blocks in SHOWN_AT}
        for blocks, sample in found.items():
            shown = sample.interval(CONFIDENCE)
            held[_interval(blocks)] += shown.low <= true <= shown.high
        levels = [(found[blocks], look_level(look)) for look, blocks in enumerate(LOOKS, 1)]
        held[LOWER] += all(sample.lower(level) <= true for sample, level in levels)
        held[UPPER] += all(sample.upper(level) >= true for sample, level in levels)
    return held


_SIDES = ({"engine": "new"}, {"engine": "old"})
_GATE = GateSpec(
    name="T",
    claim="The new side is no slower than 1%.",
    threads=1,
    estimates=(
        Estimate("new against old", _SIDES[0], (_SIDES[1],), "pair", GATE_THRESHOLD, "decides"),
    ),
    threshold=GATE_THRESHOLD,
    sanitizer=("T",),
    scenario="selftest",
    engines=("new",),
    corpora=("any",),
    reference="old",
)
_CLEAN: tuple[dict[str, Any], ...] = (
    {"kind": "header", "environment": {"cores_usable": 2}},
    {"kind": "verification", "engine": "new", "corpus": "any", "reference_digest": "a",
     "agrees": True},
    *(
        {"kind": "sanitizer", "gate": "T", "road": road, "case": kind, "expected": kind,
         "outcome": kind}
        for road in ("cpp", "python") for kind in ("clean", "race")
    ),
)  # fmt: skip


def _measured(log_ratios: Floats, looks: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The lines of a run in which the new side is faster by these ratios."""
    for block, ratio in enumerate(log_ratios):
        look = 1 + sum(block >= blocks for blocks in looks)
        for cell, rate in zip(_SIDES, (1000.0 * math.exp(ratio), 1000.0), strict=True):
            yield {
                "kind": "measurement", "scenario": "selftest", "comparison": "pair",
                "block": block, "look": look, "role": "cell", "cell": cell,
                "records_per_s": rate, "stats": {}, "discarded": None,
            }  # fmt: skip


def verdict_of(log_ratios: Floats, looks: tuple[int, ...] = LOOKS) -> str:
    """What the gate "no slower than 1%" says of these blocks, looked at as a run looks."""
    lines = [*_CLEAN, *_measured(log_ratios, looks)]
    gate = replace(_GATE, looks=looks)
    verdict = ""
    for number, blocks in enumerate(looks, 1):
        if len(log_ratios) < blocks and number > 1:
            break  # it ended before
        seen = lines[: len(_CLEAN) + len(_SIDES) * blocks]
        found = gates.judge(gate, seen, look=number, final=number == len(looks))
        verdict = str(found["verdict"])
        if gates.speed_is_settled(found):
            break
    return verdict


def _verdicts(noise: Floats, effect: float) -> Counter[str]:
    return Counter(verdict_of(values + math.log(effect)) for values in noise)


@dataclass(frozen=True)
class _Chunk:
    """A piece of work for one process; the same seed gives the same figures on any number."""

    shape: int
    seed: int
    trials: int
    gate_trials: int


def _judge_chunk(noise_of: Recorded, chunk: _Chunk) -> Counter[str]:
    shape = shapes(noise_of)[chunk.shape]
    rng = np.random.default_rng((SEED, chunk.shape, chunk.seed))
    noise = shape.draw(rng, chunk.trials, LOOKS[-1])
    true = shape.true_ratio()
    counts = _covered(noise, true)
    counts["trials"] = chunk.trials
    if shape.fair:
        counts["fair trials"] = chunk.trials
        counts["false alarms"] = chunk.trials - _told(noise, 1.0)["none"]
        counts["slow found"] = _told(noise[: chunk.gate_trials], SLOW)["slower"]
    for effect, name in ((GATE_SLOW, "slow"), (1.0, "same")):
        # Noise that prefers a side is moved so that the true ratio is what it is called.
        verdicts = _verdicts(noise[: chunk.gate_trials] - true, effect)
        counts.update({f"{name} {verdict}": count for verdict, count in verdicts.items()})
    counts["gate trials"] = chunk.gate_trials
    return counts


def count_errors(
    noise_of: Recorded, trials: int = TRIALS, processes: int | None = None
) -> dict[str, Counter[str]]:
    """Counts for every shape of noise, from `trials` comparisons of each."""
    kinds = shapes(noise_of)
    chunks = [
        _Chunk(shape, first, size, max(1, round(size * GATE_SHARE)))
        for shape in range(len(kinds))
        for first in range(0, trials, CHUNK)
        for size in [min(CHUNK, trials - first)]
    ]
    counts: dict[str, Counter[str]] = {kind.name: Counter() for kind in kinds}
    workers = processes or host.usable_cores()
    if workers == 1:
        found: Iterable[Counter[str]] = (_judge_chunk(noise_of, chunk) for chunk in chunks)
        return _summed(counts, kinds, chunks, found)
    with (
        _one_core_each(),
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        found = pool.map(_judge_chunk, [noise_of] * len(chunks), chunks)
        return _summed(counts, kinds, chunks, found)


def _summed(
    counts: dict[str, Counter[str]],
    kinds: Sequence[Shape],
    chunks: Sequence[_Chunk],
    found: Iterable[Counter[str]],
) -> dict[str, Counter[str]]:
    for chunk, part in zip(chunks, found, strict=True):
        counts[kinds[chunk.shape].name].update(part)
    return counts


# --- what is demanded ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Demand:
    """One promise: how often something happened, what is allowed, and whether it was kept."""

    promise: str
    noise: str
    share: Share
    limit: float
    at_least: bool = False
    plain: bool = False  # the rate itself must keep the limit, not its bound

    @property
    def bound(self) -> float:
        """The upper end of the one-sided 95% interval of the rate, or the rate itself."""
        return self.share.rate if self.plain else self.share.at_most

    @property
    def kept(self) -> bool:
        """At most: the upper end keeps the limit. At least: the upper end reaches it, that is,
        the figures do not contradict the promise."""
        return self.bound >= self.limit if self.at_least else self.bound <= self.limit


ALL = "all shapes"


def demands(counts: Mapping[str, Counter[str]]) -> list[Demand]:
    """Every promise, over all shapes together and then for each."""
    total: Counter[str] = Counter()
    for part in counts.values():
        total.update(part)
    return [
        *_demands_of(ALL, total),
        *(demand for name, part in counts.items() for demand in _demands_of(name, part)),
    ]


def _demands_of(name: str, counts: Counter[str]) -> list[Demand]:
    trials, judged = counts["trials"], counts["gate trials"]
    single = name != ALL
    slack = SHAPE_SLACK if single else 0.0
    found = []
    if counts["fair trials"]:
        told = Share(counts["false alarms"], counts["fair trials"])
        found.append(
            Demand("the same code is told apart", name, told, MOST_FALSE_ALARMS, plain=single)
        )
    if name == AS_RECORDED:
        slow = Share(counts["slow found"], judged)
        found.append(Demand("5% slower is found", name, slow, SLOW_FOUND, at_least=True))
    for what, counted, limit in (
        ("2% slower passes as at most 1% slower", f"slow {gates.PASS}", MOST_WRONG_PASSES),
        ("the same code fails as over 1% slower", f"same {gates.FAIL}", MOST_WRONG_FAILS),
    ):
        wrong = Share(counts[counted], judged)
        found.append(Demand(what, name, wrong, limit + slack, plain=single))
    for what in (*(_interval(blocks) for blocks in SHOWN_AT), LOWER, UPPER):
        held, level = Share(counts[what], trials), CONFIDENCE - slack
        found.append(Demand(f"{what} holds the truth", name, held, level, at_least=True))
    return found
