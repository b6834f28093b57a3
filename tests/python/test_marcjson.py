"""MARC-in-JSON: objects to records, all at once or one after the other."""

import copy
import io
import json
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
    path.write_text(TEXT)
    assert JSONReader(str(path)).file_handle.closed
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
