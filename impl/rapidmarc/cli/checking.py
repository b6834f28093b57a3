"""`rapidmarc validate` and `audit`: what is wrong with a file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from rapidmarc import audit as audit_records
from rapidmarc import validate as validate_records
from rapidmarc._byte_inputs import Input
from rapidmarc._formats import format_of
from rapidmarc.cli import exits, reading


def _target(name: str) -> tuple[Any, Input]:
    found = Input(name)
    format = format_of(found.head)
    if format != "marc":
        found.close()
        raise click.UsageError(f"{name} is {format}; what is checked is ISO 2709")
    return found.path or found.take_file()[0], found


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--most", type=click.IntRange(min=1), help="Stop after so many findings in a FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each finding.")
def validate(files: tuple[str, ...], most: int | None, as_json: bool) -> int:
    """Check records against the structural rules of MARC 21.

    Each finding tells the record, the byte, the field, and what is wrong.
    """
    found = 0
    for name in reading.inputs(files):
        target, source = _target(name)
        try:
            for number, finding in enumerate(validate_records(target)):
                if number == most:
                    break
                found += 1
                if as_json:
                    print(json.dumps({"file": name, **asdict(finding)}, ensure_ascii=False))
                else:
                    print(f"{name}: {finding.located}")
        finally:
            source.close()
    return exits.BROKEN if found else exits.FINE


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--examples", type=click.IntRange(min=0), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each FILE.")
def audit(files: tuple[str, ...], examples: int, as_json: bool) -> int:
    """Count the records whose leader lies about their encoding."""
    code = exits.FINE
    for name in reading.inputs(files):
        target, source = _target(name)
        try:
            report = audit_records(target, examples=examples)
        finally:
            source.close()
        if report.lies or report.errors:
            code = exits.BROKEN
        if as_json:
            facts = asdict(report)
            facts["lies"] = [
                {"claimed": claimed, "found": found, "records": count}
                for (claimed, found), count in report.lies.items()
            ]
            print(json.dumps({"file": name, **facts}, ensure_ascii=False))
            continue
        print(f"{name}: {report.records:,} records")
        for encoding, count in sorted(report.encodings.items()):
            print(f"  in {encoding}: {count:,}")
        for (claimed, found), count in sorted(report.lies.items()):
            print(f"  claim to be in {claimed}, and are in {found}: {count:,}")
        for lie in report.examples:
            number = "" if lie.control_number is None else f" (001 {lie.control_number.strip()})"
            print(f"    record {lie.index:,}{number}, byte {lie.offset:,}: {lie.found}")
        for kind, count in sorted(report.errors.items()):
            print(f"  cannot be read ({kind}): {count:,}")
        sys.stdout.flush()
    return code
