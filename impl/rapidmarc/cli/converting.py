"""`rapidmarc convert` and `select`: records in other formats, and as tables."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from rapidmarc.cli import exits, reading
from rapidmarc.cli.columns import columns_of, condition_of
from rapidmarc.cli.writing import FILES, OUTPUT, REJECTS, format_for, open_target, write_all
from rapidmarc.conversion import TARGET_FORMATS, RecordsOut
from rapidmarc.exceptions import locate
from rapidmarc.inputs import RECORD_FORMATS

_COLUMNS = click.option(
    "-c",
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=[KIND:]PATH",
    help="A column; KIND is text, every, count, exists or integer.",
)
_WHERE = click.option(
    "-w",
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="PATH (is there), PATH=TEXT, PATH^=START or PATH~=REGEX; ! before it turns it round.",
)


@click.command()
@FILES
@OUTPUT
@click.option("--to", type=click.Choice(TARGET_FORMATS), help="Its format, if its name says none.")
@click.option("--salvage", is_flag=True, help="Keep what can be told of records that are broken.")
@REJECTS
@_COLUMNS
@_WHERE
def convert(
    files: tuple[str, ...],
    output: str,
    to: str | None,
    salvage: bool,
    rejects: str | None,
    columns: tuple[str, ...],
    where: tuple[str, ...],
) -> int:
    """Write the records of all FILEs to one file, in another format.

    The suffix of its name tells the format, and a further .gz, .xz, .bz2 or .zst the compression.
    Parquet and CSV need columns (see select).
    """
    kind, compression = format_for(output, to, None, TARGET_FORMATS)
    if kind not in RECORD_FORMATS:
        if rejects is not None or salvage:
            raise click.UsageError("tables have no rejects, and nothing is salvaged for them")
        return _select(files, output, kind, compression, columns, where)
    if columns or where:
        raise click.UsageError("columns and conditions are for Parquet and CSV")
    problems = reading.Problems()
    on_error = "salvage" if salvage else "raise"
    with open_target(output, compression) as target:
        out = RecordsOut(target.file, kind)
        for _ in write_all(files, out, problems, rejects, on_error=on_error):
            pass
        out.finish()
    return problems.exit_code


@click.command()
@FILES
@OUTPUT
@click.option(
    "--to",
    type=click.Choice(["csv", "jsonl", "parquet", "table"]),
    help="Its format: csv if nothing says it, a table on a terminal.",
)
@_COLUMNS
@_WHERE
def select(
    files: tuple[str, ...],
    output: str,
    to: str | None,
    columns: tuple[str, ...],
    where: tuple[str, ...],
) -> int:
    """Write fields of the records as a table, a row for each record.

    \b
    rapidmarc select books.mrc -c id=001 -c title='245$a' -c isbns=every:'020$a' -w '008/35-37=ger'
    """
    default = "table" if output == "-" and sys.stdout.isatty() else "csv"
    kind, compression = format_for(output, to, default, ("csv", "jsonl", "parquet", "table"))
    return _select(files, output, kind, compression, columns, where)


def _select(
    files: tuple[str, ...],
    output: str,
    kind: str,
    compression: str | None,
    columns: tuple[str, ...],
    where: tuple[str, ...],
) -> int:
    if not columns:
        raise click.UsageError("say what columns there are to be, with -c")
    wanted, condition = columns_of(columns), condition_of(where)
    names = reading.inputs(files)
    try:
        skipped = _write_rows(names, output, kind, compression, wanted, condition)
    except Exception as error:
        if not reading.is_fatal(error):
            raise
        raise click.ClickException(locate(error)) from error
    if skipped:
        print(f"rapidmarc: {skipped:,} records could not be read", file=sys.stderr)
    return exits.BROKEN if skipped else exits.FINE


def _write_rows(
    names: list[str],
    output: str,
    kind: str,
    compression: str | None,
    wanted: dict[str, Any],
    condition: Any,
) -> int:
    """Write a table; the number of records that have no row in it, since they are bad."""
    from rapidmarc import _tables

    if kind in ("csv", "parquet"):
        with open_target(output, compression) as target:
            done = _tables.write_table(names, target.file, kind, wanted, condition, None, "skip")
        return sum(done.errors.values())
    skipped = 0
    rows: list[dict[str, Any]] = []
    with open_target(output, compression) as target:
        for found in _tables.selections(names, wanted, condition, None, "skip"):
            for batch in found.batches():
                if kind == "table":
                    rows += _tables.joined(batch).to_pylist()
                    continue
                lines = [json.dumps(row, ensure_ascii=False) for row in batch.to_pylist()]
                target.file.write("".join(f"{line}\n" for line in lines).encode())
            skipped += found.skipped
        if kind == "table":
            target.file.write(_table_of(list(wanted), rows).encode())
    return skipped


def _table_of(names: list[str], rows: list[dict[str, Any]]) -> str:
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in names))
    text = io.StringIO()
    console = Console(file=text, width=None if sys.stdout.isatty() else 120)
    console.print(table)
    return text.getvalue()
