"""`rapidmarc stats`: what is in a file."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from rapidmarc.cli import reading
from rapidmarc.cli.progress import Progress

if TYPE_CHECKING:
    from rapidmarc import Record


class _Statistics:
    def __init__(self) -> None:
        self.records = 0
        self.sizes: Counter[int] = Counter()
        self.encodings: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.records_with: Counter[str] = Counter()
        self.subfields: Counter[str] = Counter()

    def add(self, record: Record, with_subfields: bool) -> None:
        leader = str(record.leader)
        self.records += 1
        self.sizes[record.length or len(record.as_marc())] += 1
        self.encodings[record.encoding or ("utf-8" if leader[9:10] == "a" else "marc-8")] += 1
        self.kinds[leader[6:8]] += 1
        tags = [field.tag for field in record.fields]
        self.fields.update(tags)
        self.records_with.update({*tags})
        if with_subfields:
            self.subfields.update(
                f"{field.tag}${code}"
                for field in record.fields
                if not field.control_field
                for code, _ in field.subfields
            )

    def facts(self) -> dict[str, Any]:
        total = self.sizes.total()
        size = sum(size * count for size, count in self.sizes.items())
        return {
            "records": self.records,
            "bytes": {
                "all": size,
                "smallest": min(self.sizes, default=0),
                "mean": round(size / total) if total else 0,
                "largest": max(self.sizes, default=0),
            },
            "encodings": dict(sorted(self.encodings.items())),
            "types": dict(sorted(self.kinds.items())),
            "tags": {
                tag: {"fields": count, "records": self.records_with[tag]}
                for tag, count in sorted(self.fields.items())
            },
            "subfields": dict(sorted(self.subfields.items())),
        }


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--subfields", is_flag=True, help="Count subfields too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def stats(files: tuple[str, ...], subfields: bool, as_json: bool) -> int:
    """Count tags, subfields, sizes, encodings and types of all records of the FILEs."""
    problems = reading.Problems()
    found = _Statistics()
    names = reading.inputs(files)
    with Progress(names) as progress:
        for name in names:
            for record in reading.records_of(name, problems, progress, encoding="auto"):
                found.add(record, subfields)
    facts = found.facts()
    if as_json:
        print(json.dumps(facts))
        return problems.exit_code
    sizes = facts["bytes"]
    print(f"records    {facts['records']:,}")
    print(
        f"bytes      {sizes['all']:,} (smallest {sizes['smallest']:,}, mean {sizes['mean']:,},"
        f" largest {sizes['largest']:,})"
    )
    for title, name in (("encodings", "encodings"), ("leader 6-7", "types")):
        print(f"{title:10} " + ", ".join(f"{key} {count:,}" for key, count in facts[name].items()))
    print(f"\n{'tag':>5} {'records':>12} {'fields':>12}")
    for tag, counts in facts["tags"].items():
        print(f"{tag:>5} {counts['records']:>12,} {counts['fields']:>12,}")
    if subfields:
        print(f"\n{'':>5} {'subfields':>12}")
        for name, count in facts["subfields"].items():
            print(f"{name:>5} {count:>12,}")
    return problems.exit_code
