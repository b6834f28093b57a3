"""The records of a MARCXML document such that one that is bad does not end the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidmarc.exceptions import PymarcException, control_number_of
from rapidmarc.marcxml import XmlHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from xml.sax.xmlreader import AttributesNSImpl

    from rapidmarc._core import Record
    from rapidmarc.marcxml import _Name


class Parts(XmlHandler):
    """Gathers what gives the records: each may raise, and the next be had.

    A parser cannot go on behind what its handler raises. So nothing is raised here: the first fault
    of a record waits for the record's end, and stands in its place then.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Callable[[], Record]] = []
        self._fault: Exception | None = None

    def take(self) -> Iterator[Callable[[], Record]]:
        """What was gathered since the last time."""
        parts, self._parts = self._parts, []
        yield from parts

    def startElementNS(self, name: _Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        """An element begins."""
        try:
            super().startElementNS(name, qname, attrs)
        except (KeyError, PymarcException) as error:
            self._note(error)

    def endElementNS(self, name: _Name, qname: str | None) -> None:
        """An element ends."""
        try:
            super().endElementNS(name, qname)
        except (KeyError, PymarcException) as error:
            self._note(error)

    def process_record(self, record: Record) -> None:
        """Receive a finished record."""
        fault, self._fault = self._fault, None
        if fault is None:
            self._parts.append(lambda: record)
            return
        located: Any = fault
        located.control_number = control_number_of(record)
        self._parts.append(_raising(fault))

    def _note(self, error: Exception) -> None:
        if self._record is None:  # it is in no record, and stands for itself
            self._parts.append(_raising(error))
        elif self._fault is None:
            self._fault = error


def _raising(error: Exception) -> Callable[[], Record]:
    def fail() -> Record:
        raise error

    return fail
