"""Decides whether a run of the gates makes CI red: `judge.py EXIT_CODE_OF_MAKE RUN_FOLDER`.

Red: no verdict file of this run, or one that is incomplete; a gate that FAILED; a wrong output of
ours; a race; a canary that was not reported. Not red, but said loudly: INCONCLUSIVE and NOT
EVALUABLE, because a restless or incomplete host is no defect of the code.

The lines of run.jsonl are read as well as the verdict file: a verdict that overlooks a race is red.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it is started by its path alone

from harness.engines import is_ours

GATES = ("B", "C", "N", "H", "S")
GOOD = ("PASS", "PASS (host-scaled)", "RECORDED")
LOUD = ("INCONCLUSIVE", "NOT EVALUABLE")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: judge.py EXIT_CODE_OF_MAKE RUN_FOLDER", file=sys.stderr)
        return 64
    make_exit, folder = int(arguments[0]), arguments[1].strip()
    if not folder or "\n" in folder:
        return report([], [f"make gates left no run of its own under results/ ({folder!r})"])
    try:
        summary = json.loads(Path(folder, "verdict.json").read_text(encoding="utf-8"))
        with Path(folder, "run.jsonl").open(encoding="utf-8") as stream:
            lines = [json.loads(line) for line in stream]
    except (OSError, ValueError) as error:
        return report([], [f"no readable verdict of this run: {error}"])
    verdicts = {line["gate"]: line for line in lines if line["kind"] == "verdict"}
    reasons = [*incomplete(summary, verdicts), *defects(lines, verdicts)]
    if make_exit != 0 and not reasons and all(v["verdict"] in GOOD for v in verdicts.values()):
        reasons.append(f"make gates ended with {make_exit} although every gate is good")
    return report(list(verdicts.values()), reasons)


def incomplete(summary: dict[str, Any], verdicts: dict[str, Any]) -> list[str]:
    """What is missing from the verdict file, or differs from the lines behind it."""
    found = []
    if summary.get("complete") is not True:
        found.append("verdict.json is incomplete: the run did not reach its end")
    told = summary.get("gates", {})
    for gate in GATES:
        if gate not in verdicts or gate not in told:
            found.append(f"gate {gate} has no verdict")
        elif told[gate] != verdicts[gate]["verdict"]:
            found.append(f"gate {gate}: verdict.json says {told[gate]}, run.jsonl does not")
    return found


def defects(lines: list[dict[str, Any]], verdicts: dict[str, Any]) -> list[str]:
    """What the code does wrong, whatever the host is like."""
    found = []
    for gate, line in verdicts.items():
        if line["verdict"] not in (*GOOD, *LOUD):
            found.append(f"gate {gate}: {line['verdict']}: {'; '.join(line['reasons'])}")
    for line in lines:
        if line["kind"] == "sanitizer" and line["outcome"] not in (
            line["expected"],
            "could-not-run",
        ):
            what = "silent canary" if line["expected"] == "race" else "race"
            found.append(f"{what}: {line['case']} ({line['road']}): {line['detail']}")
        if line["kind"] == "verification" and is_ours(line["engine"]):
            wrong = f"wrong output: {line['engine']} on {line['corpus']}: {line['finding']}"
            found.extend([] if line["agrees"] else [wrong])
    return found


def report(verdicts: list[dict[str, Any]], reasons: list[str]) -> int:
    for line in verdicts:
        loud = line["verdict"] not in GOOD
        if loud:
            print("!" * 78)
        print(f"gate {line['gate']}: {line['verdict']}: {line['claim']}")
        for estimate in line["estimates"]:
            low, high = estimate["one_sided_low"], estimate["one_sided_high"]
            print(
                f"    {estimate['name']}: {estimate['ratio']} ({low} to {high}),"
                f" threshold {estimate['threshold']}"
            )
        if loud:
            for reason in line["reasons"]:
                print(f"    {reason}")
            print("!" * 78)
    for reason in reasons:
        print(f"red: {reason}")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
