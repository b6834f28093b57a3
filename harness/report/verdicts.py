"""What was judged: verdict cards, ratios, sanitizer runs, and the judge itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import gates
from harness.campaign import overall
from harness.evidence import check_sanitizer
from harness.report import plots, prediction, tables
from harness.report.data import Run, Sample
from harness.report.sections import Figure, Section, command
from harness.report.sentences import thresholds
from harness.report.tables import Column, Table, ratio
from harness.statistics import LOOKS, Interval, alarms, redrawn

#: Style class, sign and what it means, by verdict. The sign repeats what the colour says.
FACES: dict[str, tuple[str, str]] = {
    gates.PASS: ("pass", "✓"),
    gates.PASS_SCALED: ("pass", "✓"),
    gates.RECORDED: ("recorded", "●"),
    gates.FAIL: ("fail", "✗"),
    gates.INCONCLUSIVE: ("open", "?"),
    gates.NOT_EVALUABLE: ("missing", "–"),
}


@dataclass(frozen=True)
class Card:
    """One gate's verdict, as it stands at the top of the page."""

    gate: str
    verdict: str
    face: str
    sign: str
    claim: str
    figure: str
    basis: str
    sanitizer: str
    predicted: str  # about threads that the claim names and the host does not have
    reasons: Sequence[str]


def cards(run: Run) -> list[Card]:
    return [_card(run, line) for line in run.verdicts]


def _card(run: Run, line: Mapping[str, Any]) -> Card:
    face, sign = FACES.get(line["verdict"], ("missing", "–"))
    repeated = line["blocks_repeated"]
    basis = f"{line['blocks']} blocks" + (f", {repeated} repeated" if repeated else "")
    asked = run.sanitizer_of(str(line["gate"]))
    finding = check_sanitizer(run.lines, asked)
    if not asked:
        sanitizer = "no native code of ours: no sanitizer asked for"
    elif finding.wrong:
        sanitizer = "data race or missed canary"
    elif finding.missing:
        sanitizer = "unverified: no complete sanitizer run"
    else:
        caught = sum(x["expected"] == "race" for x in run.sanitizer)
        sanitizer = f"sanitizer clean, {caught} canaries caught"
    return Card(
        line["gate"], line["verdict"], face, sign, line["claim"], _key_figure(line), basis,
        sanitizer, prediction.of_claim(run, line), line["reasons"],
    )  # fmt: skip


def _key_figure(line: Mapping[str, Any]) -> str:
    """The weakest of the ratios that decide: bound before point."""
    measured = [e for e in line["estimates"] if e["ratio"] is not None]
    speed = [e for e in measured if e.get("measure", "speed-up") == "speed-up"]
    deciding = [e for e in speed if e.get("role") == "decides"] or speed
    if not deciding:
        return "not measured"
    worst = min(deciding, key=lambda e: e["ratio"] / (e["threshold"] or 1))
    word = "needed" if worst.get("role") == "decides" else "target"
    needed = "" if worst["threshold"] is None else f", {word} {ratio(worst['threshold'])}"
    return f"{ratio(worst['low'])} to {ratio(worst['high'])}{needed}"


def headline(run: Run) -> tuple[str, str, str]:
    """The verdict over all gates: its face, its name, and a sentence."""
    if not run.verdicts:
        return "missing", "NO VERDICT", "This run measured scenarios without judging a gate."
    code = gates.worst_exit_code(int(line["exit_code"]) for line in run.verdicts)
    name = overall([dict(line) for line in run.verdicts], code)
    judged = {str(line["gate"]) for line in run.verdicts}
    unjudged = [gate for gate in run.gate_names if gate not in judged]
    if unjudged and name != gates.FAIL:
        return "open", gates.INCONCLUSIVE, f"{_gates(unjudged)}: the run ended before a verdict."
    which = _gates([line["gate"] for line in run.verdicts if line["verdict"] == name])
    if name == gates.PASS_SCALED and code != 0:
        return "missing", name, f"{which}: more cores were asked for (--strict)."
    sentences = {
        gates.FAIL: f"{which} failed. The reasons and a breakdown are below.",
        gates.INCONCLUSIVE: f"{which}: the evidence of this run does not decide.",
        gates.NOT_EVALUABLE: f"{which}: a needed part is missing on this host.",
        gates.RECORDED: f"{which}: measured, and no speed was required.",
        gates.PASS: "Correct, free of data races, and as fast as claimed on this host.",
        gates.PASS_SCALED: "Correct, free of data races, and as fast as claimed, as far as "
        f"{run.cores} cores can show.",
    }
    return FACES[name][0], name, sentences[name]


def _gates(names: Sequence[str]) -> str:
    return f"Gate{'s' if len(names) > 1 else ''} {', '.join(names)}"


def intervals(run: Run) -> Section:
    """Every ratio of every gate on one axis."""
    rows = []
    for place, line in enumerate(run.verdicts):
        for entry in line["estimates"]:
            low, high = entry["low"], entry["high"]
            if entry.get("measure", "speed-up") != "speed-up" or low is None or high is None:
                continue
            ceiling = entry["ceiling"]
            rows.append(
                plots.ForestRow(
                    f"{line['gate']} · {entry['name']}"
                    + ("" if entry.get("role") == "decides" else " (reported)"),
                    Interval(entry["ratio"], low, high),
                    (entry["one_sided_low"], entry["one_sided_high"]),
                    entry["threshold"],
                    None if ceiling is None else ceiling["ratio"],
                    place,
                )
            )
    lead = (
        "Each bar is the 95% interval of a ratio between two cells of the same blocks. A gate "
        "passes when the left whisker, which allows for several looks, reaches its threshold."
    )
    table = tables.estimates(run.verdicts)
    if not rows:
        return Section("intervals", "Ratios that decide", lead, (), [table] if table.rows else ())
    says = thresholds([e for line in run.verdicts for e in line["estimates"]])
    note = (
        "Thick bar: 95% interval. Whiskers: the one-sided bounds that decide. Upright black or "
        "white line: what is needed. Hollow diamond: the ceiling of the host in the same blocks."
    )
    figure = Figure(
        "ratios", "Ratios and their thresholds", plots.forest(rows), says, table, command(),
        note=note,
    )  # fmt: skip
    return Section("intervals", "Ratios that decide", lead, [figure])


def sanitizer(run: Run) -> Section:
    lead = (
        "The same scenarios on a small corpus, built with clang's ThreadSanitizer, as a C++ "
        "program and through Python. Deliberate races in the same run prove that the tool would "
        "have seen one."
    )
    found = [
        table
        for expected in ("clean", "race")
        if (table := tables.sanitizer(run.sanitizer, expected)).rows
    ]
    notes = () if found else ("No sanitizer run: every speed on this page is unverified.",)
    return Section("sanitizer", "Data races", lead, (), found, notes, "python -m harness.tsan")


def _sample(run: Run, entry: Mapping[str, Any], cell: Mapping[str, Any]) -> Sample | None:
    found = [
        sample
        for sample in run.samples()
        if sample.scenario.startswith("gates/")
        and sample.comparison == entry.get("comparison")
        and sample.cell == cell
    ]
    return max(found, key=lambda s: len(s.lines), default=None)


def the_judge(run: Run, trials: int = 100) -> Section:
    """How often the judge would be wrong with the noise of this very run."""
    lead = (
        "The judge itself, tried on the noise of this run: blocks are drawn again from the "
        "measured ones, once with the same code on both sides and once with a known slow-down "
        "of 5%."
    )
    rows = []
    for line in run.verdicts:
        entry = next((e for e in line["estimates"] if e.get("role") == "decides"), None)
        if entry is None or entry["ratio"] is None or line["blocks"] < LOOKS[0]:
            continue
        top, base = (_sample(run, entry, entry[side]) for side in ("numerator", "denominator"))
        if top is None or base is None:
            continue
        noise = top.ratios_to(base)
        same = alarms(redrawn(noise), trials=trials)
        slower = alarms(redrawn(noise, effect=0.95), trials=trials)
        rows.append((
            f"{line['gate']} · {entry['name']}",
            f"{same.count} of {trials}, surely at most {same.at_most:.0%}",
            f"{slower.count} of {trials}",
        ))  # fmt: skip
    columns = (
        Column("noise of"), Column("false alarms, same code", True),
        Column("slow-down of 5% found", True),
    )  # fmt: skip
    found = [Table("The judge on this run's noise", columns, tuple(rows))] if rows else []
    return Section("judge", "How far to trust the judge", lead, (), found)
