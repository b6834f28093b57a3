"""Compares what engines deliver: digests of all records, in order, with the reference's.

Digests of rapidmarc are taken anew each time. Those of other packages are kept in `build/harness`,
by their version, the hash of the corpus and that of our code that makes a digest of their records.
An engine that differs is named with what differs; it may be timed, but it is not ranked. Nothing is
timed here.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness import CACHE, kept
from harness.corpora import Corpus
from harness.digest import first_difference
from harness.engines import file_of, is_ours, is_strangers, load_engine, usual_source
from harness.engines.protocol import Answer, Job, Missing, ProgramEngine
from harness.model import Verification
from harness.processes import WorkerFailed, run_worker
from harness.results import Line


@dataclass(frozen=True)
class Check:
    """One reading whose output is compared."""

    corpus: str
    engine: str
    source: str
    batch_size: int | str
    threads: int
    reference: str

    def options(self) -> dict[str, Any]:
        return {"source": self.source, "batch_size": self.batch_size, "threads": self.threads}

    def job(self, file: Path) -> Job:
        return {
            "mode": "digest",
            "engine": self.engine,
            "source": self.source,
            "file": str(file),
            "threads": self.threads,
            "threads_kind": "workers",
            "batch_size": self.batch_size,
        }


PREFERRED_SOURCES = ("open", "path", "bytes")
# What shapes every engine's records before they are digested, beside its own file.
SHAPING = tuple(
    Path(__file__).parent / name
    for name in ("digest.py", "worker.py", "engines/columns.py", "engines/pymarc_shape.py")
)
# How an engine may fail, a program among them: one that does not even start, says no number, or
# cannot be asked.
FAILURES = (WorkerFailed, OSError, subprocess.SubprocessError, TypeError, ValueError)


def checks(verifications: Iterable[Verification]) -> list[Check]:
    """Every combination that the engines can do, each once."""
    found: dict[Check, None] = {}
    for verification in verifications:
        for corpus in verification.corpora:
            for engine in verification.engines:
                for check in _of_engine(verification, corpus, engine):
                    found[check] = None
    return list(found)


def _of_engine(verification: Verification, corpus: str, name: str) -> Iterator[Check]:
    engine = load_engine(name)
    usual = usual_source(engine, PREFERRED_SOURCES)
    sources = [s for s in verification.source if s in engine.sources] or [usual]
    for source in sources:
        for batch_size in verification.batch_size if engine.batch_sizes else ("auto",):
            for threads in verification.threads if "workers" in engine.thread_kinds else (1,):
                yield Check(corpus, name, source, batch_size, threads, verification.reference)


@cache
def shaping(engine: str) -> str:
    """A hash of our code that makes a digest of this engine's records."""
    code = hashlib.sha256()
    for file in (*SHAPING, Path(file_of(engine))):
        code.update(file.read_bytes())
    return code.hexdigest()[:16]


class DigestCache:
    """Digests of packages that do not change under our hands."""

    def __init__(self, file: Path | None = CACHE / "digests.json") -> None:
        self._file = file
        self._known: dict[str, Answer] = kept.load(file)
        self._lock = threading.Lock()

    @staticmethod
    def _key(check: Check, corpus: Corpus, version: str) -> str | None:
        if is_ours(check.engine) or check.engine.startswith("fake/") or is_strangers(check.engine):
            return None
        options = " ".join(str(value) for value in check.options().values())
        return f"{check.engine} {version} {options} {corpus.sha256} {shaping(check.engine)}"

    def get(self, check: Check, corpus: Corpus, version: str) -> Answer | None:
        key = self._key(check, corpus, version)
        return None if key is None else self._known.get(key)

    def put(self, check: Check, corpus: Corpus, version: str, answer: Answer) -> None:
        key = self._key(check, corpus, version)
        if key is None:
            return
        with self._lock:
            self._known[key] = {name: answer[name] for name in ("records", "digest", "marks")}
            kept.save(self._file, self._known)


Take = Callable[[Job], Answer]
Note = Callable[[Line], None]


def reading(
    check: Check, corpus: Corpus, versions: Mapping[str, str], cache: DigestCache, take: Take
) -> Answer:
    """Records and digest of one reading, cached where that is allowed; a program only counts."""
    version = versions.get(check.engine, "unknown")
    known = cache.get(check, corpus, version)
    if known is not None:
        return known
    engine = load_engine(check.engine)
    if isinstance(engine, ProgramEngine):
        answer: Answer = {
            "records": engine.count(str(corpus.path)),
            "digest": None,
            "marks": "",
        }
    else:
        answer = take(check.job(corpus.path))
    cache.put(check, corpus, version, answer)
    return answer


def line_for(check: Check, corpus: Corpus, answer: Answer, reference: Answer) -> Line:
    """The verification line: what was found, and whether it is what the reference gives."""
    same_count = answer["records"] == reference["records"]
    by_count = answer["digest"] is None
    agrees = same_count and (by_count or answer["digest"] == reference["digest"])
    finding = None
    if not same_count:
        finding = f"{answer['records']:,} records, {check.reference} gives {reference['records']:,}"
    elif not agrees:
        first, last = first_difference(answer["marks"], reference["marks"])
        finding = f"differs from {check.reference}, first within records {first:,} to {last:,}"
    elif by_count:
        finding = "compared by the count of records only"
    return {
        "kind": "verification",
        "corpus": corpus.name,
        "engine": check.engine,
        "options": check.options(),
        "records": answer["records"],
        "digest": answer["digest"],
        "reference_digest": reference["digest"],
        "agrees": agrees,
        "ranked": agrees and not by_count,
        "finding": finding,
    }


def failed_line(check: Check, corpus: Corpus, expected: str | None, reason: str) -> Line:
    """A reader that fails where the reference reads is wrong, not absent; so is a reference."""
    return {
        "kind": "verification",
        "corpus": corpus.name,
        "engine": check.engine,
        "options": check.options(),
        "records": 0,
        "digest": None,
        "reference_digest": expected,
        "agrees": False,
        "ranked": False,
        "finding": reason,
    }


def verify(
    wanted: Sequence[Check],
    corpora: Mapping[str, Corpus],
    versions: Mapping[str, str],
    *,
    cache: DigestCache | None = None,
    take: Take = run_worker,
    at_once: int = 1,
    note: Note | None = None,
) -> list[Line]:
    """All checks, the references first. `corpora` has the file (or a stand-in's) of each name.

    Engines without a version here are left out: whoever calls has said that they are missing. With
    a reference that fails nothing is compared; its own line says why.
    """
    store = cache or DigestCache()
    present = [check for check in wanted if check.engine in versions]
    references: dict[tuple[str, str], Answer | None] = {}
    lines: list[Line] = []

    def found(line: Line) -> None:
        lines.append(line)
        if note is not None:
            note(line)

    for check in present:
        key = (check.reference, check.corpus)
        if key in references or check.reference not in versions:
            continue
        source = usual_source(load_engine(check.reference), PREFERRED_SOURCES)
        own = Check(check.corpus, check.reference, source, "auto", 1, check.reference)
        references[key] = None
        try:
            references[key] = reading(own, corpora[check.corpus], versions, store, take)
        except Missing:
            pass
        except FAILURES as error:
            found(failed_line(own, corpora[check.corpus], None, f"no reference: {error}"))

    def one(check: Check) -> Line | None:
        reference = references.get((check.reference, check.corpus))
        if reference is None:
            return None
        corpus = corpora[check.corpus]
        try:
            answer = reading(check, corpus, versions, store, take)
        except Missing:
            return None
        except FAILURES as error:
            return failed_line(check, corpus, reference["digest"], str(error))
        return line_for(check, corpus, answer, reference)

    with ThreadPoolExecutor(max_workers=max(1, at_once)) as pool:
        for line in pool.map(one, present):
            if line is not None:
                found(line)
    return lines
