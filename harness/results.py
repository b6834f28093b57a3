"""The file of a run: `results/<run>/run.jsonl`, one checked line after the other, never rewritten.

Lines are checked against `results/schema.json` before they are written. The lines of a block are
written at once, so that the figures of an interrupted run are whole blocks and it can be resumed
behind the last of them. What was measured of a block that did not come to its end waits in
`pending.jsonl`; a resumed run keeps it, marked as discarded. Nothing is computed here: aggregates
are made from the lines by whoever shows them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness import RESULTS, ROOT

SCHEMA = ROOT / "results" / "schema.json"
RUN_FILE = "run.jsonl"
VERDICT_FILE = "verdict.json"
PENDING_FILE = "pending.jsonl"
#: What of its environment must be the same wherever a run is taken up again.
SAME = ("host", "cpu_model", "cores_usable", "python", "compiler", "versions")
#: Why a sample of a block that did not come to its end does not count.
INTERRUPTED = "interrupted"

Line = dict[str, Any]


class ResultsError(Exception):
    """A line does not fit the schema, or a run cannot be read or resumed."""


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def check(line: Mapping[str, Any]) -> None:
    """Raise when a line is not what the schema says."""
    errors = sorted(_validator().iter_errors(line), key=lambda error: len(error.absolute_path))
    if errors:
        error = errors[-1]
        place = "/".join(str(part) for part in error.absolute_path) or "the line itself"
        raise ResultsError(f"{line.get('kind', 'line without kind')}: {place}: {error.message}")


def new_run_name(host: str, now: datetime | None = None) -> str:
    """`2024-05-01T103000-host`: sorts by time, and tells where it was."""
    moment = (now or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H%M%S")
    return f"{moment}-{re.sub(r'[^A-Za-z0-9]+', '-', host).strip('-').lower() or 'host'}"


def read_lines(file: Path) -> list[Line]:
    """Every whole line. A last line that was cut while it was written is left out."""
    lines: list[Line] = []
    with file.open("rb") as content:
        for number, raw in enumerate(content, 1):
            if not raw.endswith(b"\n"):
                break
            try:
                lines.append(json.loads(raw))
            except ValueError:
                raise ResultsError(f"{file}: line {number} is not JSON") from None
    return lines


class RunFile:
    """Appends to a run, and knows all of its lines."""

    def __init__(self, folder: Path, lines: list[Line]) -> None:
        self.folder = folder
        self.lines = lines

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def file(self) -> Path:
        return self.folder / RUN_FILE

    @classmethod
    def create(cls, name: str, header: Mapping[str, Any], results: Path = RESULTS) -> RunFile:
        """Start a run with its header. A name that is taken is an error: nothing is overwritten."""
        folder = results / name
        folder.mkdir(parents=True, exist_ok=True)
        run = cls(folder, [])
        if run.file.exists():
            raise ResultsError(f"{run.file} exists; resume it or take another name")
        run.append(header)
        return run

    @classmethod
    def resume(cls, name: str, results: Path = RESULTS) -> RunFile:
        """Open a run to go on with it; a half-written line or block at its end is cut off."""
        folder = results / name
        file = folder / RUN_FILE
        if not file.exists():
            raise ResultsError(f"there is no run {name!r} in {results}")
        lines = read_lines(file)
        if not lines or lines[0].get("kind") != "header":
            raise ResultsError(f"{file} does not begin with a header")
        whole = _without_torn_block(lines, _read_pending(folder))
        size = sum(len(_spell(line)) for line in whole)
        if size != file.stat().st_size:
            with file.open("r+b") as content:
                content.truncate(size)
        run = cls(folder, whole)
        run.keep_pending()
        return run

    def keep_pending(self) -> None:
        """Take over what was measured of a block that was cut short."""
        known = {_block_of(line) for line in self.lines}
        self.append(*(x for x in _read_pending(self.folder) if _block_of(x) not in known))
        self.settle()

    @property
    def _pending(self) -> Path:
        return self.folder / PENDING_FILE

    def note(self, line: Mapping[str, Any]) -> None:
        """Put a sample aside until its block is whole."""
        waiting = {**line, "discarded": INTERRUPTED}
        check(waiting)
        _write(self._pending, _spell(waiting))

    def settle(self) -> None:
        """The block is whole, and in the file of the run."""
        self._pending.unlink(missing_ok=True)

    def append(self, *lines: Mapping[str, Any]) -> None:
        """Check the lines and write them together."""
        for line in lines:
            check(line)
        _write(self.file, b"".join(_spell(line) for line in lines))
        self.lines.extend(dict(line) for line in lines)

    def append_export(self, name: str, export: Mapping[str, Any]) -> None:
        """A line for a file beside the run's: what another program gave, as it gave it."""
        with (self.folder / name).open("ab") as content:
            content.write(_spell(dict(export)))

    def of_kind(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line["kind"] == kind]

    def blocks_done(self, scenario: str, comparison: str) -> int:
        """Blocks of a comparison that are kept. They are numbered from 0 without gaps."""
        return len({
            line["block"]
            for line in self.of_kind("measurement")
            if (line["scenario"], line["comparison"]) == (scenario, comparison)
            and not line["discarded"]
        })  # fmt: skip

    def write_verdict(
        self, verdict: str, exit_code: int, *, complete: bool, gates: Mapping[str, str]
    ) -> None:
        """`verdict.json`, for programs: this run's verdict, and whether the run came to its end."""
        content = {
            "run": self.name,
            "verdict": verdict,
            "exit_code": exit_code,
            "complete": complete,
            "gates": dict(gates),
            "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        part = self.folder / f"{VERDICT_FILE}.part"
        part.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        part.replace(self.folder / VERDICT_FILE)


def _write(file: Path, content: bytes) -> None:
    """Append, and wait until it is on the disk."""
    with file.open("ab") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _spell(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def _block_of(line: Line) -> tuple[Any, ...] | None:
    if line["kind"] != "measurement":
        return None
    return (line["scenario"], line["comparison"], line["block"], line["attempt"])


def _read_pending(folder: Path) -> list[Line]:
    file = folder / PENDING_FILE
    return read_lines(file) if file.exists() else []


def _without_torn_block(lines: list[Line], pending: list[Line]) -> list[Line]:
    """Cut a last block of which fewer samples are there than were put aside, or fewer cells are
    kept than of the others of the same comparison.

    The lines of a block are written together, so only a crash in the middle of that leaves one
    behind.
    """
    last = _block_of(lines[-1])
    if last is None:
        return lines
    waiting = sum(_block_of(line) == last for line in pending)
    here = sum(_block_of(line) == last for line in lines)
    kept: Counter[tuple[Any, ...]] = Counter()
    for line in lines:
        block = _block_of(line)
        if block is not None and block[:2] == last[:2] and not line["discarded"]:
            kept[block] += 1
    if here < waiting or 0 < kept[last] < max(kept.values()):
        return [line for line in lines if _block_of(line) != last]
    return lines


def header(
    run: str,
    environment: Mapping[str, Any],
    commit: tuple[str, bool],
    command: str,
    seed: int,
    scenarios: Iterable[Mapping[str, str]],
    corpora: Iterable[Mapping[str, Any]],
) -> Line:
    """The first line of a run."""
    return {
        "kind": "header",
        "schema": 1,
        "run": run,
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit[0],
        "dirty": commit[1],
        "command": command,
        "seed": seed,
        "environment": dict(environment),
        "corpora": [dict(corpus) for corpus in corpora],
        "scenarios": [dict(scenario) for scenario in scenarios],
    }


def require_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse to go on with the run of the header `old` where a new one would begin with `new`:
    figures of another host, code or scenario, or of shorter samples, must not be added to it."""

    def refuse(reason: str) -> ResultsError:
        return ResultsError(f"{old['run']} {reason}; start a new run")

    before, now = ({s["name"]: s["text"] for s in header["scenarios"]} for header in (old, new))
    if before != now:
        raise refuse("measured other scenarios")
    if old["commit"] != new["commit"]:
        raise refuse("is of another commit")
    if old["dirty"] or new["dirty"]:
        raise refuse("cannot be resumed where files differ from their commit: nothing tells how")
    for key in SAME:
        if old["environment"].get(key) != new["environment"].get(key):
            raise refuse(f"is of another host or build ({key} differs)")
    short, short_now = ("--short" in shlex.split(each["command"]) for each in (old, new))
    if short != short_now:
        raise refuse(f"was begun {'with' if short else 'without'} --short")
