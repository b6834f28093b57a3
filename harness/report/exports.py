"""The report for programs and in short: measurements.csv, report.md, and what CI reads."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree

from harness import gates
from harness.breakdown import as_text
from harness.report.data import AXES, Run
from harness.report.sections import Section
from harness.report.tables import Table
from harness.report.verdicts import cards, headline

#: In report.md: reasons of a gate, sentences of a section, and sections whose tables are shown.
MOST_REASONS = 6
MOST_SENTENCES = 4
IN_SHORT = ("backend", "instructions")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def junit(run: Run) -> str:
    """A test case for each gate and sanitizer case. What is not a pass is red, never skipped."""
    suites = ElementTree.Element("testsuites", name=f"rapidmarc harness {run.name}")
    suite = ElementTree.SubElement(suites, "testsuite", name="gates")
    for line in run.verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname="gates", name=f"gate {line['gate']}"
        )
        text = "\n".join([line["claim"], *line["reasons"]])
        if line.get("breakdown"):
            text += "\n" + as_text(line["breakdown"])
        if line["verdict"] == gates.FAIL:
            _note(case, "failure", line["verdict"], text)
        elif int(line["exit_code"]) != 0:
            _note(case, "error", line["verdict"], text)
        else:
            _note(case, "system-out", None, f"{line['verdict']}\n{text}")
    races = ElementTree.SubElement(suites, "testsuite", name="thread sanitizer")
    for line in run.sanitizer:
        name = f"{line['gate']} {line['road']} {line['case']}"
        case = ElementTree.SubElement(
            races, "testcase", classname=f"sanitizer.{line['expected']}", name=name,
            time=f"{line['seconds']:.3f}",
        )  # fmt: skip
        if line["outcome"] == line["expected"]:
            continue
        broken = "error" if line["outcome"] == "could-not-run" else "failure"
        _note(case, broken, line["outcome"], str(line.get("detail") or line["outcome"]))
    for part in (suite, races):
        part.set("tests", str(len(part)))
        for tag, name in (("failure", "failures"), ("error", "errors")):
            part.set(name, str(len(part.findall(f"testcase/{tag}"))))
    ElementTree.indent(suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, "unicode") + "\n"
    )


def _note(case: ElementTree.Element, tag: str, message: str | None, text: str) -> None:
    element = ElementTree.SubElement(case, tag)
    if message is not None:
        element.set("message", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", message))
    element.text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def measurements(run: Run) -> str:
    """Every measurement, also the discarded ones, one a line."""
    stats = sorted({key for line in run.measurements for key in line.get("stats") or {}})
    host = sorted({key for line in run.measurements for key in line.get("host") or {}})
    plain = (
        "scenario", "comparison", "block", "attempt", "look", "order", "role", "seconds", "records",
        "bytes", "records_per_s", "peak_rss_bytes", "baseline_rss_bytes", "discarded",
    )  # fmt: skip
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([
        "run", *plain, *AXES, "passes",
        *(f"stats.{key}" for key in stats), *(f"host.{key}" for key in host),
    ])  # fmt: skip
    for line in run.measurements:
        writer.writerow([
            run.name,
            *(line.get(key) for key in plain),
            *(line["cell"].get(axis) for axis in AXES),
            " ".join(str(value) for value in line.get("passes", ())),
            *((line.get("stats") or {}).get(key) for key in stats),
            *((line.get("host") or {}).get(key) for key in host),
        ])  # fmt: skip
    return buffer.getvalue()


def markdown(run: Run, sections: Sequence[Section], command: str) -> str:
    """What fits a comment on a change: verdicts with their reasons, a sentence for every picture,
    and the two short tables that answer a question. Everything else is on the page."""
    _, verdict, sentence = headline(run)
    where = f"{run.environment.get('cpu_model', 'unknown processor')}, {run.cores} usable cores"
    parts = [
        f"# {verdict}", sentence,
        f"Run {run.name} on {_plain(where)}, commit `{str(run.header.get('commit'))[:10]}`.",
    ]  # fmt: skip
    if run.verdicts:
        parts.append(_verdict_table(run))
    for line in run.verdicts:
        if int(line["exit_code"]) != 0:
            reasons = [f"* {_plain(reason)}" for reason in line["reasons"][:MOST_REASONS]]
            parts.append("\n".join([f"**Gate {line['gate']}: {line['verdict']}**", "", *reasons]))
            if line.get("breakdown"):
                parts.append(f"```\n{as_text(line['breakdown'])}\n```")
    for section in sections:
        said = [f"{figure.title}: {figure.says}" for figure in section.figures]
        told = [*said, *section.notes][:MOST_SENTENCES]
        tables = section.tables if section.name in IN_SHORT else ()
        if told or tables:
            parts.append(f"**{section.title}**")
            parts.append("\n".join(f"* {_plain(text)}" for text in told))
            parts += [_markdown_table(table) for table in tables]
    parts.append(f"All figures: `index.html` of this report, made by `{command}`.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict_table(run: Run) -> str:
    lines = ["| gate | verdict | measured | claim |", "|---|---|---|---|"]
    for card in cards(run):
        cells = (card.gate, f"{card.sign} {card.verdict}", card.figure, card.claim)
        lines.append("| " + " | ".join(_plain(cell) for cell in cells) + " |")
        if card.predicted:
            lines.append(f"| | | | {_plain(card.predicted)} |")
    return "\n".join(lines)


def workflow_commands(run: Run) -> str:
    """A workflow command for every gate, as CI services show them beside a change."""
    lines = []
    for line in run.verdicts:
        level = {0: "notice", 1: "error"}.get(int(line["exit_code"]), "warning")
        title = _escaped(f"gate {line['gate']}: {line['verdict']}").replace(":", "%3A")
        text = "; ".join([line["claim"], *line["reasons"][:MOST_REASONS]])
        lines.append(f"::{level} title={title.replace(',', '%2C')}::{_escaped(text)}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _plain(text: str) -> str:
    return re.sub(r"([|*_`<>\[\]])", r"\\\1", text.replace("\n", " "))


def _markdown_table(table: Table) -> str:
    lines = [
        f"*{_plain(table.caption)}*\n",
        "| " + " | ".join(_plain(column.title) for column in table.columns) + " |",
        "|" + "|".join("---:" if column.number else "---" for column in table.columns) + "|",
    ]
    lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in table.rows]
    return "\n".join(lines)
