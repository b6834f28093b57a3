"""`rapidmarc.convert`: between all formats, with nothing lost on the way."""

import csv
import io
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

import rapidmarc
from rapidmarc import Field, Indicators, MARCReader, Record, Subfield
from rapidmarc.columns import count, every, exists
from rapidmarc.conversion import target_format
from rapidmarc.inputs import RECORD_FORMATS
from tests import corpora
from tests.data.encode import control, data, record

CONTENT = b"".join(
    record(
        [
            control("001", f"b{n}"),
            control("008", "a b\\c {x} $"),
            data("245", "1 ", f"aTitle {n} $ {{dollar}}", "b\\é <&> \u2028", "c"),
            data("650", " 0", "aOne"),
            data("650", " 0", "aTwo"),
        ]
    )
    for n in range(50)
)
BAD = record([control("001", "bad"), data("245", "00", b"a\xff")])
COLUMNS = {"id": "001", "subjects": every("650$a"), "n": count("650"), "e": exists("856")}


def through(content: bytes, kind: str, folder: Path) -> bytes:
    """The content after a conversion to the format and back."""
    there, back = folder / f"there.{kind}", folder / "back.mrc"
    first = rapidmarc.convert(content, there, format=kind, on_error="skip")  # type: ignore[arg-type]
    second = rapidmarc.convert(there, back)
    assert first.records == second.records
    assert not second.errors
    return back.read_bytes()


@pytest.mark.parametrize("kind", RECORD_FORMATS)
class TestRecords:
    def test_come_back_as_they_were(self, kind: str, tmp_path: Path) -> None:
        assert through(CONTENT, kind, tmp_path) == CONTENT

    def test_none_make_a_file_without_any(self, kind: str, tmp_path: Path) -> None:
        rapidmarc.convert(b"", tmp_path / "none", format=kind)  # type: ignore[arg-type]
        if kind in ("marcxml", "json"):
            assert rapidmarc.convert(tmp_path / "none", tmp_path / "b.mrc").records == 0
        else:
            assert (tmp_path / "none").read_bytes() == b""

    @pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
    def test_are_compressed_by_the_name(self, kind: str, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"out.mrc{suffix}"
        rapidmarc.convert(CONTENT, path, format=kind)  # type: ignore[arg-type]
        rapidmarc.convert(path, tmp_path / "back.mrc")
        assert (tmp_path / "back.mrc").read_bytes() == CONTENT

    @pytest.mark.parametrize(
        "file", corpora.real_files_to_read(), ids=lambda file: file.name.replace("/", "-")
    )
    @pytest.mark.filterwarnings("ignore::rapidmarc.BadSubfieldCodeWarning")
    def test_of_real_files_come_back_as_reading_gives_them(
        self, kind: str, file: corpora.RealFile, tmp_path: Path
    ) -> None:
        read = MARCReader(file.bytes(), on_error="skip", hide_utf8_warnings=True)
        whole = [each for each in read if each is not None and holds(each, kind)]
        content = b"".join(each.as_marc() for each in whole)
        assert through(content, kind, tmp_path) == b"".join(
            each.as_marc() for each in MARCReader(content) if each is not None
        )


def holds(record: Record, kind: str) -> bool:
    """Whether the format can say all that is in the record."""
    try:
        record.as_marc()
    except ValueError:
        return False
    texts = [text for field in record for text in [field.data or "", *(s.value for s in field)]]
    codes = [
        part for field in record for part in [*(s.code for s in field), *(field.indicators or ())]
    ]
    whole = "".join([str(record.leader), *(field.tag for field in record), *texts, *codes])
    if kind == "marcmaker":
        by_tag = all(field.control_field == (field.tag < "010") for field in record)
        plain = all(len(code) == 1 and code not in "$\\" for code in codes)
        return by_tag and plain and not {*"\r\n"} & {*whole}
    if kind == "marcxml":
        return all(c in "\t\r\n" or (c >= " " and c not in "\ufffe\uffff") for c in whole)
    return True


class TestTables:
    def test_parquet_has_the_columns_that_select_gives(self, tmp_path: Path) -> None:
        done = rapidmarc.convert(CONTENT, tmp_path / "t.parquet", columns=COLUMNS)
        assert done.records == 50
        table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
        assert table.equals(pyarrow.table(rapidmarc.select(CONTENT, COLUMNS)))

    def test_csv_joins_the_values_of_a_list(self, tmp_path: Path) -> None:
        rapidmarc.convert(CONTENT, tmp_path / "t.csv", columns=COLUMNS)
        with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert rows[:2] == [["id", "subjects", "n", "e"], ["b0", "One|Two", "2", "false"]]
        assert len(rows) == 51

    def test_are_made_of_any_input_and_of_several(self, tmp_path: Path) -> None:
        rapidmarc.convert(CONTENT, tmp_path / "a.xml.gz")
        done = rapidmarc.convert(
            [CONTENT, tmp_path / "a.xml.gz"], tmp_path / "t.parquet", columns=COLUMNS
        )
        assert done.records == 100
        table = pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pylist()
        assert table[:50] == table[50:]

    def test_bad_records_have_no_row_and_are_counted(self, tmp_path: Path) -> None:
        done = rapidmarc.convert(
            CONTENT + BAD, tmp_path / "t.csv", columns=COLUMNS, on_error="skip"
        )
        assert (done.records, sum(done.errors.values())) == (50, 1)

    def test_refuse_options_that_would_do_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="without the options force_utf8"):
            rapidmarc.convert(CONTENT, tmp_path / "t.csv", columns=COLUMNS, force_utf8=True)
        assert not list(tmp_path.iterdir())

    def test_of_text_formats_have_no_row_for_bad_records_or_raise_with_the_place(
        self, tmp_path: Path
    ) -> None:
        source = tmp_path / "a.jsonl"
        long = Record(fields=[Field("500", Indicators(" ", " "), [Subfield("a", "x" * 10_000)])])
        good = Record(fields=[Field("001", data="b1")])
        source.write_text(f"{good.as_json()}\n{long.as_json()}\n{{}}\n{good.as_json()}\n")
        done = rapidmarc.convert(source, tmp_path / "t.csv", columns=COLUMNS, on_error="skip")
        assert (done.records, done.errors) == (2, {"skipped": 2})
        with pytest.raises(ValueError, match=r".") as caught:
            rapidmarc.convert(source, tmp_path / "t.csv", columns=COLUMNS)
        assert caught.value.record_index == 1  # type: ignore[attr-defined]

    def test_need_columns(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="csv needs columns"):
            rapidmarc.convert(CONTENT, tmp_path / "t.csv")
        with pytest.raises(ValueError, match="columns and where are for"):
            rapidmarc.convert(CONTENT, tmp_path / "t.xml", columns=COLUMNS)


class TestTargets:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("a.MRC", ("marc", None)),
            ("a.xml.gz", ("marcxml", "gzip")),
            ("a.jsonl.zst", ("jsonl", "zstd")),
            ("a.parquet", ("parquet", None)),
        ],
    )
    def test_tell_their_format_by_their_name(
        self, name: str, found: tuple[str, str | None]
    ) -> None:
        assert target_format(name) == found

    @pytest.mark.parametrize("name", ["a", "a.pdf", "a.gz", "a.parquet.gz"])
    def test_that_tell_none_are_an_error(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"format|compressed"):
            target_format(name)

    def test_may_be_the_source(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mrc"
        path.write_bytes(CONTENT)
        path.chmod(0o640)
        rapidmarc.convert(path, path)
        assert path.read_bytes() == CONTENT
        assert path.stat().st_mode & 0o777 == 0o640

    def test_stay_as_they_were_if_anything_fails(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xml"
        path.write_bytes(b"before")
        with pytest.raises(UnicodeDecodeError):
            rapidmarc.convert(CONTENT + BAD, path)
        assert path.read_bytes() == b"before"
        assert [each.name for each in tmp_path.iterdir()] == ["a.xml"]

    def test_that_are_file_objects_stay_open(self) -> None:
        file = io.BytesIO()
        assert rapidmarc.convert(CONTENT, file, format="marc").records == 50
        assert file.getvalue() == CONTENT

    def test_leave_nothing_if_they_cannot_be_begun(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "zstandard", None)
        with pytest.raises(ModuleNotFoundError, match="zstandard"):
            rapidmarc.convert(CONTENT, tmp_path / "a.mrc.zst")
        assert not list(tmp_path.iterdir())

    def test_a_full_disk_is_an_error(self) -> None:
        with pytest.raises(OSError, match="No space left"):
            rapidmarc.convert(CONTENT, "/dev/full", format="json")


class TestBadRecords:
    def test_are_left_out_or_salvaged_and_counted(self, tmp_path: Path) -> None:
        path, rejects = tmp_path / "a.mrc", tmp_path / "bad.mrc"
        done = rapidmarc.convert(CONTENT + BAD, path, on_error="skip", rejects=rejects)
        assert (done.records, done.errors) == (50, {"UnicodeDecodeError": 1})
        assert rejects.read_bytes() == BAD
        done = rapidmarc.convert(CONTENT + BAD, path, on_error="salvage")
        assert done.records == 51

    @pytest.mark.parametrize(
        ("field", "kind"),
        [
            (Field("500", Indicators(" ", " "), [Subfield("a", "x" * 10_000)]), "marc"),
            (Field("500", Indicators(" ", " "), [Subfield("a", "x\ny")]), "marcmaker"),
            (Field("500", Indicators(" ", " "), [Subfield("ab", "x")]), "marcmaker"),
        ],
    )
    def test_are_those_that_the_format_cannot_hold(
        self, field: Field, kind: str, tmp_path: Path
    ) -> None:
        source = tmp_path / "a.jsonl"
        source.write_text(Record(fields=[Field("001", data="b1"), field]).as_json())
        with pytest.raises(ValueError, match="001 b1"):
            rapidmarc.convert(source, tmp_path / "out", format=kind)  # type: ignore[arg-type]
        done = rapidmarc.convert(source, tmp_path / "out", format=kind, on_error="skip")  # type: ignore[arg-type]
        assert (done.records, sum(done.errors.values())) == (0, 1)


class TestXML:
    def test_holds_tabs_and_line_ends_in_values_and_in_attributes(self, tmp_path: Path) -> None:
        field = Field("500", Indicators("\t", "\n"), [Subfield("a", '<x="a\tb\nc\rd" >')])
        record = Record(fields=[field])
        record.leader[9] = "a"
        content = record.as_marc()
        rapidmarc.convert(content, tmp_path / "a.xml")
        rapidmarc.convert(tmp_path / "a.xml", tmp_path / "b.mrc")
        assert (tmp_path / "b.mrc").read_bytes() == content
