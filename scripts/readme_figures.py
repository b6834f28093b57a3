"""README's tables of figures, from the lines of the reference run.

    python scripts/readme_figures.py

They stand between the comments `figures: NAME` and `end`. What the rows are called stands here;
what is in them comes from `results/reference`.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run as a program, by its path

from harness.engines import is_ours  # noqa: E402
from harness.report.data import Run, Sample  # noqa: E402
from harness.report.engines import REFERENCE, findings  # noqa: E402
from harness.report.tables import ratio  # noqa: E402

README = ROOT / "README.md"
RUN = ROOT / "results" / "reference"
SCENARIO, COMPARISON = "curated/engines", "engines"
WORKS = {"read": "iterate", "extract": "title and every value", "roundtrip": "encode again"}
ENGINES = {
    "rapidmarc/batched": "rapidmarc, open file (batched)",
    "rapidmarc/memory": "rapidmarc, bytes (memory)",
    "rapidmarc/native": "rapidmarc, path (native)",
    "rapidmarc/record": 'rapidmarc, `backend="record"`',
    "mrrc": "mrrc",
    "rmarc": "rmarc",
}
#: The claim of each gate in a few words; `{needed}` is what it needs on the host of the run.
CLAIMS = {
    "B": "record-at-a-time, 2 threads against 1",
    "C": "batched, 2 threads at least {needed}",
    "N": "batched and native at least as fast as record-at-a-time, on 1 thread",
    "H": "native on 4 threads at least 2.5; on this host's cores {needed}",
    "S": "five columns of text, 2 threads at least {needed}",
}
ESTIMATES = {
    "scaling, open file": "open file",
    "scaling, BytesIO": "`BytesIO`",
    "scaling, a class with only .read": "a class with `read`",
    "batched against record-at-a-time": "batched",
    "native against record-at-a-time": "native",
    "scaling, one reader with workers": "workers",
    "scaling, several readers": "readers",
    "scaling, one selection with workers": "",
}
PLACE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(\n<!-- end -->)", re.S)


def main() -> None:
    README.write_text(with_figures(README.read_text("utf-8"), Run.load(RUN)), "utf-8")


def with_figures(text: str, run: Run) -> str:
    """The text with what the run says in each of the places for it."""
    made = {"host": host, "engines": engines, "gates": gates}
    if sorted(name for _, name, _ in PLACE.findall(text)) != sorted(made):
        raise ValueError(f"README needs one place for each of {', '.join(made)}")
    return PLACE.sub(lambda place: place[1] + made[place[2]](run) + place[3], text)


def host(run: Run) -> str:
    """Where and when, and what was done how often."""
    seen = run.environment
    base = measured(run)[REFERENCE, "read"]
    budget = re.search(r"--budget (\S+)", str(run.header["command"]))
    command = f"make gates GATES_BUDGET={budget[1]}" if budget else "make gates"
    machine = "virtual machine" if seen["virtual"] else "machine"
    return (
        f"`{command}` on {run.name[:10]}, a {machine} ({seen['cpu_model']}, {run.cores} cores), "
        f"{seen['python']},\nthe first {base.records:,} records of the Library of Congress, times "
        f"the rate of pymarc {seen['versions'][REFERENCE]}\nin the same block, geometric means of "
        f"{len(base.lines)} blocks:"
    )


def engines(run: Run) -> str:
    samples, differ = measured(run), findings(run)
    rows = []
    for engine, name in ENGINES.items():
        times = (samples[engine, work].ratios_to(samples[REFERENCE, work]) for work in WORKS)
        means = [math.exp(float(np.mean(each))) for each in times]
        output = "another than pymarc's: not ranked" if engine in differ else "pymarc's"
        release = "" if is_ours(engine) else f" {run.environment['versions'][engine]}"
        rows.append([name + release, *map(in_two_digits, means), output])
    head = ["reader", *WORKS.values(), "output"]
    return table(head, rows, "lrrrl")


def gates(run: Run) -> str:
    """The ratios that decide; of a gate that decides nothing, the first."""
    rows = []
    for verdict in run.verdicts:
        ratios = [e for e in verdict["estimates"] if e.get("measure", "speed-up") == "speed-up"]
        decide = [entry for entry in ratios if entry["role"] == "decides"] or ratios[:1]
        found = ", ".join(
            f"{ESTIMATES[entry['name']]} {ratio(entry['one_sided_low'])} to "
            f"{ratio(entry['one_sided_high'])}".strip()
            for entry in decide
        )
        claim = CLAIMS[verdict["gate"]].format(needed=f"{decide[0]['threshold'] or 0:.3g}")
        rows.append([verdict["gate"], claim, found, f"`{verdict['verdict']}`"])
    return table(["gate", "claim", "found", "verdict"], rows, "llll")


def measured(run: Run) -> dict[tuple[str, str], Sample]:
    return {
        (str(sample.cell["engine"]), str(sample.cell["workload"])): sample
        for sample in run.samples()
        if (sample.scenario, sample.comparison) == (SCENARIO, COMPARISON)
    }


def in_two_digits(times: float) -> str:
    return f"{times:.0f}" if times >= 10 else f"{times:.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    rule = "".join("---:|" if side == "r" else "---|" for side in sides)
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], f"|{rule}", *lines[1:]])


if __name__ == "__main__":
    main()
