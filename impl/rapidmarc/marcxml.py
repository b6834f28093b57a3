"""MARCXML, both ways.

Reading is event-driven, by the standard library's SAX parser: `map_xml`, or a subclass of
`XmlHandler`, sees each record as soon as it ends and keeps none. Writing makes one element tree for
each record.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from typing import IO, TYPE_CHECKING, Any
from xml.sax import make_parser
from xml.sax.handler import ContentHandler, feature_namespaces

from rapidmarc._core import _xml_of
from rapidmarc.field import Field, Indicators
from rapidmarc.leader import Leader
from rapidmarc.marc8 import MARC8ToUnicode
from rapidmarc.record import Record

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Literal, TypeAlias
    from xml.sax.xmlreader import AttributesNSImpl

    _Name: TypeAlias = tuple[str | None, str]
    _NormalForm: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
    _Source: TypeAlias = str | os.PathLike[str] | IO[str] | IO[bytes]

__all__ = [
    "MARC_XML_NS",
    "MARC_XML_SCHEMA",
    "XSI_NS",
    "Field",
    "Indicators",
    "Leader",
    "MARC8ToUnicode",
    "Record",
    "XmlHandler",
    "map_xml",
    "parse_xml",
    "parse_xml_to_array",
    "record_to_xml",
    "record_to_xml_node",
]

XSI_NS = "http://www.w3.org/2001/XMLSchema-instance"
MARC_XML_NS = "http://www.loc.gov/MARC21/slim"
MARC_XML_SCHEMA = f"{MARC_XML_NS} http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd"

_NAMESPACE_ATTRIBUTES = (
    f' xmlns="{MARC_XML_NS}" xmlns:xsi="{XSI_NS}" xsi:schemaLocation="{MARC_XML_SCHEMA}"'
)


class XmlHandler(ContentHandler):
    """Builds records from the events of a namespace-aware SAX parser.

    The records gather in ``records``. To read a large file without keeping it, override
    `process_record`:

    >>> class Titles(XmlHandler):
    ...     def process_record(self, record):
    ...         print(record.title)

    With `strict`, only elements of the MARC 21 slim namespace count; otherwise namespaces are
    ignored. All text is brought into `normalize_form` ("NFC", "NFD", "NFKC" or "NFKD") if one is
    given. Missing indicators are blanks; a missing ``tag`` or ``code`` is a ``KeyError``, a leader
    of other than 24 characters `RecordLeaderInvalid`.
    """

    def __init__(self, strict: bool = False, normalize_form: _NormalForm | None = None) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.normalize_form = normalize_form
        self._strict = strict
        self._record: Record | None = None
        self._field: Field | None = None
        self._subfield_code: str | None = None
        self._text: list[str] = []

    def startElementNS(self, name: _Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        """An element begins."""
        namespace, element = name
        if self._strict and namespace != MARC_XML_NS:
            return
        self._text = []
        if element == "subfield":
            self._subfield_code = attrs[None, "code"]
        elif element == "datafield":
            indicators = Indicators(attrs.get((None, "ind1"), " "), attrs.get((None, "ind2"), " "))
            self._field = Field(attrs[None, "tag"], indicators)
        elif element == "controlfield":
            self._field = Field(attrs[None, "tag"])
        elif element == "record":
            self._record = Record()

    def characters(self, content: str) -> None:
        """Text goes on; the parser may cut it anywhere."""
        self._text.append(content)

    def endElementNS(self, name: _Name, qname: str | None) -> None:
        """An element ends."""
        namespace, element = name
        if self._strict and namespace != MARC_XML_NS:
            return
        text = "".join(self._text)
        self._text = []
        if self.normalize_form is not None:
            text = unicodedata.normalize(self.normalize_form, text)

        if element == "subfield":
            # An empty code is no code: such a subfield is dropped.
            if self._field is not None and self._subfield_code:
                self._field.add_subfield(self._subfield_code, text)
                self._subfield_code = None
        elif self._record is None:
            # What stands outside of a record belongs to none.
            return
        elif element in ("controlfield", "datafield") and self._field is not None:
            if element == "controlfield":
                self._field.data = text
            self._record.add_field(self._field)
            self._field = None
        elif element == "leader":
            self._record.leader = Leader(text)
        elif element == "record":
            self.process_record(self._record)
            self._record = None

    def process_record(self, record: Record) -> None:
        """Receive a finished record; here it joins ``records``."""
        self.records.append(record)


class _Calling(XmlHandler):
    """Hands each record to a function."""

    def __init__(self, function: Callable[[Record], object]) -> None:
        super().__init__()
        self._function = function

    def process_record(self, record: Record) -> None:
        self._function(record)


def parse_xml(xml_file: _Source, handler: ContentHandler) -> None:
    """Parse a MARCXML file with a handler.

    `xml_file` is a path, a URL or an open file, not the text itself; an open file is closed in the
    end. Malformed XML is a ``xml.sax.SAXParseException`` that tells line and column; records before
    it have been processed by then. What a handler raises comes through.

    >>> class Titles(XmlHandler):
    ...     def process_record(self, record):
    ...         print(record.title)
    >>> parse_xml("books.xml", Titles())
    A plain record : called one.
    """
    if isinstance(handler, XmlHandler) and _takes_only_records(handler):
        from rapidmarc._marcxml_road import FastRoad

        FastRoad(handler).parse(xml_file)
        return
    parser = make_parser()
    parser.setContentHandler(handler)
    parser.setFeature(feature_namespaces, True)
    parser.parse(xml_file)


def _takes_only_records(handler: XmlHandler) -> bool:
    """Whether nothing but `process_record` of a handler is its own."""
    events = (name for name in vars(ContentHandler) if not name.startswith("__"))
    return all(
        getattr(type(handler), name) is getattr(XmlHandler, name) and name not in vars(handler)
        for name in events
    )


def map_xml(function: Callable[[Record], object], *files: _Source) -> None:
    """Call a function with each record of the files; none is kept.

    See `parse_xml` for what a file may be, and for errors.

    >>> map_xml(lambda record: print(record.title), "books.xml")
    A plain record : called one.
    """
    handler = _Calling(function)
    for xml_file in files:
        parse_xml(xml_file, handler)


def parse_xml_to_array(
    xml_file: _Source, strict: bool = False, normalize_form: _NormalForm | None = None
) -> list[Record]:
    """Return all records of a MARCXML file; see `parse_xml` and `XmlHandler` for the arguments.

    >>> [record.title for record in parse_xml_to_array("books.xml")]
    ['A plain record : called one.']
    """
    handler = XmlHandler(strict, normalize_form)
    parse_xml(xml_file, handler)
    return handler.records


def record_to_xml(record: Record, quiet: bool = False, namespace: bool = False) -> bytes:
    """Return a record as MARCXML: ASCII with character references, without a declaration.

    The arguments are those of `record_to_xml_node`.

    >>> record_to_xml(Record(fields=[Field("001", data="é")]))[49:]
    b'<controlfield tag="001">&#233;</controlfield></record>'
    """
    xml = _xml_of(record, _NAMESPACE_ATTRIBUTES if namespace else "", True)
    return ET.tostring(record_to_xml_node(record, quiet, namespace)) if xml is None else xml


def record_to_xml_node(record: Record, quiet: bool = False, namespace: bool = False) -> ET.Element:
    """Return a record as an element tree.

    With `namespace` the root names the MARC 21 slim namespace and its schema. Undecoded values are
    read as MARC-8; `quiet` keeps notes about characters that have no meaning there from stderr.

    >>> [element.tag for element in record_to_xml_node(Record(fields=[Field("001", data="x")]))]
    ['leader', 'controlfield']
    """
    # One converter for the whole record: a character set that was switched to stays in force.
    marc8 = MARC8ToUnicode(quiet=quiet)

    def text_of(value: Any) -> str:
        return value if isinstance(value, str) else marc8.translate(value)

    root = ET.Element("record")
    if namespace:
        root.set("xmlns", MARC_XML_NS)
        root.set("xmlns:xsi", XSI_NS)
        root.set("xsi:schemaLocation", MARC_XML_SCHEMA)
    ET.SubElement(root, "leader").text = str(record.leader)
    for field in record:
        if field.control_field:
            ET.SubElement(root, "controlfield", {"tag": field.tag}).text = text_of(field.data)
            continue
        node = ET.SubElement(
            root,
            "datafield",
            {"ind1": field.indicator1, "ind2": field.indicator2, "tag": field.tag},
        )
        for subfield in field:
            child = ET.SubElement(node, "subfield", {"code": subfield.code})
            child.text = text_of(subfield.value)
    return root
