"""The leader: the 24 characters at the head of every record.

A `Leader` names its positions and lets them be overwritten. It does not judge what is written
there. The native module creates leaders while it is being loaded: nothing here may import it.
"""

from __future__ import annotations

from rapidmarc.constants import LEADER_LEN
from rapidmarc.exceptions import BadLeaderValue, RecordLeaderInvalid

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import overload


class _Positions:
    """A run of leader positions under a name; reads and writes that part of ``leader.leader``."""

    def __init__(self, start: int, width: int, label: str) -> None:
        self._start = start
        self._width = width
        self._where = start if width == 1 else slice(start, start + width)
        self._label = label
        span = f"{start:02}" if width == 1 else f"{start:02}-{start + width - 1:02}"
        self.__doc__ = f"{label} ({span})."

    if TYPE_CHECKING:

        @overload
        def __get__(self, leader: None, owner: type[Leader]) -> _Positions: ...

        @overload
        def __get__(self, leader: Leader, owner: type[Leader] | None = None) -> str: ...

    def __get__(self, leader: Leader | None, owner: type[Leader] | None = None) -> str | _Positions:
        if leader is None:
            return self
        return leader.leader[self._where]

    def __set__(self, leader: Leader, value: str) -> None:
        if len(value) != self._width:
            # The longer ones are five wide; the text that calls them four is pymarc's and is kept.
            expected = "1 char" if self._width == 1 else "4 chars"
            raise BadLeaderValue(f"{self._label} is {expected} field, got {value}")
        leader._overwrite(self._start, value)


class Leader:
    """A leader that can be changed in place.

    Its text is the attribute ``leader``; a text of other than 24 characters raises
    `RecordLeaderInvalid`. Positions are read and written by number, by slice or by name:

    >>> leader = Leader("00475cas a2200169 i 4500")
    >>> leader[5], leader[:5], leader.record_status, leader["record_status"]
    ('c', '00475', 'c', 'c')
    >>> leader[5] = "d"
    >>> leader.bibliographic_level = "m"
    >>> str(leader)
    '00475dam a2200169 i 4500'

    A slice that is assigned to gives only the place to start: all of the value is written from
    there, so the leader keeps its length. Length and base address are computed anew when a record
    is written and are not carried back into its leader.
    """

    record_length = _Positions(0, 5, "Record length")
    record_status = _Positions(5, 1, "Record status")
    type_of_record = _Positions(6, 1, "Type of record")
    bibliographic_level = _Positions(7, 1, "Bibliographic level")
    type_of_control = _Positions(8, 1, "Type of control")
    coding_scheme = _Positions(9, 1, "Character coding scheme")
    indicator_count = _Positions(10, 1, "Indicator count")
    subfield_code_count = _Positions(11, 1, "Subfield code count")
    base_address = _Positions(12, 5, "Base address of data")
    encoding_level = _Positions(17, 1, "Encoding level")
    cataloging_form = _Positions(18, 1, "Descriptive cataloging form")
    multipart_ressource = _Positions(19, 1, "Multipart resource record level")
    length_of_field_length = _Positions(20, 1, "Length of the length-of-field portion")
    starting_character_position_length = _Positions(
        21, 1, "Length of the starting-character-position portion"
    )
    implementation_defined_length = _Positions(
        22, 1, "Length of the implementation-defined portion"
    )

    def __init__(self, leader: str) -> None:
        if len(leader) != LEADER_LEN:
            raise RecordLeaderInvalid
        self.leader = leader

    def __str__(self) -> str:
        return self.leader

    def __getitem__(self, item: str | int | slice) -> str:
        if isinstance(item, int | slice):
            return self.leader[item]
        named: str = getattr(self, item)
        return named

    def __setitem__(self, item: str | int | slice, value: str) -> None:
        if isinstance(item, int):
            self._overwrite(item, value)
        elif isinstance(item, slice):
            self._overwrite(item.start, value)
        else:
            setattr(self, item, value)

    def _overwrite(self, start: int, value: str) -> None:
        """Write `value` over the characters from `start` on."""
        if start < 0:
            raise IndexError("Position must be positive")
        stop = start + len(value)
        if stop > LEADER_LEN:
            raise BadLeaderValue(f"{value} is too long to be inserted at {start}")
        self.leader = self.leader[:start] + value + self.leader[stop:]
