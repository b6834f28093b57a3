"""MARC-in-JSON: objects to records, all at once or one after the other."""

import copy
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rapidmarc import (
    JSONHandler,
    JSONReader,
    Reader,
    Record,
    RecordLeaderInvalid,
    parse_json_to_array,
)
from rapidmarc._json_stream import JSONText

OBJECT: dict[str, Any] = {
    "leader": "00475cas a2200169 i 4500",
    "fields": [
        {"001": "ocm 1"},
        {
            "245": {
                "ind1": "1",
                "ind2": " ",
                "subfields": [{"a": "Moby Dick"}, {"a": "Émile"}, {"c": ""}],
            }
        },
    ],
}
TEXT = json.dumps(OBJECT)
Read = Callable[[Any], list[Record]]


def read_one_by_one(target: Any) -> list[Record]:
    return list(JSONReader(target))


@pytest.fixture(params=[read_one_by_one, parse_json_to_array])
def read(request: pytest.FixtureRequest) -> Read:
    """Both ways of reading; they must agree."""
    way: Read = request.param
    return way


def changed(**parts: Any) -> str:
    return json.dumps({**OBJECT, **parts})


def test_an_object_or_an_array_of_them(read: Read) -> None:
    assert [record.as_dict() for record in read(TEXT)] == [OBJECT]
    assert [record.as_dict() for record in read(f"[{TEXT},{TEXT}]")] == [OBJECT, OBJECT]
    assert read("[]") == []


def test_paths_and_open_files(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(OBJECT, ensure_ascii=False), encoding="utf-8")
    binary = io.BytesIO(path.read_bytes())
    with open(path, encoding="utf-8") as file:
        for target in (str(path), path, file, binary, io.StringIO(TEXT)):
            assert [record.as_dict() for record in read(target)] == [OBJECT]
        assert not file.closed


def test_a_path_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    for text in (TEXT, f"[{TEXT}]"):
        path.write_text(text)
        reader = JSONReader(str(path))
        assert len(list(reader)) == 1
        assert reader.file_handle.closed
    path.write_text("no json")
    with pytest.raises(json.JSONDecodeError):
        JSONReader(path)


def test_a_path_is_read_in_the_encoding_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.json"
    path.write_text(json.dumps(OBJECT, ensure_ascii=False), encoding="latin-1")
    reader = JSONReader(str(path), encoding="latin-1")
    assert reader.encoding == "latin-1"
    assert [record.as_dict() for record in reader] == [OBJECT]


@pytest.mark.parametrize("target", [b"{}", 5])
def test_anything_else_is_a_type_error(read: Read, target: Any) -> None:
    with pytest.raises(TypeError):
        read(target)


def test_raw_control_characters_in_strings_are_taken(read: Read) -> None:
    [record] = read(TEXT.replace("ocm 1", "ocm\t1"))
    assert record["001"].data == "ocm\t1"


@pytest.mark.parametrize("missing", ["ind1", "ind2"])
def test_indicators_must_be_given(read: Read, missing: str) -> None:
    element = copy.deepcopy(OBJECT)
    del element["fields"][1]["245"][missing]
    with pytest.raises(KeyError, match=missing):
        read(json.dumps(element))


@pytest.mark.parametrize("missing", ["leader", "fields"])
def test_leader_and_fields_must_be_given(read: Read, missing: str) -> None:
    element = {name: part for name, part in OBJECT.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        read(json.dumps(element))


def test_the_leader_is_taken_as_it_is(read: Read) -> None:
    [record] = read(changed(leader="x" * 24))
    assert str(record.leader) == "x" * 24
    with pytest.raises(RecordLeaderInvalid):
        read(changed(leader="short"))


def test_the_reader_can_be_iterated_again_and_advanced_by_hand() -> None:
    reader = JSONReader(f"[{TEXT},{TEXT}]")
    assert isinstance(reader, Reader)
    assert next(reader).title == "Moby Dick"
    assert len(list(reader)) == len(list(reader)) == 2
    with pytest.raises(StopIteration):
        next(reader)


def test_records_made_from_the_same_objects_are_independent() -> None:
    reader = JSONReader(TEXT)
    [first], [second] = list(reader), list(reader)
    first["245"].subfields.clear()
    assert second.as_dict() == reader.records == OBJECT


def large(count: int) -> str:
    """An array longer than what is read at once."""
    long = changed(leader=f"{count:024}", fields=[{"001": "\u00e9 " * 2000}])
    return f"[{', '.join([long] * count)}]"


class Pipe(io.StringIO):
    """A file that can be read once."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("kind", [io.StringIO, lambda text: io.BytesIO(text.encode()), Pipe])
def test_records_are_there_whenever_they_are_asked_for(kind: Callable[[str], Any]) -> None:
    text = large(20)
    for taken in (0, 1, 7, 20):
        reader = JSONReader(kind(text))
        first = [next(reader) for _ in range(taken)]
        assert reader.records == json.loads(text)
        assert len(first) + len(list(reader.iter)) == 20
        assert len(list(reader)) == 20


def test_leaving_the_loop_and_starting_again(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text(large(20))
    reader = JSONReader(path)
    for _ in zip(range(3), reader, strict=False):
        pass
    assert len(list(reader)) == len(list(reader)) == 20


def test_the_objects_can_be_replaced() -> None:
    reader = JSONReader(f"[{TEXT}]")
    reader.records = [OBJECT, OBJECT]
    assert len(list(reader)) == 2


class Endless(io.RawIOBase):
    """A file of `size` bytes of records that is nowhere as a whole."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.waiting = b"["

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0

    def read(self, size: int = -1, /) -> bytes:
        while len(self.waiting) < size and self.left > 0:
            record = changed(fields=[{"001": "x" * 50_000}]).encode()
            self.left -= len(record)
            self.waiting += record + (b", " if self.left > 0 else b"]")
        block, self.waiting = self.waiting[:size], self.waiting[size:]
        return block


def test_a_large_array_is_read_in_little_memory() -> None:
    tracemalloc.start()
    try:
        count = sum(1 for _ in JSONReader(Endless(30_000_000)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count > 500
    assert peak < 2_000_000


ARRAYS = {
    "open": f"[{TEXT}",
    "comma at the end": f"[{TEXT},]",
    "comma at the start": f"[,{TEXT}]",
    "no comma": f"[{TEXT} {TEXT}]",
    "other bracket": f"[{TEXT}}}",
    "open after comma": f"[{TEXT},",
    "text behind": f"[{TEXT}] x",
    "another behind": f"[{TEXT}]\n[{TEXT}]",
    "word": f"[{TEXT}, \n nul]",
    "open string": f'[{TEXT},\n"{"x" * 100_000}',
    "bad escape": f'[{TEXT},\n"\\x"]',
    "half an escape": f'[{TEXT},\n"\\u12',
    "no name": f"[{TEXT},\n{{1: 2}}]",
    "nothing": "",
}


@pytest.mark.parametrize("before", ["", "\n" * 70_000, f"[{TEXT}],", large(12)[:-1] + ","])
@pytest.mark.parametrize("name", ARRAYS)
def test_errors_are_those_of_the_json_module_wherever_they_stand(name: str, before: str) -> None:
    text = before + (ARRAYS[name][1:] if before.startswith("[{") else ARRAYS[name])
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(text, strict=False)
    with pytest.raises(json.JSONDecodeError) as caught:
        list(JSONReader(text))
    assert str(caught.value) == str(expected.value)
    for part in ("msg", "pos", "lineno", "colno"):
        assert getattr(caught.value, part) == getattr(expected.value, part)


def test_a_byte_order_mark_in_text_is_the_error_that_it_is_for_the_json_module() -> None:
    with pytest.raises(json.JSONDecodeError, match="BOM"):
        JSONReader(f"\ufeff[{TEXT}]")


def test_records_before_an_error_are_read() -> None:
    reader = JSONReader(large(12)[:-1] + ", nothing]")
    assert [str(next(reader).leader) for _ in range(12)] == ["0" * 22 + "12"] * 12
    with pytest.raises(json.JSONDecodeError):
        next(reader)
    with pytest.raises(json.JSONDecodeError):
        JSONReader(f"[{TEXT}, nothing]")


def test_a_short_file_may_be_closed_before_it_is_iterated(tmp_path: Path) -> None:
    path = tmp_path / "short.json"
    path.write_text(f"[{TEXT}, {TEXT}]")
    with open(path) as file:
        reader = JSONReader(file)
    assert len(list(reader)) == len(reader.records) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_bytes_are_read_in_the_encodings_of_json(read: Read, encoding: str) -> None:
    text = f"[{', '.join([json.dumps(OBJECT, ensure_ascii=False)] * 2)}]"
    assert [each.as_dict() for each in read(io.BytesIO(text.encode(encoding)))] == [OBJECT] * 2


def test_elements_of_all_lengths_are_cut_right() -> None:
    lengths = [*range(65_500, 65_560), 0, 200_000]
    text = json.dumps([0, *("x" * length for length in lengths), 123, True], indent=1)
    elements = list(JSONText(io.StringIO(text)).elements())
    assert elements == json.loads(text)


def test_stream_says_that_it_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    JSONReader(TEXT, stream=True)
    expected = "Streaming not yet implemented, your data will be loaded into memory\n"
    assert capsys.readouterr().err == expected
    JSONReader(TEXT)
    assert capsys.readouterr().err == ""


def test_the_handler_gathers_and_returns_all_records_so_far() -> None:
    handler = JSONHandler()
    assert len(handler.elements([json.loads(TEXT), json.loads(TEXT)])) == 2
    assert len(handler.elements(json.loads(TEXT))) == 3
    assert handler.elements([]) is handler.records


def test_the_handler_takes_the_objects_apart() -> None:
    element = copy.deepcopy(OBJECT)
    JSONHandler().elements(element)
    assert element == {"leader": OBJECT["leader"], "fields": [{}, {}]}


def test_a_subclass_of_the_handler_sees_each_record() -> None:
    class Titles(JSONHandler):
        def __init__(self) -> None:
            super().__init__()
            self.titles: list[str | None] = []

        def process_record(self, record: Record) -> None:
            self.titles.append(record.title)

    handler = Titles()
    assert handler.elements(json.loads(f"[{TEXT},{TEXT}]")) == []
    assert handler.titles == ["Moby Dick", "Moby Dick"]


def test_what_as_json_writes_reads_back(read: Read) -> None:
    [record] = read(TEXT)
    [again] = read(record.as_json(indent=2, ensure_ascii=False))
    assert again.as_dict() == OBJECT
