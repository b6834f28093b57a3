"""Where order is not needed, a selection has the same rows, each once, in whatever order."""

import itertools
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import rapidmarc
from rapidmarc import columns
from tests import corpora, roads
from tests.data.encode import control, data, plain, record
from tests.python.column_tables import outcome

COUNT = 3000
IDS = [f"{number:05}" for number in range(COUNT)]
MANY = b"".join(plain(each) for each in IDS)
BAD = record([control("001", "bad"), data("245", "00", b"a\xff\xfe")])
THREADS = 4  # the consumer's, and three parts


def rows(source: Any, **options: Any) -> list[dict[str, Any]]:
    found, error = outcome(select(source, **options))
    assert error is None
    return found


def select(source: Any, **options: Any) -> rapidmarc.columns.Selection:
    options = {"num_threads": THREADS, "batch_bytes": 4096, "ordered": False, **options}
    return rapidmarc.select(source, {"id": "001", "place": columns.offset()}, **options)


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 64])
def test_every_row_is_there_once_on_every_road(road: str, threads: int, tmp_path: Path) -> None:
    with roads.travel(road, MANY, tmp_path) as target:
        selection = select(target, num_threads=threads)
        found, error = outcome(selection)
    assert error is None
    assert sorted(row["id"] for row in found) == IDS
    assert selection.records == COUNT


def test_several_places_of_a_path_are_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.mrc"
    path.write_bytes(MANY)
    places = [row["place"] for row in rows(path)]
    backwards = sum(after < before for before, after in itertools.pairwise(places))
    assert backwards >= 2, "three parts that take turns go back at least twice"
    assert sorted(places) == [len(plain("00000")) * number for number in range(COUNT)]


def test_rows_of_a_batch_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "many.mrc"
    path.write_bytes(MANY)
    for batch in pyarrow.RecordBatchReader.from_stream(select(path)):
        ids = batch.column("id").to_pylist()
        assert ids == sorted(ids)


def test_a_byte_range_is_kept_to() -> None:
    size = len(plain("00000"))
    found = rows(MANY, byte_range=(size * 100, size * 2900))
    assert sorted(row["id"] for row in found) == IDS[100:2900]


def test_inputs_smaller_than_a_batch_are_read_in_one_piece() -> None:
    for count in (0, 1, 20):
        source = b"".join(plain(each) for each in IDS[:count])
        assert [row["id"] for row in rows(source)] == IDS[:count]


@pytest.mark.parametrize("at", [0, 1500, 2999])
def test_an_error_says_from_where_it_counts_and_stays(at: int) -> None:
    size = len(plain("00000"))
    source = MANY[: size * at] + BAD + MANY[size * at :]
    reader = pyarrow.RecordBatchReader.from_stream(select(source))
    texts = set()
    for _ in range(COUNT):
        try:
            reader.read_next_batch()
        except pyarrow.ArrowInvalid as error:
            texts.add(str(error))
            if len(texts) > 1:
                break
    (text,) = texts
    assert f"(001 bad), byte {size * at:,}: " in text
    assert ("counted from byte" in text) == (at > 0)


def test_bad_records_are_left_out_and_counted() -> None:
    size = len(plain("00000"))
    source = b"".join(
        MANY[size * part : size * (part + 500)] + BAD for part in range(0, COUNT, 500)
    )
    selection = select(source, on_error="skip")
    found, error = outcome(selection)
    assert error is None
    assert sorted(row["id"] for row in found) == IDS
    assert (selection.records, selection.skipped) == (COUNT + 6, 6)


def test_leaving_a_stream_half_read_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "many.mrc"
    path.write_bytes(MANY)
    for taken in range(12):
        reader = pyarrow.RecordBatchReader.from_stream(select(path))
        for _ in range(taken):
            reader.read_next_batch()
        reader.close()


def test_real_files_have_the_same_rows_as_in_order() -> None:
    paths = [file.path for file in corpora.some_real_files() if file.size > 50_000][:20]
    for path in paths:
        wanted = {"place": columns.offset(), "title": "245$a", "subjects": columns.every("6..$a")}
        options: Any = {"on_error": "skip", "batch_bytes": 10_000, "num_threads": THREADS}
        in_order, error = outcome(rapidmarc.select(path, wanted, **options))
        assert error is None
        found, error = outcome(rapidmarc.select(path, wanted, ordered=False, **options))
        assert error is None
        assert sorted(found, key=lambda row: row["place"]) == in_order, path
