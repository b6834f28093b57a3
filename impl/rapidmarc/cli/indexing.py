"""`rapidmarc index`: where each record of a file lies."""

from __future__ import annotations

import json
import sys

import click

from rapidmarc import index as make_index
from rapidmarc._byte_inputs import Input
from rapidmarc._formats import format_of
from rapidmarc.cli import exits, reading
from rapidmarc.exceptions import StaleIndexError


def _check(name: str) -> None:
    """Refuse what no record can be read from in place."""
    found = Input(name)
    found.close()
    if found.path is None or format_of(found.head) != "marc":
        raise click.UsageError(f"{name} is no plain file of ISO 2709: it cannot have an index")


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Of a single FILE; .parquet makes it one of Parquet.  [default: FILE.index.arrow]",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each FILE.")
def index(files: tuple[str, ...], output: str | None, as_json: bool) -> int:
    """Store where each record of FILE lies, and under which control number.

    FILE is a file of ISO 2709 that is not compressed: records are read from it in place.
    """
    names = list(reading.inputs(files))
    if output is not None and len(names) > 1:
        raise click.UsageError("an index is of one FILE: several have theirs beside them")
    for name in names:
        _check(name)
        try:
            made = make_index(name, output)
        except StaleIndexError as error:  # somebody writes to it
            print(f"rapidmarc: {error}", file=sys.stderr)
            return exits.FILE
        if as_json:
            print(json.dumps({"file": name, "index": made.name, "records": len(made)}))
        else:
            print(f"{made.name}: {len(made)} records")
    return exits.FINE
