"""What the commands have in common that write records."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from rapidmarc import MARCReader
from rapidmarc.cli import reading
from rapidmarc.cli.progress import Progress
from rapidmarc.conversion import RecordsOut, Target, named_format
from rapidmarc.exceptions import point_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rapidmarc import Record

FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True)
OUTPUT = click.option(
    "-o", "--output", default="-", metavar="FILE", help="Where to; standard output if not said."
)
REJECTS = click.option(
    "--rejects", metavar="FILE", help="Gets the bytes of records that could not be read."
)


def open_target(output: str, compression: str | None = None) -> Target:
    """The file to write to."""
    target: Any = sys.stdout.buffer if output == "-" else output
    if output == "-":
        sys.stdout.flush()
    return Target(target, compression)


def format_for(
    output: str, to: str | None, default: str | None, formats: tuple[str, ...]
) -> tuple[str, str | None]:
    """What is to be written, one of `formats`, and how it is to be compressed; `default` is for
    names that say no format. A usage error if nothing says it, or something else."""
    named, compression = named_format(output)
    kind = to or named or default
    if kind is None:
        raise click.UsageError("the name does not tell the format of the target: say it with --to")
    if kind not in formats:
        raise click.UsageError(f"{output}: what is written is {' or '.join(formats)}, not {kind}")
    if kind == "parquet" and compression is not None:
        raise click.UsageError(f"{output}: a Parquet file is compressed inside, not as a whole")
    return kind, compression


def write_all(
    files: tuple[str, ...],
    out: RecordsOut,
    problems: reading.Problems,
    rejects: str | None = None,
    raw: bool = False,
    keep: Callable[[Record], bool] | None = None,
    on_error: str = "raise",
) -> Iterator[int]:
    """Write the records of the files for which `keep` holds, as they stand in them if `raw` and
    they are ISO 2709. Yields the number written, after each."""
    options: dict[str, Any] = {"on_error": on_error}
    names = reading.inputs(files)
    with Progress(names) as progress, ExitStack() as stack:
        if rejects is not None:
            options["rejects"] = _rejects(rejects, names, stack)
        for name in names:
            with reading.open_reader(name, **options) as reader:
                records = progress.through(reader, reading.go_through(reader, name, problems))
                chunks = reader if raw and isinstance(reader, MARCReader) else None
                for record in records:
                    if keep is not None and not keep(record):
                        continue
                    for error in record.errors:
                        problems.tell(name, error)
                    if chunks is None:
                        write_one(record, out, name, problems)
                    elif chunk := chunks.current_chunk:
                        out.write_bytes(chunk)
                    else:
                        raise RuntimeError(f"{name}: record {record.index} came without its bytes")
                    yield out.records


def write_one(record: Record, out: RecordsOut, name: str, problems: reading.Problems) -> bool:
    """Write a record of the file `name`; if the format cannot hold it, tell of it: False then."""
    try:
        out.write(record)
    except (ValueError, OverflowError) as error:
        point_at(error, record)
        problems.tell(name, error)
        return False
    return True


def _rejects(path: str, names: list[str], stack: ExitStack) -> Any:
    """What readers take for the option: of one file there are lines about each fault as well."""
    if len(names) == 1:
        return path
    if any(os.path.exists(name) and os.path.exists(path) and os.path.samefile(name, path)
           for name in names):  # fmt: skip
        raise click.UsageError(f"the rejects would overwrite the input, {path}")
    return stack.enter_context(open(path, "wb"))
