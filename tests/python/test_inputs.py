"""`rapidmarc.open`: one name for all inputs."""

import array
import functools
import gzip
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import xml.sax
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

import rapidmarc
from rapidmarc import JSONWriter, MARCReader, Record, TooManyErrorsError, XMLWriter
from rapidmarc._formats import format_of, marcmaker_of
from tests.data.encode import control, data, record
from tests.python.processes import descriptor_count, descriptors_before

CONTENT = b"".join(
    record([control("001", f"b{n}"), data("245", "1 ", f"aTitle {n} $ {{x}}", "b\\é")])
    for n in range(50)
)
BAD = record([control("001", "bad"), data("245", "00", b"a\xff")])


def records() -> list[Record]:
    return [each for each in MARCReader(CONTENT) if each is not None]


def as_xml() -> bytes:
    file = io.BytesIO()
    writer = XMLWriter(file)
    for each in records():
        writer.write(each)
    writer.close(close_fh=False)
    return file.getvalue()


def as_json() -> bytes:
    file = io.StringIO()
    writer = JSONWriter(file)
    for each in records():
        writer.write(each)
    writer.close(close_fh=False)
    return file.getvalue().encode()


FORMATS = {
    "iso2709": CONTENT,
    "marcxml": as_xml(),
    "marcxml, with a mark, a comment, blanks": b"\xef\xbb\xbf<!-- c -->\n\n" + as_xml()[38:],
    "marcxml in UTF-16": as_xml().decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16"),
    "json": as_json(),
    "json, with a mark": b"\xef\xbb\xbf" + as_json(),
    "json, indented": json.dumps([each.as_dict() for each in records()], indent=2).encode(),
    "json lines": "".join(f"{each.as_json()}\n" for each in records()).encode(),
    "json objects": "".join(json.dumps(each.as_dict(), indent=1) for each in records()).encode(),
    "marcmaker": "\n".join(map(marcmaker_of, records())).encode(),
    "marcmaker, of Windows": "\n".join(map(marcmaker_of, records()))
    .replace("\n", "\r\n")
    .encode("utf-8-sig"),
}


def read(source: object, **options: object) -> list[bytes]:
    with rapidmarc.open(source, **options) as reader:  # type: ignore[arg-type]
        return [each.as_marc() for each in reader if each is not None]


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS)
class TestFormats:
    def test_are_told_by_their_first_bytes(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "records.dat"
        path.write_bytes(content)
        wanted = [each.as_marc() for each in records()]
        assert read(path) == wanted
        assert read(content) == wanted
        assert read(io.BytesIO(content)) == wanted

    def test_may_be_compressed(self, content: bytes) -> None:
        assert len(read(gzip.compress(content))) == 50

    def test_may_come_through_a_pipe(self, content: bytes) -> None:
        code = "import rapidmarc; print(sum(1 for _ in rapidmarc.open('-')))"
        done = subprocess.run(
            [sys.executable, "-c", code], input=content, capture_output=True, check=True, timeout=60
        )
        assert done.stdout == b"50\n"


class TestPlainFiles:
    def test_have_the_native_reader(self, tmp_path: Path) -> None:
        path = tmp_path / "books.mrc"
        path.write_bytes(CONTENT)
        with rapidmarc.open(path) as reader:
            assert type(reader) is MARCReader
            assert reader.backend == "native"
        with rapidmarc.open(CONTENT, num_threads=1) as reader:
            assert isinstance(reader, MARCReader)
            assert reader.backend == "memory"

    def test_can_be_told_their_format(self) -> None:
        assert format_of(b"  [") == "json"
        with pytest.raises(ValueError, match="format is one of marc, marcxml"):
            rapidmarc.open(CONTENT, format="pdf")  # type: ignore[arg-type]
        assert read(CONTENT, format="marc") == read(CONTENT)

    def test_empty_ones_have_no_records(self) -> None:
        assert read(b"") == []

    @pytest.mark.parametrize("source", [3.5, None, object()])
    def test_what_is_no_input_is_a_type_error(self, source: object) -> None:
        with pytest.raises(TypeError, match="Expected str, Path"):
            rapidmarc.open(source)  # type: ignore[arg-type]


class TestSeveralFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        (tmp_path / "a.mrc").write_bytes(CONTENT)
        (tmp_path / "b.mrc.gz").write_bytes(gzip.compress(CONTENT))
        (tmp_path / "c.xml").write_bytes(as_xml())
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_are_read_as_one(self, folder: Path) -> None:
        assert read(["c.xml", folder / "a.mrc", CONTENT]) == read(CONTENT) * 3
        assert read("*.mrc*") == read(CONTENT) * 2
        assert read([]) == []

    def test_can_be_left_and_read_on(self, folder: Path) -> None:
        with rapidmarc.open(["c.xml", "a.mrc"]) as reader:
            for _ in range(2):
                for _ in reader:
                    break
            assert sum(1 for _ in reader) == 98

    def test_have_the_names_that_they_were_given(self, folder: Path) -> None:
        reader = rapidmarc.open([folder / "a.mrc", CONTENT])
        names = [reader.file for _ in reader]  # type: ignore[attr-defined]
        assert names == [str(folder / "a.mrc")] * 50 + ["<memory>"] * 50

    def test_tell_which_one_they_are_at(self, folder: Path) -> None:
        reader = rapidmarc.open(["a.mrc", "b.mrc.gz"])
        names = [reader.file for _ in reader]  # type: ignore[attr-defined]
        assert names == ["a.mrc"] * 50 + ["b.mrc.gz"] * 50

    def test_have_the_file_in_their_errors_and_go_on_behind_them(self, folder: Path) -> None:
        (folder / "d.mrc").write_bytes(BAD + CONTENT)
        reader = rapidmarc.open(["a.mrc", "d.mrc"])
        for _ in range(50):
            next(reader)
        with pytest.raises(UnicodeDecodeError) as caught:
            next(reader)
        assert rapidmarc.exceptions.locate(caught.value).startswith("d.mrc, record 0 (001 bad)")
        assert sum(1 for _ in reader) == 50
        assert reader.errors == {"UnicodeDecodeError": 1}

    def test_a_pattern_that_matches_nothing_is_an_error(self, folder: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"no file matches the pattern: 'x\*\.mrc'"):
            rapidmarc.open("x*.mrc")

    def test_a_name_with_the_signs_of_a_pattern_is_a_name_if_it_is_there(
        self, folder: Path
    ) -> None:
        (folder / "[1].mrc").write_bytes(CONTENT)
        assert len(read("[1].mrc")) == 50

    def test_can_have_no_rejects(self, folder: Path) -> None:
        with pytest.raises(ValueError, match="rejects is for one file"):
            rapidmarc.open("*.mrc*", on_error="skip", rejects="bad.mrc")


class TestBadRecords:
    def test_are_raised_and_reading_goes_on_behind_them(self) -> None:
        reader = rapidmarc.open(CONTENT + BAD + CONTENT)
        read = 0
        with pytest.raises(UnicodeDecodeError):
            for _ in reader:
                read += 1
        assert read == 50
        assert sum(1 for _ in reader) == 50

    @pytest.mark.parametrize(
        ("bad", "error"),
        [
            (b'{"fields": []}', "KeyError"),
            (b'{"leader": "short", "fields": []}', "RecordLeaderInvalid"),
        ],
    )
    def test_of_json_are_treated_as_is_asked_for(self, bad: bytes, error: str) -> None:
        one = records()[0].as_json().encode()
        content = b"\n".join([one, bad, one])
        assert len(read(content, on_error="skip")) == 2
        with rapidmarc.open(content, on_error="none") as reader:
            assert [each is None for each in reader] == [False, True, False]
            assert reader.errors == {error: 1}
        reader = rapidmarc.open(content)
        next(reader)
        with pytest.raises(Exception, match=r".") as caught:
            next(reader)
        assert type(caught.value).__name__ == error
        assert caught.value.record_index == 1  # type: ignore[attr-defined]
        assert next(reader) is not None
        with pytest.raises(TooManyErrorsError):
            read(content, on_error="skip", max_errors=0)

    def test_of_marcmaker_cost_no_other(self) -> None:
        content = b"\n".join([b"=001  x\n", b"=245 no field\n", b"=001  y\n"])
        assert len(read(content, on_error="skip")) == 2

    def test_text_that_cannot_be_parsed_is_raised_whatever_is_asked_for(self) -> None:
        with pytest.raises(json.JSONDecodeError):
            read(as_json()[:-100], on_error="skip")
        with pytest.raises(xml.sax.SAXParseException) as caught:
            read(as_xml()[:-100], on_error="skip")
        assert caught.value.getLineNumber() == 1

    def test_rejects_are_for_iso_2709(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="rejects has bytes of ISO 2709"):
            rapidmarc.open(as_xml(), on_error="skip", rejects=tmp_path / "bad")
        assert len(read(CONTENT + BAD, on_error="skip", rejects=tmp_path / "bad")) == 50
        assert (tmp_path / "bad").read_bytes() == BAD


class TestURLs:
    def test_of_memory(self) -> None:
        with fsspec.open("memory://shelf/a.mrc", "wb") as file:
            file.write(CONTENT)
        with fsspec.open("memory://shelf/b.mrc.gz", "wb") as file:
            file.write(gzip.compress(CONTENT))
        assert len(read("memory://shelf/a.mrc")) == 50
        assert len(read("memory://shelf/*")) == 100
        with pytest.raises(FileNotFoundError, match=r"memory://shelf/c\.mrc"):
            rapidmarc.open("memory://shelf/c.mrc")

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[str]:
        (tmp_path / "a.mrc").write_bytes(CONTENT * 100)
        (tmp_path / "b.xml.gz").write_bytes(gzip.compress(as_xml()))

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

        handler = functools.partial(Quiet, directory=os.fspath(tmp_path))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
            thread = threading.Thread(target=running.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{running.server_port}"
            running.shutdown()
            thread.join()

    def test_of_a_web_server(self, server: str) -> None:
        assert len(read(f"{server}/a.mrc")) == 5000
        assert read(f"{server}/b.xml.gz") == read(CONTENT)
        with pytest.raises(FileNotFoundError):
            rapidmarc.open(f"{server}/none.mrc")

    @pytest.mark.parametrize("name", ["noscheme://shelf/a.mrc", "noscheme://shelf/*.mrc"])
    def test_of_a_scheme_that_nobody_knows_are_an_error_with_the_url(self, name: str) -> None:
        with pytest.raises(OSError, match="noscheme") as caught:
            rapidmarc.open(name)
        assert caught.value.filename == name


class TestFaultsOfMarcxml:
    XML = as_xml()

    def test_records_before_the_text_breaks_are_given(self) -> None:
        place = self.XML.index(b"</record>", len(self.XML) // 2) + len(b"</record>")
        number = self.XML[:place].count(b"</record>")
        for width in (1, 1 << 20):  # of what is given at a time
            reader = rapidmarc.open(Slow(self.XML[:place] + b"<&>", width))
            read = 0
            with pytest.raises(xml.sax.SAXParseException):
                for _ in reader:
                    read += 1
            assert read == number

    @pytest.mark.parametrize(
        ("old", "new", "error"),
        [
            (b'tag="001"', b'gat="001"', KeyError),
            (b'code="a"', b'edoc="a"', KeyError),
            (b"<leader>", b"<leader>00", rapidmarc.RecordLeaderInvalid),
        ],
    )
    def test_a_bad_record_is_dealt_with_as_asked_for_and_the_others_are_given(
        self, old: bytes, new: bytes, error: type[Exception]
    ) -> None:
        content = self.XML.replace(old, new, 21).replace(new, old, 20)
        with rapidmarc.open(content, on_error="skip") as reader:
            assert sum(1 for _ in reader) == 49
            assert reader.errors == {error.__name__: 1}
        with rapidmarc.open(content) as reader:
            for _ in range(20):
                next(reader)
            with pytest.raises(error) as caught:
                next(reader)
            assert caught.value.record_index == 20  # type: ignore[attr-defined]
            assert sum(1 for _ in reader) == 29
        with rapidmarc.open(content, on_error="none") as reader:
            assert [index for index, each in enumerate(reader) if each is None] == [20]


class Slow(io.RawIOBase):
    """Gives few bytes at a time."""

    def __init__(self, content: bytes, width: int) -> None:
        super().__init__()
        self._file = io.BytesIO(content)
        self._width = width

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, self._width) if size >= 0 else self._width)


class TestOptions:
    def test_that_would_do_nothing_are_refused(self) -> None:
        for content in (CONTENT, as_json()):
            with pytest.raises(ValueError, match="rejects and max_errors need on_error"):
                rapidmarc.open(content, on_error="none", max_errors=3)

    def test_go_to_the_reader_of_a_file_object_as_they_are(self) -> None:
        with rapidmarc.open(io.BytesIO(CONTENT), backend="record") as reader:
            assert isinstance(reader, MARCReader)
            assert reader.backend == "record"

    def test_have_the_dialect(self) -> None:
        content = record([control("001", "x"), data("245", "00", b"a\xe9")])
        content = content.replace(b"nam a22", b"nam  22")
        with rapidmarc.open(content, dialect="latin1") as reader:
            [found] = reader
        assert found is not None
        assert found["245"]["a"] == "é"

    def test_that_the_reader_refuses_leave_no_file_open(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mrc.gz"
        path.write_bytes(gzip.compress(CONTENT))
        before = descriptors_before()
        with pytest.raises(ValueError, match="backend"):
            rapidmarc.open(path, backend="nothing")  # type: ignore[arg-type]
        assert descriptor_count() == before

    def test_an_array_of_bytes_is_one_input(self) -> None:
        assert read(array.array("B", CONTENT)) == read(CONTENT)
