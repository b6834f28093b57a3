"""What a reader takes, what it refuses, with which exception, and which backend it chooses.

pymarc takes bytes and anything with `read`, and finds every mistake at the first `next`. Here paths
and buffers are taken too, and mistakes are found when the reader is made.
"""

import array
import contextlib
import io
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rapidmarc
from tests import reference, roads
from tests.data.encode import plain

THREE = plain("one") + plain("two") + plain("three")
NUMBERS = ["one", "two", "three"]


def numbers(reader: Any) -> list[str]:
    return [record["001"].data for record in reader]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "three.mrc"
    made.write_bytes(THREE)
    return made


class ReadablePath:
    """Both a path and a file: a path is what counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)

    def read(self, size: int) -> bytes:
        raise AssertionError("the path was to be opened")


class TestChoice:
    def test_each_road_has_its_backend(self, road: str, tmp_path: Path) -> None:
        with roads.travel(road, THREE, tmp_path) as target:
            reader = rapidmarc.MARCReader(target)
            assert reader.backend == roads.CHOSEN[road]
            assert numbers(reader) == NUMBERS

    def test_paths_of_every_kind(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir("/")

        class Text(str):
            pass

        for target in (str(path), path, Text(path), ReadablePath(path), path.relative_to("/")):
            reader = rapidmarc.MARCReader(target)
            assert (reader.backend, numbers(reader)) == ("native", NUMBERS)

    @pytest.mark.parametrize(
        "wrap",
        [bytes, bytearray, memoryview, lambda raw: memoryview(bytearray(raw))[:],
         lambda raw: array.array("B", raw)],
        ids=["bytes", "bytearray", "memoryview", "memoryview of bytearray", "array"],
    )  # fmt: skip
    def test_buffers_of_every_kind(self, wrap: Any) -> None:
        reader = rapidmarc.MARCReader(wrap(THREE))
        assert (reader.backend, numbers(reader)) == ("memory", NUMBERS)
        assert reader.current_chunk == b""

    def test_a_part_of_a_buffer(self) -> None:
        part = memoryview(b"xx" + THREE + b"yyy")[2:-3]
        assert numbers(rapidmarc.MARCReader(part)) == NUMBERS

    def test_a_buffer_with_gaps_is_read_as_what_it_stands_for(self) -> None:
        gaps = memoryview(b"".join(bytes([byte, 0]) for byte in THREE))[::2]
        assert numbers(rapidmarc.MARCReader(gaps)) == NUMBERS

    def test_a_buffer_is_held_not_copied(self) -> None:
        buffer = bytearray(THREE)
        reader = rapidmarc.MARCReader(buffer)
        next(reader)
        with pytest.raises(BufferError):
            buffer.append(0)
        reader.close()
        del reader
        buffer.append(0)

    def test_a_map_is_read_as_a_file(self, path: Path) -> None:
        with open(path, "rb") as handle, mmap.mmap(handle.fileno(), 0, prot=mmap.PROT_READ) as view:
            reader = rapidmarc.MARCReader(view)
            assert (reader.backend, numbers(reader)) == ("batched", NUMBERS)

    def test_a_handle_is_read_from_where_it_stands(self, path: Path) -> None:
        with open(path, "rb") as handle:
            handle.seek(len(plain("one")))
            assert numbers(rapidmarc.MARCReader(handle)) == NUMBERS[1:]


class TestOverrides:
    @pytest.mark.parametrize("backend", ["record", "batched", "native"])
    def test_a_path_may_be_read_otherwise(self, path: Path, backend: str) -> None:
        reader = rapidmarc.MARCReader(path, backend=backend)
        assert (reader.backend, numbers(reader)) == (backend, NUMBERS)

    @pytest.mark.parametrize("backend", ["record", "batched", "memory"])
    def test_bytes_may_be_read_otherwise(self, backend: str) -> None:
        reader = rapidmarc.MARCReader(THREE, backend=backend)
        assert (reader.backend, numbers(reader)) == (backend, NUMBERS)

    @pytest.mark.parametrize("backend", ["record", "batched"])
    @pytest.mark.parametrize("road", ["open", "bytesio", "custom", "pipe"])
    def test_a_handle_may_be_read_by_both(self, road: str, backend: str, tmp_path: Path) -> None:
        with roads.travel(road, THREE, tmp_path) as target:
            reader = rapidmarc.MARCReader(target, backend=backend)
            assert (reader.backend, numbers(reader)) == (backend, NUMBERS)

    @pytest.mark.parametrize(
        ("road", "backend"),
        [
            ("bytes", "native"),
            ("bytesio", "native"),
            ("custom", "native"),
            ("pipe", "native"),
            ("custom", "memory"),
            ("pipe", "memory"),
        ],
    )
    def test_impossible_pairs_are_value_errors(
        self, road: str, backend: str, tmp_path: Path
    ) -> None:
        with (
            roads.travel(road, THREE, tmp_path) as target,
            pytest.raises(ValueError, match=backend),
        ):
            rapidmarc.MARCReader(target, backend=backend)

    @pytest.mark.parametrize(
        "keywords",
        [
            {"backend": "fast"},
            {"backend": ""},
            {"num_threads": 0},
            {"num_threads": -1},
            {"batch_size": 0},
            {"batch_size": -5},
            {"batch_size": "large"},
            {"queue_bytes": -1},
            {"queue_records": -1},
            {"on_overflow": "panic"},
        ],
        ids=str,
    )
    def test_impossible_values_are_value_errors(self, keywords: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(keywords))):
            rapidmarc.MARCReader(THREE, **keywords)

    @pytest.mark.parametrize(
        "keywords",
        [{"num_threads": "2"}, {"num_threads": 1.5}, {"queue_bytes": "1"}, {"batch_size": 1.5}],
        ids=str,
    )
    def test_values_of_another_type_are_refused(self, keywords: dict[str, Any]) -> None:
        with pytest.raises((TypeError, ValueError), match=next(iter(keywords))):
            rapidmarc.MARCReader(THREE, **keywords)

    def test_our_keywords_are_keywords_only(self) -> None:
        with pytest.raises(TypeError):
            rapidmarc.MARCReader(THREE, True, False, False, "strict", "iso8859-1", False, "record")
        with pytest.raises(TypeError):
            rapidmarc.MARCReader(THREE, no_such_keyword=1)
        with pytest.raises(TypeError):
            rapidmarc.MARCReader()


class TestRefusals:
    @pytest.mark.parametrize(
        "target", [7, 1.5, None, True, ["x"], {"a": 1}, object(), len], ids=lambda t: str(type(t))
    )
    def test_anything_else_is_a_type_error_that_names_it(self, target: Any) -> None:
        text = "Expected str, Path, or file-like object"
        with pytest.raises(TypeError, match=rf"{text}.*{type(target).__name__}"):
            rapidmarc.MARCReader(target)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        absent = tmp_path / "absent.mrc"
        with pytest.raises(FileNotFoundError) as caught:
            rapidmarc.MARCReader(absent)
        with pytest.raises(FileNotFoundError) as expected:
            absent.open("rb")
        assert caught.value.errno == expected.value.errno
        assert str(caught.value.filename) == str(absent)
        with pytest.raises(FileNotFoundError):
            rapidmarc.MARCReader("")
        with pytest.raises(NotADirectoryError):
            rapidmarc.MARCReader(f"{__file__}/below")

    def test_a_folder(self, tmp_path: Path) -> None:
        for backend in ("auto", "native", "record", "batched"):
            with pytest.raises(IsADirectoryError):
                rapidmarc.MARCReader(tmp_path, backend=backend)

    def test_a_file_one_may_not_read(self) -> None:
        with unreadable_file() as path:
            for backend in ("auto", "native", "record", "batched"):
                with pytest.raises(PermissionError):
                    rapidmarc.MARCReader(path, backend=backend)

    def test_a_name_that_no_file_can_have(self) -> None:
        with pytest.raises(ValueError, match="null"):
            rapidmarc.MARCReader("a\x00b")

    def test_a_closed_handle(self, path: Path) -> None:
        with open(path, "rb") as opened:
            pass
        for handle in (opened, closed(io.BytesIO(THREE))):
            for backend in ("auto", "record", "batched"):
                with pytest.raises(ValueError, match="closed"):
                    rapidmarc.MARCReader(handle, backend=backend)

    def test_a_handle_in_text_mode(self, path: Path) -> None:
        with open(path, encoding="latin-1") as opened:
            for handle in (opened, io.StringIO("00026")):
                for backend in ("auto", "record", "batched"):
                    with pytest.raises(TypeError, match="open it in binary mode"):
                        rapidmarc.MARCReader(handle, backend=backend)

    def test_an_object_whose_read_gives_text(self) -> None:
        class Text:
            def read(self, size: int) -> str:
                return "0"

        for backend in ("auto", "record", "batched"):
            reader = rapidmarc.MARCReader(Text(), backend=backend)
            with pytest.raises(TypeError, match="binary mode"):
                next(reader)

    @pytest.mark.parametrize("answer", [5, [1, 2, 3, 4, 5]], ids=str)
    def test_an_object_whose_read_gives_nonsense(self, answer: Any) -> None:
        class Nonsense:
            def read(self, size: int) -> Any:
                return answer

        for backend in ("auto", "record", "batched"):
            reader = rapidmarc.MARCReader(Nonsense(), backend=backend)
            with pytest.raises(TypeError):
                next(reader)

    def test_an_object_whose_read_gives_too_much(self) -> None:
        class Generous:
            def __init__(self) -> None:
                self.left = THREE

            def read(self, size: int) -> bytes:
                given, self.left = self.left, b""
                return given

        for backend in ("record", "batched"):
            reader = rapidmarc.MARCReader(Generous(), backend=backend)
            # More than was asked for must never overrun, nor be lost without a word.
            try:
                found = list(reader)
            except (ValueError, OSError):
                continue
            assert len(found) == len(NUMBERS) or reader.current_exception is not None

    def test_a_handle_that_cannot_be_read(self, tmp_path: Path) -> None:
        with open(tmp_path / "new.mrc", "wb") as handle:
            for backend in ("auto", "record", "batched"):
                with pytest.raises(io.UnsupportedOperation):
                    next(rapidmarc.MARCReader(handle, backend=backend))

    def test_a_refused_input_leaves_no_descriptor(self, path: Path) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            with pytest.raises(ValueError, match="batch_size"):
                rapidmarc.MARCReader(path, batch_size=-1)
        assert len(os.listdir("/proc/self/fd")) == before


class TestContents:
    """What a file holds is not for the constructor to judge; the outcomes are pymarc's."""

    @pytest.mark.parametrize(
        ("content", "last"),
        [
            (b"", None),
            (b"This is a text, not a MARC file.\n", "RecordLengthInvalid"),
            (THREE[:-1], "TruncatedRecord"),
            (THREE[:3], "TruncatedRecord"),
            (THREE + b"\n", "TruncatedRecord"),
            (b"\x1f\x8b\x08\x00 zipped", "RecordLengthInvalid"),
        ],
        ids=["empty", "text", "cut", "cut in the length", "newline at the end", "compressed"],
    )
    def test_by_every_road(
        self, road: str, content: bytes, last: str | None, tmp_path: Path
    ) -> None:
        with roads.travel(road, content, tmp_path) as target:
            reader = rapidmarc.MARCReader(target)
            found = [record is None for record in reader]
        assert found == [outcome.content is None for outcome in reference.read(content)]
        assert last == (reader.current_exception and type(reader.current_exception).__name__)

    def test_the_handle_of_a_path(self, path: Path) -> None:
        reader = rapidmarc.MARCReader(str(path))
        handle = reader.file_handle
        assert handle.name == str(path)
        places = [handle.tell()]
        for _ in reader:
            places.append(handle.tell())
        assert places[0] == 0 and places[-1] == len(THREE) and places == sorted(places)
        handle.close()

    def test_closing_ends_reading(self, backend: str, tmp_path: Path) -> None:
        with roads.reader_for(backend, THREE, tmp_path) as reader:
            assert next(reader)["001"].data == "one"
            reader.close()
            reader.close()
            with pytest.raises((ValueError, StopIteration)):
                for _ in range(4):
                    next(reader)

    def test_a_file_that_shrinks_while_it_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "shrinking.mrc"
        one = plain("x" * 40)
        path.write_bytes(one * 40_000)
        for backend in ("native", "batched", "record"):
            path.write_bytes(one * 40_000)
            reader = rapidmarc.MARCReader(path, backend=backend, queue_bytes=1 << 16)
            next(reader)
            os.truncate(path, len(one) * 20_000 + 7)
            count = 1 + sum(record is not None for record in reader)
            assert count >= 20_000
            if count < 40_000:
                assert type(reader.current_exception).__name__ == "TruncatedRecord"


def closed(handle: Any) -> Any:
    handle.close()
    return handle


@contextlib.contextmanager
def unreadable_file() -> Iterator[Path]:
    """A file that exists and may not be read; the superuser steps down for that long."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    path = folder / "secret.mrc"
    path.write_bytes(THREE)
    path.chmod(0o000)
    is_superuser = os.geteuid() == 0
    try:
        if is_superuser:
            os.seteuid(65534)
        yield path
    finally:
        if is_superuser:
            os.seteuid(0)
        shutil.rmtree(folder)


def test_what_is_refused_leaves_the_rejects_of_before(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mrc"
    bad.write_bytes(b"of before")
    wrong: list[dict[str, Any]] = [{"backend": "fast"}, {"batch_size": 0}, {"num_threads": -1}]
    for each in wrong:
        with pytest.raises(ValueError, match=next(iter(each))):
            rapidmarc.MARCReader(b"", on_error="skip", rejects=bad, **each)
    assert bad.read_bytes() == b"of before"
