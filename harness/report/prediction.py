"""What more cores would give: the simulated pipeline and the fitted law, held against measurements.

Everything here about more cores than the host has is a prediction and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness import simulation
from harness.report import plots
from harness.report.data import Run, Sample, name_of
from harness.report.scaling import speed_ups
from harness.report.sections import Figure, Section, command
from harness.report.svg import Legend
from harness.report.tables import Column, Table
from harness.scalability import fit, predict
from harness.simulation import Stretch, no_stretch
from harness.statistics import Interval

THREADS = (2, 4, 8, 16, 32, 64)
#: Sources that are read by calling Python, which holds the lock.
CALLED = frozenset({"custom", "pipe", "socket"})


@dataclass(frozen=True)
class Model:
    """One way to read, on one kind of threads: what was measured, and what two models say."""

    label: str
    scenario: str
    engine: str
    kind: str
    measured: Mapping[int, Interval]
    simulated: Mapping[int, Interval]
    law: Mapping[int, Interval]
    left_out: Mapping[int, float]  # the law fitted without this count, at this count
    stretched: bool


@lru_cache(maxsize=1)
def models(run: Run) -> list[Model]:
    """One for every backend, source and kind of threads whose one-thread phases were measured.

    Not for the record-at-a-time reader: what it loses is the waking of threads for every record,
    which the breakdown measures and the simulation does not know.
    """
    groups: dict[tuple[str, str, str, str, str], list[Sample]] = {}
    for sample in run.samples():
        cell = sample.cell
        if (cell["workload"], cell["disk"], cell["batch_size"]) == ("read", "page-cache", "auto"):
            place = (sample.scenario, sample.comparison)
            key = (*place, cell["engine"], cell["source"], cell["corpus"])
            groups.setdefault(key, []).append(sample)
    best: dict[tuple[str, str, str], Model] = {}
    for (scenario, _, engine, source, _), samples in groups.items():
        base = next((s for s in samples if s.cell["threads"] == 1), None)
        if base is None or engine == "rapidmarc/record":
            continue
        for kind in ("readers", "workers"):
            made = _model(run, scenario, base, kind, samples)
            key3 = (engine, source, kind)
            if made and (key3 not in best or len(made.measured) > len(best[key3].measured)):
                best[key3] = made
    return list(best.values())


def _model(
    run: Run, scenario: str, base: Sample, kind: str, samples: Sequence[Sample]
) -> Model | None:
    of_kind = [
        s
        for s in samples
        if s.cell["threads_kind"] == kind and 1 < int(s.cell["threads"]) <= (run.cores or 1)
    ]
    if not of_kind:
        return None
    stretch = _stretch(run, scenario)
    found = simulation.predict(
        [line["stats"] for line in base.lines], kind, THREADS, stretch or no_stretch,
        reads_locked=base.cell["source"] in CALLED,
    )  # fmt: skip
    if not found:
        return None
    measured = speed_ups([base, *of_kind])
    logs = {int(s.cell["threads"]): s.ratios_to(base) for s in of_kind}
    law = predict(logs, THREADS)
    left_out = {}
    for count in logs if len(logs) > 1 else ():
        others = predict({n: v for n, v in logs.items() if n != count}, [count])
        if others is not None:
            left_out[count] = others[1][count].point
    cell = of_kind[0].cell
    label = f"{name_of(cell, ['engine', 'source'])}, {kind}"
    return Model(
        label, scenario, str(cell["engine"]), kind, measured,
        {n: Interval(*values) for n, values in found.items()}, {} if law is None else law[1],
        left_out, stretch is not None,
    )  # fmt: skip


def _stretch(run: Run, scenario: str) -> Stretch | None:
    """How much longer native work takes beside others, by the ceilings of the same scenario."""
    ceilings = [s for s in run.samples("ceiling") if s.scenario == scenario]
    found: dict[int, float] = {}
    for comparison in {s.comparison for s in ceilings}:
        for n, interval in speed_ups([s for s in ceilings if s.comparison == comparison]).items():
            if n <= (run.cores or 1):
                found[n] = min(interval.point, found.get(n, interval.point))
    law = fit(list(found), list(found.values())) if found else None
    if law is None:
        return None
    return lambda threads: max(1.0, threads / float(law.speed_up(threads)))


def more_cores(run: Run) -> Section:
    lead = (
        "Predictions, not measurements. The pipeline is simulated batch by batch, with the phase "
        "costs that one thread had in this run, Python’s lock as a queue, and the measured ceiling "
        "for what threads take from each other. The law is fitted to the measured speed-ups."
    )
    found = models(run)
    if not found:
        return Section("models", "More cores than this host has", lead)
    top = max((n for model in found for n in model.measured), default=1)
    shown = found[:6]
    lines = [
        plots.PredictedLine(i, {1: Interval(1, 1, 1), **m.measured},
                            {1: Interval(1, 1, 1), **m.simulated})
        for i, m in enumerate(shown)
    ]  # fmt: skip
    best = max(found, key=lambda m: m.simulated[64].point)
    figure = Figure(
        "simulation",
        "The simulated pipeline up to 64 cores",
        plots.prediction(lines, top),
        f"Predicted, not measured: with 64 cores the simulation gives {best.label} the largest "
        f"speed-up, {best.simulated[64].point:.1f}; with 4 cores it lies between "
        f"{min(m.simulated[4].point for m in found):.1f} and "
        f"{max(m.simulated[4].point for m in found):.1f}.",
        _predicted(found),
        command(*(model.scenario for model in shown)),
        [Legend(model.label, i) for i, model in enumerate(shown)],
        note="Dotted: ideal. Marks with bars: measured. The shaded part is a prediction.",
    )
    notes = [_checked_sentence(found)]
    if not all(model.stretched for model in found):
        notes.append(
            "Where no ceiling was measured, the simulated host shares nothing but the lock."
        )
    return Section(
        "models", "More cores than this host has", lead, [figure], [_checked(found)], notes
    )


def _predicted(found: Sequence[Model]) -> Table:
    columns = (
        Column("curve"), Column("model"), *(Column(f"{n} threads", True) for n in THREADS)
    )  # fmt: skip
    rows = []
    for model in found:
        for name, values in (("simulation", model.simulated), ("law", model.law)):
            if values:
                rows.append((model.label, name, *(f"{values[n].point:.2f}" for n in THREADS)))
    return Table("Predicted speed-ups against one thread", columns, tuple(rows))


def _checked(found: Sequence[Model]) -> Table:
    """The models against what this host could measure. The law must not have seen the point."""
    rows = []
    for model in found:
        for n, interval in sorted(model.measured.items()):
            simulated = model.simulated.get(n)
            rows.append((
                model.label, str(n), f"{interval.low:.2f} to {interval.high:.2f}",
                "–" if simulated is None else f"{simulated.point:.2f}",
                "–" if simulated is None else f"{simulated.point / interval.point - 1:+.1%}",
                f"{model.left_out[n]:.2f}" if n in model.left_out else "needs more cores",
            ))  # fmt: skip
    columns = (
        Column("curve"), Column("threads", True), Column("measured, 95% interval", True),
        Column("simulated", True), Column("off by", True),
        Column("law without this point", True),
    )  # fmt: skip
    return Table("The models held against what was measured", columns, tuple(rows))


def _checked_sentence(found: Sequence[Model]) -> str:
    errors = [
        m.simulated[n].point / i.point - 1
        for m in found
        for n, i in m.measured.items()
        if n in m.simulated
    ]
    if not errors:
        return "No count of threads was both measured and simulated."
    return (
        f"Where this host can measure, the simulation is off by {min(errors):+.1%} to "
        f"{max(errors):+.1%}; it saw one-thread costs and the ceiling only."
    )


def of_claim(run: Run, line: Mapping[str, Any]) -> str:
    """What the models say about the threads that a gate claims and this host does not have."""
    threads = run.claimed_threads(str(line["gate"]))
    deciding = [e for e in line["estimates"] if e.get("role") == "decides" and e["ratio"]]
    if threads <= (run.cores or threads) or not deciding:
        return ""
    wanted = {(e["numerator"]["engine"], e["numerator"]["threads_kind"]) for e in deciding}
    found = [
        model
        for model in models(run)
        if (model.engine, model.kind) in wanted and threads in model.simulated
    ]
    if not found:
        return f"{threads} threads were neither measured here nor can they be predicted."
    parts = []
    for model in found:
        law = model.law.get(threads)
        words = f"{model.kind} {model.simulated[threads].point:.2f} by simulation"
        parts.append(words + (f", {law.low:.2f} to {law.high:.2f} by the law" if law else ""))
    return f"Predicted, not measured, for {threads} threads: {'; '.join(parts)}."
