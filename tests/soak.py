"""Reads and writes good and bad input for a long time (`python -m tests.soak [SECONDS]`).

Rounds of four threads, each taking an input, a backend and a way to use the reader by lot: to the
end, left early, closed early, or copied to a file. What a reader delivers must have the digest of
what the reference delivers: every outcome, with all its bytes. Between two rounds nothing is at
work, and memory, descriptors and threads are looked at: they must be where they were after the
first rounds. Ten minutes unless told otherwise; exit code 1 if anything was lost or anything grew.
"""

import contextlib
import ctypes
import gc
import hashlib
import itertools
import logging
import os
import random
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import rapidmarc
from tests import reference, roads
from tests.python import hard_inputs
from tests.python.errands import resident_bytes
from tests.python.processes import descriptor_count, thread_count

ALLOCATOR = ctypes.CDLL(None)
THREADS = 4
TASKS = 6  # of each thread in a round
WARM_UP = 3  # rounds before the first look
SLACK = 24 << 20  # bytes by which the allocator may sway
SMALL_INPUTS = 1 << 20


class Input(NamedTuple):
    name: str
    content: bytes
    digest: str


class Sample(NamedTuple):
    resident: int
    descriptors: int
    threads: int


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    logging.getLogger("pymarc").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", rapidmarc.BadSubfieldCodeWarning)
    inputs = [made(name, make()) for name, make in hard_inputs.INPUTS.items()]
    samples: list[Sample] = []
    tally: Counter[str] = Counter()
    failures: list[str] = []
    end = time.monotonic() + seconds
    with (
        tempfile.TemporaryDirectory(prefix="rapidmarc-soak-") as folder,
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stderr(nowhere),  # notes on incomplete MARC-8
    ):
        for number in itertools.count():
            work_together(number, inputs, Path(folder), tally, failures)
            gc.collect()
            ALLOCATOR.malloc_trim(0)
            if number >= WARM_UP:
                samples.append(Sample(resident_bytes(), descriptor_count(), thread_count()))
            if failures or (time.monotonic() >= end and len(samples) >= 4):
                break
    failures += grown(samples)
    print(report(samples, tally))
    for failure in failures:
        print(f"soak: {failure}")
    print(f"soak: {'FAILED' if failures else 'nothing lost, nothing grew'}")
    return 1 if failures else 0


def made(name: str, content: bytes) -> Input:
    """An input cut to a size that leaves time for many, with the digest of its outcomes."""
    content = content[:SMALL_INPUTS]
    outcomes = reference.read(content, hide_utf8_warnings=True)
    return Input(name, content, digest((each.content is None, each.chunk) for each in outcomes))


def digest(outcomes: Iterable[tuple[bool, bytes]]) -> str:
    state = hashlib.sha256()
    for failed, chunk in outcomes:
        state.update(b"%d %d " % (failed, len(chunk)) + chunk)
    return state.hexdigest()


def work_together(
    number: int, inputs: list[Input], folder: Path, tally: Counter[str], failures: list[str]
) -> None:
    """A round: each thread does its tasks, whatever the others do."""

    def run(place: int) -> None:
        dice = random.Random(f"{number} {place}")
        for _ in range(TASKS):
            try:
                done = dice.choice(WAYS)(dice, dice.choice(inputs), folder)
            except Exception as error:
                failures.append(f"round {number}, thread {place}: {error!r}")
                return
            tally.update(done)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def opened(dice: random.Random, content: bytes, folder: Path) -> Any:
    """A context with a reader in any backend, under any bounds."""
    backend = dice.choice(roads.BACKENDS)
    options: dict[str, Any] = {"hide_utf8_warnings": True}
    if backend in ("native", "memory"):
        options["num_threads"] = dice.choice((1, 2, 3, None))
        options["queue_bytes"] = dice.choice((1 << 14, 1 << 18, 10 << 20))
    if backend != "record":
        options["batch_size"] = dice.choice(("auto", 1, 10, 1_000))
    own = folder / str(threading.get_ident())
    own.mkdir(exist_ok=True)
    for left in own.iterdir():
        left.unlink()
    return roads.reader_for(backend, content, own, **options)


def to_the_end(dice: random.Random, given: Input, folder: Path) -> Counter[str]:
    with opened(dice, given.content, folder) as reader:
        outcomes = [(record is None, reader.current_chunk) for record in reader]
        assert digest(outcomes) == given.digest, f"{given.name} by {reader.backend}"
    return Counter(readers=1, outcomes=len(outcomes), bytes=len(given.content))


def left_early(dice: random.Random, given: Input, folder: Path) -> Counter[str]:
    most = dice.randrange(2_000)
    with opened(dice, given.content, folder) as reader:
        kept = list(itertools.islice(reader, most))
        if dice.random() < 0.5:
            reader.close()
    return Counter(readers=1, outcomes=len(kept))


def copied(dice: random.Random, given: Input, folder: Path) -> Counter[str]:
    """Writes what can be written, and reads it back."""
    copy = folder / f"{threading.get_ident()}.copy"
    titles = []
    with opened(dice, given.content, folder) as reader, rapidmarc.MARCWriter(copy) as writer:
        for record in itertools.islice(reader, 1_500):
            try:
                writer.write(record)
            except (ValueError, TypeError, LookupError, rapidmarc.PymarcException):
                continue  # no record, or one that the format cannot hold
            titles.append(record.title)
    again = [record and record.title for record in rapidmarc.MARCReader(copy)]
    assert len(again) == len(titles), f"{given.name}: {len(titles)} written, {len(again)} read"
    copy.unlink()
    return Counter(readers=2, outcomes=2 * len(titles), written=len(titles))


Way = Callable[[random.Random, Input, Path], Counter[str]]
WAYS: tuple[Way, ...] = (to_the_end, to_the_end, left_early, copied)


def grown(samples: list[Sample]) -> list[str]:
    """What is more at the end than it was at the start."""
    if len(samples) < 4:
        return ["too few rounds to tell whether anything grows"]
    quarter = max(1, len(samples) // 4)
    before, after = samples[:quarter], samples[-quarter:]
    found = []
    grew = statistics.median(s.resident for s in after) - statistics.median(
        s.resident for s in before
    )
    if grew > SLACK:
        found.append(f"memory grew by {grew / 1e6:.1f} MB")
    # A thread that has ended is counted until the system has got round to it; one that stays is in
    # every sample.
    for name, of in (("descriptors", max), ("threads", min)):
        first, last = (of(getattr(s, name) for s in part) for part in (before, after))
        if last > first:
            found.append(f"{name} grew from {first} to {last}")
    return found


def report(samples: list[Sample], tally: Counter[str]) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(tally.items()))
    if not samples:
        return f"soak: {counts}"
    spans = ", ".join(
        f"{name} {min(values):,} to {max(values):,}"
        for name, values in zip(Sample._fields, zip(*samples, strict=True), strict=True)
    )
    return f"soak: {len(samples)} rounds after {WARM_UP} to warm up: {counts}\nsoak: {spans}"


if __name__ == "__main__":
    # What the C library keeps for each thread that comes and goes is no question of ours; it wants
    # to be told before the process begins.
    if os.environ.get("MALLOC_ARENA_MAX") != "1":
        os.environ["MALLOC_ARENA_MAX"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "tests.soak", *sys.argv[1:]])
    sys.exit(main())
