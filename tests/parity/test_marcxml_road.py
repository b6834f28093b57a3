"""The fast road through MARCXML: documents are read as pymarc reads them.

The scanner takes over behind the second record of a document, so each case here stands behind a few
good ones and before others.
"""

import io
from typing import Any
from xml.sax import SAXParseException

import pymarc
import pytest

import rapidmarc
from rapidmarc import _marcxml_road
from tests.parity.test_text_formats import DOCUMENTS, LEADER, TITLE, XML, ending, field

GOOD = (
    f'<record><leader>{LEADER}</leader><controlfield tag="001">ocm 1</controlfield>'
    f'<datafield tag="245" ind1="1" ind2="0">{TITLE}<subfield code="c">É &amp; &#233;&#x1F600; ]'
    '\n\t"x"</subfield></datafield></record>'
)
BODIES = {
    **DOCUMENTS,
    "good": GOOD,
    "single quotes": GOOD.replace('"', "'").replace("'x'", "x"),
    "attributes apart": GOOD.replace('tag="245" ', 'tag="245"\n\t  ').replace('"1">', '"1" >'),
    "another order": field(TITLE, 'ind2="&lt;" tag="24&#53;" ind1="&quot;"'),
    "an attribute twice": field(TITLE, 'tag="245" tag="246"'),
    "an unknown attribute": field(TITLE, 'tag="245" id="x"'),
    "attributes not apart": field(TITLE, 'tag="245"ind1="1"'),
    "no quotes": field(TITLE, "tag=245"),
    "less-than in an attribute": field(TITLE, 'tag="24<"'),
    "line end in an attribute": field(TITLE, 'tag="245" ind1="\n"'),
    "line end in a reference": field(TITLE, 'tag="245" ind1="&#10;"'),
    "empty elements": field('<subfield code="a"/><subfield code="b" />'),
    "an empty field": '<record><datafield tag="245"/><controlfield tag="001" /></record>',
    "an empty leader": "<record><leader/></record>",
    "only a leader": f"<record><leader>{LEADER}</leader></record>",
    "a leader in other letters": f"<record><leader>{LEADER[:-1]}é</leader></record>",
    "a reference in a leader": f"<record><leader>{LEADER[:-1]}&#48;</leader></record>",
    "long tag": field(TITLE, 'tag="2450"'),
    "long indicator": field(TITLE, 'tag="245" ind1="12" ind2="é"'),
    "other letter for a code": field('<subfield code="é">x</subfield>'),
    "end of a section": field('<subfield code="a">x]]>y</subfield>'),
    "no end of a section": field('<subfield code="a">x]] >]y</subfield>'),
    "unknown reference": field('<subfield code="a">&eacute;</subfield>'),
    "open reference": field('<subfield code="a">AT&T</subfield>'),
    "reference to nothing": field('<subfield code="a">&#0;</subfield>'),
    "reference to half a pair": field('<subfield code="a">&#xD800;</subfield>'),
    "reference to no character": field('<subfield code="a">&#xFFFE;</subfield>'),
    "reference that overflows": field('<subfield code="a">&#99999999999;</subfield>'),
    "empty reference": field('<subfield code="a">&;&#;&#x;</subfield>'),
    "no character": field('<subfield code="a">\uffff</subfield>'),
    "nearly no character": field('<subfield code="a">\uffef\ufeff</subfield>'),
    "control character": field('<subfield code="a">\x1f</subfield>'),
    "delete": field('<subfield code="a">\x7f\x85\u2028</subfield>'),
    "greater-than in text": field('<subfield code="a">a->b ?></subfield>'),
    "no blank in an end tag": GOOD.replace("</leader>", "</leader >"),
    "ends crossed": GOOD.replace("</subfield></datafield>", "</datafield></subfield>"),
    "other prefix": GOOD.replace("<leader>", "<x:leader>"),
    "attributes of the record": GOOD.replace("<record>", '<record type="x">') * 2,
    "text in a record": GOOD.replace("</leader>", "</leader>x"),
    "instruction": "<?x <record></record>?>",
    "comment": f"<!-- {GOOD} <record/> {GOOD} -->",
    "comment behind an empty record": f"<record/><!-- {GOOD} --><record/><!--{GOOD}{GOOD}-->",
    "section": f"<![CDATA[{GOOD}{GOOD}]]>",
    "records in a record": f"<record>{GOOD}{GOOD}<controlfield tag='001'>x</controlfield></record>",
    "records in a field": f"<record><datafield tag='1'>{GOOD}{GOOD}</datafield>{GOOD}</record>",
    "records in a group": f"<group>{GOOD}{GOOD}</group>{GOOD}",
    "a field left open": f"<controlfield tag='001'>x{GOOD}{GOOD}</controlfield>{GOOD}",
    "a code left open": f'<subfield code="x">x{GOOD}{GOOD}</subfield>{GOOD}',
    "end of the document": f"</collection>{GOOD}",
}


def document(body: str) -> str:
    return f"<collection>{GOOD * 3}{body}{GOOD * 3}</collection>"


def read(package: Any, source: Any, **options: Any) -> Any:
    return ending(
        lambda: [record.as_dict() for record in package.parse_xml_to_array(source, **options)]
    )


@pytest.mark.parametrize("options", [{}, {"strict": True}, {"normalize_form": "NFD"}])
@pytest.mark.parametrize("name", BODIES)
def test_documents_are_read_the_same(name: str, options: dict[str, Any]) -> None:
    root = f'<collection xmlns="{XML}">' if options.get("strict") else "<collection>"
    data = document(BODIES[name]).replace("<collection>", root, 1).encode()
    expected = read(pymarc, io.BytesIO(data), **options)
    assert read(rapidmarc, io.BytesIO(data), **options) == expected


@pytest.mark.parametrize("name", BODIES)
def test_records_come_before_the_error_behind_them(name: str) -> None:
    def seen(package: Any) -> Any:
        records: list[str] = []
        source = io.BytesIO(document(BODIES[name]).encode())
        end = ending(lambda: package.map_xml(lambda record: records.append(str(record)), source))
        return records, end

    assert seen(rapidmarc) == seen(pymarc)


FORMS = {
    "as it is": lambda text: text.encode(),
    "one element a line": lambda text: text.replace("><", ">\n  <").encode(),
    "line ends of Windows": lambda text: text.replace("><", ">\r\n<").encode(),
    "line ends of old": lambda text: text.replace("><", ">\r<").encode(),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "declared UTF-8": lambda text: b"<?xml version='1.0' encoding='utf-8'?>\n" + text.encode(),
    "Latin-1": lambda text: (
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + text.encode("latin-1", "xmlcharrefreplace")
    ),
    "document type": lambda text: (
        b'<!DOCTYPE collection [<!ENTITY eacute "E"><!ATTLIST datafield ind1 CDATA "x">]>'
        + text.replace(' ind1="1"', "").replace("&amp;", "&eacute;").encode()
    ),
    "prefixes": lambda text: (
        text.replace("</", "</m:")
        .replace("<", "<m:")
        .replace("<m:/m:", "</m:")
        .replace("<m:collection>", f'<m:collection xmlns:m="{XML}">')
        .encode()
    ),
}


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_forms_of_a_document_are_read_the_same(name: str, broken: bool) -> None:
    data = FORMS[name](document(GOOD * 5 + ("<x>" if broken else "<x/>")))
    for source in (io.BytesIO, lambda data: open_text(data, name)):
        expected = read(pymarc, source(data))
        assert read(rapidmarc, source(data)) == expected
        assert broken == isinstance(expected, tuple)


def open_text(data: bytes, name: str) -> io.StringIO:
    encodings = {"UTF-16": "utf-16", "Latin-1": "latin-1", "byte order mark": "utf-8-sig"}
    return io.StringIO(data.decode(encodings.get(name, "utf-8")), newline="")


class Trickle(io.BytesIO):
    """A stream that gives little at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        return super().read(min(size, 7))


def test_a_document_that_comes_in_small_pieces_is_read_the_same() -> None:
    for body in (GOOD, "<x>", f"<!-- {GOOD} -->{GOOD}"):
        data = document(body).encode()
        assert read(rapidmarc, Trickle(data)) == read(pymarc, io.BytesIO(data))


@pytest.mark.parametrize("filler", ["", "\n", "é", "x\ré\r\nx"])
@pytest.mark.parametrize("fault", ["<x></y>", GOOD.replace("</leader>", "</leaden>"), "\x01"])
def test_errors_are_where_they_are(fault: str, filler: str) -> None:
    good = GOOD.replace("</leader>", "</leader>" + filler.replace("é", "").replace("x", ""))
    good = good.replace("Moby", f"Moby{filler}")
    places = []
    for package in (pymarc, rapidmarc):
        source = io.BytesIO(f"<collection>{good * 60}<x/>{good * 60}{fault}".encode())
        with pytest.raises(SAXParseException) as caught:
            package.parse_xml_to_array(source)
        places.append((caught.value.getLineNumber(), caught.value.getColumnNumber()))
    assert places[0] == places[1]


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records the scanner took, call by call."""
    counts: list[int] = []
    scan = _marcxml_road._scan_marcxml

    def counting(*arguments: Any) -> Any:
        result = scan(*arguments)
        counts.append(len(result[0]))
        return result

    monkeypatch.setattr(_marcxml_road, "_scan_marcxml", counting)
    return counts


@pytest.mark.parametrize("name", ["as it is", "one element a line", "prefixes", "declared UTF-8"])
def test_the_scanner_takes_all_but_two_records(name: str, scanned: list[int]) -> None:
    data = FORMS[name](f"<collection>{GOOD * 300}</collection>")
    assert len(rapidmarc.parse_xml_to_array(io.BytesIO(data))) == 300
    assert sum(scanned) >= 298


def test_a_handler_of_its_own_events_gets_them_all(scanned: list[int]) -> None:
    class Counting(rapidmarc.XmlHandler):
        starts = 0

        def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
            self.starts += 1
            super().startElementNS(name, qname, attrs)

    handler = Counting()
    rapidmarc.parse_xml(io.BytesIO(document(GOOD).encode()), handler)
    assert (handler.starts, len(handler.records), scanned) == (1 + 7 * 6, 7, [])


def test_what_process_record_raises_comes_through() -> None:
    seen = []

    def third(record: Any) -> None:
        seen.append(record)
        if len(seen) == 5:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        rapidmarc.map_xml(third, io.BytesIO(document(GOOD).encode()))
    assert len(seen) == 5


def test_records_of_the_scanner_can_be_changed_and_written() -> None:
    for package in (pymarc, rapidmarc):
        records = package.parse_xml_to_array(io.BytesIO(document(GOOD).encode()))
        for record in records:
            record["245"]["a"] = "Omoo"
            record.add_field(package.Field("300", data=None))
            assert record.title == "Omoo"
            assert (record.to_unicode, record.force_utf8, record.pos) == (True, False, 0)
        if package is pymarc:
            expected = [record.as_marc() for record in records]
    assert [record.as_marc() for record in records] == expected
