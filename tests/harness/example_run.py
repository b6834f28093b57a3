"""A whole scripted run with everything that a report can show.

The figures follow a simple law of a four-core machine; they were never measured. What is judged, is
judged by `harness.gates` like any run. To look at the pages:

    python -m tests.harness.example_run FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness import gates
from harness.report.data import GATE_ORDER
from harness.scenario import load_all

from .scripted import Line, cell, header, measurement, verification

BLOCKS = 20
SWEEP_BLOCKS = 10

#: Records a second on one thread for reading, by engine.
RATES = {
    "rapidmarc/record": 1.9e6,
    "rapidmarc/batched": 2.6e6,
    "rapidmarc/native": 2.9e6,
    "rapidmarc/memory": 3.1e6,
    "rapidmarc/columns": 2.7e6,
    "pymarc": 10.7e3,
    "rmarc": 33e3,
    "mrrc": 93e3,
    "yaz-marcdump": 340e3,
    "native-baseline": 4.4e6,
    "ceiling": 4.4e6,
}
SERIAL = {"rapidmarc/record": 1.35, "rapidmarc/batched": 0.035, "rapidmarc/native": 0.05,
          "rapidmarc/memory": 0.03, "rapidmarc/columns": 0.03, "native-baseline": 0.01,
          "ceiling": 0.008}  # fmt: skip
WORK = {"read": 1.0, "title": 0.85, "extract": 0.13, "roundtrip": 0.8, "select": 0.65}
DISKS = {"page-cache": 1.0, "tmpfs": 1.02, "cold": 0.55, "nvme": 0.5, "sata-ssd": 0.19}
SOURCES = {"open": 1.0, "bytesio": 1.12, "custom": 0.86, "pipe": 0.52, "socket": 0.41}
BATCH = {1: 0.35, 10: 0.72, 50: 0.9, 100: 0.96, 200: 1.0, 500: 0.98, 1000: 0.9, "auto": 1.0}


class Machine:
    """Writes measurements as a machine with this many cores would give them."""

    def __init__(self, cores: int, seed: int = 1, serial: Mapping[str, float] = SERIAL) -> None:
        self.cores = cores
        self.rng = np.random.default_rng(seed)
        self.serial = {**SERIAL, **serial}

    def rate(self, of: Mapping[str, Any]) -> float:
        threads = min(int(of["threads"]), self.cores)
        rate = RATES[of["engine"]] * WORK[of["workload"]] if of["engine"] in RATES else 1e6
        rate *= DISKS.get(of["disk"], 1.0)
        rate *= SOURCES.get(of["source"], 1.0) if of["engine"] == "rapidmarc/batched" else 1.0
        rate *= BATCH[of["batch_size"]] if of["engine"] == "rapidmarc/batched" else 1.0
        if of["corpus"] == "loc-small":
            rate *= 0.8 if "native" in of["engine"] else 0.93
        return rate * threads / (1 + self.serial.get(of["engine"], 0.5) * (threads - 1))

    def memory(self, of: Mapping[str, Any]) -> float:
        size = 1.5e6 + 0.6e6 * int(of["threads"])
        if of["batch_size"] != "auto":
            size += 4e3 * int(of["batch_size"])
        return size * float(np.exp(self.rng.normal(0, 0.01)))

    def stats(self, of: Mapping[str, Any], rate: float) -> dict[str, int]:
        if not str(of["engine"]).startswith("rapidmarc/") or of["disk"] != "page-cache":
            return {}
        total = int(of["threads"]) * 1e9 / rate
        waits = 0.0 if of["threads"] == 1 else max(0.0, total - 1e9 / RATES[of["engine"]]) * 0.7
        busy = total - waits
        parts = {
            "open": 0.005, "read": 0.255, "frame": 0.09, "decode": 0.5, "convert": 0.06,
            "consumer": 0.08, "queue_wait": 0.0,
        }  # fmt: skip
        found = {f"{name}_ns": int(busy * share * 250_000) for name, share in parts.items()}
        return {
            **found, "gil_wait_ns": int(waits * 250_000), "records": 250_000,
            "thread_ns": int(total * 250_000), "batches": 925, "gil_releases": 930,
            "gil_hand_offs": 800 * (int(of["threads"]) - 1),
            "counter_alone_per_s": 30_000_000, "counter_beside_per_s": 21_000_000,
        }  # fmt: skip

    def blocks(
        self,
        cells: Iterable[Mapping[str, Any]],
        blocks: int,
        *,
        scenario: str,
        comparison: str,
        ceiling: Iterable[int] = (),
    ) -> list[Line]:
        both = [(dict(c), "cell") for c in cells]
        both += [(cell("ceiling", threads=n), "ceiling") for n in ceiling]
        lines = []
        for block in range(blocks):
            drift = float(np.exp(self.rng.normal(0, 0.03)))
            for of, role in both:
                rate = self.rate(of) * drift * float(np.exp(self.rng.normal(0, 0.02)))
                line = measurement(
                    of, rate, block=block, scenario=scenario, comparison=comparison, role=role,
                    memory=self.memory(of), stats=self.stats(of, rate) if role == "cell" else {},
                )  # fmt: skip
                lines.append(line)
        return lines


def _gate_blocks(machine: Machine) -> list[Line]:
    usable = min(4, machine.cores)
    lines = machine.blocks(
        [cell("rapidmarc/record", threads=n) for n in (1, 2)], BLOCKS,
        scenario="gates/b_baseline", comparison="open", ceiling=(1, 2),
    )  # fmt: skip
    for source in ("open", "bytesio", "custom"):
        cells = [cell(source=source, threads=n) for n in (1, 2)]
        if source == "open":
            cells.append(cell("rapidmarc/record"))
        lines += machine.blocks(
            cells, BLOCKS, scenario="gates/c_batched", comparison=source, ceiling=(1, 2)
        )
    native = [
        cell("rapidmarc/native", source="path", threads_kind="workers", threads=n)
        for n in (1, usable)
    ]
    native.append(cell("rapidmarc/native", source="path", threads=usable))
    native.append(cell("rapidmarc/record"))
    lines += machine.blocks(
        native, BLOCKS, scenario="gates/h_native", comparison="path", ceiling=(1, usable)
    )
    table = [
        cell(
            "rapidmarc/columns", workload="select", source="path", threads_kind="workers", threads=n
        )
        for n in (1, 2)
    ]
    read = [cell("rapidmarc/native", source="path", threads_kind="workers")]
    read.append(cell("native-baseline", source="path", threads_kind="workers"))
    lines += machine.blocks(
        [*table, *read], BLOCKS, scenario="gates/s_columns", comparison="table", ceiling=(1, 2)
    )
    plain = [cell("rapidmarc/record"), cell(), cell("rapidmarc/native", source="path")]
    lines += machine.blocks(
        plain, BLOCKS, scenario="gates/n_no_regression", comparison="one-thread"
    )
    sized = [{**c, "corpus": f"loc-{size}"} for size in ("half", "large") for c in plain]
    lines += machine.blocks(sized, 3, scenario="gates/n_no_regression", comparison="memory")
    return lines


def _sweep_blocks(machine: Machine) -> list[Line]:
    def sweep(name: str, comparison: str, cells: list[dict[str, Any]], *ceiling: int) -> list[Line]:
        return machine.blocks(
            cells, SWEEP_BLOCKS, scenario=name, comparison=comparison, ceiling=ceiling
        )

    counts = (1, 2, 4, 8)
    path = {"source": "path"}
    lines = sweep("sweep/threads_readers", "batched", [cell(threads=n) for n in counts], *counts)
    for engine, source in (("native", "path"), ("memory", "bytes")):
        for kind in ("readers", "workers"):
            cells = [
                cell(f"rapidmarc/{engine}", source=source, threads=n, threads_kind=kind)
                for n in counts
            ]
            ceiling = counts if (engine, kind) == ("native", "workers") else ()
            lines += sweep(f"sweep/threads_{kind}", engine, cells, *ceiling)
    sizes = [cell(threads=n, batch_size=b) for n in (1, 2) for b in BATCH]
    lines += sweep("sweep/batch_size", "open", sizes, 1, 2)
    files = [
        {**c, "corpus": f"loc-{size}"}
        for size in ("small", "medium", "large")
        for c in (
            cell("rapidmarc/record"), cell(),
            *(cell("rapidmarc/native", threads=n, threads_kind="workers", **path) for n in (1, 2)),
        )
    ]  # fmt: skip
    lines += sweep("sweep/file_size", "backends", files)
    given = [cell("rapidmarc/native", **path), cell("rapidmarc/memory", source="bytes")]
    given += [cell(source=source) for source in SOURCES]
    lines += sweep("sweep/sources", "sources", given)
    disks = [
        {**c, "disk": disk}
        for disk in DISKS
        for c in (cell(), cell("rapidmarc/native", threads=2, threads_kind="workers", **path))
    ]
    lines += sweep("sweep/disks", "disks", disks)
    works = [
        cell(workload=w, threads=n, corpus="loc-medium")
        for w in ("title", "extract")
        for n in (1, 2)
    ]
    lines += sweep("sweep/workloads", "batched", works, 1, 2)
    scripts = [
        cell(engine, source=source, corpus=f"generated-{script}")
        for script in ("latin", "cyrillic", "cjk", "arabic", "lengths")
        for engine, source in (("rapidmarc/batched", "open"), ("rapidmarc/native", "path"))
    ]
    lines += sweep("sweep/scripts", "scripts", scripts)
    best = {"rapidmarc/native": "path", "rapidmarc/memory": "bytes"}
    engines = [
        cell(engine, workload=work, corpus="loc-medium", source=best.get(engine, "open"))
        for work in WORK
        for engine in ("rapidmarc/record", "rapidmarc/batched", *best, "pymarc", "mrrc")
    ]
    lines += sweep("curated/engines", "engines", engines)
    phases = [cell(threads=n) for n in (1, 2)] + [cell("rapidmarc/record", threads=2)]
    lines += sweep("curated/breakdown", "phases", phases)
    programs = [cell(e, corpus="loc-medium", **path) for e in ("native-baseline", "yaz-marcdump")]
    return lines + sweep("curated/engines", "programs", programs)


def _checks(race: bool) -> list[Line]:
    ours = ("rapidmarc/record", "rapidmarc/batched", "rapidmarc/native", "rapidmarc/memory")
    lines = [
        verification(engine, corpus)
        for corpus in ("loc-large", "generated-medium", "loc-medium")
        for engine in ours
    ]
    lines += [
        verification("rapidmarc/columns", corpus)
        for corpus in ("loc-fifth-tenth", "generated-marc8-tenth", "generated-lengths")
    ]
    lines.append({
        **verification("mrrc", "loc-medium", agrees=False),
        "finding": "record 41: subfield without a code is left out",
    })  # fmt: skip
    lines.append({
        **verification("yaz-marcdump", "loc-medium"), "ranked": False,
        "finding": "compared by its count of records only",
    })  # fmt: skip
    lines += [
        {"kind": "disk", "profile": "sata-ssd", "method": "io.max", "device": "8:0",
         "limits": {"bytes_per_s": 500_000_000, "operations_per_s": 80_000},
         "bytes_per_s": 4.9e8, "latency_s": 9e-5, "latency_median_s": 8e-5, "resident_share": 0.0},
        {"kind": "missing", "part": "rmarc", "reason": "not installed",
         "install": "pip install rmarc==5.4.0"},
        {"kind": "missing", "part": "hdd", "reason": "no right to limit a block device",
         "install": "run as a user who may write io.max"},
        {"kind": "missing", "part": "network", "reason": "no right to limit a block device",
         "install": "run as a user who may write io.max"},
    ]  # fmt: skip
    canaries = ("worker vs worker", "filter counter", "owner rewrites", "two Python threads",
                "GIL holder vs worker", "lock order")  # fmt: skip
    for road in ("cpp", "python"):
        for gate in GATE_ORDER:
            raced = race and gate == "H" and road == "python"
            lines.append(
                _case(gate, road, f"{gate} scenario", "clean", "race" if raced else "clean")
            )
        lines += [_case("all", road, name, "race", "race") for name in canaries]
    return lines


def _case(gate: str, road: str, case: str, expected: str, outcome: str) -> Line:
    return {
        "kind": "sanitizer", "gate": gate, "road": road, "case": case, "expected": expected,
        "outcome": outcome, "warnings": int(outcome == "race"), "seconds": 2.4,
        "detail": "data race chunk.cpp:88 in Chunk::join" if outcome != expected else "",
    }  # fmt: skip


def example(
    cores: int = 4, *, race: bool = False, serial: Mapping[str, float] = SERIAL
) -> list[Line]:
    """The lines of the run. `serial` makes an engine scale worse, `race` plants a race."""
    machine = Machine(cores, serial=serial)
    scenarios = load_all()
    start = header(cores)
    start["seed"] = 1
    start["scenarios"] = [{"name": s.name, "file": s.file.name, "text": s.text} for s in scenarios]
    lines = [start, *_checks(race), *_gate_blocks(machine)]
    for block in (3, 11):
        lines.append(
            measurement(cell(threads=2), 2e6, block=block, discarded="stolen time: 31 ms of 512 ms")
        )
    verdicts = []
    for scenario in scenarios:
        if scenario.gate is None:
            continue
        table = {**scenario.gate.as_dict(), "scenario": scenario.name}
        verdicts.append(gates.judge(table, lines, look=1, final=True))
    lines = [*lines, *_sweep_blocks(machine), *verdicts]
    order = {id(line): i for i, line in enumerate(lines)}
    for line in lines:
        if line["kind"] == "measurement":
            line["order"] = order[id(line)]
            line["attempt"] = 0
            line["host"]["wall_s"] = line["seconds"]
        if line["kind"] == "verification":
            line["options"] = line.pop("backend", {})
    return lines


def write(folder: Path, lines: Iterable[Line]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
    (folder / "run.jsonl").write_text(text, encoding="utf-8")
    return folder


if __name__ == "__main__":
    from harness.report import render

    place = Path(sys.argv[1])
    kinds: dict[str, list[Line]] = {
        "good": example(4),
        "two-cores": example(2),
        "bad": example(4, race=True, serial={"rapidmarc/batched": 0.3}),
    }
    for name, found in kinds.items():
        print(render(write(place / "results" / name, found), place / "reports" / name))
