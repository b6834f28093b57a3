"""Two commits measured in the same blocks: each built in a worktree of its own, then interleaved.

A cell of such a run is `rapidmarc/native@COMMIT`: the engine of the present harness, with the
package of that commit. So both sides do the same work under the same scenario, and only the reader
differs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness import BUILD, ROOT
from harness.compare import Change, paired_change
from harness.engines import OURS
from harness.engines.protocol import Answer, Job
from harness.model import ROLE_CELL
from harness.plan import PlannedComparison
from harness.report.data import Run, Sample
from harness.run import Execute

WORKTREES = BUILD / "compare"


class BuildFailed(Exception):
    """A commit that does not exist or does not build: which, and what was said last."""


def _run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise BuildFailed(f"{' '.join(command)} ended with code {done.returncode}: {said}")
    return done.stdout.strip()


def resolve(commit: str) -> str:
    """The full name of a commit."""
    try:
        return _run("git", "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    except BuildFailed:
        raise BuildFailed(f"{commit!r} is no commit of this repository") from None


def build(commit: str, step: Callable[[str], None]) -> Path:
    """The folder of a commit's package, built in its worktree unless it is there already."""
    place = WORKTREES / commit[:12]
    if not place.exists():
        step(f"worktree of {commit[:12]}")
        _run("git", "worktree", "prune")
        _run("git", "worktree", "add", "--detach", str(place), commit)
    (place / "build").mkdir(exist_ok=True)
    venv = place / "build" / "venv"
    if not venv.exists():
        venv.symlink_to(BUILD / "venv", target_is_directory=True)
    step(f"building {commit[:12]}")
    _run("cmake", "--preset", "release", cwd=place)
    _run("cmake", "--build", "--preset", "release", "--target", "_core", cwd=place)
    return place / "build" / "release" / "python"


def both_sides(comparison: PlannedComparison, commits: Sequence[str]) -> PlannedComparison | None:
    """The comparison with each of our cells once a commit; None if it has none of ours."""
    cells = tuple(
        replace(planned, cell=replace(planned.cell, engine=f"{planned.cell.engine}@{commit[:12]}"))
        for planned in comparison.cells
        if planned.role == ROLE_CELL and planned.cell.engine.startswith(OURS)
        for commit in commits
    )
    return replace(comparison, cells=cells, gate=None) if cells else None


def executor(packages: dict[str, Path], execute: Execute) -> Execute:
    """Measures `engine@commit` with that commit's package."""

    def run(job: Job) -> Answer:
        engine, _, commit = job["engine"].partition("@")
        own: Job = {**job, "engine": engine, "work": engine, "package": str(packages[commit])}
        return execute(own)

    return run


def changes(run: Run, before: str, after: str) -> list[Change]:
    """Cell by cell from one commit to the other, paired inside the blocks."""
    sides: dict[tuple[str, str, str], dict[str, Sample]] = {}
    found: list[Change] = []
    for sample in run.samples():
        engine, _, commit = str(sample.cell["engine"]).partition("@")
        rest = repr(sorted((k, v) for k, v in sample.cell.items() if k != "engine"))
        key = (sample.scenario, sample.comparison, f"{engine} {rest}")
        sides.setdefault(key, {})[commit] = sample
    for pair in sides.values():
        if before[:12] not in pair or after[:12] not in pair:
            continue
        change = paired_change(pair[before[:12]], pair[after[:12]])
        if change is not None:
            engine = str(change.cell["engine"]).partition("@")[0]
            found.append(replace(change, cell={**change.cell, "engine": engine}))
    return found
