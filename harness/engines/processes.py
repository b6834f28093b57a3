"""rapidmarc in several processes, each of which reads its byte ranges of the file.

`threads` of a cell counts the processes. They are started before anything is timed, as those of a
cluster are, and do the workload's work themselves; what comes back is a count. Memory is that of
the process that waits for them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from harness.engines.protocol import Job, per_second
from harness.engines.rapidmarc import Rapidmarc
from harness.engines.workloads import PLAIN

# Ranges for each process: enough that one that is held up does not keep the others waiting long.
RANGES_EACH = 4


def work_on_range(path: str, byte_range: tuple[int, int], workload: str) -> int:
    """What a process does with one range: the records that it counted."""
    import rapidmarc

    with rapidmarc.MARCReader(path, byte_range=byte_range, num_threads=1) as reader:
        return PLAIN[workload](reader)


class Processes(Rapidmarc):
    workloads = frozenset(
        {"read", "title", "extract", "subfields", "roundtrip", "as_dict", "as_json"}
    )
    guess = per_second(read=2_000_000, title=1_500_000, extract=300_000)

    def __init__(self) -> None:
        super().__init__("native", frozenset({"path"}), reads_ahead=True)
        self.batch_sizes = False
        self.thread_kinds = frozenset({"workers"})
        self._pool: ProcessPoolExecutor | None = None
        self._processes = 0

    def _pool_of(self, processes: int) -> ProcessPoolExecutor:
        """The pool, made at the first call, in the warm-up."""
        if self._pool is None or self._processes != processes:
            self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
            self._processes = processes
        return self._pool

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        def share_out(reader: Any) -> int:
            path = reader.path
            ranges = self.module().partitions(path, RANGES_EACH * reader.processes)
            pool = self._pool_of(reader.processes)
            shares = [path] * len(ranges), ranges, [workload] * len(ranges)
            return sum(pool.map(work_on_range, *shares))

        return share_out

    def open(self, target: Any, options: Job) -> Iterable[Any]:
        """The whole file, of which `share_out` takes nothing but the path; verification reads it
        range by range."""
        return _Whole(self.module(), target, options.get("threads", 1))


class _Whole:
    """The records of a file by way of its ranges, in order."""

    def __init__(self, module: Any, path: Any, processes: int) -> None:
        self._module = module
        self.processes = processes
        self.path = path
        self.current_exception: Any = None

    def __iter__(self) -> Any:
        for each in self._module.partitions(self.path, RANGES_EACH * self.processes):
            reader = self._module.MARCReader(self.path, byte_range=each, num_threads=1)
            for record in reader:
                self.current_exception = reader.current_exception
                yield record


ENGINES = {"processes/rapidmarc": Processes()}
