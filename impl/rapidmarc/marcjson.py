"""From MARC-in-JSON to records, all at once.

For reading one record after the other there is `rapidmarc.JSONReader`; for writing,
`rapidmarc.JSONWriter` and ``record.as_json()``.
"""

from __future__ import annotations

from rapidmarc.field import Field, Indicators
from rapidmarc.leader import Leader
from rapidmarc.reader import JSONReader
from rapidmarc.record import Record

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import IO, Any

__all__ = [
    "Field",
    "Indicators",
    "JSONHandler",
    "JSONReader",
    "Leader",
    "Record",
    "parse_json_to_array",
]


class JSONHandler:
    """Builds records from MARC-in-JSON objects that the `json` module has parsed.

    The records gather in ``records``; a subclass can do something else with each by its own
    `process_record`. The objects are taken apart on the way: their fields and subfields are empty
    dicts afterwards.

    >>> handler = JSONHandler()
    >>> records = handler.elements({"leader": " " * 24, "fields": [{"001": "ocm1"}]})
    >>> records[0]["001"].data
    'ocm1'
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._record: Record | None = None
        self._field: Field | None = None

    def elements(self, dict_list: list[dict[str, Any]] | dict[str, Any]) -> list[Record]:
        """Build records from a list of objects, or from one, and return all built so far."""
        for element_dict in dict_list if isinstance(dict_list, list) else [dict_list]:
            self.element(element_dict)
        return self.records

    def element(self, element_dict: dict[str, Any], name: str | None = None) -> None:
        """Take over the part called `name` of an object, or all of it.

        The parts are "leader", "fields" and, of a field, "subfields". A
        missing part is a ``KeyError``.
        """
        if not name:
            self._record = Record()
            self.element(element_dict, "leader")
            self.element(element_dict, "fields")
            self.process_record(self._record)
        elif name == "leader" and self._record is not None:
            self._record.leader = Leader(element_dict["leader"])
        elif name == "fields" and self._record is not None:
            for field in element_dict["fields"]:
                self._record.add_field(self._take_field(*field.popitem()))
        elif name == "subfields" and self._field is not None:
            for subfield in element_dict["subfields"]:
                self._field.add_subfield(*subfield.popitem())

    def process_record(self, record: Record) -> None:
        """Receive a finished record; here it joins ``records``."""
        self.records.append(record)

    def _take_field(self, tag: str, content: Any) -> Field:
        self._field = Field(tag)
        if self._field.control_field:
            self._field.data = content
        else:
            self.element(content, "subfields")
            self._field.indicators = Indicators(content["ind1"], content["ind2"])
        return self._field


def parse_json_to_array(json_file: str | IO[str] | IO[bytes]) -> list[Record]:
    """Return the records of a MARC-in-JSON file: an open one, the path of one, or its text.

    Indicators must be given (``KeyError`` otherwise). See `JSONReader` for what `json_file` may be,
    and for errors.

    >>> [record.title for record in parse_json_to_array("books.json")]
    ['A plain record : called one.']
    """
    return JSONHandler().elements(JSONReader(json_file).records)
