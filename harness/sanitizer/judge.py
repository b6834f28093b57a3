"""Decides what one run under ThreadSanitizer showed, from its exit code and its reports together.

Neither is enough alone. A process that races and then leaves by its own exit code or by a signal
hides the race from the exit code, and so does a race in a child process; a runtime that never came
up leaves no report. So "clean" needs exit code 0 and not a single line of report, and a deliberate
race counts as found only if the report names it.

This file starts no process and touches no clock; `process` feeds it.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from harness import ROOT
from harness.sanitizer.toolchain import last_lines

# The exit code that TSAN_OPTIONS sets for "something was reported".
REPORTED = 66

WARNING = re.compile(r"^WARNING: ThreadSanitizer: ", re.M)
SUMMARY = re.compile(r"^SUMMARY: ThreadSanitizer: (.+)$", re.M)
FATAL = re.compile(r"^.*(?:FATAL|ERROR|CHECK failed).*$", re.M)


@dataclass(frozen=True)
class Judgement:
    outcome: str  # "clean" | "race" | "could-not-run"
    warnings: int
    detail: str


@dataclass(frozen=True)
class Ended:
    """How one process (and what it started) ended."""

    exit_code: int | None  # None: it did not end within its time limit and was ended
    reports: str  # every ThreadSanitizer log of the process and its children, joined
    output: str = ""  # what it printed
    time_limit: float = 0.0


def judge(ended: Ended, *, names: str | None = None) -> Judgement:
    """The outcome of one case; `names` is the function that a canary's report must name."""
    if names is None:
        return _judge_scenario(ended)
    return _judge_canary(ended, names)


def _judge_scenario(ended: Ended) -> Judgement:
    warnings = len(WARNING.findall(ended.reports))
    if warnings:
        # Whatever else went wrong, a race was seen.
        return Judgement("race", warnings, f"{_summaries(ended.reports)}{_unless(ended)}")
    if ended.exit_code == 0 and not ended.reports.strip():
        return Judgement("clean", 0, "")
    return Judgement("could-not-run", 0, _what_went_wrong(ended))


def _judge_canary(ended: Ended, names: str) -> Judgement:
    warnings = len(WARNING.findall(ended.reports))
    if ended.exit_code not in (0, REPORTED):
        return Judgement("could-not-run", warnings, _what_went_wrong(ended))
    # The function must be near the place that was reported. Far up the stack, or where a thread was
    # made, it appears in any report that comes up while the canary runs.
    close = re.compile(rf"^ +#[0-5] .*\b{re.escape(names)}\b", re.M)
    named = [report for report in _single_reports(ended.reports) if close.search(_accesses(report))]
    if named and ended.exit_code == REPORTED:
        return Judgement("race", warnings, _summaries(named[0]))
    if named:
        return Judgement("could-not-run", warnings, "reported, but the exit code was 0")
    if warnings or ended.exit_code == 0:
        # Other reports do not replace the one that was planted.
        detail = f"the planted race in {names} was not reported"
        return Judgement("clean", warnings, f"{detail} ({warnings} other reports)")
    return Judgement("could-not-run", 0, _what_went_wrong(ended))


def _single_reports(reports: str) -> list[str]:
    starts = [match.start() for match in WARNING.finditer(reports)]
    ends = [*starts[1:], len(reports)]
    return [reports[start:end] for start, end in zip(starts, ends, strict=False)]


def _accesses(report: str) -> str:
    """The report without the parts that tell where its threads, mutexes and memory come from."""
    return re.split(r"^  (?:Thread|Mutex \S+ \(\S+\) created|Location)\b", report, flags=re.M)[0]


def _summaries(reports: str, most: int = 3) -> str:
    """The distinct places reported; many reports of one place are one finding."""
    places = list(dict.fromkeys(SUMMARY.findall(reports.replace(f"{ROOT}/", ""))))
    more = f"; and {len(places) - most} more" if len(places) > most else ""
    return "; ".join(places[:most]) + more if places else "reported without a place"


def _unless(ended: Ended) -> str:
    """How the process ended, where that differs from a plain report."""
    return "" if ended.exit_code == REPORTED else f" (and {_exit(ended)})"


def _what_went_wrong(ended: Ended) -> str:
    fatal = FATAL.findall(ended.reports) or FATAL.findall(ended.output)
    said = fatal[0].strip() if fatal else last_lines(ended.output) or last_lines(ended.reports)
    return f"{_exit(ended)}: {said}" if said else _exit(ended)


def _exit(ended: Ended) -> str:
    code = ended.exit_code
    if code is None:
        return f"did not end within {ended.time_limit:.0f} s"
    # A shell in between reports a signal as 128 + its number.
    number = -code if code < 0 else code - 128
    if number in {int(known) for known in signal.Signals}:
        return f"ended by {signal.Signals(number).name}"
    return f"exit code {code}"
