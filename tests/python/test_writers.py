"""Writers: what they write, how they end, and what they refuse."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from rapidmarc import (
    Field,
    Indicators,
    JSONWriter,
    MARCReader,
    MARCWriter,
    RawField,
    Record,
    Subfield,
    TextWriter,
    WriteNeedsRecord,
    Writer,
    XMLWriter,
)

KINDS = [
    pytest.param(MARCWriter, io.BytesIO, id="marc"),
    pytest.param(JSONWriter, io.StringIO, id="json"),
    pytest.param(TextWriter, io.StringIO, id="text"),
    pytest.param(XMLWriter, io.BytesIO, id="xml"),
]
Make = Callable[[Any], Writer]
MakeFile = Callable[[], IO[Any]]

XML_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?><collection xmlns="http://www.loc.gov/MARC21/slim">'
)
EMPTY = {MARCWriter: b"", JSONWriter: "[]", TextWriter: "", XMLWriter: XML_HEAD + b"</collection>"}


def record_of(title: str) -> Record:
    record = Record(fields=[Field("001", data="ocm 1")])
    record.add_field(Field("245", Indicators("1", " "), [Subfield("a", title)]))
    return record


def content(writer: Writer, file: Any, *records: Record) -> Any:
    for record in records:
        writer.write(record)
    writer.close(close_fh=False)
    return file.getvalue()


def test_marc_is_the_records_one_after_the_other() -> None:
    first, second = record_of("Moby Dick"), record_of("Émile")
    file = io.BytesIO()
    assert content(MARCWriter(file), file, first, second) == first.as_marc() + second.as_marc()


def test_marc_that_was_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "out.mrc"
    with MARCWriter(open(path, "wb")) as writer:
        for title in ("Moby Dick", "Émile"):
            writer.write(record_of(title))
    with open(path, "rb") as file:
        titles = [record.title for record in MARCReader(file) if record is not None]
    assert titles == ["Moby Dick", "Émile"]


def test_json_is_a_compact_ascii_array() -> None:
    file = io.StringIO()
    writer = JSONWriter(file)
    text = content(writer, file, record_of("Moby Dick"), record_of("Émile"))
    one, two = (
        '{"leader":"          22        4500","fields":[{"001":"ocm 1"},'
        f'{{"245":{{"ind1":"1","ind2":" ","subfields":[{{"a":"{title}"}}]}}}}]}}'
        for title in ("Moby Dick", "\\u00c9mile")
    )
    assert text == f"[{one},{two}]"
    assert writer.write_count == 2
    assert [entry["fields"][0]["001"] for entry in json.loads(text)] == ["ocm 1", "ocm 1"]


def test_text_has_an_empty_line_between_records() -> None:
    file = io.StringIO()
    writer = TextWriter(file)
    text = content(writer, file, record_of("Moby Dick"), record_of("Émile"))
    one = "=LDR            22        4500\n=001  ocm\\1\n=245  1\\$a%s\n"
    assert text == one % "Moby Dick" + "\n" + one % "Émile"
    assert writer.write_count == 2


def test_xml_is_a_collection_in_utf8() -> None:
    file = io.BytesIO()
    data = content(XMLWriter(file), file, record_of("Émile & Co <1>"))
    assert (
        data
        == XML_HEAD
        + (
            "<record><leader>          22        4500</leader>"
            '<controlfield tag="001">ocm 1</controlfield>'
            '<datafield ind1="1" ind2=" " tag="245">'
            '<subfield code="a">Émile &amp; Co &lt;1&gt;</subfield></datafield></record>'
            "</collection>"
        ).encode()
    )


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_no_records_make_a_complete_document(kind: Make, make_file: MakeFile) -> None:
    file = make_file()
    assert content(kind(file), file) == EMPTY[kind]  # type: ignore[index]


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_only_records_are_written(kind: Make, make_file: MakeFile) -> None:
    file = make_file()
    writer = kind(file)
    for other in (None, "record", b"record", Field("001", data="1")):
        with pytest.raises(WriteNeedsRecord):
            writer.write(other)  # type: ignore[arg-type]
    assert content(writer, file) == EMPTY[kind]  # type: ignore[index]
    with pytest.raises(WriteNeedsRecord):
        writer.write(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_subclasses_of_record_are_written_with_what_they_override(
    kind: Make, make_file: MakeFile
) -> None:
    class Work(Record):
        def as_marc(self) -> bytes:
            return b"own"

        def as_dict(self) -> dict[str, object]:
            return {"own": 1}

        def __str__(self) -> str:
            return "own"

    file = make_file()
    work = Work(fields=[Field("001", data="own")])
    assert "own" in str(content(kind(file), file, work))


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_close_closes_the_file_unless_told_not_to(kind: Make, make_file: MakeFile) -> None:
    kept, closed = make_file(), make_file()
    for file, close in ((kept, False), (closed, True)):
        writer = kind(file)
        assert writer.file_handle is file
        writer.close(close_fh=close)
        assert writer.file_handle is None
    assert not kept.closed
    assert closed.closed
    default = make_file()
    kind(default).close()
    assert default.closed


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_a_closed_writer_ignores_what_is_written(kind: Make, make_file: MakeFile) -> None:
    file = make_file()
    writer = kind(file)
    before = content(writer, file, record_of("Moby Dick"))
    assert content(writer, file, record_of("Émile")) == before
    writer.close()
    assert not file.closed


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_a_with_block_ends_the_document_and_closes_the_file(
    kind: Make, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file: Any = make_file()
    whole: list[Any] = []
    close = file.close

    def keep_and_close() -> None:
        whole.append(file.getvalue())
        close()

    monkeypatch.setattr(file, "close", keep_and_close)
    with pytest.raises(ZeroDivisionError), kind(file) as writer:
        assert isinstance(writer, kind)  # type: ignore[arg-type]
        raise ZeroDivisionError
    assert whole == [EMPTY[kind]]  # type: ignore[index]
    assert file.closed


@pytest.mark.parametrize(("kind", "make_file"), KINDS)
def test_a_file_that_is_false_is_still_a_file(kind: Make, make_file: MakeFile) -> None:
    class Shy(type(make_file())):  # type: ignore[misc]
        def __bool__(self) -> bool:
            return False

    file = Shy()
    assert content(kind(file), file) == EMPTY[kind]  # type: ignore[index]


def test_a_writer_without_a_file_ignores_everything() -> None:
    for kind in (MARCWriter, JSONWriter, TextWriter, XMLWriter):
        writer = kind(None)  # type: ignore[arg-type]
        writer.write(record_of("Moby Dick"))
        writer.close()
        assert writer.file_handle is None


def test_a_failed_record_leaves_no_half_of_it_in_json() -> None:
    file = io.StringIO()
    writer = JSONWriter(file)
    writer.write(record_of("Moby Dick"))
    raw = Record(fields=[RawField("001", data=b"bytes")])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        writer.write(raw)
    assert len(json.loads(content(writer, file))) == 1


def test_undecoded_records_pass_through_marc_as_they_are() -> None:
    raw = RawField("245", ["1", "0"], [Subfield("a", b"caf\xe2e")])  # type: ignore[arg-type]
    file = io.BytesIO()
    data = content(MARCWriter(file), file, Record(fields=[raw], to_unicode=False))
    assert data.endswith(b"\x1e10\x1facaf\xe2e\x1e\x1d")
