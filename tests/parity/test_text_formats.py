"""XML, JSON and MARCMaker: pymarc and rapidmarc read and write the same.

Each case runs twice, once with each package, and must end alike: with the same records or bytes, or
with an error of the same name and text.
"""

import io
from collections.abc import Callable
from typing import Any

import pymarc
import pytest

import rapidmarc

XML = "http://www.loc.gov/MARC21/slim"
LEADER = "00475cas a2200169 i 4500"


def ending(work: Callable[[], Any]) -> Any:
    """What a piece of work returns, or how it fails."""
    try:
        return work()
    except Exception as error:
        return type(error).__name__, str(error)


def assert_alike(work: Callable[[Any], Any]) -> None:
    """Hands the work first one package, then the other."""
    assert ending(lambda: work(rapidmarc)) == ending(lambda: work(pymarc))


def record_in(package: Any, *fields: tuple[Any, ...], **options: Any) -> Any:
    """A record of that package from fields: tag and data, or tag, indicators and subfields."""
    record = package.Record(**options)
    for tag, *rest in fields:
        if len(rest) == 1:
            record.add_field(package.Field(tag, data=rest[0]))
        else:
            subfields = [package.Subfield(*pair) for pair in rest[1]]
            record.add_field(package.Field(tag, rest[0], subfields))
    return record


RECORDS: dict[str, list[tuple[Any, ...]]] = {
    "empty": [],
    "plain": [("001", "ocm 1"), ("245", ("1", "0"), [("a", "Moby Dick /"), ("c", "Melville.")])],
    "letters": [("245", (" ", " "), [("a", "Émile — 中文 😀 \u0301"), ("a", "e\u0301")])],
    "markup": [("001", "<&>\"'"), ("245", ("<", "&"), [("<", '<a href="x">&amp;</a>\'')])],
    "blanks": [("008", "  a  "), ("245", ("\\", " "), [("a", " x "), ("b", "\t\n\r")])],
    "nothing": [("001", ""), ("002", None), ("245", None, []), ("246", None, [("a", "")])],
    "dollars": [("020", None, [("a", "$12.00"), ("c", "a$b")])],
    "letters for tags": [("FMT", None, [("a", "BK")]), ("00A", None, [("", "no code")])],
    "repeated": [("650", " 0", [("a", "x"), ("x", "y"), ("a", "z")]), ("650", " 0", [("a", "x")])],
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("writer", ["MARCWriter", "JSONWriter", "TextWriter", "XMLWriter"])
def test_writers_write_the_same(writer: str, name: str) -> None:
    def write(package: Any) -> Any:
        file: Any = io.BytesIO() if writer in ("MARCWriter", "XMLWriter") else io.StringIO()
        out = getattr(package, writer)(file)
        for fields in (RECORDS[name], RECORDS["plain"]):
            out.write(record_in(package, *fields))
        out.close(close_fh=False)
        return file.getvalue()

    assert_alike(write)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("namespace", [False, True])
def test_xml_of_a_record_is_the_same(name: str, namespace: bool) -> None:
    assert_alike(
        lambda package: package.record_to_xml(
            record_in(package, *RECORDS[name]), namespace=namespace
        )
    )


@pytest.mark.parametrize("quiet", [False, True])
def test_xml_of_undecoded_values_is_the_same(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def convert(package: Any) -> Any:
        values = [b"caf\xe2e", b"\x1b(N\x61", b"\x61\x1b(B", b"\xff", b"", b"\x1b$1!0!"]
        record = record_in(package, to_unicode=False)
        record.add_field(package.RawField("001", data=b"ocm 1"))
        for value in values:
            record.add_field(package.RawField("245", None, [package.Subfield("a", value)]))
        return package.record_to_xml(record, quiet=quiet), capsys.readouterr().err

    assert_alike(convert)


def field(body: str, attributes: str = 'tag="245" ind1="1" ind2="0"') -> str:
    return f"<record><datafield {attributes}>{body}</datafield></record>"


TITLE = '<subfield code="a">Moby</subfield>'
DOCUMENTS = {
    "no records": "<collection/>",
    "bare record": "<record/>",
    "several": f"<collection>{field(TITLE)}<record/>{field('')}</collection>",
    "default namespace": f'<record xmlns="{XML}"><leader>{LEADER}</leader></record>',
    "prefix": f'<m:record xmlns:m="{XML}"><m:controlfield tag="1">x</m:controlfield></m:record>',
    "other namespace": f'<record xmlns="x"><controlfield tag="001" xmlns="{XML}">1'
    "</controlfield></record>",
    "prefixed attribute": '<record xmlns:x="x"><controlfield x:tag="001">1</controlfield></record>',
    "short leader": "<record><leader>short</leader></record>",
    "two leaders": f"<record><leader>{LEADER}</leader><leader>{LEADER[::-1]}</leader></record>",
    "leader outside": "<c><leader>short</leader><record/></c>",
    "no indicators": field(TITLE, 'tag="245"'),
    "empty indicators": field(TITLE, 'tag="245" ind1="" ind2=""'),
    "no tag": field(TITLE, 'ind1="1"'),
    "empty tag": field(TITLE, 'tag=""'),
    "control tag on a data field": field(TITLE, 'tag="001"'),
    "data tag on a control field": '<record><controlfield tag="245">x</controlfield></record>',
    "no code": field("<subfield>x</subfield>"),
    "empty code": field('<subfield code="">x</subfield>' + TITLE),
    "long code": field('<subfield code="ab">x</subfield>'),
    "text between": field(f" a {TITLE} b "),
    "nested subfields": field(f'<subfield code="x">1{TITLE}2</subfield>'),
    "nested fields": field(f'<controlfield tag="001">1</controlfield>{TITLE}'),
    "nested records": f"<record>{field(TITLE)}<controlfield tag='1'>x</controlfield></record>",
    "field outside": f'<c><datafield tag="245">{TITLE}</datafield><record/></c>',
    "subfield outside": f"<c>{TITLE}<record/></c>",
    "field left open for the next record": '<c><controlfield tag="1">a</controlfield>'
    f"<record>{TITLE}</record></c>",
    "entities and sections": field('<subfield code="a">&lt;<![CDATA[&]]>&#233;<!--x--></subfield>'),
    "decomposed": field('<subfield code="a">e\u0301 é</subfield>'),
    "unknown elements": field(f"<x>{TITLE}</x>"),
    "malformed": "<record>",
    "empty document": "",
}


@pytest.mark.parametrize("options", [{}, {"strict": True}, {"normalize_form": "NFD"}])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_xml_is_read_the_same(name: str, options: dict[str, Any]) -> None:
    def read(package: Any) -> Any:
        source = io.BytesIO(DOCUMENTS[name].encode())
        return [str(record) for record in package.parse_xml_to_array(source, **options)]

    assert_alike(read)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_map_xml_calls_the_same(name: str) -> None:
    def read(package: Any) -> Any:
        seen: list[str] = []
        sources = [io.BytesIO(DOCUMENTS[n].encode()) for n in ("several", name)]
        end = ending(lambda: package.map_xml(lambda record: seen.append(str(record)), *sources))
        return seen, end

    assert_alike(read)


DATA = '{"245": {"ind1": "1", "ind2": "0", "subfields": %s}}'
OBJECTS = {
    "plain": '{"001": "ocm 1"}, ' + DATA % '[{"a": "Moby"}, {"c": "Melville"}]',
    "no subfields": DATA % "[]",
    "no such part": '{"245": {"ind1": "1", "ind2": "0"}}',
    "no indicators": '{"245": {"subfields": [{"a": "x"}]}}',
    "no second indicator": '{"245": {"ind1": "1", "subfields": []}}',
    "text in a data field": '{"245": "x"}',
    "several subfields in one": DATA % '[{"a": "x", "b": "y"}]',
    "several fields in one": '{"001": "x", "002": "y"}',
    "an empty subfield": DATA % "[{}]",
    "control data in a mapping": '{"001": {"ind1": "1", "ind2": "0", "subfields": [{"a": "x"}]}}',
    "long indicators": '{"245": {"ind1": "12", "ind2": "", "subfields": []}}',
    "a short tag": '{"1": "x"}',
    "letters": '{"FMT": {"ind1": " ", "ind2": " ", "subfields": [{"": "\\u00e9"}]}}',
}
WHOLE = {
    "empty array": "[]",
    "no leader": '{"fields": []}',
    "no fields": f'{{"leader": "{LEADER}"}}',
    "short leader": '{"leader": "x", "fields": []}',
    "a number": "5",
    "a text": '"x"',
    "null": "null",
    "broken": "{",
    "two lines": f'{{"leader": "{LEADER}", "fields": []}}\n' * 2,
}


def json_of(fields: str) -> str:
    return f'{{"leader": "{LEADER}", "fields": [{fields}]}}'


TEXTS = {
    **WHOLE,
    **{name: json_of(fields) for name, fields in OBJECTS.items()},
    **{f"two: {name}": f"[{json_of(fields)}, {json_of('')}]" for name, fields in OBJECTS.items()},
}


@pytest.mark.parametrize("way", ["parse_json_to_array", "JSONReader"])
@pytest.mark.parametrize("name", TEXTS)
def test_json_is_read_the_same(name: str, way: str) -> None:
    def read(package: Any) -> Any:
        return [str(record) for record in getattr(package, way)(TEXTS[name])]

    assert_alike(read)


MAKER = {
    "plain": f"=LDR  {LEADER}\n=001  ocm\\1\n=245  10$aMoby$cMelville\n",
    "two": f"=LDR  {LEADER}\n\n=001  1\n",
    "no line end": "=001  1",
    "other leaders": f"=LDR  {LEADER}\n=LDR  {LEADER[::-1]}\n",
    "short leader": "=LDR  x\n",
    "no equals sign": "001  1\n",
    "one blank": "=001 1\n",
    "three blanks": "=001   1\n",
    "no data": "=001\n=002  \n",
    "no indicators": "=245  \n",
    "one indicator": "=245  1\n",
    "no subfields": "=245  10\n",
    "no delimiter": "=245  10Moby\n",
    "dollars": "=245  10$aMoby$$b$c\n",
    "a control tag with letters": "=00A  x\n",
    "a tag of letters": "=FMT  10$ax\n",
    "backslashes": "=008  \\\\a\n=245  \\\\$a\\\n",
    "good after bad": "=1\n\n=001  1\n",
}


@pytest.mark.parametrize("name", MAKER)
def test_marcmaker_is_read_the_same(name: str) -> None:
    def read(package: Any) -> list[Any]:
        reader = package.MARCMakerReader(MAKER[name])
        return [ending(lambda: str(next(reader))) for _ in range(3)]

    assert_alike(read)


LETTERS = [
    b"a",
    b"ab",
    b"\xc3\xa1x",
    b"\xe1x",
    b"\xc3",
    b"\xc3\x9fx",
    b"\xff",
    b"\xe4\xb8\xad",
    b"",
]


@pytest.mark.parametrize("subfield", LETTERS)
def test_letters_for_subfield_codes_are_the_same(subfield: bytes) -> None:
    assert_alike(lambda package: package.normalize_subfield_code(subfield))


def test_conversion_of_undecoded_fields_is_the_same() -> None:
    def convert(package: Any) -> str:
        record = package.Record(to_unicode=False)
        record.add_field(package.RawField("001", data=b"caf\xe2e"))
        subfields = [package.Subfield("a", b"caf\xe2e"), package.Subfield("b", b"")]
        record.add_field(package.RawField("245", None, subfields))
        assert package.map_marc8_record(record) is record
        return str(record)

    assert_alike(convert)


@pytest.mark.parametrize("encoding", [None, "utf-8"])
def test_undecoded_fields_are_written_the_same(
    encoding: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    def write(package: Any) -> Any:
        caplog.clear()
        subfields = [package.Subfield("a", b"caf\xe2e"), package.Subfield("b", b"")]
        fields = [package.RawField("001", data=b"\xff"), package.RawField("245", "10", subfields)]
        data = [field.as_marc(encoding) for field in fields]
        return data, [(r.name, r.levelname, r.getMessage()) for r in caplog.records]

    assert_alike(write)


LEADER_WORK: dict[str, Callable[[Any], Any]] = {
    "read": lambda leader: [leader[i] for i in range(-24, 24)],
    "past the end": lambda leader: leader[24],
    "steps": lambda leader: leader[::-2],
    "write": lambda leader: leader.__setitem__(5, "xyz"),
    "write a slice": lambda leader: leader.__setitem__(slice(1, 3), "xyz"),
    "write from nowhere": lambda leader: leader.__setitem__(slice(None, 3), "xyz"),
    "write before": lambda leader: leader.__setitem__(-1, "x"),
    "write past": lambda leader: leader.__setitem__(23, "xy"),
    "write no text": lambda leader: leader.__setitem__(3, 5),
    "a name": lambda leader: leader["record_status"],
    "an unknown name": lambda leader: leader["nothing"],
    "nothing": lambda leader: leader[None],
}
NAMED = ["record_length", "record_status", "coding_scheme", "base_address", "cataloging_form"]


@pytest.mark.parametrize("value", ["", "x", "xxxx", "xxxxx", "xxxxxx"])
@pytest.mark.parametrize("name", NAMED)
def test_named_leader_positions_are_written_the_same(name: str, value: str) -> None:
    def work(package: Any) -> Any:
        leader = package.Leader(LEADER)
        return ending(lambda: setattr(leader, name, value)), str(leader)

    assert_alike(work)


@pytest.mark.parametrize("name", LEADER_WORK)
def test_leaders_behave_the_same(name: str) -> None:
    def work(package: Any) -> Any:
        leader = package.Leader(LEADER)
        return ending(lambda: LEADER_WORK[name](leader)), str(leader)

    assert_alike(work)
