"""What can be said about a file without changing it: whether its records keep the rules of MARC 21,
and how far their leaders can be believed about encodings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rapidmarc import _core
from rapidmarc._arguments import positive as _positive
from rapidmarc._marcreader import MARCReader
from rapidmarc._rules import breaches as _breaches
from rapidmarc.exceptions import control_number_of as _control_number_of
from rapidmarc.exceptions import locate as _locate

if TYPE_CHECKING:
    from collections.abc import Iterator

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
                report.examples.append(
                    Lie(
                        record.index or 0,
                        record.offset or 0,
                        _control_number_of(record),
                        claimed,
                        found,
                    )
                )
        report.errors = reader.errors
    return report


@dataclass(frozen=True)
class Finding:
    """Something about a record that is not as MARC 21 wants it."""

    record_index: int
    """Number of the record in the input, from 0."""
    byte_offset: int
    """Byte of the input at which it starts."""
    control_number: str | None
    """Content of its field 001."""
    tag: str | None
    """Tag of the field, if it is about one."""
    position: int
    """Byte of the record that it is about."""
    detail: str
    """What it is, in words."""

    @property
    def located(self) -> str:
        """Place and finding in one line."""
        return _locate(self)


def validate(target: _Source) -> Iterator[Finding]:
    """Check each record of `target` (all that `MARCReader` takes) against the structural rules of
    MARC 21: leader, directory, lengths of fixed fields, indicators, subfield codes, one 001.

    Records that cannot be read are findings too, along with whatever of them can be checked.
    Raises what opening and reading `target` raises.

    >>> record = Record(fields=[Field("245", ["1", "A"], [Subfield("a", "Title")])])
    >>> for finding in validate(record.as_marc()):
    ...     if finding.tag == "245":
    ...         print(finding.located)
    record 0, byte 0, tag 245: indicators are blanks, digits or lowercase letters, not '1A'
    """
    with MARCReader(target, on_error="raise", hide_utf8_warnings=True) as reader:
        index = 0
        while True:
            fault: Any = None
            try:
                next(reader)
            except StopIteration:
                return
            except Exception as error:
                fault = error
                if getattr(fault, "record_index", None) is None:
                    raise
            chunk = reader.current_chunk or b""
            yield from _findings(index, reader.tell() - len(chunk), chunk, fault)
            index += 1


def _findings(index: int, offset: int, chunk: bytes, fault: Any) -> Iterator[Finding]:
    leader, fields, faults = _core._salvage(chunk, index, offset)
    number = next(
        (data.decode("utf-8", "replace") for tag, _, data in fields if tag == "001"), None
    )
    told = set()
    for error in [fault, *faults] if fault is not None else faults:
        detail = error.detail or str(error)
        if (error.tag, detail) not in told:
            told.add((error.tag, detail))
            yield Finding(index, offset, number, error.tag, error.position or 0, detail)
    if leader:
        for tag, position, text in _breaches(leader, fields, chunk):
            yield Finding(index, offset, number, tag, position, text)
