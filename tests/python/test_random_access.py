"""An index leads to records by number and by control number, and is refused when the file is not
what it was."""

import os
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import rapidmarc
from rapidmarc import Index, MARCReader, StaleIndexError
from tests import corpora
from tests.data.encode import MARC8, control, data, record
from tests.python.hostile_records import hostile_file, padded

NAMES = ["b2", "b1", " b3 ", "b1", "ä", "b1"]


def named(name: str, title: str = "t") -> bytes:
    return record([control("001", name), data("245", "00", f"a{title}")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "books.mrc"
    file.write_bytes(b"".join(named(name, f"title {k}") for k, name in enumerate(NAMES)))
    return file


def titles(records: list[Any]) -> list[str]:
    return [each["245"]["a"] for each in records]


def test_the_index_lies_beside_the_file_unless_another_place_is_named(path: Path) -> None:
    made = rapidmarc.index(path)
    assert made.name == f"{path}.index.arrow"
    assert len(made) == len(NAMES)
    for name in ("other.arrow", "other.parquet"):
        target = path.with_name(name)
        assert rapidmarc.index(str(path), target).name == str(target)
        assert [Index(target).place(n) for n in range(6)] == [made.place(n) for n in range(6)]
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "books.mrc",
        "books.mrc.index.arrow",
        "other.arrow",
        "other.parquet",
    ]


def test_the_index_is_a_table_that_others_can_read(path: Path) -> None:
    with pyarrow.memory_map(rapidmarc.index(path).name) as source:
        table = pyarrow.ipc.open_file(source).read_all()
    assert table.column_names == ["control_number", "offset", "length", "by_control_number"]
    assert table["control_number"].to_pylist() == NAMES
    offsets = [each.offset for each in MARCReader(path)]
    assert table["offset"].to_pylist() == offsets


@pytest.mark.parametrize("backend", ["native", "batched", "record"])
def test_a_reader_goes_on_at_the_record_that_was_asked_for(path: Path, backend: Any) -> None:
    rapidmarc.index(path)
    whole = list(MARCReader(path))
    with MARCReader(path, backend=backend) as reader:
        next(reader)
        for number in (4, 0, 5, 2):
            reader.seek_record(number)
            assert reader.tell() == whole[number].offset
            read = next(reader)
            assert (read.index, read.offset) == (number, whole[number].offset)
            assert read.as_marc() == whole[number].as_marc()
        assert titles(list(reader)) == ["title 3", "title 4", "title 5"]
        assert next(reader, None) is None
        reader.seek_record(1)
        assert titles(list(reader)) == [f"title {n}" for n in range(1, 6)]


def test_all_records_of_a_control_number_are_found_in_order(path: Path) -> None:
    rapidmarc.index(path)
    with MARCReader(path) as reader:
        next(reader)
        found = reader.by_control_number("b1")
        assert titles(found) == ["title 1", "title 3", "title 5"]
        assert [each.index for each in found] == [1, 3, 5]
        whole = list(MARCReader(path))
        assert [each.offset for each in found] == [whole[n].offset for n in (1, 3, 5)]
        assert titles(reader.by_control_number("b3")) == ["title 2"]
        assert titles(reader.by_control_number("ä")) == ["title 4"]
        assert reader.by_control_number("b") == reader.by_control_number("zz") == []
        assert next(reader)["245"]["a"] == "title 1"


def test_records_without_a_control_number_can_be_gone_to(tmp_path: Path) -> None:
    path = tmp_path / "some.mrc"
    nameless = record([data("245", "00", "anameless")])
    path.write_bytes(nameless + named("one") + nameless + b"junk" + named("two"))
    made = rapidmarc.index(path)
    assert len(made) == len(list(MARCReader(path, on_error="none", backend="record"))) + 1
    with MARCReader(path, on_error="skip") as reader:
        reader.seek_record(4)
        assert next(reader)["001"].data == "two"
        reader.seek_record(2)
        assert next(reader)["245"]["a"] == "nameless"
        assert [each.index for each in reader.by_control_number("two")] == [4]


def test_options_hold_for_records_that_are_fetched(tmp_path: Path) -> None:
    path = tmp_path / "marc8.mrc"
    text = b"aMot\xe8orhead"
    broken = record([control("001", "x"), data("245", "00", b"a\xff")])
    path.write_bytes(record([control("001", "m8"), data("245", "00", text)], MARC8) + broken)
    rapidmarc.index(path)
    with MARCReader(path, normalize="NFD") as reader:
        assert titles(reader.by_control_number("m8")) == ["Moto\u0308rhead"]
        reader.normalize = "NFC"
        assert titles(reader.by_control_number("m8")) == ["Motörhead"]
    with MARCReader(path, to_unicode=False) as reader:
        assert titles(reader.by_control_number("m8")) == [text[1:]]


def test_a_record_that_is_not_there_is_an_index_error(path: Path) -> None:
    rapidmarc.index(path)
    with MARCReader(path) as reader:
        for number in (6, -1):
            with pytest.raises(IndexError, match=f"no record {number} in a file of 6 records"):
                reader.seek_record(number)
        assert next(reader).index == 0


def test_without_an_index_the_error_says_how_to_make_one(path: Path) -> None:
    with (
        MARCReader(path) as reader,
        pytest.raises(FileNotFoundError, match=r"rapidmarc\.index\(path\) makes one"),
    ):
        reader.seek_record(0)


def test_without_pyarrow_an_index_says_what_brings_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'rapidmarc\[arrow\]'") as caught:
        rapidmarc.index(path)
    assert caught.value.name == "pyarrow"  # by which the command line knows it


def test_a_file_that_is_no_index_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="is no index"):
        Index(path)
    other = path.with_name("table.arrow")
    table = pyarrow.table({"a": [1]})
    with pyarrow.OSFile(str(other), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)
    with pytest.raises(ValueError, match="is no index of this version"):
        Index(other)


@pytest.mark.parametrize("change", ["size", "time", "ends"])
def test_a_stale_index_is_refused(path: Path, change: str) -> None:
    rapidmarc.index(path)
    facts = path.stat()
    content = path.read_bytes()
    if change == "size":
        path.write_bytes(content + named("new"))
        says = "size in bytes"
    elif change == "time":
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
        says = "time of change"
    else:
        path.write_bytes(content[:-5] + b"X" + content[-4:])
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        says = "hash of its ends"
    with MARCReader(path) as reader:
        for use in (lambda: reader.seek_record(1), lambda: reader.by_control_number("b1")):
            with pytest.raises(StaleIndexError, match=f"stale index: .*{says}"):
                use()
        rapidmarc.index(path)
        assert len(reader.by_control_number("b1")) == 3


def test_a_file_that_changes_behind_a_reader_makes_its_index_stale(path: Path) -> None:
    rapidmarc.index(path)
    with MARCReader(path) as reader:
        assert len(reader.by_control_number("b1")) == 3
        with open(path, "ab") as file:
            file.write(named("b1"))
        with pytest.raises(StaleIndexError):
            reader.by_control_number("b1")


def test_the_error_of_a_stale_index_travels() -> None:
    error = StaleIndexError("books.mrc", "its size is 1, and 2 then")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.path) == (str(error), "books.mrc")


def test_only_a_whole_file_by_its_path_has_random_access(path: Path) -> None:
    made = rapidmarc.index(path)
    content = path.read_bytes()
    readers = [
        MARCReader(content, index=made),
        MARCReader(path, index=made, byte_range=(0, len(content))),
    ]
    for reader in readers:
        with pytest.raises(ValueError, match="a whole file that is given by its path"):
            reader.seek_record(0)
    closed = MARCReader(path)
    closed.close()
    with pytest.raises(ValueError, match="closed file"):
        closed.by_control_number("b1")


def test_a_reader_takes_the_index_that_it_is_given(path: Path) -> None:
    made = rapidmarc.index(path, path.with_name("elsewhere.parquet"))
    for index in (made, made.name):
        with MARCReader(path, index=index) as reader:
            assert len(reader.by_control_number("b1")) == 3


def test_threads_may_fetch_and_iterate_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.mrc"
    path.write_bytes(b"".join(padded(f"{n:05}", 60 + n % 900) for n in range(3_000)))
    rapidmarc.index(path)
    wrong: list[str] = []
    with MARCReader(path, num_threads=2) as reader:

        def fetch(first: int) -> None:
            for number in range(first, 3_000, 37):
                found = reader.by_control_number(f"{number:05}")
                if [each.index for each in found] != [number]:
                    wrong.append(f"{number}")

        threads = [threading.Thread(target=fetch, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        seen = [each.index for each in reader]
        for thread in threads:
            thread.join()
    assert not wrong
    assert seen == list(range(3_000))


def test_every_record_of_a_hostile_file_is_where_the_index_says(tmp_path: Path) -> None:
    path = tmp_path / "hostile.mrc"
    path.write_bytes(hostile_file(3, 200_000))
    made = rapidmarc.index(path, num_threads=2)
    whole = list(MARCReader(path, num_threads=1))
    assert [made.place(n)[1:] for n in range(len(made))] == [(w.offset, w.length) for w in whole]


def test_every_control_number_of_the_large_file_is_found() -> None:
    path = corpora.lc_file()
    if path is None:
        pytest.skip("the large file is not at hand")
    target = path.with_name("test-random-access.index.arrow")
    try:
        made = rapidmarc.index(path, target)
        assert len(made) == corpora.LC_RECORDS
        with MARCReader(path, index=made) as reader:
            for number in range(0, corpora.LC_RECORDS, 9_973):
                reader.seek_record(number)
                read = next(reader)
                assert read is not None
                assert number in [each.index for each in reader.by_control_number(read["001"].data)]
    finally:
        target.unlink(missing_ok=True)


def test_nobody_reads_a_half_written_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rapidmarc.index(path)
    before = Path(made.name).read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        rapidmarc.index(path)
    assert Path(made.name).read_bytes() == before
    assert len(list(path.parent.iterdir())) == 2
