"""Turns what a reader does into plain data, so that two readers can be compared and told apart.

`run` walks a reader to its end and describes each `next`: the record in every form it has, or the
exception, the chunk and the notes. `explain` shows where two such descriptions part. Nothing here
knows which library it looks at; a class counts by its name.
"""

import difflib
import hashlib
import io
import logging
import pprint
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

TEXT_PROPERTIES = (
    *("title", "issn_title", "isbn", "issn", "issnl", "sudoc"),
    *("author", "uniformtitle", "publisher", "pubyear"),
)
FIELD_PROPERTIES = (
    *("series", "subjects", "addedentries"),
    *("location", "physicaldescription", "notes"),
)
# A reader that neither ends nor advances must fail a test, not hang it.
MOST_STEPS_AFTER_END = 3


class Step(NamedTuple):
    """What one `next` did. `said` is what came out on stderr, logging and warnings, in order."""

    outcome: str  # "record" | "none" | "stop" | "raised"
    record: dict[str, Any] | None
    exception: tuple[Any, ...] | None
    chunk: bytes | None
    said: tuple[tuple[str, str], ...]


class _Stderr(io.TextIOBase):
    """A standard error that puts what is written in line with the other channels."""

    def __init__(self, said: list[tuple[str, str]]) -> None:
        self.said = said

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        # How a note is cut into writes is nobody's business.
        if self.said and self.said[-1][0] == "stderr" and not self.said[-1][1].endswith("\n"):
            self.said[-1] = ("stderr", self.said[-1][1] + text)
        elif text:
            self.said.append(("stderr", text))
        return len(text)


class _Log(logging.Handler):
    def __init__(self, said: list[tuple[str, str]]) -> None:
        super().__init__()
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        level = "" if record.levelno == logging.WARNING else f"{record.levelname} "
        self.said.append(("log", level + record.getMessage()))


@contextmanager
def listening() -> Iterator[list[tuple[str, str]]]:
    """Collects, in order, what is said on standard error, on the logger and as warnings."""
    said: list[tuple[str, str]] = []
    handler = _Log(said)
    logger = logging.getLogger("pymarc")
    before = sys.stderr, logger.propagate, logger.level

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        said.append(("warning", f"{category.__name__}: {message}"))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # Files of an earlier test may be found unclosed at any time; that is not said of a record.
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        sys.stderr = _Stderr(said)  # type: ignore[assignment]
        try:
            yield said
        finally:
            sys.stderr, logger.propagate, logger.level = before
            logger.removeHandler(handler)


def run(reader: Iterable[Any]) -> list[Step]:
    """Every step of `reader` up to and including the one that stops it."""
    steps = []
    with listening() as said:
        while True:
            steps.append(step(reader, said))
            if steps[-1].outcome == "stop":
                return steps
            if [each.outcome for each in steps[-MOST_STEPS_AFTER_END:]] == [
                "raised"
            ] * MOST_STEPS_AFTER_END:
                return steps


def step(reader: Any, said: list[tuple[str, str]]) -> Step:
    """What the next `next` does; `said` must be the list of an enclosing `listening`."""
    said.clear()
    try:
        record = next(reader)
    except StopIteration:
        outcome, record, raised = "stop", None, None
    except Exception as exception:
        outcome, record, raised = "raised", None, exception
    else:
        outcome, raised = ("none" if record is None else "record"), None
    heard = tuple(said)
    exception = raised if raised is not None else reader.current_exception
    return Step(
        outcome,
        None if record is None else describe(record),
        None if exception is None else describe_exception(exception),
        reader.current_chunk,
        heard,
    )


def describe_exception(exception: BaseException) -> tuple[Any, ...]:
    """Name, text, arguments and the names of the bases of an exception."""
    bases = [base.__name__ for base in type(exception).__mro__]
    return bases[0], str(exception), exception.args, tuple(bases[1:])


def attempt(call: Any, *arguments: Any, **keywords: Any) -> Any:
    """The result of a call, or its exception as plain data: both must be the same on both sides."""
    try:
        return call(*arguments, **keywords)
    except Exception as exception:
        return ("raised", *describe_exception(exception)[:3])


def content(record: Any) -> tuple[str, tuple[Any, ...]]:
    """Leader and fields as the reference reader gives them."""
    return str(record.leader), tuple(field_content(field) for field in record.fields)


def field_content(field: Any) -> tuple[Any, ...]:
    """A field as the reference reader gives it."""
    if field.control_field:
        return field.tag, field.data
    first, second = field.indicators
    return field.tag, first, second, tuple((code, value) for code, value in field.subfields)


def describe(record: Any, encoded: bool = True) -> dict[str, Any]:
    """A record in every form it has. `encoded`: as_marc too, which may change the leader."""
    fields = list(record.fields)
    place = {id(field): index for index, field in enumerate(fields)}
    form: dict[str, Any] = {
        "class": type(record).__name__,
        "leader": str(record.leader),
        "fields": [describe_field(field) for field in fields],
        "to_unicode, force_utf8, pos": (record.to_unicode, record.force_utf8, record.pos),
        "str": attempt(record.__str__),
        "as_dict": attempt(record.as_dict),
        "iteration": [place.get(id(field), "a new object") for field in record],
    }
    for name in TEXT_PROPERTIES:
        form[name] = attempt(getattr, record, name)
    for name in FIELD_PROPERTIES:
        form[name] = [place.get(id(field), "a new object") for field in getattr(record, name)]
    if encoded:
        form["as_marc"] = attempt(record.as_marc)
        form["leader after as_marc"] = str(record.leader)
    return form


def describe_field(field: Any) -> dict[str, Any]:
    """A field in every form it has."""
    return {
        "class": type(field).__name__,
        "tag": field.tag,
        "control_field": (field.control_field, field.is_control_field()),
        "data": field.data,
        "indicators": None if field.indicators is None else tuple(field.indicators),
        "indicator1, indicator2": (field.indicator1, field.indicator2),
        "subfields": [(subfield.code, subfield.value) for subfield in field.subfields],
        "value": attempt(field.value),
        "format_field": attempt(field.format_field),
        "linkage": attempt(field.linkage_occurrence_num),
    }


def digest(one: Step) -> bytes:
    """A short stand-in for a step, for files too large to keep two descriptions of."""
    return hashlib.blake2b(repr(one).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def differences(expected: list[Step], actual: list[Step]) -> str:
    """Where two runs part, as a short text; empty if they do not."""
    for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
        if left != right:
            return f"step {index}:\n{explain(left, right)}"
    if len(expected) != len(actual):
        return f"{len(expected)} steps expected, {len(actual)} came"
    return ""


def explain(expected: Any, actual: Any, limit: int = 40) -> str:
    """The lines in which two values differ, at most `limit` of them."""
    texts = _lines(expected), _lines(actual)
    lines = list(difflib.unified_diff(*texts, "expected", "actual", lineterm="", n=1))
    if lines and len(lines) > limit:
        lines = [*lines[:limit], f"... {len(lines) - limit} more lines"]
    return "\n".join(lines) or f"equal in print, but {type(expected)} and {type(actual)}"


def _lines(value: Any) -> list[str]:
    if isinstance(value, Step):
        value = value._asdict()
    text = pprint.pformat(value, width=100, sort_dicts=False)
    return [line if len(line) <= 300 else f"{line[:300]}..." for line in text.splitlines()]


def assert_same(expected: list[Step], actual: list[Step], where: str = "") -> None:
    """Fails with a short diff unless two runs are the same, step by step."""
    found = differences(expected, actual)
    assert not found, f"{where}\n{found}"
