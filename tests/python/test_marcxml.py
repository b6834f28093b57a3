"""MARCXML: which events make which record, and what a record looks like in XML."""

import io
import xml.sax
from pathlib import Path
from typing import Any

import pytest

from rapidmarc import (
    Field,
    Indicators,
    RawField,
    Record,
    RecordLeaderInvalid,
    Subfield,
    XmlHandler,
    map_xml,
    parse_xml,
    parse_xml_to_array,
    record_to_xml,
    record_to_xml_node,
)
from rapidmarc.marcxml import MARC_XML_NS

LEADER = "00475cas a2200169 i 4500"


def parse(body: str, **options: Any) -> list[Record]:
    return parse_xml_to_array(io.StringIO(body), **options)


def fields_of(body: str, **options: Any) -> Any:
    [record] = parse(f"<record>{body}</record>", **options)
    return record.as_dict()["fields"]


def test_a_record_is_leader_control_fields_and_data_fields() -> None:
    [record] = parse(
        f"<collection><record><leader>{LEADER}</leader>"
        '<controlfield tag="001">ocm 1</controlfield>'
        '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Moby Dick</subfield>'
        '<subfield code="c">Melville</subfield></datafield></record></collection>'
    )
    assert type(record) is Record
    assert str(record.leader) == LEADER
    assert str(record) == f"=LDR  {LEADER}\n=001  ocm\\1\n=245  10$aMoby Dick$cMelville\n"


def test_without_a_leader_there_is_the_default_one() -> None:
    [record] = parse("<record/>")
    assert str(record.leader) == str(Record().leader)


@pytest.mark.parametrize("leader", ["", "short", LEADER + "x"])
def test_a_leader_of_another_length_is_refused(leader: str) -> None:
    with pytest.raises(RecordLeaderInvalid):
        parse(f"<record><leader>{leader}</leader></record>")


def test_missing_indicators_are_blanks() -> None:
    assert fields_of('<datafield tag="245" ind2="4"></datafield>') == [
        {"245": {"ind1": " ", "ind2": "4", "subfields": []}}
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<controlfield>1</controlfield>",
        '<datafield ind1="1"></datafield>',
        '<datafield tag="245"><subfield>1</subfield></datafield>',
    ],
)
def test_missing_tag_or_code_is_a_key_error(body: str) -> None:
    with pytest.raises(KeyError):
        fields_of(body)


def test_a_subfield_with_an_empty_code_is_dropped() -> None:
    body = '<subfield code="">lost</subfield><subfield code="a">kept</subfield>'
    [field] = fields_of(f'<datafield tag="245">{body}</datafield>')
    assert field["245"]["subfields"] == [{"a": "kept"}]


def test_text_is_whole_however_the_parser_cuts_it() -> None:
    text = "a&amp;b<![CDATA[<c>]]><!-- no -->&#233;" + "x" * 100_000
    [field] = fields_of(f'<controlfield tag="001">{text}</controlfield>')
    assert field["001"] == "a&b<c>é" + "x" * 100_000


@pytest.mark.parametrize("prefix", ["", "marc:"])
def test_namespaces_are_ignored_unless_strict(prefix: str) -> None:
    declared = f'xmlns{":marc" if prefix else ""}="http://example.org/other"'
    body = f'<{prefix}record {declared}><{prefix}controlfield tag="001">1</{prefix}controlfield>'
    assert len(parse(f"{body}</{prefix}record>")) == 1
    assert parse(f"{body}</{prefix}record>", strict=True) == []


def test_strict_counts_only_elements_of_the_marc_namespace() -> None:
    body = (
        f'<record xmlns="{MARC_XML_NS}" xmlns:x="http://example.org/other">'
        '<controlfield tag="001">1</controlfield><x:controlfield tag="002">2</x:controlfield>'
        "</record>"
    )
    [strict], [loose] = parse(body, strict=True), parse(body)
    assert [field.tag for field in strict.fields] == ["001"]
    assert [field.tag for field in loose.fields] == ["001", "002"]


@pytest.mark.parametrize(("form", "text"), [(None, "é\u0301e\u0301"), ("NFC", "é\u0301é")])
def test_text_is_normalised_only_if_asked(form: str | None, text: str) -> None:
    body = '<controlfield tag="001">é\u0301e\u0301</controlfield>'
    assert fields_of(body, normalize_form=form) == [{"001": text}]


def test_malformed_xml_is_a_parse_error() -> None:
    with pytest.raises(xml.sax.SAXParseException):
        parse("<record>")


def test_fields_outside_of_a_record_are_nobodys() -> None:
    body = '<c><controlfield tag="001">1</controlfield><leader>x</leader><record/></c>'
    [record] = parse(body)
    assert record.fields == []


def test_a_path_and_a_binary_file_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "one.xml"
    path.write_bytes(
        b'<?xml version="1.0" encoding="iso-8859-1"?><record>'
        b'<controlfield tag="001">\xe9</controlfield></record>'
    )
    for source in (path, str(path), io.BytesIO(path.read_bytes())):
        [record] = parse_xml_to_array(source)
        assert record["001"].data == "é"


def test_map_xml_hands_over_each_record_as_soon_as_it_ends(tmp_path: Path) -> None:
    paths = []
    for number in "12":
        paths.append(tmp_path / f"{number}.xml")
        records = f'<record><controlfield tag="001">{number}</controlfield></record>' * 2
        paths[-1].write_text(f"<collection>{records}</collection>")
    broken = tmp_path / "broken.xml"
    broken.write_text('<collection><record><controlfield tag="001">3</controlfield></record>')
    seen: list[str | None] = []
    with pytest.raises(xml.sax.SAXParseException):
        map_xml(lambda record: seen.append(record["001"].data), *paths, broken)
    assert seen == ["1", "1", "2", "2", "3"]


def test_a_subclass_streams_with_its_own_process_record() -> None:
    class Titles(XmlHandler):
        def __init__(self) -> None:
            super().__init__()
            self.titles: list[str | None] = []

        def process_record(self, record: Record) -> None:
            self.titles.append(record.title)

    handler = Titles()
    field = '<datafield tag="245"><subfield code="a">Moby Dick</subfield></datafield>'
    parse_xml(io.StringIO(f"<record>{field}</record>"), handler)
    assert handler.titles == ["Moby Dick"]
    assert handler.records == []


@pytest.fixture
def record() -> Record:
    record = Record(fields=[Field("001", data="ocm 1")])
    record.add_field(Field("245", Indicators("1", " "), [Subfield("a", 'É "&" <1>')]))
    return record


def test_xml_is_ascii_with_references_and_without_declaration(record: Record) -> None:
    assert record_to_xml(record) == (
        b"<record><leader>          22        4500</leader>"
        b'<controlfield tag="001">ocm 1</controlfield>'
        b'<datafield ind1="1" ind2=" " tag="245">'
        b'<subfield code="a">&#201; "&amp;" &lt;1&gt;</subfield></datafield></record>'
    )


def test_the_namespace_is_named_if_asked(record: Record) -> None:
    assert record_to_xml(record, namespace=True).startswith(
        b'<record xmlns="http://www.loc.gov/MARC21/slim" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="http://www.loc.gov/MARC21/slim '
        b'http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd"><leader>'
    )


def test_the_node_is_an_element_that_can_be_worked_on(record: Record) -> None:
    node = record_to_xml_node(record)
    assert [child.tag for child in node] == ["leader", "controlfield", "datafield"]
    assert node.findtext("datafield[@tag='245']/subfield[@code='a']") == 'É "&" <1>'


def test_empty_content_makes_empty_elements() -> None:
    fields = [Field("001"), Field("002", data=""), Field("245"), Field("246", None, [])]
    fields.append(Field("247", None, [Subfield("a", "")]))
    data = record_to_xml(Record(fields=fields))
    assert data.endswith(
        b'</leader><controlfield tag="001" /><controlfield tag="002" />'
        b'<datafield ind1=" " ind2=" " tag="245" /><datafield ind1=" " ind2=" " tag="246" />'
        b'<datafield ind1=" " ind2=" " tag="247"><subfield code="a" /></datafield></record>'
    )


def raw_record(*values: bytes) -> Record:
    subfields: Any = [Subfield("a", value) for value in values]  # type: ignore[arg-type]
    return Record(fields=[RawField("245", None, subfields)], to_unicode=False)


def test_undecoded_values_are_read_as_marc8() -> None:
    node = record_to_xml_node(raw_record(b"caf\xe2e"))
    assert node.findtext("datafield/subfield") == "café"


def test_a_switched_character_set_stays_in_force_for_the_record() -> None:
    node = record_to_xml_node(raw_record(b"\x1b(N\x61", b"\x61"))
    assert [s.text for s in node.iter("subfield")] == ["А", "А"]


@pytest.mark.parametrize("quiet", [False, True])
def test_notes_on_meaningless_characters_go_to_stderr(
    capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    record_to_xml(raw_record(b"a\xffb"), quiet=quiet)
    assert ("0xff" in capsys.readouterr().err) is not quiet


def test_what_is_written_reads_back(record: Record) -> None:
    [again] = parse_xml_to_array(io.BytesIO(record_to_xml(record, namespace=True)), strict=True)
    assert again.as_dict() == record.as_dict()
