"""Lets readers read files with one fault between good records, and counts the good ones they give.

Nothing is timed and nothing is judged: readers differ in what they promise for broken files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from harness.corpora.broken import FAULTS, GOOD, file_of
from harness.engines import load_engine, usual_source
from harness.engines.protocol import Answer, Job, Missing, NumbersEngine, ProgramEngine
from harness.model import Broken
from harness.processes import run_worker
from harness.results import Line
from harness.verify import FAILURES

TIME_LIMIT_S = 60.0


def look(
    wanted: Iterable[Broken],
    versions: Mapping[str, str],
    *,
    take: Callable[[Job, float], Answer] = run_worker,
    at_once: int = 1,
    note: Callable[[Line], None] = lambda line: None,
) -> list[Line]:
    """A line for each engine and fault. Engines without a version here are left out."""
    engines = dict.fromkeys(engine for each in wanted for engine in each.engines)
    pairs = [(engine, fault) for engine in engines if engine in versions for fault in FAULTS]
    lines = []
    with ThreadPoolExecutor(max_workers=max(1, at_once)) as pool:
        for line in pool.map(lambda pair: _line(pair[0], pair[1], take), pairs):
            lines.append(line)
            note(line)
    return lines


def _line(name: str, fault: str, take: Callable[[Job, float], Answer]) -> Line:
    numbers, ended = _numbers(name, str(file_of(fault)), take)
    return {
        "kind": "broken",
        "engine": name,
        "fault": fault,
        "good": len(GOOD),
        "delivered": sum(number in numbers for number in GOOD),
        "others": sum(number not in GOOD for number in numbers),
        "ended": ended,
    }


def _numbers(
    name: str, file: str, take: Callable[[Job, float], Answer]
) -> tuple[list[str], str | None]:
    """The 001 of each record that the engine gives, and what ended the reading before its end."""
    engine = load_engine(name)
    try:
        if isinstance(engine, ProgramEngine):
            if not isinstance(engine, NumbersEngine):
                raise TypeError(f"{name} does not tell which records it read")
            return engine.numbers(file), None
        source = usual_source(engine, ("path", "open", "bytes"))
        job: Job = {
            "mode": "numbers", "engine": name, "source": source, "file": file, "threads": 1,
            "threads_kind": "readers", "batch_size": "auto",
        }  # fmt: skip
        answer = take(job, TIME_LIMIT_S)
        return list(answer["numbers"]), answer["ended"]
    except (Missing, *FAILURES) as error:
        return [], str(error)
