"""Turns the lines of a run into a verdict. A pure function: no clock, no files, no printing.

PASS                every deciding ratio has its lower bound at its threshold or above, outputs are
                    equal, the sanitizer ran clean and caught its canaries            exit 0
PASS (host-scaled)  the same on c < T cores against 1 / (s + (1 - s) / c) with
                    s = (T / threshold - 1) / (T - 1)                   exit 0, with strict 3
FAIL                an upper bound lies below its threshold on a host whose ceiling could have
                    told; or wrong output, a race, a missed canary                    exit 1
INCONCLUSIVE        neither; or the ceiling was too low to tell, or more than a quarter of the
                    blocks of a comparison had to be repeated, or the time ended first exit 2
NOT EVALUABLE       a needed part is missing                                          exit 3
RECORDED            a gate that requires no speed was measured, nothing else is wrong exit 0

Error rates. A PASS needs every deciding ratio to pass, so each lower bound may use the whole error
of its look (intersection-union test; Berger 1982). One low ratio alone makes a FAIL, so the upper
bounds share it. Looks share the error as `harness.statistics.look_level` says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.breakdown import explain
from harness.evidence import (
    Line,
    Pairs,
    ceilings,
    check_output,
    check_sanitizer,
    measurements,
    of_kind,
    paired,
    repeated_blocks,
)
from harness.gate_spec import Estimate, GateSpec
from harness.growth import Judged, judge_growth
from harness.growth import sentence as sentence_of_growth
from harness.selectors import scaled
from harness.statistics import Bootstrap, look_level

PASS = "PASS"
PASS_SCALED = "PASS (host-scaled)"
FAIL = "FAIL"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_EVALUABLE = "NOT EVALUABLE"
RECORDED = "RECORDED"

EXIT_CODES = {PASS: 0, PASS_SCALED: 0, RECORDED: 0, FAIL: 1, INCONCLUSIVE: 2, NOT_EVALUABLE: 3}

#: A host whose ceiling is below the threshold divided by this cannot show a reader to be slow.
CEILING_HEADROOM = 0.95
MOST_REPEATED = 0.25


def host_scaled(threshold: float, threads: int, cores: int) -> float:
    """What a claim about `threads` threads implies on fewer cores, if the serial share is the same.

    >>> round(host_scaled(2.5, 4, 2), 2), round(host_scaled(2.5, 4, 3), 2)
    (1.67, 2.14)
    """
    if cores >= threads:
        return threshold
    if not 0 < threshold <= threads or cores < 1:
        raise ValueError(f"{threshold} on {threads} threads cannot be scaled to {cores} cores")
    serial = (threads / threshold - 1) / (threads - 1)
    return 1 / (serial + (1 - serial) / cores)


def exit_code(verdict: str, *, strict: bool = False) -> int:
    """What a program that reached this verdict returns."""
    return 3 if strict and verdict == PASS_SCALED else EXIT_CODES[verdict]


def worst_exit_code(codes: Iterable[int]) -> int:
    """1 before 2 before 3 before 0. Nothing judged at all is 3: an empty run cannot pass."""
    found = list(codes)
    return next((code for code in (1, 2, 3) if code in found), 0 if found else 3)


@dataclass(frozen=True)
class _Look:
    """What all estimates of one judgement share."""

    spec: GateSpec
    lines: Sequence[Line]
    number: int
    cores: int

    @property
    def level(self) -> float:
        return look_level(self.number, self.spec.looks)

    @property
    def fail_level(self) -> float:
        return look_level(self.number, self.spec.looks, share=max(1, len(self.spec.deciding)))

    def of(self, comparison: str | None, role: str = "cell") -> list[Line]:
        found = measurements(
            self.lines, scenario=self.spec.scenario, comparison=comparison, role=role
        )
        return [line for line in found if int(line.get("look") or 1) <= self.number]


def judge(
    gate: GateSpec | Mapping[str, Any],
    lines: Sequence[Line],
    *,
    look: int,
    final: bool,
    strict: bool = False,
) -> dict[str, Any]:
    """The verdict line of a gate after this look (1 is the first) over the lines measured so far.

    Before the last look INCONCLUSIVE means that more blocks are wanted: see `speed_is_settled`.
    """
    spec = gate if isinstance(gate, GateSpec) else GateSpec.from_dict(gate)
    at = _Look(spec, lines, look, _usable_cores(lines))
    output = check_output(lines, spec.engines, spec.corpora, spec.reference)
    sanitizer = check_sanitizer(lines, spec.sanitizer)
    estimates = [_estimate(at, estimate) for estimate in spec.estimates]
    deciding = [entry for entry in estimates if entry["role"] == "decides"]
    blocks = min((entry["blocks"] for entry in deciding or estimates), default=0)
    repeated = {name: repeated_blocks(lines, spec.scenario, name) for name in spec.comparisons}
    measured = {name: len({line["block"] for line in at.of(name)}) for name in spec.comparisons}
    disturbed = [n for n in repeated if repeated[n] > MOST_REPEATED * max(measured[n], 1)]
    unmeasured = _unmeasured(at)
    growth = _growth(at, unmeasured)

    missing = [*_missing_parts(at, estimates, unmeasured), *growth.missing]
    missing += [*output.missing, *sanitizer.missing]
    too_few = blocks < spec.looks[0]
    short = [f"only {blocks} of at least {spec.looks[0]} blocks were measured"] if too_few else []
    open_questions = [*unmeasured.values(), *_open_questions(deciding), *growth.open, *short]
    open_questions += [
        f"{name}: the host disturbed {repeated[name]} blocks (of {measured[name]} kept): "
        "more than a quarter"
        for name in disturbed
    ]
    slow = [_sentence(e) for e in (*deciding, *growth.entries) if e["outcome"] == "missed"]
    wrong = [*output.wrong, *sanitizer.wrong]
    if wrong or (slow and spec.required and not disturbed and not too_few):
        verdict = FAIL
    elif missing:
        verdict = NOT_EVALUABLE
    elif not spec.required and not unmeasured:
        verdict = RECORDED
    elif open_questions or slow:
        verdict = INCONCLUSIVE
    elif spec.threads > at.cores:
        verdict = PASS_SCALED
    else:
        verdict = PASS
    reasons = [*wrong, *missing]
    reasons += [*slow, *(open_questions if spec.required else [*unmeasured.values(), *short])]
    entries = [*estimates, *growth.entries]
    reasons += [_sentence(e) for e in entries if e["outcome"] in ("met", "reported")]
    if verdict == INCONCLUSIVE and not final:
        reasons.append("more blocks follow")
    if verdict == PASS_SCALED:
        reasons.append(_scaling_note(spec, at.cores))
    return {
        "kind": "verdict",
        "gate": spec.name,
        "verdict": verdict,
        "exit_code": exit_code(verdict, strict=strict),
        "claim": spec.claim,
        "threshold": spec.threshold,
        "effective_threshold": _effective(spec, spec.threshold, spec.threads, at.cores),
        "look": look,
        "blocks": blocks,
        "blocks_repeated": sum(repeated.values()),
        "estimates": entries,
        "reasons": reasons,
        "breakdown": None if verdict in (PASS, PASS_SCALED) else _breakdown(at, estimates),
    }


def speed_is_settled(verdict: Mapping[str, Any]) -> bool:
    """Whether no further block can change what was found: the run may stop measuring.

    Judged by the ratios alone, so that a sanitizer run that is still to come does not matter. Where
    all ratios are decided and the host disturbed too many blocks, it may be calmer in the next.
    """
    if verdict["verdict"] in (PASS, PASS_SCALED, FAIL):
        return True
    if verdict["verdict"] == INCONCLUSIVE:
        return False
    outcomes = [e["outcome"] for e in verdict["estimates"] if e["outcome"] != "reported"]
    return bool(outcomes) and "missed" not in outcomes and "open" not in outcomes


def _usable_cores(lines: Sequence[Line]) -> int:
    for header in of_kind(lines, "header"):
        cores = header.get("environment", {}).get("cores_usable")
        if cores:
            return int(cores)
    return 0


def _effective(
    spec: GateSpec, threshold: float | None, threads: object, cores: int
) -> float | None:
    """The threshold that holds here; only a ratio at the gate's own thread count is scaled."""
    if threshold is None or threads != spec.threads or not 1 <= cores < spec.threads:
        return threshold
    return host_scaled(threshold, spec.threads, cores)


def _estimate(at: _Look, estimate: Estimate) -> dict[str, Any]:
    """One entry of the verdict line's `estimates`."""
    threads = estimate.numerator.get("threads", at.spec.threads)
    threshold = _effective(at.spec, estimate.threshold, threads, at.cores)
    wanted = scaled(estimate.numerator, at.spec.threads, at.cores)
    pairs = paired(at.of(estimate.comparison), wanted, estimate.denominator)
    entry: dict[str, Any] = {
        "name": estimate.name,
        "measure": "speed-up",
        "role": estimate.role,
        "comparison": estimate.comparison,
        "threshold": threshold,
        "blocks": 0 if pairs is None else len(pairs.blocks),
        "outcome": "open" if estimate.role == "decides" else "reported",
    }
    if pairs is None:
        return {
            **entry, "numerator": wanted, "denominator": dict(estimate.denominator[0]),
            **dict.fromkeys(("ratio", "low", "high", "one_sided_low", "one_sided_high", "ceiling")),
        }  # fmt: skip
    sample = pairs.resampled()
    entry.update(numerator=pairs.numerator, denominator=pairs.denominator)
    entry.update(_bounds(sample, at.level, at.fail_level))
    entry["ceiling"] = _ceiling(at, estimate, pairs)
    if estimate.role == "decides" and threshold is not None:
        entry["outcome"] = _outcome(entry, threshold, int(pairs.numerator.get("threads", 1)))
    return entry


def _bounds(sample: Bootstrap, level: float, fail_level: float) -> dict[str, float | None]:
    shown = sample.interval()
    values = {
        "ratio": sample.point,
        "low": shown.low,
        "high": shown.high,
        "one_sided_low": sample.lower(level),
        "one_sided_high": sample.upper(fail_level),
    }
    return {k: math.exp(v) if math.isfinite(v) else None for k, v in values.items()}


def _ceiling(at: _Look, estimate: Estimate, pairs: Pairs) -> dict[str, Any] | None:
    """The lowest ceiling of the host at the numerator's threads, from the ratio's own blocks."""
    threads = int(pairs.numerator.get("threads", 1))
    if threads <= 1:
        return None
    blocks = set(pairs.blocks)
    lines = [line for line in at.of(estimate.comparison, role="ceiling") if line["block"] in blocks]
    found = [_bounds(c.resampled(), at.level, at.level) for c in ceilings(lines, threads)]
    if not found:
        return None
    return min(found, key=lambda bounds: bounds["one_sided_low"] or 0.0)


def _outcome(entry: Mapping[str, Any], threshold: float, threads: int) -> str:
    """met, missed, or open; open too when the host could not have shown more."""
    if entry["one_sided_low"] is not None and entry["one_sided_low"] >= threshold:
        return "met"
    if entry["one_sided_high"] is None or entry["one_sided_high"] >= threshold:
        return "open"
    if threads <= 1:
        return "missed"
    ceiling = entry["ceiling"]
    enough = ceiling is not None and (ceiling["one_sided_low"] or 0) >= threshold / CEILING_HEADROOM
    return "missed" if enough else "open"


def _unmeasured(at: _Look) -> dict[str | None, str]:
    """Comparisons without a single block for which nothing is missing but time or calm."""
    gone = {line.get("part"): str(line.get("reason")) for line in of_kind(at.lines, "missing")}
    memory = [] if at.spec.memory is None else [at.spec.memory["comparison"]]
    found = {}
    for name in (*at.spec.comparisons, *memory):
        ended = gone.get(f"{at.spec.scenario}: {name}")
        disturbed = repeated_blocks(at.lines, at.spec.scenario, name) > 0
        if not at.of(name) and (ended or disturbed):
            found[name] = f"{name}: {'the host disturbed every block' if disturbed else ended}"
    return found


def _growth(at: _Look, unmeasured: Mapping[str | None, str]) -> Judged:
    memory = at.spec.memory
    if memory is None or memory["comparison"] in unmeasured:
        return Judged()
    return judge_growth(memory, at.of(memory["comparison"]))


def _missing_parts(
    at: _Look, estimates: Sequence[Mapping[str, Any]], unmeasured: Mapping[str | None, str]
) -> list[str]:
    """What keeps the speed from being judged at all."""
    missing = []
    if at.cores == 0:
        missing.append("the run does not say how many cores it could use")
    elif at.cores == 1 and at.spec.threads > 1:
        missing.append(f"one core: a speed-up on {at.spec.threads} threads cannot be seen here")
    gone = {line.get("part"): line for line in of_kind(at.lines, "missing")}
    for entry in estimates:
        needed = entry["role"] == "decides" or not at.spec.required
        if entry["comparison"] in unmeasured:
            continue
        if needed and entry["blocks"] == 0:
            missing.append(f"{entry['name']}: no block holds both sides")
            engine = entry["numerator"].get("engine")
            if engine in gone:
                install = gone[engine].get("install")
                hint = f"; install: {install}" if install else ""
                missing.append(f"{engine}: {gone[engine].get('reason')}{hint}")
        elif needed and entry["ceiling"] is None and int(entry["numerator"].get("threads", 1)) > 1:
            missing.append(f"{entry['name']}: the host's ceiling was not measured")
    return missing


def _open_questions(deciding: Sequence[Mapping[str, Any]]) -> list[str]:
    questions = []
    for entry in deciding:
        if entry["outcome"] != "open" or entry["ratio"] is None:
            continue
        high, ceiling = entry["one_sided_high"], entry["ceiling"]
        if high is not None and high < entry["threshold"] and ceiling is not None:
            questions.append(
                f"{_sentence(entry)}; but the host's ceiling was too low to tell: "
                f"{ceiling['ratio']:.2f}, at least {ceiling['one_sided_low'] or 0:.2f}, where "
                f"{entry['threshold'] / CEILING_HEADROOM:.2f} is needed"
            )
        else:
            questions.append(f"{_sentence(entry)}: the interval does not decide")
    return questions


def _sentence(entry: Mapping[str, Any]) -> str:
    if entry["ratio"] is None:
        return f"{entry['name']}: not measured"
    if entry["measure"] == "memory growth":
        return sentence_of_growth(entry)
    low, high = (
        "unknown" if entry[key] is None else f"{entry[key]:.2f}"
        for key in ("one_sided_low", "one_sided_high")
    )
    needed = "" if entry["threshold"] is None else f", {_purpose(entry)} {entry['threshold']:.2f}"
    return f"{entry['name']}: {entry['ratio']:.2f} (at least {low}, at most {high}){needed}"


def _purpose(entry: Mapping[str, Any]) -> str:
    if entry["role"] == "decides":
        return "needed"
    reached = entry["one_sided_low"] is not None and entry["one_sided_low"] >= entry["threshold"]
    return "reaches the target" if reached else "does not surely reach the target"


def _scaling_note(spec: GateSpec, cores: int) -> str:
    """What each threshold that decides implies here; the gate itself may name none."""
    scaled = {
        e.threshold: _effective(spec, e.threshold, spec.threads, cores)
        for e in spec.deciding
        if e.numerator.get("threads", spec.threads) == spec.threads
    }
    implied = [
        f"{claimed:g} on {spec.threads} threads implies {here:.2f} on {cores}"
        for claimed, here in scaled.items()
    ]
    return "; ".join([f"host-scaled: {cores} cores instead of {spec.threads}", *implied])


def _breakdown(at: _Look, estimates: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Explains the ratio that lies furthest below its threshold, or the first one."""
    measured = [entry for entry in estimates if entry["ratio"] is not None]
    if not measured:
        return None
    worst = min(
        measured,
        key=lambda e: (e["outcome"] != "missed", e["role"] != "decides",
                       e["ratio"] / (e["threshold"] or 1.0)),
    )  # fmt: skip
    return explain(at.of(worst["comparison"]), worst)
