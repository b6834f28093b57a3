"""MARCMaker text: how lines become fields and empty lines part records."""

import io
from pathlib import Path
from typing import Any

import pytest

from rapidmarc import (
    Field,
    Indicators,
    Leader,
    MARCMakerReader,
    PymarcException,
    Reader,
    Record,
    RecordLeaderInvalid,
    Subfield,
    TextWriter,
)

ONE = "=LDR  00755cam  22002414a 4500\n=001  ocm\\1\n=245  1\\$aMoby Dick$cMelville\n"
TWO = ONE.replace("Moby Dick", "Émile")


def titles(target: Any, **options: Any) -> list[str | None]:
    return [record.title for record in MARCMakerReader(target, **options)]


def test_lines_become_leader_control_fields_and_data_fields() -> None:
    [record] = MARCMakerReader(ONE)
    assert type(record) is Record
    assert str(record.leader) == "00755cam  22002414a 4500"
    assert [field.tag for field in record.fields] == ["001", "245"]
    assert str(record) == ONE


def test_backslashes_are_kept() -> None:
    [record] = MARCMakerReader(ONE)
    assert record["001"].data == "ocm\\1"
    assert record["245"].indicators == Indicators("1", "\\")


def test_without_a_leader_there_is_the_default_one() -> None:
    [record] = MARCMakerReader("=001  1")
    assert str(record.leader) == str(Record().leader)


def test_what_the_text_writer_writes_reads_back() -> None:
    records = [Record(fields=[Field("245", ["1", "0"], [Subfield("a", t)])]) for t in "xyz"]
    file = io.StringIO()
    writer = TextWriter(file)
    for record in records:
        writer.write(record)
    assert titles(file.getvalue()) == ["x", "y", "z"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_understood(ending: str) -> None:
    assert titles(f"{ONE}\n{TWO}".replace("\n", ending)) == ["Moby Dick", "Émile"]


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n\n\n\n"])
def test_several_empty_lines_part_records_as_one_does(gap: str) -> None:
    assert titles(f"\n\n{ONE}{gap}{TWO}{gap}") == ["Moby Dick", "Émile"]


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n"])
def test_no_lines_are_no_records(text: str) -> None:
    assert titles(text) == []


@pytest.mark.parametrize("separator", "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
def test_separators_that_end_no_line_stay_in_their_value(separator: str) -> None:
    assert titles(ONE.replace("Moby Dick", f"Moby{separator}Dick")) == [f"Moby{separator}Dick"]


def test_paths_and_open_files(tmp_path: Path) -> None:
    path = tmp_path / "two.mrk"
    path.write_text(f"{ONE}\n{TWO}", encoding="utf-8")
    binary = io.BytesIO(path.read_bytes())
    with open(path, encoding="utf-8") as file:
        for target in (str(path), path, file, binary):
            assert titles(target) == ["Moby Dick", "Émile"]
        assert file.closed


@pytest.mark.parametrize("binary", [False, True])
def test_the_encoding_is_that_named(tmp_path: Path, binary: bool) -> None:
    path = tmp_path / "latin.mrk"
    path.write_text(TWO, encoding="latin-1")
    target = io.BytesIO(path.read_bytes()) if binary else str(path)
    assert titles(target, encoding="latin-1") == ["Émile"]


def test_bytes_are_a_type_error() -> None:
    with pytest.raises(TypeError):
        MARCMakerReader(ONE.encode())  # type: ignore[arg-type]


def test_it_is_a_reader_and_can_be_read_once() -> None:
    reader = MARCMakerReader(ONE)
    assert isinstance(reader, Reader)
    assert len(list(reader)) == 1
    assert list(reader) == []


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("LDR  00755cam  22002414a 4500", ValueError),
        ("=LDR 00755cam  22002414a 4500", ValueError),
        ("=LDR  short", RecordLeaderInvalid),
        ("=245 10$aMoby", ValueError),
        ("=999", ValueError),
        ("=999  ", IndexError),
        ("=999  1", IndexError),
    ],
)
def test_a_bad_line_is_named_and_reading_can_go_on(line: str, cause: type[BaseException]) -> None:
    reader = MARCMakerReader(f"=001  1\n{line}\n\n{ONE}")
    with pytest.raises(PymarcException) as caught:
        next(reader)
    assert str(caught.value) == f'Unable to parse line "{line}"'
    assert isinstance(caught.value.__cause__, cause)
    assert next(reader).title == "Moby Dick"


@pytest.mark.parametrize(
    ("line", "subfields"),
    [
        ("=245  10$a", [("a", "")]),
        ("=245  10$aMoby$$b", [("a", "Moby"), ("", ""), ("b", "")]),
        ("=245  10?aMoby", [("a", "Moby")]),
        ("=245  10", [("", "")]),
    ],
)
def test_each_dollar_begins_a_subfield(line: str, subfields: list[tuple[str, str]]) -> None:
    [record] = MARCMakerReader(line)
    assert record["245"].subfields == subfields


def test_one_line_can_be_parsed_alone() -> None:
    reader = MARCMakerReader("")
    leader = reader._parse_line("=LDR  00755cam  22002414a 4500")
    field = reader._parse_line("=009  a$b")
    assert isinstance(leader, Leader)
    assert isinstance(field, Field)
    assert (field.tag, field.data) == ("009", "a$b")
