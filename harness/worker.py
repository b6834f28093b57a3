"""The fresh process that measures one cell: a job on standard input, a line of JSON back.

Plain on purpose. It imports one engine and what the standard library needs; nothing is judged,
shown or stored here. The clock is `perf_counter`, which on Linux is the monotonic clock and the
same for all processes.
"""

from __future__ import annotations

import gc
import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness import counters
from harness.digest import CanonicalRecord, digest
from harness.engines import load_engine
from harness.engines.protocol import Answer, Job, Missing, ReaderEngine
from harness.engines.sources import Source

SHORT_WARMUP_RECORDS = 200
MOST_SHIFTED = 512  # bytes and objects, of the sizes that Python keeps in pools
WARM_DISKS = ("page-cache", "tmpfs")
# Read by a function that gives the records itself, so there are no first ones to stop after.
WHOLE_FILES = frozenset({"marcxml"})

Work = Callable[[Iterable[Any]], int]


class Readers:
    """T readers, each with its share of the readings; one pass of all of them is what is timed."""

    def __init__(self, engine: ReaderEngine, job: Job) -> None:
        self.engine = engine
        self.job = job
        self.source = Source(job["source"], job["file"])
        self.work: Work = engine.work(job["workload"])
        self.count = job["threads"] if job["threads_kind"] == "readers" else 1
        self.share, rest = divmod(job["iterations"], self.count)
        if rest:
            raise ValueError(f"{job['iterations']} readings do not divide by {self.count} readers")
        self.stats: dict[str, int] = {}
        self._lock = threading.Lock()

    def _read(self, target: Any, work: Work) -> int:
        begun = time.perf_counter_ns()
        reader = self.engine.open(target, self.job)
        opened = time.perf_counter_ns()
        count = work(reader)
        worked = time.perf_counter_ns()
        self.engine.close(reader)
        ended = time.perf_counter_ns()
        own = {"thread_ns": ended - begun, "open_ns": opened - begun + ended - worked}
        self._add({**self.engine.stats(reader), **own})
        return count

    def _add(self, stats: dict[str, int]) -> None:
        with self._lock:
            for name, value in stats.items():
                known = self.stats.get(name, 0)
                self.stats[name] = max(known, value) if "high" in name else known + value

    def warm_up(self, kind: str) -> None:
        """One reading by every reader, or its first records; the figures of it are forgotten."""
        if kind == "none":
            return
        whole = self.work

        def first(reader: Iterable[Any]) -> int:
            return whole(itertools.islice(reader, SHORT_WARMUP_RECORDS))

        in_part = kind == "short" and self.job["workload"] not in WHOLE_FILES
        self._together(first if in_part else whole, readings=1)
        self.stats.clear()

    def timed(self) -> tuple[float, float, int]:
        """One pass: when it started, when it ended, records delivered."""
        self.stats.clear()
        return self._together(self.work, self.share)

    def _together(self, work: Work, readings: int) -> tuple[float, float, int]:
        targets = [[self.source.target() for _ in range(readings)] for _ in range(self.count)]
        gc.collect()
        if self.count == 1:
            start = time.perf_counter()
            total = sum(self._read(target, work) for target in targets[0])
            end = time.perf_counter()
        else:
            start, end, total = self._threads(targets, work)
        for target in itertools.chain.from_iterable(targets):
            self.source.release(target)
        self.source.finish()
        return start, end, total

    def _threads(self, targets: list[list[Any]], work: Work) -> tuple[float, float, int]:
        """Timed from the moment when the last thread is at the barrier to the last join."""
        stamps: list[float] = []
        barrier = threading.Barrier(self.count, action=lambda: stamps.append(time.perf_counter()))
        counts: list[int] = []
        failures: list[BaseException] = []

        def run(own: list[Any]) -> None:
            try:
                barrier.wait()
                counts.append(sum(self._read(target, work) for target in own))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(own,)) for own in targets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end = time.perf_counter()
        if failures:
            raise failures[0]
        return stamps[0], end, sum(counts)


def beside_counter(readers: Readers) -> dict[str, int]:
    """How far another Python thread gets in a second: while all readers sleep, and beside a pass of
    them. The first tells what the host gives to one thread, the second what the readers leave."""
    start, end, _ = readers.timed()
    with counters.Counting() as alone:
        time.sleep(end - start)
    with counters.Counting() as beside:
        readers.timed()
    return {"counter_alone_per_s": alone.rate, "counter_beside_per_s": beside.rate}


def measure(engine: ReaderEngine, job: Job, wait: Callable[[], None]) -> Answer:
    """Warm up, then the timed passes. Their minimum is the figure."""
    engine.version()  # imports the package before the baseline of memory is taken
    readers = Readers(engine, job)
    cold = job["disk"] not in WARM_DISKS
    if cold:
        from harness.disks import NotEvaluable, drop
    gc.collect()
    counters.forget_peak()
    baseline = counters.resident_bytes()
    readers.warm_up(job["warmup"])
    speeds = [counters.calibrate()]
    switches = counters.Switches()
    spans: list[tuple[float, float]] = []
    stats: list[dict[str, int]] = []
    records = 0
    for _ in range(job["passes"]):
        if cold:
            try:
                drop(job["file"])
            except NotEvaluable as reason:
                raise Missing(str(reason)) from None  # the host's, and no failure of the reader
        wait()
        start, end, records = readers.timed()
        spans.append((start, end))
        stats.append(dict(readers.stats))
        speeds.append(counters.calibrate())
        if records != job["records"]:
            break
    passes = [end - start for start, end in spans]
    figures = stats[passes.index(min(passes))]  # of the pass that is the figure
    host = switches.figures()
    if job.get("beside") == "counter":
        figures.update(beside_counter(readers))
    return {
        "passes": passes,
        "spans": spans,
        "seconds": min(passes),
        "records": records,
        "bytes": job["bytes"],
        "peak_rss_bytes": counters.peak_bytes(),
        "baseline_rss_bytes": baseline,
        "stats": figures,
        "host": {
            **host,
            # The best, as of the passes: what was slow at one end only is the noise that blocks
            # and intervals are for, what was slow from before the passes to behind them is not.
            "calibration_ns": min(speeds),
        },
    }


def canonical_records(engine: ReaderEngine, reader: Iterable[Any]) -> Iterator[CanonicalRecord]:
    """Every record in canonical shape; an exception that ends the reading is the last of them."""
    try:
        for record in reader:
            yield engine.canonical(reader, record)
    except Exception as error:
        yield ("error", f"raised {type(error).__name__}")


def take_digest(engine: ReaderEngine, job: Job) -> Answer:
    """The digest of one reading. Nothing is timed."""
    version = engine.version()
    source = Source(job["source"], job["file"])
    target = source.target()
    reader = engine.open(target, job)
    found = digest(canonical_records(engine, reader))
    engine.close(reader)
    source.release(target)
    source.finish()
    return {
        "records": found.records,
        "digest": found.value,
        "marks": found.marks,
        "version": version,
    }


def take_numbers(engine: ReaderEngine, job: Job) -> Answer:
    """The 001 of each record that is given, and the exception that ends the reading, if one does.
    A record that is there and cannot be looked at counts, without a number."""
    engine.version()
    source = Source(job["source"], job["file"])
    target = source.target()
    numbers: list[str] = []
    ended = None
    try:
        reader = engine.open(target, job)
        for record in reader:
            if record is None:
                continue
            try:
                fields = engine.canonical(reader, record)[1]
                found = [str(field[1]) for field in fields if field[0] == "001"]
            except Exception:
                found = []
            numbers.append(found[0] if found else "")
        engine.close(reader)
    except Exception as error:
        ended = type(error).__name__
    source.release(target)
    source.finish()
    return {"numbers": numbers, "ended": ended}


def answer(job: Job, wait: Callable[[], None]) -> Answer:
    engine = load_engine(job["engine"])
    if not isinstance(engine, ReaderEngine):
        raise TypeError(f"{job['engine']} is not driven by a worker")
    if job["mode"] == "version":
        return {"version": engine.version()}
    if job["mode"] == "numbers":
        return take_numbers(engine, job)
    if job["mode"] == "digest":
        return take_digest(engine, job)
    return measure(engine, job, wait)


def shifted() -> list[bytes]:
    """Objects that lie before all others, so that these lie elsewhere than in the worker before."""
    return [bytes(random.randrange(MOST_SHIFTED)) for _ in range(random.randrange(MOST_SHIFTED))]


def main() -> int:
    before = shifted()
    job: Job = json.loads(sys.stdin.readline())

    def wait() -> None:
        if job.get("rendezvous"):
            print(json.dumps({"ready": True}), flush=True)
            sys.stdin.readline()

    try:
        result = answer(job, wait)
    except Missing as missing:
        result = {"error": missing.reason, "missing": True, "install": missing.install}
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
    del before
    return 1 if "error" in result else 0


if __name__ == "__main__":
    raise SystemExit(main())
