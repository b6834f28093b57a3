"""Columns hold what the records' objects say, whatever the source, the threads and the batches."""

import io
import itertools
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import rapidmarc
from rapidmarc import columns
from tests import corpora, roads
from tests.data.encode import control, data, plain, record
from tests.python.column_tables import MAKERS, ONE, outcome, rows_of
from tests.reference.columns import KINDS, values

PATHS = [
    "LDR",
    "LDR/5-7",
    "LDR/#",
    "001",
    "001/#-3",
    "008/35-37",
    "008/0-1000",
    "00.",
    "...",
    "...[3]",
    "6..[#]",
    "245",
    "245/0-9",
    "245$a",
    "245$a/1-#",
    "245$a-c",
    "245$b$a/0-2",
    "245$a[1]$c",
    "020$a",
    "020[1]$a",
    "020[0-1]$a",
    "020[#-1]$a",
    "245^1",
    "...^2",
    "6..$a",
    "6..$a-z[1-2]",
    "6..$x[#]",
    "6..$x[#-1]/0-3",
    "880$6/0-5",
    "9..$0-9",
    "1..$a",
    "FMT",
    "99.",
]
WANTED = {f"{kind} {path}": MAKERS[kind](path) for path in PATHS for kind in MAKERS}


def expected(found: rapidmarc.Record | None) -> dict[str, Any]:
    """The row that the objects of a record give."""
    if found is None:
        return dict.fromkeys(WANTED)
    return {
        f"{kind} {path}": of_kind(matches)
        for path in PATHS
        for matches in [values(found, path)]
        for kind, of_kind in KINDS.items()
    }


def compare(path: Path, batch_bytes: int) -> None:
    """Each row of a file is what the record's objects say; each bad record is counted, or null."""
    reader = rapidmarc.MARCReader(path, hide_utf8_warnings=True, on_error="skip")
    rows = [expected(each) for each in reader]
    options: Any = {"num_threads": 2, "batch_bytes": batch_bytes}
    selection = rapidmarc.select(path, WANTED, on_error="skip", **options)
    selected, error = outcome(selection)
    assert error is None, path
    assert len(selected) == len(rows), path
    assert selection.records == len(rows) + selection.skipped
    nulls, _ = outcome(rapidmarc.select(path, {"LDR": "LDR"}, on_error="none", **options))
    assert len(nulls) == selection.records
    assert sum(row["LDR"] is None for row in nulls) == selection.skipped
    for number, (got, wanted) in enumerate(zip(selected, rows, strict=True)):
        assert got == wanted, f"{path}, record {number}"


@pytest.mark.parametrize("batch_bytes", [7, 5000])
def test_rows_of_our_own_files_are_what_their_records_say(batch_bytes: int) -> None:
    for path in corpora.own_files():
        compare(path, batch_bytes)


# Four groups, which two workers share.
@pytest.mark.parametrize("group", range(4))
def test_rows_of_real_files_are_what_their_records_say(group: int) -> None:
    for file in corpora.some_real_files()[group::4]:
        compare(file.path, max(5000, file.size // 7))


def test_rows_of_the_file_of_the_library_of_congress_are_what_its_records_say(
    tmp_path: Path,
) -> None:
    path = corpora.lc_file()
    if path is None:
        pytest.skip("the large file is not at hand")
    with open(path, "rb") as file:
        start = file.read(2 << 20)
    part = tmp_path / "part.mrc"
    part.write_bytes(start[: start.rindex(b"\x1d") + 1])
    compare(part, 1 << 18)


class TestSources:
    MANY = b"".join(plain(f"{number:05}") for number in range(3000))
    IDS = tuple(f"{number:05}" for number in range(3000))

    @pytest.mark.parametrize("threads", [1, 2, 5])
    @pytest.mark.parametrize("batch_bytes", [100, 10_000, 1 << 20])
    def test_all_roads_keep_the_order(
        self, road: str, threads: int, batch_bytes: int, tmp_path: Path
    ) -> None:
        with roads.travel(road, self.MANY, tmp_path) as target:
            rows = rows_of(target, {"id": "001"}, num_threads=threads, batch_bytes=batch_bytes)
        assert tuple(row["id"] for row in rows) == self.IDS

    def test_a_selection_can_be_read_again_and_side_by_side(self, tmp_path: Path) -> None:
        path = tmp_path / "many.mrc"
        path.write_bytes(self.MANY)
        for source in (path, self.MANY):
            selection = rapidmarc.select(source, {"id": "001"}, batch_bytes=4096)
            first, second = (pyarrow.RecordBatchReader.from_stream(selection) for _ in range(2))
            for mine, other in itertools.zip_longest(first, second):
                assert mine.equals(other)
            assert selection.records == 3000

    def test_a_file_object_is_read_from_where_it_stands_and_once(self) -> None:
        handle = io.BytesIO(plain("1") + plain("2"))
        handle.seek(len(plain("1")))
        selection = rapidmarc.select(handle, {"id": "001"})
        assert outcome(selection) == ([{"id": "2"}], None)
        with pytest.raises(ValueError, match="was read already"):
            pyarrow.table(selection)

    def test_an_empty_input_has_columns_and_no_rows(self) -> None:
        table = pyarrow.table(rapidmarc.select(b"", {"id": "001"}))
        assert (table.num_rows, table.column_names) == (0, ["id"])

    def test_a_buffer_is_held_while_a_stream_lives(self) -> None:
        buffer = bytearray(self.MANY)
        selection = rapidmarc.select(buffer, {"id": "001"}, batch_bytes=1000)
        reader = pyarrow.RecordBatchReader.from_stream(selection)
        reader.read_next_batch()
        with pytest.raises(BufferError):
            buffer.append(0)
        reader.close()
        del reader
        buffer.append(0)

    def test_what_cannot_be_read_is_refused_at_once(self, tmp_path: Path) -> None:
        wanted = {"id": "001"}
        with pytest.raises(FileNotFoundError):
            rapidmarc.select(tmp_path / "none.mrc", wanted)
        with pytest.raises(IsADirectoryError):
            rapidmarc.select(tmp_path, wanted)
        with pytest.raises(TypeError, match="binary mode"):
            rapidmarc.select(io.StringIO("x"), wanted)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="Expected str, Path, or file-like object, got int"):
            rapidmarc.select(7, wanted)  # type: ignore[arg-type]
        for wrong in ({"num_threads": 0}, {"batch_bytes": 0}, {"on_error": "ignore"}):
            with pytest.raises(ValueError, match="is "):
                rapidmarc.select(ONE, wanted, **wrong)
        with pytest.raises(ValueError, match="no columns"):
            rapidmarc.select(ONE, {})
        with pytest.raises(TypeError, match="column 'id'"):
            rapidmarc.select(ONE, {"id": 1})  # type: ignore[dict-item]


class TestErrors:
    BAD = record([control("001", "two"), data("245", "00", b"a\xff\xfe")])
    SOURCE = plain("one") + BAD + plain("three")
    PLACE = f"record 1 (001 two), byte {len(plain('one'))}: "

    @pytest.mark.parametrize("batch_bytes", [1, 1 << 20])
    def test_end_the_stream_behind_the_rows_before(self, batch_bytes: int) -> None:
        selection = rapidmarc.select(self.SOURCE, {"id": "001"}, batch_bytes=batch_bytes)
        rows, error = outcome(selection)
        assert rows == [{"id": "one"}]
        assert error is not None
        assert self.PLACE in error
        assert "tag 245" in error

    def test_stay(self) -> None:
        reader = pyarrow.RecordBatchReader.from_stream(rapidmarc.select(self.BAD, {"id": "001"}))
        for _ in range(3):
            with pytest.raises(pyarrow.ArrowInvalid, match="record 0"):
                reader.read_next_batch()

    def test_can_be_left_out_or_made_null(self) -> None:
        wanted: dict[str, Any] = {kind: maker("001") for kind, maker in MAKERS.items()}
        skipping = rapidmarc.select(self.SOURCE, wanted, on_error="skip")
        rows, error = outcome(skipping)
        assert ([row["text"] for row in rows], error) == (["one", "three"], None)
        assert (skipping.records, skipping.skipped) == (3, 1)
        nulls = rapidmarc.select(self.SOURCE, wanted, on_error="none")
        rows, error = outcome(nulls)
        assert [row["text"] for row in rows] == ["one", None, "three"]
        assert set(rows[1].values()) == {None}
        assert (nulls.records, nulls.skipped) == (3, 0)

    def test_have_no_row_where_there_is_a_condition(self) -> None:
        options: Any = {"on_error": "none", "where": columns.exists("001")}
        assert [row["id"] for row in rows_of(self.SOURCE, {"id": "001"}, **options)] == [
            "one",
            "three",
        ]

    def test_of_framing_are_passed_over_where_that_is_wished(
        self, road: str, tmp_path: Path
    ) -> None:
        source = plain("one") + b"00x00 nothing\x1d\r\n" + plain("two")
        for on_error, found in (("skip", ["one", "two"]), ("none", ["one", None, "two"])):
            options: Any = {"on_error": on_error}
            with roads.travel(road, source, tmp_path) as target:
                rows = rows_of(target, {"id": "001"}, **options)
            assert [row["id"] for row in rows] == found

    def test_of_framing_end_the_stream_else(self) -> None:
        source = plain("one") + b"00x00 nothing"
        rows, error = outcome(rapidmarc.select(source, {"id": "001"}))
        assert rows == [{"id": "one"}]
        assert error is not None
        assert f"record 1, byte {len(plain('one'))}" in error

    def test_of_read_reach_the_consumer(self) -> None:
        torn = roads.OnlyRead(plain("one") * 5000, fail_at=100_000)
        rows, error = outcome(rapidmarc.select(torn, {"id": "001"}, batch_bytes=10_000))
        assert rows
        assert {row["id"] for row in rows} == {"one"}
        assert error is not None
        assert "the tape is torn" in error
