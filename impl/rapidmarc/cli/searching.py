"""`rapidmarc grep`: the fields, or the records, in which something is found."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from rapidmarc.cli import exits, reading
from rapidmarc.cli.progress import Progress
from rapidmarc.cli.showing import control_number
from rapidmarc.cli.writing import open_target, write_one
from rapidmarc.conversion import RecordsOut
from rapidmarc.inputs import RECORD_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rapidmarc import Field, Record


@click.command()
@click.argument("pattern")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-t", "--tag", "tags", multiple=True, metavar="TAG", help="Look there only; . is any character."
)
@click.option("-s", "--subfield", "codes", metavar="CODES", help="Look in these only.")
@click.option("-i", "--ignore-case", is_flag=True)
@click.option("-F", "--fixed", is_flag=True, help="PATTERN is text, no regular expression.")
@click.option("-v", "--invert", is_flag=True, help="Records in which it is not found.")
@click.option("-c", "--count", "only_count", is_flag=True, help="Print the number of records only.")
@click.option(
    "--to", type=click.Choice(RECORD_FORMATS), help="Write the records whole, in this format."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each field found.")
def grep(
    pattern: str,
    files: tuple[str, ...],
    tags: tuple[str, ...],
    codes: str | None,
    ignore_case: bool,
    fixed: bool,
    invert: bool,
    only_count: bool,
    to: str | None,
    as_json: bool,
) -> int:
    """Find PATTERN, a regular expression of Python's, in the values of the records.

    Prints the fields in which it is found behind file, number and 001 of the record. A value is a
    control field's data or a subfield's text.
    """
    if invert and not (to or only_count):
        raise click.UsageError("what is not found has no line: say --to FORMAT or --count as well")
    try:
        looked_for = re.compile(
            re.escape(pattern) if fixed else pattern, re.IGNORECASE if ignore_case else 0
        )
    except re.error as error:
        raise click.UsageError(f"{pattern}: {error}") from error
    find = _Finder(looked_for, tags, codes)
    problems = reading.Problems()
    names = reading.inputs(files)
    count = 0
    with open_target("-") as target, Progress(names) as progress:
        out = RecordsOut(target.file, to) if to and not only_count else None
        for name in names:
            for record in reading.records_of(name, problems, progress):
                fields = find.in_record(record)
                if (next(fields, None) is None) != invert:
                    continue
                count += 1
                if out is not None:
                    write_one(record, out, name, problems)
                elif not only_count:
                    _print(name, record, find.in_record(record), as_json)
        if out is not None:
            out.finish()
    if only_count:
        print(count)
    return problems.exit_code or (exits.FINE if count else exits.BROKEN)


class _Finder:
    def __init__(self, pattern: re.Pattern[str], tags: tuple[str, ...], codes: str | None) -> None:
        self._search = pattern.search
        self._codes = codes
        self._tags = re.compile("|".join(re.escape(tag).replace(r"\.", ".") for tag in tags))
        self._all_tags = not tags

    def in_record(self, record: Record) -> Iterator[Field]:
        """The fields in which it is found."""
        for field in record:
            if not (self._all_tags or self._tags.fullmatch(field.tag)):
                continue
            if field.control_field:
                if self._codes is None and self._search(field.data or ""):
                    yield field
            elif any(
                self._search(value)
                for code, value in field.subfields
                if self._codes is None or code in self._codes
            ):
                yield field


def _print(name: str, record: Record, fields: Iterator[Field], as_json: bool) -> None:
    number = control_number(record)
    for field in fields:
        if as_json:
            facts: dict[str, Any] = {
                "file": name, "index": record.index, "001": number, "tag": field.tag,
                "text": str(field),
            }  # fmt: skip
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        else:
            sys.stdout.write(f"{name}:{record.index}:{number or ''}: {field}\n")
