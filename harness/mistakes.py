"""Checks of single values in a scenario file. What is wrong is told with its file, line and key,
and with what was probably meant."""

from __future__ import annotations

import difflib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Checks", "ScenarioError", "line_of", "lines_of", "nearest", "tomllib"]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([\w-]+)\s*=")


class ScenarioError(Exception):
    """A scenario file says something that cannot be meant: where, and what was probably meant."""

    def __init__(self, file: str, key: str, problem: str, line: int | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {key}: {problem}")
        self.file = file
        self.line = line
        self.key = key


def nearest(word: object, valid: Iterable[object]) -> str:
    """`unknown 'x', nearest is 'y'`, or the list of what is valid when nothing is near."""
    words = [str(v) for v in valid]
    close = difflib.get_close_matches(str(word), words, n=1, cutoff=0.5)
    if close:
        return f"unknown {word!r}; the nearest valid word is {close[0]!r}"
    return f"unknown {word!r}; valid are {', '.join(words)}"


def lines_of(text: str) -> dict[str, int]:
    """Every table and key of a file, spelled as in the messages (`comparison[0].cells[1].engine`),
    with the number of its line. An inline table stands at the line of its key."""
    found: dict[str, int] = {}
    count: Counter[str] = Counter()
    table = ""
    inside = False  # a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header is not None:
                table = _spelled(header[2], count, array=header[1] == "[[")
                found.setdefault(table, number)
            elif key is not None:
                found.setdefault(f"{table}.{key[1]}".lstrip("."), number)
        inside ^= line.count('"""') % 2 == 1
    return found


def _spelled(name: str, count: Counter[str], *, array: bool) -> str:
    """`comparison.cells` as the next of its array, inside the present one of the array above."""
    spelled = ""
    parts = name.split(".")
    for depth, part in enumerate(parts, 1):
        spelled = f"{spelled}.{part}".lstrip(".")
        if array and depth == len(parts):
            count[spelled] += 1
        if count[spelled]:
            spelled = f"{spelled}[{count[spelled] - 1}]"
    return spelled


def _around(key: str) -> Iterator[str]:
    """The tables around a key, the nearest first: `comparison[0].cells[1]`, `comparison[0]`."""
    while "." in key:
        key = key.rpartition(".")[0]
        yield key


def line_of(lines: dict[str, int], key: str) -> int | None:
    """The line of a key, of the table above from which it comes, or else of the table around it."""
    name = key.rpartition(".")[2]
    above = [f"{table}.{name}" for table in _around(key)]
    for candidate in (key, f"{key}[0]", *above, f"defaults.{name}", *_around(key)):
        if candidate in lines:
            return lines[candidate]
    return None


class Checks:
    """What every check of one file needs: its name for messages, and its lines."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = lines_of(text)

    def fail(self, key: str, problem: str) -> ScenarioError:
        return ScenarioError(self.file, key, problem, line_of(self.lines, key))

    def parsed(self, text: str) -> dict[str, Any]:
        """The file as tables; the parser's own message names line and column."""
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise self.fail("TOML", str(error)) from None

    def keys(self, table: object, valid: Iterable[str], where: str) -> Mapping[str, Any]:
        if not isinstance(table, Mapping):
            raise self.fail(where, "must be a table")
        valid = tuple(valid)
        for key in table:
            if key not in valid:
                raise self.fail(f"{where}.{key}" if where else key, nearest(key, valid))
        return table

    def tables(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(where, f"must be written as [[{where}]]")
        return value

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{where}.{key}".lstrip("."), "a text is needed here")
        return value.strip()

    def number(self, value: object, where: str, least: int = 1) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.fail(where, f"{value!r} is not a whole number of at least {least}")
        return value

    def numbers(self, value: object, where: str) -> tuple[int, ...]:
        """One or a list, and no word that stands for a number."""
        return tuple(self.number(each, where) for each in self.listed(value, where))

    def ratio(self, value: object, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise self.fail(where, f"{value!r} is not a number above 0")
        return float(value)

    def listed(self, value: object, where: str) -> tuple[Any, ...]:
        values = tuple(value) if isinstance(value, list) else (value,)
        if not values:
            raise self.fail(where, "an empty list leaves the matrix empty")
        return values

    def word(self, value: object, valid: Iterable[str], where: str) -> str:
        valid = tuple(valid)
        if value not in valid:
            raise self.fail(where, nearest(value, valid))
        return str(value)
