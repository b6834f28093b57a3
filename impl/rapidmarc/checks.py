"""What can be said about a file without changing it: how far its leaders can be believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rapidmarc._marcreader import MARCReader
from rapidmarc._marcreader import positive as _positive

if TYPE_CHECKING:
    from rapidmarc._core import _Source


@dataclass(frozen=True)
class Lie:
    """A record that is in another encoding than its leader claims."""

    index: int
    """Number of the record in the input, from 0."""
    offset: int
    """Byte of the input at which it starts."""
    control_number: str | None
    """Content of its field 001."""
    claimed: str
    """What position 9 of its leader says: "utf-8" or "marc-8"."""
    found: str
    """What its text seems to be: "utf-8", "marc-8" or "latin-1"."""


@dataclass
class Audit:
    """What `audit` found."""

    records: int = 0
    """Records that could be read."""
    encodings: dict[str, int] = field(default_factory=dict)
    """How many of them seem to be in each encoding; ASCII counts as what the leader claims."""
    lies: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many are in another than claimed, by what is claimed and what was found."""
    examples: list[Lie] = field(default_factory=list)
    """The first few of each kind, in the order of the file."""
    errors: dict[str, int] = field(default_factory=dict)
    """Records that could not be read, by the class of their exception."""


def audit(target: _Source, *, examples: int = 5) -> Audit:
    """Count the records of `target` (all that `MARCReader` takes) whose leader lies about their
    encoding, and keep the first `examples` of each kind.

    Raises what opening and reading `target` raises.

    >>> report = audit("books.mrc")
    >>> report.records, report.lies
    (1, {})
    """
    if examples != 0:
        _positive("examples", examples)
    report = Audit()
    reader = MARCReader(target, encoding="auto", on_error="skip", hide_utf8_warnings=True)
    with reader:
        for record in reader:
            if record is None or record.encoding is None:
                continue  # with these options it never is
            found = record.encoding
            claimed = "utf-8" if str(record.leader)[9] == "a" else "marc-8"
            report.records += 1
            report.encodings[found] = report.encodings.get(found, 0) + 1
            if found == claimed:
                continue
            told = report.lies.get((claimed, found), 0)
            report.lies[claimed, found] = told + 1
            if told < examples:
                number = record.get("001")
                report.examples.append(
                    Lie(
                        record.index or 0,
                        record.offset or 0,
                        None if number is None else number.data,
                        claimed,
                        found,
                    )
                )
        report.errors = reader.errors
    return report
