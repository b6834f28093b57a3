"""Pieces of a run's report for other pages: the documentation takes its figures from here.

An excerpt is asked for by a line of words, so that a page in Markdown can hold it as a comment:

    figure NAME    a figure with its sentence, table and command
    section NAME   what a section of the report holds, without its heading
    gate X         a gate's claim, what was found for it, and its verdict
    judged X       the same as steps: how this verdict came about
    run            which run it is: date, host, interpreter, commit, command

Everything comes from the run; nothing is typed here, so a new reference run changes every page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.report import verdicts
from harness.report.data import Run
from harness.report.page import TEMPLATES, sections
from harness.report.sections import Section
from harness.report.tables import Column, Table, ratio


class UnknownExcerpt(ValueError):
    """A page asks for what the run has not."""


class Excerpts:
    """The pieces of one run, drawn when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._run = Run.load(folder)
        self._templates: Any = (
            Environment(
                loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                trim_blocks=True, lstrip_blocks=True,
            )
            .get_template("parts.html")
            .module
        )  # fmt: skip

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.name: section for section in sections(self._run)}

    def html(self, words: str) -> Markup:
        """The excerpt that `words` name, as HTML; `UnknownExcerpt` if there is none."""
        kind, _, name = words.strip().partition(" ")
        makers: dict[str, Callable[[str], Markup]] = {
            "figure": self._figure,
            "section": self._section,
            "gate": self._gate,
            "judged": self._judged,
            "run": self._this_run,
        }
        if kind not in makers:
            raise UnknownExcerpt(f"{words!r}: there are {', '.join(makers)}")
        return Markup('<div class="excerpt">{}</div>').format(makers[kind](name.strip()))

    def _figure(self, name: str) -> Markup:
        for section in self._sections.values():
            for figure in section.figures:
                if figure.name == name:
                    return self._shown(figure)
        known = [f.name for section in self._sections.values() for f in section.figures]
        raise UnknownExcerpt(f"no figure {name!r}; the run has {', '.join(known)}")

    def _section(self, name: str) -> Markup:
        section = self._sections.get(name)
        if section is None:
            raise UnknownExcerpt(f"no section {name!r}; there are {', '.join(self._sections)}")
        if not (section.figures or section.tables or section.notes):
            return Markup("<p>Nothing of this was measured in the reference run.</p>")
        parts = [_paragraph(section.lead)]
        parts += [self._shown(figure) for figure in section.figures]
        parts += [Markup(self._templates.show_table(table)) for table in section.tables]
        parts += [_paragraph(note) for note in section.notes]
        return Markup("\n").join(parts)

    def _gate(self, name: str) -> Markup:
        line = self._verdict(name)
        found = [_paragraph(f"Gate {name}: {line['claim']}", strong=f"{line['verdict']}. ")]
        found.append(Markup(self._templates.show_table(_ratios(name, line))))
        if line.get("breakdown"):
            said = [n for n in self._sections["breakdown"].notes if n.startswith(f"Gate {name},")]
            found += [_paragraph(note) for note in said]
        return Markup("\n").join(found)

    def _judged(self, name: str) -> Markup:
        line = self._verdict(name)
        steps = [
            f"The claim: {line['claim']}",
            f"{line['blocks']} blocks were kept when the gate looked for the "
            f"{_ordinal(line['look'])} time; {line['blocks_repeated']} more were repeated, because "
            "the host had disturbed them, before any ratio was computed.",
        ]
        if line["threshold"] is not None and line["effective_threshold"] != line["threshold"]:
            steps.append(
                f"The threshold of {ratio(line['threshold'])} is for more cores than this host "
                f"has; the same serial share gives {ratio(line['effective_threshold'])} here."
            )
        steps += [_step(entry) for entry in line["estimates"]]
        card = next(card for card in verdicts.cards(self._run) if card.gate == name)
        steps.append(f"{card.sanitizer}.")
        steps += [f"Reason given: {reason}." for reason in line["reasons"]]
        steps.append(f"Verdict: {line['verdict']}, exit code {line['exit_code']}.")
        items = Markup("\n").join(Markup("<li>{}</li>").format(step) for step in steps)
        return Markup("<ol>\n{}\n</ol>").format(items)

    def _this_run(self, _: str) -> Markup:
        header, host = self._run.header, self._run.environment
        said = (
            f"Reference run {self._run.name}, {header['started'][:10]}: {host['cpu_model']}, "
            f"{self._run.cores} cores{' (a virtual machine)' if host.get('virtual') else ''}, "
            f"{host['python']}, commit {header['commit'][:10]}."
        )
        again = Markup(' Made by <code class="command">{}</code>.').format(header["command"])
        return Markup('<p class="note">{}{}</p>').format(said, again)

    def _verdict(self, gate: str) -> Mapping[str, Any]:
        for line in self._run.verdicts:
            if line["gate"] == gate:
                return line
        raise UnknownExcerpt(f"no gate {gate!r} in the run")

    def _shown(self, figure: Any) -> Markup:
        return Markup(self._templates.show_figure(figure))


def _ratios(gate: str, line: Mapping[str, Any]) -> Table:
    columns = (
        Column("ratio"), Column("95% interval", True), Column("needed", True),
        Column("this host's ceiling", True),
    )  # fmt: skip
    rows = tuple(
        (
            str(entry["name"]),
            _interval(entry),
            _needed(entry),
            "–" if entry["ceiling"] is None else _interval(entry["ceiling"]),
        )
        for entry in line["estimates"]
        if entry.get("measure", "speed-up") == "speed-up"
    )
    return Table(f"Gate {gate}: what was found", columns, rows)


def _needed(entry: Mapping[str, Any]) -> str:
    """What a ratio must reach; a reported one need not, and its threshold is a target."""
    if entry["threshold"] is None or entry.get("role") == "decides":
        return ratio(entry["threshold"])
    return f"target {ratio(entry['threshold'])}"


def _interval(of: Mapping[str, Any]) -> str:
    if of["low"] is None or of["high"] is None:
        return "–"
    return f"{ratio(of['low'])} to {ratio(of['high'])}"


def _step(entry: Mapping[str, Any]) -> str:
    if entry.get("measure") == "memory growth":
        return (
            f"{entry['name']}: {entry['low']:.4f} bytes of memory for each further byte of file in "
            f"the least block, {entry['high']:.4f} in the largest; {entry['threshold']:g} is "
            f"allowed: {entry['outcome']}."
        )
    text = f"{entry['name']}: the 95% interval is {_interval(entry)}"
    if entry["threshold"] is None:
        return f"{text}; it is reported and decides nothing."
    low, high = ratio(entry["one_sided_low"]), ratio(entry["one_sided_high"])
    if entry.get("role") != "decides":
        return (
            f"{text}, at least {low} with the error shared between the looks; the target of "
            f"{ratio(entry['threshold'])} is reported beside it and decides nothing."
        )
    return (
        f"{text}. With the error shared between the looks, the ratio is at least {low} and at most "
        f"{high}; {ratio(entry['threshold'])} is needed: {entry['outcome']}."
    )


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _paragraph(text: str, strong: str = "") -> Markup:
    lead = Markup("<strong>{}</strong>").format(strong) if strong else Markup("")
    return Markup("<p>{}{}</p>").format(lead, escape(text))
