"""`rapidmarc split`, `merge` and `repair`: the same records in other files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from rapidmarc import MARCReader
from rapidmarc.cli import exits, reading
from rapidmarc.cli.progress import Progress
from rapidmarc.cli.writing import (
    FILES,
    OUTPUT,
    REJECTS,
    format_for,
    open_target,
    write_all,
    write_one,
)
from rapidmarc.conversion import RecordsOut, Target
from rapidmarc.exceptions import control_number_of
from rapidmarc.inputs import RECORD_FORMATS

if TYPE_CHECKING:
    from rapidmarc import Record


@click.command()
@FILES
@click.option(
    "-o",
    "--output",
    default="part-{:04}.mrc",
    show_default=True,
    metavar="PATTERN",
    help="Names of the parts; the number stands in place of {}.",
)
@click.option("-n", "--records", type=click.IntRange(min=1), help="Records in a part, at most.")
@click.option("-b", "--bytes", "size", type=click.IntRange(min=1), help="Bytes in a part, about.")
@click.option("--to", type=click.Choice(RECORD_FORMATS), help="Format of the parts.")
@REJECTS
def split(
    files: tuple[str, ...],
    output: str,
    records: int | None,
    size: int | None,
    to: str | None,
    rejects: str | None,
) -> int:
    """Cut the records of all FILEs into parts.

    Records of ISO 2709 stay as they are, byte by byte, unless another format is asked for.
    """
    if records is None and size is None:
        raise click.UsageError("say how large a part is to be, with -n or -b")
    try:
        distinct = output.format(1) != output.format(2)
    except (IndexError, KeyError, ValueError):
        distinct = False
    if not distinct:
        raise click.UsageError(f"the names of parts need a place for the number, {{}}: {output}")
    kind, compression = format_for(output.format(0), to, None, RECORD_FORMATS)
    problems = reading.Problems()
    parts = _Parts(output, kind, compression)
    try:
        for count in write_all(files, parts, problems, rejects, raw=kind == "marc"):
            if count == records or (size is not None and parts.size >= size):
                parts.end()
        parts.end()
    except BaseException:
        parts.abandon()
        raise
    return problems.exit_code


class _Parts(RecordsOut):
    """Goes on in a new file after each `end`."""

    def __init__(self, pattern: str, kind: str, compression: str | None) -> None:
        super().__init__(None, kind)
        self.size = 0  # bytes of the part's records
        self._pattern = pattern
        self._compression = compression
        self._number = 0
        self._target: Target | None = None

    def write_bytes(self, data: bytes) -> None:
        if self._target is None:
            self._begin()
        self.size += len(data)
        super().write_bytes(data)

    def _begin(self) -> None:
        self._target = Target(self._pattern.format(self._number), self._compression)
        self.begin(self._target.file)
        self.size = 0
        self._number += 1

    def end(self) -> None:
        """The part is complete."""
        if self._target is not None:
            self.finish()
            target, self._target = self._target, None
            target.__exit__(None, None, None)

    def abandon(self) -> None:
        """The part will not be complete: it is removed."""
        if self._target is not None:
            self._target.__exit__(BaseException, None, None)
            self._target = None


@click.command()
@FILES
@OUTPUT
@click.option("--to", type=click.Choice(RECORD_FORMATS), help="Its format.")
@click.option("--unique", is_flag=True, help="Of records with the same 001 only the first.")
@REJECTS
def merge(
    files: tuple[str, ...], output: str, to: str | None, unique: bool, rejects: str | None
) -> int:
    """Put the records of all FILEs into one, in the order of the FILEs.

    Records of ISO 2709 stay as they are, byte by byte, unless another format is asked for.
    """
    kind, compression = format_for(output, to, "marc", RECORD_FORMATS)
    problems = reading.Problems()
    with open_target(output, compression) as target:
        out = RecordsOut(target.file, kind)
        keep = _First() if unique else None
        for _ in write_all(files, out, problems, rejects, raw=kind == "marc", keep=keep):
            pass
        out.finish()
    return problems.exit_code


class _First:
    """Whether a record is the first with its 001, or has none."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, record: Record) -> bool:
        number = control_number_of(record)
        if not number:
            return True
        is_first = number not in self._seen
        self._seen.add(number)
        return is_first


@click.command()
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to.")
@REJECTS
def repair(file: str, output: str, rejects: str | None) -> int:
    """Write what can be read of FILE, broken records included, to a new file of ISO 2709.

    Of a broken record the fields that can be told are kept. What belongs to no record, and records
    without a field that can be told, are lost: their bytes go to the rejects (OUTPUT.rejects if
    nothing else is said), and a line about each to a file with .jsonl behind that name. A record
    that ISO 2709 cannot hold once it is read is lost as well, and told of.
    """
    if output == "-" and rejects is None:
        raise click.UsageError("say where the rejects are to go, with --rejects")
    _, compression = format_for(output, None, "marc", ("marc",))
    problems = reading.Problems()
    saved = unwritten = 0
    bad = rejects or f"{output}.rejects"
    with (
        reading.open_reader(file, on_error="salvage", rejects=bad) as reader,
        Progress([file]) as progress,
        open_target(output, compression) as target,
    ):
        out = RecordsOut(target.file, "marc")
        for record in progress.through(reader, reading.go_through(reader, file, problems)):
            for error in record.errors:
                problems.tell(file, error)
            if write_one(record, out, file, problems):
                saved += bool(record.errors)
            else:
                unwritten += 1
        out.finish()
        rejected = reader.stats["records_rejected"] if isinstance(reader, MARCReader) else 0
    if not rejected and rejects is None:
        for path in (bad, f"{bad}.jsonl"):
            os.unlink(path)
    lost = rejected + unwritten
    whole = out.records - saved
    print(
        f"rapidmarc: {whole:,} records were whole, {saved:,} were repaired, {lost:,} were lost",
        file=sys.stderr,
    )
    return exits.BROKEN if lost else exits.FINE
