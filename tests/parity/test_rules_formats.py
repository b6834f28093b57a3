"""The rules of MARC-8, of the text formats and of the writers, one test each, on both packages.

MARC-8 has a test file of its own, test_marc8.py, which goes through the tables; here is what
follows for programs.
"""

import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.data.encode import plain


class TestMarc8:
    @pytest.mark.parametrize(
        ("written", "text"),
        [
            (b"", ""),
            (None, ""),
            (b"\xe2e", "é"),
            (b"\xe3\xe4x", "x\u0302\u0303"),
            (b"Title\xe2", "Title"),
            (b"\x88The \x89title\x01", "The title"),
            (b"&#x4E2D;", "&#x4E2D;"),
            (b"A\x1b(", "A\x1b("),
            (b"\x1b$1!0!\x1b(B", "一"),
            (b"H\x1bb2\x1bsO", "H₂O"),
        ],
    )
    def test_text(self, module: ModuleType, written: bytes | None, text: str) -> None:
        assert module.marc8_to_unicode(written) == text

    def test_an_escape_at_the_very_end_is_an_error(self, module: ModuleType) -> None:
        with pytest.raises(UnicodeDecodeError) as caught:
            module.marc8_to_unicode(b"ab\x1b")
        assert caught.value.args == (
            *("marc8_to_unicode", b"ab\x1b", 0, 3, "invalid multibyte character encoding"),
        )

    def test_a_converter_keeps_its_sets_and_the_function_does_not(self, module: ModuleType) -> None:
        converter = module.MARC8ToUnicode()
        assert converter.translate(b"\x1b(Na") == converter.translate(b"a") == "А"
        assert module.marc8_to_unicode(b"\x1b(Na") == "А"
        assert module.marc8_to_unicode(b"a") == "a"

    def test_notes(self, module: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
        assert module.marc8_to_unicode(b"A\xafB") == "A B"
        assert capsys.readouterr().err == "Unable to parse character 0xaf in g0=66 g1=69\n"
        assert module.marc8_to_unicode(b"A\xafB", hide_utf8_warnings=True) == "A B"
        assert module.MARC8ToUnicode(quiet=True).translate(b"A\xafB") == "A B"
        assert capsys.readouterr().err == ""


class TestMarcMaker:
    TEXT = "=LDR  00755cam  22002414a 4500\n=001  a\\b\n=245  1\\$aTitle$b$c\n"

    def test_backslashes_are_kept(self, module: ModuleType) -> None:
        [made] = list(module.MARCMakerReader(self.TEXT.rstrip("\n")))
        assert str(made.leader) == "00755cam  22002414a 4500"
        assert made["001"].data == "a\\b"
        assert made["245"].indicators == ("1", "\\")
        assert made["245"].subfields == [("a", "Title"), ("b", ""), ("c", "")]

    def test_records_are_parted_by_an_empty_line(self, module: ModuleType, tmp_path: Path) -> None:
        text = "=001  x\n\n=001  y"
        path = tmp_path / "two.mrk"
        path.write_text(text)
        for target in (text, io.StringIO(text), str(path)):
            made = [found["001"].data for found in module.MARCMakerReader(target)]
            assert made == ["x", "y"]

    def test_a_bad_line_is_named(self, module: ModuleType) -> None:
        reader = module.MARCMakerReader("001  x\n\n=001  y")
        with pytest.raises(module.PymarcException, match='Unable to parse line "001  x"'):
            next(reader)
        assert next(reader)["001"].data == "y"

    def test_a_line_alone(self, module: ModuleType) -> None:
        reader = module.MARCMakerReader("=001  x")
        assert reader._parse_line("=020  \\\\$a1").subfields == [("a", "1")]
        for line in ("020  x", "=020 x"):
            with pytest.raises(ValueError, match=r"."):
                reader._parse_line(line)


SUBFIELDS = [{"a": "T"}]
FIELDS = [{"001": "x"}, {"245": {"ind1": "1", "ind2": " ", "subfields": SUBFIELDS}}]
ONE = {"leader": "00755cam  22002414a 4500", "fields": FIELDS}


class TestJson:
    def test_one_object_or_an_array(self, module: ModuleType, tmp_path: Path) -> None:
        path = tmp_path / "one.json"
        path.write_text(json.dumps([ONE, ONE]))
        for target, count in ((json.dumps(ONE), 1), (str(path), 2), (path.open(), 2)):
            reader = module.JSONReader(target)
            assert [found["245"]["a"] for found in reader] == ["T"] * count
            assert [str(found.leader) for found in reader] == [ONE["leader"]] * count

    def test_each_iteration_starts_anew(self, module: ModuleType) -> None:
        reader = module.JSONReader(json.dumps([ONE, ONE]))
        assert next(iter(reader))["001"].data == "x"
        assert len(list(reader)) == len(reader.records) == 2

    def test_streaming_is_answered_with_a_notice(
        self, module: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        module.JSONReader(json.dumps(ONE), stream=True)
        assert "not yet implemented" in capsys.readouterr().err

    def test_handler_empties_its_input(self, module: ModuleType) -> None:
        given = json.loads(json.dumps(ONE))
        [made] = module.JSONHandler().elements(given)
        assert made["245"]["a"] == "T" and made["245"].indicators == ("1", " ")
        assert given != ONE
        [made] = module.parse_json_to_array(io.StringIO(json.dumps([ONE])))
        assert made.as_dict() == ONE

    def test_indicators_are_needed(self, module: ModuleType) -> None:
        with pytest.raises(KeyError):
            module.JSONHandler().elements([{"leader": " " * 24, "fields": [{"245": {}}]}])


class TestXml:
    TEXT = (
        "<collection><record>"
        "<leader>00755cam  22002414a 4500</leader><controlfield tag='001'>x</controlfield>"
        "<datafield tag='245' ind1='1'><subfield code='a'>e\u0301</subfield>"
        "<subfield code=''>no</subfield></datafield></record></collection>"
    )

    def test_round_trip(self, module: ModuleType) -> None:
        made = module.Record(plain("é"))
        written = module.record_to_xml(made, namespace=True)
        assert written.startswith(b"<record xmlns=") and b"&#233;" in written
        assert b'ind1="1" ind2="0" tag="245"' in written
        [again] = module.parse_xml_to_array(io.BytesIO(written))
        assert again.as_dict() == made.as_dict()

    def test_missing_indicators_are_blank_and_empty_codes_dropped(self, module: ModuleType) -> None:
        [made] = module.parse_xml_to_array(io.StringIO(self.TEXT))
        assert made["245"].indicators == ("1", " ")
        assert made["245"].subfields == [("a", "e\u0301")]
        [made] = module.parse_xml_to_array(io.StringIO(self.TEXT), normalize_form="NFC")
        assert made["245"]["a"] == "é"

    def test_only_the_slim_namespace_counts_when_strict(self, module: ModuleType) -> None:
        assert module.parse_xml_to_array(io.StringIO(self.TEXT), strict=True) == []
        text = self.TEXT.replace(
            "<collection>", "<collection xmlns='http://www.loc.gov/MARC21/slim'>"
        )
        assert len(module.parse_xml_to_array(io.StringIO(text), strict=True)) == 1

    def test_a_handler_of_ones_own_streams(self, module: ModuleType) -> None:
        found = []

        class Handler(module.XmlHandler):  # type: ignore[name-defined, misc]
            def process_record(self, made: Any) -> None:
                found.append(made["001"].data)

        module.parse_xml(io.StringIO(self.TEXT), Handler())
        module.map_xml(lambda made: found.append(made.title), io.StringIO(self.TEXT))
        assert found == ["x", "e\u0301"]


class TestWriters:
    def test_only_records_are_written(self, module: ModuleType) -> None:
        for kind, handle in (
            (module.MARCWriter, io.BytesIO()),
            (module.JSONWriter, io.StringIO()),
            (module.TextWriter, io.StringIO()),
            (module.XMLWriter, io.BytesIO()),
        ):
            writer = kind(handle)
            assert isinstance(writer, module.Writer) and writer.file_handle is handle
            with pytest.raises(module.WriteNeedsRecord):
                writer.write("record")

    def test_a_closed_writer_ignores_what_it_gets(self, module: ModuleType) -> None:
        handle = io.BytesIO()
        writer = module.MARCWriter(handle)
        writer.write(module.Record(plain("x")))
        writer.close(close_fh=False)
        assert writer.file_handle is None and not handle.closed
        writer.write(module.Record(plain("y")))
        writer.close()
        assert handle.getvalue() == plain("x")
        module.MARCWriter(handle).close()
        assert handle.closed

    def test_text(self, module: ModuleType) -> None:
        handle = io.StringIO()
        writer = module.TextWriter(handle)
        records = [module.Record(plain(name)) for name in "xy"]
        for made in records:
            writer.write(made)
        assert writer.write_count == 2
        assert handle.getvalue() == f"{records[0]}\n{records[1]}"

    def test_json(self, module: ModuleType) -> None:
        handle = io.StringIO()
        writer = module.JSONWriter(handle)
        assert handle.getvalue() == "["
        records = [module.Record(plain(name)) for name in "xé"]
        for made in records:
            writer.write(made)
        writer.close(close_fh=False)
        written = ",".join(json.dumps(made.as_dict(), separators=(",", ":")) for made in records)
        assert handle.getvalue() == f"[{written}]"

    def test_xml(self, module: ModuleType) -> None:
        handle = io.BytesIO()
        writer = module.XMLWriter(handle)
        writer.write(module.Record(plain("é")))
        writer.close(close_fh=False)
        written = handle.getvalue().decode("utf-8")
        assert written.startswith('<?xml version="1.0" encoding="UTF-8"?><collection xmlns=')
        assert written.endswith("</record></collection>") and ">é</controlfield>" in written
        [made] = module.parse_xml_to_array(io.BytesIO(handle.getvalue()))
        assert made["001"].data == "é"
