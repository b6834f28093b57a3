"""A record as compact JSON and as MARCXML: by the native encoder, or, where an object of the user's
own stands in the record, by way of Python.
"""

from __future__ import annotations

from rapidmarc._core import Record, _json_of, _xml_of


def json_of(record: Record) -> str:
    """``record.as_dict()`` as JSON without blanks."""
    text = _json_of(record, ",", ":")
    if text is None:
        import json

        text = json.dumps(record.as_dict(), separators=(",", ":"))
    return text


def xml_of(record: Record) -> bytes:
    """What `rapidmarc.marcxml.record_to_xml_node` gives, in UTF-8, without a declaration."""
    xml = _xml_of(record, "", False)
    if xml is None:
        from xml.etree import ElementTree

        from rapidmarc.marcxml import record_to_xml_node

        xml = ElementTree.tostring(record_to_xml_node(record), encoding="utf-8")
    return xml
