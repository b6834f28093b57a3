"""`rapidmarc head` and `rapidmarc show`: records for people to read."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING

import click

from rapidmarc import Subfield
from rapidmarc.cli import reading
from rapidmarc.exceptions import control_number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from rapidmarc import Field, Record

_STYLE = click.option(
    "--style",
    type=click.Choice(["marcmaker", "table"]),
    default="marcmaker",
    show_default=True,
    help="Lines as MARCMaker has them, or a table for each record.",
)
_COLOUR = click.option(
    "--colour/--no-colour",
    "--color/--no-color",
    default=None,
    help="Colours, which a terminal gets unless NO_COLOR is set.",
)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-n", "--records", type=click.IntRange(min=0), default=10, show_default=True)
@_STYLE
@_COLOUR
def head(files: tuple[str, ...], records: int, style: str, colour: bool | None) -> int:
    """Show the first records of each FILE."""
    problems = reading.Problems()
    show_records(
        (
            record
            for name in reading.inputs(files)
            for record in islice(reading.records_of(name, problems), records)
        ),
        style,
        colour,
    )
    return problems.exit_code


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-r", "--record", "indexes", type=int, multiple=True, help="Its number, from 0.")
@click.option("-i", "--id", "ids", multiple=True, metavar="TEXT", help="Its field 001.")
@_STYLE
@_COLOUR
def show(
    files: tuple[str, ...],
    indexes: tuple[int, ...],
    ids: tuple[str, ...],
    style: str,
    colour: bool | None,
) -> int:
    """Show the records of each FILE: all, or those asked for."""
    problems = reading.Problems()
    show_records(_wanted(files, indexes, ids, problems), style, colour)
    return problems.exit_code


def _wanted(
    files: tuple[str, ...],
    indexes: tuple[int, ...],
    ids: tuple[str, ...],
    problems: reading.Problems,
) -> Iterable[Record]:
    for name in reading.inputs(files):
        for number, record in enumerate(reading.records_of(name, problems)):
            index = number if record.index is None else record.index
            if (
                (not indexes and not ids)
                or index in indexes
                or (ids and control_number(record) in ids)
            ):
                yield record
            elif not ids and index >= max(indexes):
                break


def control_number(record: Record) -> str | None:
    """Content of field 001, without blanks round it."""
    number = control_number_of(record)
    return None if number is None else number.strip()


def show_records(records: Iterable[Record], style: str, colour: bool | None) -> None:
    """Print records, with an empty line between two."""
    if style == "marcmaker" and not (sys.stdout.isatty() if colour is None else colour):
        for number, record in enumerate(records):
            sys.stdout.write(f"\n{record}" if number else str(record))
        return
    from rich.console import Console

    console = Console(
        soft_wrap=True,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=colour,
        no_color=True if colour is False else None,
    )
    for number, record in enumerate(records):
        if number:
            console.print()
        if style == "table":
            _print_table(console, record)
        else:
            console.print(_line("LDR", str(record.leader)))
            for field in record:
                console.print(_coloured(field))


def _line(tag: str, text: str = "") -> Text:
    from rich.text import Text

    return Text.assemble(("=", "dim"), (tag, "bold cyan"), "  ", text)


def _coloured(field: Field) -> Text:
    """A field's line in MARCMaker, its parts told apart by colour."""
    if field.control_field:
        return _line(field.tag, (field.data or "").replace(" ", "\\"))
    line = _line(field.tag)
    line.append("".join(field.indicators or ()).replace(" ", "\\"), "magenta")
    for subfield in field:
        line.append(f"${subfield.code}", "bold yellow")
        line.append(subfield.value)
    return line


def _print_table(console: Console, record: Record) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    where = [f"record {record.index}"] if record.index is not None else []
    number = control_number(record)
    if number:
        where.append(f"001 {number}")
    table = Table(title=Text(", ".join(where)), box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("tag", style="bold cyan")
    table.add_column("ind", style="magenta")
    table.add_column("$", style="bold yellow")
    table.add_column("text", overflow="fold")
    table.add_row("LDR", "", "", Text(str(record.leader)))
    for field in record:
        if field.control_field:
            table.add_row(field.tag, "", "", Text(field.data or ""))
            continue
        tag, indicators = field.tag, "".join(field.indicators or ()).replace(" ", "_")
        for code, value in field.subfields or [Subfield("", "")]:
            table.add_row(tag, indicators, Text(code), Text(value))
            tag = indicators = ""
    console.print(table, soft_wrap=False)
