"""Named, hashed inputs: `get("loc-large")` gives a file that is what the catalog says.

Files are cached in `build/corpora` and hashed once; after that size and time of change are enough.
Where the package with the real records cannot be had, a generated corpus stands in under its own
name, never under the real one's.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import CORPORA
from harness.corpora import fetch, generate, marcxml, worst
from harness.corpora.catalog import NAMES, SPECS, TESTS, Spec

__all__ = ["NAMES", "SPECS", "Corpus", "CorpusError", "file_of", "get", "get_or_stand_in"]


class CorpusError(Exception):
    """A corpus is not what the catalog says, or cannot be had."""


@dataclass(frozen=True)
class Corpus:
    """A file of records, and what is known of it."""

    name: str
    path: Path
    records: int
    bytes: int
    sha256: str


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def _noted(path: Path) -> str | None:
    """The hash found when the file was last read as a whole, if it has not changed since."""
    try:
        note = json.loads(_note(path).read_text("utf-8"))
        status = path.stat()
    except (OSError, ValueError):
        return None
    if (note["size"], note["changed"]) != (status.st_size, status.st_mtime_ns):
        return None
    return str(note["sha256"])


def _checked(spec: Spec, path: Path) -> str:
    found = _noted(path)
    if found is None:
        found = fetch.sha256_of(path)
        status = path.stat()
        note = {"size": status.st_size, "changed": status.st_mtime_ns, "sha256": found}
        _note(path).write_text(json.dumps(note), "utf-8")
    if found != spec.sha256:
        raise CorpusError(f"{spec.name} has sha256 {found}, expected {spec.sha256}; remove {path}")
    return found


def _make(spec: Spec, folder: Path, path: Path) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        source = fetch.unpack(folder) if spec.kind in ("loc", "wild") else None
        with part.open("w+b") as file:
            if spec.kind == "wild":
                fetch.wild_records(folder / TESTS, file)
            elif spec.kind.startswith(worst.PREFIX):
                worst.write(file, spec.kind, spec.bytes)
            elif source is not None:
                fetch.first_records(source, file, spec.records, spec.every)
            else:
                generate.write(file, spec.kind, spec.records, spec.seed, spec.every)
            if spec.marcxml:
                marcxml.replace(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_of(name: str, folder: Path = CORPORA) -> Path:
    """Where the corpus of that name lies, or will lie."""
    return folder / f"{name}.{'xml' if SPECS[name].marcxml else 'mrc'}"


def get(name: str, folder: Path = CORPORA) -> Corpus:
    """The corpus of that name, made or fetched when it is not there."""
    spec = SPECS[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = file_of(name, folder)
    if not path.exists():
        try:
            _make(spec, folder, path)
        except fetch.CannotFetch as error:
            raise CorpusError(f"{name}: {error}") from error
    sha256 = _checked(spec, path)
    return Corpus(name, path, spec.records, path.stat().st_size, sha256)


def get_or_stand_in(name: str, folder: Path = CORPORA) -> tuple[Corpus, str | None]:
    """The corpus, or the generated one that stands in for it, with the reason."""
    try:
        return get(name, folder), None
    except CorpusError as error:
        stand_in = SPECS[name].stand_in
        if not stand_in:
            raise
        return get(stand_in, folder), str(error)


def describe(corpus: Corpus) -> dict[str, object]:
    """For the header of a run."""
    return {**asdict(corpus), "path": corpus.path.name}
