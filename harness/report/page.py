"""Writes the report of a run: one page that needs nothing but itself, and its plain companions."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.report import (
    advice,
    broken,
    engines,
    exports,
    instructions,
    phases,
    prediction,
    scaling,
    sweeps,
    tables,
    targets,
    verdicts,
)  # fmt: skip
from harness.report.data import Run
from harness.report.sections import Section
from harness.results import RUN_FILE
from harness.statistics import CONFIDENCE, LOOKS, TRIM, look_level

TEMPLATES = Path(__file__).parent / "templates"


def sections(run: Run) -> list[Section]:
    """All sections between the verdicts and the method, in the order of the page."""
    return [
        verdicts.intervals(run),
        scaling.scaling(run),
        prediction.more_cores(run),
        sweeps.batch_sizes(run),
        sweeps.file_sizes(run),
        sweeps.sources(run),
        sweeps.disks(run),
        phases.phase_breakdown(run),
        sweeps.memory(run),
        sweeps.workloads(run),
        sweeps.scripts(run),
        broken.worst_cases(run),
        engines.side_by_side(run),
        broken.faults(run),
        targets.section(run),
        instructions.section(run),
        verdicts.sanitizer(run),
        advice.which_backend(run),
        Section("host", "The host", "Figures of different hosts are never pooled.",
                tables=[tables.host(run)]),
        verdicts.the_judge(run),
    ]  # fmt: skip


def render(run_dir: Path, out_dir: Path) -> Path:
    """Write index.html, report.md, measurements.csv and what CI reads; give the page."""
    run = Run.load(run_dir)
    found = sections(run)
    command = f"python -m harness report {run_dir.name}"
    raw = os.path.relpath((run_dir / RUN_FILE).resolve(), out_dir.resolve())
    out_dir.mkdir(parents=True, exist_ok=True)
    _write(out_dir / "report.md", exports.markdown(run, found, command))
    _write(out_dir / "gates.junit.xml", exports.junit(run))
    _write(out_dir / "annotations.txt", exports.workflow_commands(run))
    _write(out_dir / "measurements.csv", exports.measurements(run))
    page = out_dir / "index.html"
    _write(page, _html(run, found, command, Path(raw).as_posix()))
    return page


def _html(run: Run, found: list[Section], command: str, raw: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    face, verdict, sentence = verdicts.headline(run)
    return environment.get_template("index.html").render(
        run=run,
        face=face,
        verdict=verdict,
        sentence=sentence,
        cards=verdicts.cards(run),
        sections=found,
        command=command,
        raw=raw,
        kept=len(run.measurements) - len(run.discarded),
        discarded=len(run.discarded),
        method={
            "looks": LOOKS,
            "levels": [f"{look_level(n + 1):.2%}" for n in range(len(LOOKS))],
            "trim": f"{TRIM:.0%}",
            "confidence": f"{CONFIDENCE:.0%}",
        },
    )


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")
