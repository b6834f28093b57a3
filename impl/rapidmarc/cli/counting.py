"""`rapidmarc count`, for everything that `rapidmarc._entry` does not count at once."""

from __future__ import annotations

import json

import click

from rapidmarc import MARCReader
from rapidmarc.cli import reading


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def count(files: tuple[str, ...], as_json: bool) -> int:
    """Count the records that can be read.

    Several files get a line each, and one for the sum. Records that cannot be read are told of on
    standard error, as reading them would do.
    """
    problems = reading.Problems()
    names = reading.inputs(files)
    counts = [(name, _count(name, problems)) for name in names]
    total = sum(records for _, records in counts)
    if as_json:
        each = [
            {"file": name, "records": records, "errors": problems.of(name)}
            for name, records in counts
        ]
        print(json.dumps({"records": total, "files": each}))
    elif len(names) == 1:
        print(total)
    else:
        width = len(str(total))
        for name, records in [*counts, ("in all", total)]:
            print(f"{records:{width}} {name}")
    return problems.exit_code


def _count(name: str, problems: reading.Problems) -> int:
    with reading.open_reader(name) as reader:
        if not isinstance(reader, MARCReader):
            return sum(1 for _ in reading.go_through(reader, name, problems))
        while True:
            try:
                reader._pass_over()
            except Exception as error:
                if problems.met(name, error):
                    continue
            return reader.stats["records"]
