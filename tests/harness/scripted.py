"""Lines of a run whose figures are written, not measured: no clock, no engine, the same every time.

`gate_run` is the run of one gate, `judged` the verdict on it; example_run.py makes a whole run with
every section of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness import gates

Line = dict[str, Any]

RECORD_BYTES = 967
CORPORA = {"loc-small": 1_000, "loc-medium": 10_000, "loc-half": 125_000, "loc-large": 250_000}


def cell(engine: str = "rapidmarc/batched", **other: Any) -> dict[str, Any]:
    return {
        "engine": engine,
        "workload": "read",
        "source": "open",
        "corpus": "loc-large",
        "disk": "page-cache",
        "threads": 1,
        "threads_kind": "readers",
        "batch_size": "auto",
        **other,
    }


def measurement(
    cell: dict[str, Any],
    rate: float,
    *,
    block: int = 0,
    scenario: str = "gates/c_batched",
    comparison: str = "open",
    role: str = "cell",
    look: int = 1,
    memory: float = 6e6,
    stats: dict[str, int] | None = None,
    discarded: str | None = None,
) -> Line:
    records = CORPORA.get(cell["corpus"], 10_000)
    seconds = records / rate
    return {
        "kind": "measurement",
        "scenario": scenario,
        "comparison": comparison,
        "block": block,
        "look": look,
        "order": 0,
        "role": role,
        "cell": cell,
        "seconds": seconds,
        "passes": [seconds],
        "records": records,
        "bytes": records * RECORD_BYTES,
        "records_per_s": rate,
        "peak_rss_bytes": int(12e6 + memory),
        "baseline_rss_bytes": int(12e6),
        "stats": stats or {},
        "host": {
            "steal_s": 0.0,
            "calibration_ns": 1_000_000,
            "involuntary_switches": 1,
            "voluntary_switches": 4,
            "minor_faults": 50,
        },
        "discarded": discarded,
    }


def header(cores: int = 4, **environment: Any) -> Line:
    return {
        "kind": "header",
        "schema": 1,
        "run": "2024-02-29-scripted",
        "started": "2024-02-29T12:00:00+00:00",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "dirty": False,
        "command": "python -m harness gates",
        "environment": {
            "host": "scripted",
            "cpu_model": "Scripted CPU at 3.0 GHz",
            "cores_usable": cores,
            "kernel": "6.1.0",
            "os": "Debian GNU/Linux 12",
            "python": "3.11.7",
            "compiler": "g++ 12.2.0",
            "versions": {"rapidmarc": "0.1.0", "pymarc": "5.4.0", "mrrc": "0.9.2"},
            "cgroup_quota": None,
            "governor": "performance",
            "simd": "avx2",
            **environment,
        },
        "scenarios": [],
    }


#: As much of a gate's scenario as a report reads.
GATE_TEXT = '[gate]\nname = "{name}"\nthreads = 2\n'


def sanitizer_lines(gate: str = "C") -> list[Line]:
    """A clean case of the gate and a caught canary on each road."""
    sorts = ((gate, "clean", 0, "several readers"), ("all", "race", 1, "worker vs worker"))
    return [
        {
            "kind": "sanitizer",
            "gate": of,
            "road": road,
            "case": case,
            "expected": outcome,
            "outcome": outcome,
            "warnings": warnings,
            "detail": "",
            "seconds": 1.5,
        }
        for road in ("cpp", "python")
        for of, outcome, warnings, case in sorts
    ]


def verification(engine: str, corpus: str = "loc-large", *, agrees: bool = True) -> Line:
    return {
        "kind": "verification",
        "corpus": corpus,
        "engine": engine,
        "backend": {},
        "records": CORPORA.get(corpus, 10_000),
        "digest": "aa" if agrees else "bb",
        "reference_digest": "aa",
        "agrees": agrees,
        "ranked": agrees,
        "finding": None if agrees else "record 17: 245$a differs",
    }


def gate_table(**other: Any) -> dict[str, Any]:
    """A `[gate]` table as the scenario loader hands it over: gate C with one source."""
    return {
        "name": "C",
        "order": 2,
        "claim": "Batched reading on 2 threads is at least 1.8 times as fast as on 1 thread.",
        "required": True,
        "threads": 2,
        "threshold": 1.8,
        "looks": (20, 40, 80),
        "sanitizer": ("C",),
        "scenario": "gates/c_batched",
        "estimates": (
            {
                "name": "scaling, open file",
                "comparison": "open",
                "numerator": {"engine": "rapidmarc/batched", "threads": 2},
                "denominator": ({"engine": "rapidmarc/batched", "threads": 1},),
                "threshold": 1.8,
                "role": "decides",
            },
        ),
        "memory": None,
        "verification": {
            "corpora": ("loc-large",),
            "engines": ("rapidmarc/batched",),
            "reference": "pymarc",
        },
        **other,
    }


def scaling_blocks(
    ratio: float,
    *,
    blocks: int = 20,
    threads: int = 2,
    ceiling: float | None = 1.97,
    noise: float = 0.03,
    seed: int = 7,
    engine: str = "rapidmarc/batched",
    drift: Callable[[int], float] = lambda block: 1.0,
    looks: Sequence[int] = (20, 40, 80),
    **place: Any,
) -> list[Line]:
    """Blocks in which T threads are `ratio` times as fast as one; `drift` slows both sides."""
    rng = np.random.default_rng(seed)
    lines = []
    for block in range(blocks):
        look = 1 + sum(block >= edge for edge in looks)
        base = 2.5e6 * drift(block)
        shares = {1: 1.0, threads: ratio * float(np.exp(rng.normal(0, noise)))}
        for count, share in shares.items():
            lines.append(
                measurement(
                    cell(engine, threads=count), base * share, block=block, look=look, **place
                )
            )
        if ceiling is not None:
            for count, share in ((1, 1.0), (threads, ceiling * float(np.exp(rng.normal(0, 0.01))))):
                lines.append(
                    measurement(
                        cell("ceiling", threads=count),
                        8e6 * share,
                        block=block,
                        look=look,
                        role="ceiling",
                        **place,
                    )
                )
    return lines


def gate_run(ratio: float, *, cores: int = 4, **blocks: Any) -> list[Line]:
    """A whole run of gate C: header, blocks, checked output, sanitizer."""
    return [
        header(cores),
        *scaling_blocks(ratio, **blocks),
        verification("rapidmarc/batched"),
        *sanitizer_lines(),
    ]


def judged(lines: list[Line], *, look: int = 1, final: bool = True, **options: Any) -> Any:
    """What the judge finds in a run, of gate C unless `table` says otherwise."""
    table = options.pop("table", None) or gate_table()
    return gates.judge(table, lines, look=look, final=final, **options)


def without(lines: list[Line], **values: Any) -> list[Line]:
    """The lines but for those that have all of `values`."""
    return [x for x in lines if any(x.get(key) != value for key, value in values.items())]
