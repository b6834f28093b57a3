"""Read, change and write MARC 21 records, fast.

The names are pymarc's and mean the same, so that ``import rapidmarc as pymarc`` is all that an
existing program needs:

>>> from rapidmarc import MARCReader
>>> for record in MARCReader("books.mrc"):
...     print(record.title)
A plain record : called one.

Modules that few programs need, and the packages of the standard library that they bring along, are
loaded when one of their names is first asked for.
"""

from __future__ import annotations

from rapidmarc._version import __version__
from rapidmarc.constants import (
    DIRECTORY_ENTRY_LEN,
    END_OF_FIELD,
    END_OF_RECORD,
    LEADER_LEN,
    SUBFIELD_INDICATOR,
)
from rapidmarc.exceptions import (
    BadLeaderValue,
    BadSubfieldCodeWarning,
    BaseAddressInvalid,
    BaseAddressNotFound,
    DamagedFileError,
    EndOfRecordNotFound,
    FatalReaderError,
    FieldNotFound,
    HandleMovedError,
    MissingLinkedFields,
    NoActiveFile,
    NoFieldsFound,
    PathError,
    PymarcException,
    QueueFullError,
    RecordDirectoryInvalid,
    RecordLeaderInvalid,
    RecordLengthInvalid,
    StaleIndexError,
    TooManyErrorsError,
    TruncatedRecord,
    WriteNeedsRecord,
)
from rapidmarc.field import Field, Indicators, RawField, Subfield, map_marc8_field
from rapidmarc.leader import Leader
from rapidmarc.marc8 import MARC8ToUnicode, marc8_to_unicode
from rapidmarc.marcjson import JSONHandler, parse_json_to_array
from rapidmarc.reader import JSONReader, MARCMakerReader, MARCReader, Reader, map_records
from rapidmarc.record import Record, map_marc8_record, normalize_subfield_code
from rapidmarc.writer import JSONWriter, MARCWriter, TextWriter, Writer, XMLWriter

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import Any

    from rapidmarc import columns as columns
    from rapidmarc import marc8_mapping as marc8_mapping
    from rapidmarc._index import Index, index
    from rapidmarc._ranges import ByteRange, partitions
    from rapidmarc.checks import audit, validate
    from rapidmarc.columns import select
    from rapidmarc.conversion import convert
    from rapidmarc.field import logger
    from rapidmarc.inputs import open as open
    from rapidmarc.marcxml import (
        MARC_XML_NS,
        MARC_XML_SCHEMA,
        XSI_NS,
        XmlHandler,
        map_xml,
        parse_xml,
        parse_xml_to_array,
        record_to_xml,
        record_to_xml_node,
    )
    from rapidmarc.record import isbn_regex

__all__ = [
    "DIRECTORY_ENTRY_LEN",
    "END_OF_FIELD",
    "END_OF_RECORD",
    "LEADER_LEN",
    "MARC_XML_NS",
    "MARC_XML_SCHEMA",
    "SUBFIELD_INDICATOR",
    "XSI_NS",
    "BadLeaderValue",
    "BadSubfieldCodeWarning",
    "BaseAddressInvalid",
    "BaseAddressNotFound",
    "ByteRange",
    "DamagedFileError",
    "EndOfRecordNotFound",
    "FatalReaderError",
    "Field",
    "FieldNotFound",
    "HandleMovedError",
    "Index",
    "Indicators",
    "JSONHandler",
    "JSONReader",
    "JSONWriter",
    "Leader",
    "MARC8ToUnicode",
    "MARCMakerReader",
    "MARCReader",
    "MARCWriter",
    "MissingLinkedFields",
    "NoActiveFile",
    "NoFieldsFound",
    "PathError",
    "PymarcException",
    "QueueFullError",
    "RawField",
    "Reader",
    "Record",
    "RecordDirectoryInvalid",
    "RecordLeaderInvalid",
    "RecordLengthInvalid",
    "StaleIndexError",
    "Subfield",
    "TextWriter",
    "TooManyErrorsError",
    "TruncatedRecord",
    "WriteNeedsRecord",
    "Writer",
    "XMLWriter",
    "XmlHandler",
    "__version__",
    "audit",
    "convert",
    "index",
    "isbn_regex",
    "logger",
    "map_marc8_field",
    "map_marc8_record",
    "map_records",
    "map_xml",
    "marc8_to_unicode",
    "normalize_subfield_code",
    "parse_json_to_array",
    "parse_xml",
    "parse_xml_to_array",
    "partitions",
    "record_to_xml",
    "record_to_xml_node",
    "select",
    "validate",
]

# Where the names live that are loaded on demand. A module stands for itself.
_ON_DEMAND = {
    "ByteRange": "_ranges",
    "Index": "_index",
    "MARC_XML_NS": "marcxml",
    "MARC_XML_SCHEMA": "marcxml",
    "XSI_NS": "marcxml",
    "XmlHandler": "marcxml",
    "audit": "checks",
    "columns": "columns",
    "convert": "conversion",
    "index": "_index",
    "isbn_regex": "record",
    "logger": "field",
    "map_xml": "marcxml",
    "marc8_mapping": "marc8_mapping",
    "marcxml": "marcxml",
    "open": "inputs",
    "parse_xml": "marcxml",
    "parse_xml_to_array": "marcxml",
    "partitions": "_ranges",
    "record_to_xml": "marcxml",
    "record_to_xml_node": "marcxml",
    "select": "columns",
    "validate": "checks",
}


def __getattr__(name: str) -> Any:
    try:
        home = _ON_DEMAND[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from importlib import import_module

    module = import_module(f"{__name__}.{home}")
    value = module if name == home else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_DEMAND})
