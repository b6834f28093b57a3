"""How columns and conditions are written on the command line."""

from __future__ import annotations

import re
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import click

from rapidmarc import columns as made
from rapidmarc.exceptions import PathError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rapidmarc.columns import Column, Condition

_KINDS: dict[str, Callable[[str], Column | Condition]] = {
    "text": made.text,
    "every": made.every,
    "count": made.count,
    "exists": made.exists,
    "integer": made.integer,
}
_CONDITIONS: dict[str, Callable[[str, str], Condition]] = {
    "=": made.equals,
    "^=": made.starts_with,
    "~=": made.matches,
}
_CONDITION = re.compile(r"(!?)(.+?)(?:(\^=|~=|=)(.*))?", re.DOTALL)


def columns_of(words: tuple[str, ...]) -> dict[str, Column | Condition]:
    """The columns that ``NAME=[KIND:]PATH`` stand for; without a name it is the path.

    Raises click.UsageError.
    """
    found: dict[str, Column | Condition] = {}
    for word in words:
        name, separator, what = word.partition("=")
        if not separator:
            what = name
        kind, separator, path = what.partition(":")
        if not separator or kind not in _KINDS:
            kind, path = "text", what
        if name in found:
            raise click.UsageError(f"there are two columns {name}")
        try:
            found[name] = _KINDS[kind](path)
        except PathError as error:
            raise click.UsageError(f"column {name}: {error}") from error
    return found


def condition_of(words: tuple[str, ...]) -> Condition | None:
    """What has to hold for all of ``PATH``, ``PATH=TEXT``, ``PATH^=START``, ``PATH~=REGEX``, each
    turned round by a ``!`` before it; None if nothing has.

    Raises click.UsageError.
    """
    return reduce(and_, [_condition(word) for word in words]) if words else None


def _condition(word: str) -> Condition:
    parts = _CONDITION.fullmatch(word)
    if parts is None:
        raise click.UsageError("a condition has a path")
    turned, path, sign, text = parts.groups()
    try:
        found = made.exists(path) if sign is None else _CONDITIONS[sign](path, text)
    except ValueError as error:
        raise click.UsageError(f"condition {word}: {error}") from error
    return ~found if turned else found
