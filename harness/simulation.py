"""The pipeline of a reader as a simulation of events, fed with phase costs measured on one thread.

It knows what a law fitted to a curve cannot: that reading, framing and decoding run side by side,
that conversion and the caller's code hold Python's lock, that one consumer takes batches in order
and decodes when none is there, that only so many chunks may lie ahead. It does not know caches,
memory and the host; those come in as `stretch`, how much longer native work takes when so many
threads do it at once, from the measured ceiling. It predicts and never decides.

Own code, not a library's: a page simulates a hundred runs of a thousand batches, which takes a
general event loop most of a minute and two loops over a heap a moment.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.breakdown import account

#: Batches of one simulated run, shared by its threads.
BATCHES = 1536
#: Batches differ by so much (standard deviation, as a share), so that threads do not march in step.
SCATTER = 0.1
SEED = 20_240_501

Stretch = Callable[[int], float]


@dataclass(frozen=True)
class Costs:
    """What a batch costs one thread, in nanoseconds."""

    native: float  # reading, framing, decoding: no lock
    locked: float  # conversion and the caller's code: under Python's lock
    switch: float  # letting go of the lock and taking it back when nobody wants it

    @property
    def alone(self) -> float:
        return self.native + self.locked + self.switch


def costs_of(stats: Mapping[str, Any], *, reads_locked: bool = False) -> Costs | None:
    """From the statistics of a reader that worked alone on one thread; None if it tells too little.

    What its phases leave unexplained, and opening and closing, is in neither.
    """
    found = account(stats)
    batches = stats.get("batches") or 0
    if found is None or not batches or found.beside:
        return None
    records = float(stats["records"]) / float(batches)
    phases = {name: value * records for name, value in found.phases.items()}
    calling = phases["read"] if reads_locked else 0.0
    return Costs(
        native=phases["read"] + phases["frame"] + phases["decode"] - calling,
        locked=phases["convert"] + phases["consumer"] + calling,
        switch=phases["gil_wait"],
    )


def no_stretch(threads: int) -> float:
    """A host whose cores share nothing."""
    return 1.0


def speed_up(costs: Costs, kind: str, threads: int, stretch: Stretch = no_stretch) -> float:
    """How many times as fast as one thread `threads` of this kind are, on as many free cores."""
    if threads == 1:
        return 1.0
    dice = random.Random(SEED)
    native = [
        costs.native * stretch(threads) * max(0.1, dice.gauss(1, SCATTER)) for _ in range(BATCHES)
    ]
    run = _readers if kind == "readers" else _workers
    return BATCHES * costs.alone / run(costs, threads, native)


def _readers(costs: Costs, threads: int, native: list[float]) -> float:
    """Each thread: work without the lock, then queue for it, work with it, and let it go."""
    turns = [BATCHES // threads + (place < BATCHES % threads) for place in range(threads)]
    wanting = [(native[place] + costs.switch, place) for place in range(threads) if turns[place]]
    heapq.heapify(wanting)
    lock_free = ended = 0.0
    begun = threads
    while wanting:
        moment, place = heapq.heappop(wanting)
        lock_free = max(lock_free, moment) + costs.locked
        turns[place] -= 1
        if turns[place]:
            heapq.heappush(wanting, (lock_free + native[begun] + costs.switch, place))
            begun += 1
        ended = lock_free
    return ended


def _workers(costs: Costs, threads: int, native: list[float]) -> float:
    """Workers decode chunks ahead of one consumer, which decodes when its next chunk is not there.

    The window is that of `impl/parallel/chunk_queue.cpp`.
    """
    window = max(4, 2 * threads)
    free = [0.0] * (threads - 1)  # when each worker is done with its chunk
    ready: list[float] = []  # when each claimed chunk is decoded
    taken: list[float] = []  # when the consumer took each chunk: room for another
    now = 0.0
    while len(taken) < BATCHES:
        while len(ready) < min(BATCHES, len(taken) + window) and free[0] <= now:
            room = taken[len(ready) - window] if len(ready) >= window else 0.0
            done = max(heapq.heappop(free), room) + native[len(ready)]
            ready.append(done)
            heapq.heappush(free, done)
        head = len(taken)
        if head < len(ready) and ready[head] <= now:
            taken.append(now)
            now += costs.locked
        elif len(ready) < min(BATCHES, head + window):
            now += costs.switch + native[len(ready)]
            ready.append(now)
        else:
            now = ready[head]
    return now


def predict(
    blocks: Iterable[Mapping[str, Any]],
    kind: str,
    threads: Iterable[int],
    stretch: Stretch,
    *,
    reads_locked: bool = False,
) -> dict[int, tuple[float, float, float]]:
    """Middle, least and largest speed-up over the blocks' costs, for each count of threads."""
    costs = [
        known
        for stats in blocks
        if (known := costs_of(stats, reads_locked=reads_locked)) is not None
    ]
    costs.sort(key=lambda one: one.locked / one.alone)
    if not costs:
        return {}
    # The lock's share decides; between its least and its largest the others lie.
    chosen = (costs[len(costs) // 2], costs[0], costs[-1])
    found: dict[int, tuple[float, float, float]] = {}
    for count in threads:
        middle, *ends = (speed_up(one, kind, count, stretch) for one in chosen)
        found[count] = (middle, min(middle, *ends), max(middle, *ends))
    return found
