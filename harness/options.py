"""Values that the command line takes: times, processors."""

from __future__ import annotations

import os
from typing import Any

import click

from harness import host
from harness.plan import parse_budget


class Budget(click.ParamType[float]):
    """`10m` and the like."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return parse_budget(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Cpus(click.ParamType[frozenset[int]]):
    """`0,2-3` and the like."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[int]:
        try:
            return host.parse_cpus(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def pin(
    ctx: click.Context, param: click.Parameter, value: frozenset[int] | None
) -> frozenset[int] | None:
    """Pin this process, and so all that it starts."""
    if value is not None:
        try:
            os.sched_setaffinity(0, value)
        except OSError as error:
            raise click.BadParameter(f"this host does not let us use them: {error}") from None
    return value
