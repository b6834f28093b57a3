"""Byte ranges of a file begin where records begin, whatever the records hold, and read one by one
give what the whole gives."""

import io
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rapidmarc
from rapidmarc import ByteRange, MARCReader, _core, columns, partitions
from tests import corpora, roads
from tests.data.encode import control, data, plain, record
from tests.python.hostile_records import (
    ending_together,
    holding,
    hostile_file,
    padded,
    parallel_chains,
)

BOOKS = b"".join(padded(f"{number:06}", 60 + number % 1_900) for number in range(600))


def starts_of(file: bytes) -> set[int]:
    """Where records start, by counting from the first byte."""
    starts = set()
    at = 0
    while at < len(file):
        starts.add(at)
        at += int(file[at : at + 5])
    return starts | {len(file)}


def check(file: bytes, ranges: list[ByteRange]) -> None:
    """The ranges lie one behind the other, are the whole file, and begin where records begin."""
    edges = [0, *(part.stop for part in ranges)]
    assert [part.start for part in ranges] == edges[:-1]
    assert edges[-1] == len(file)
    assert set(edges) <= starts_of(file)
    assert all(part.start < part.stop for part in ranges)


def test_ranges_are_about_equal_and_begin_at_records() -> None:
    ranges = partitions(BOOKS, 7)
    check(BOOKS, ranges)
    assert len(ranges) == 7
    sizes = [part.stop - part.start for part in ranges]
    assert max(sizes) - min(sizes) < 4_096


def test_a_blocksize_is_kept_to_within_a_record() -> None:
    ranges = partitions(BOOKS, blocksize=50_000)
    check(BOOKS, ranges)
    assert all(abs(part.start - 50_000 * k) < 4_096 for k, part in enumerate(ranges))


def test_path_buffer_and_file_object_give_the_same_ranges(tmp_path: Path) -> None:
    path = tmp_path / "books.mrc"
    path.write_bytes(BOOKS)
    expected = partitions(BOOKS, 5)
    assert partitions(str(path), 5) == partitions(path, 5) == expected
    assert partitions(memoryview(BOOKS), 5) == expected
    with open(path, "rb") as handle:
        handle.seek(123)
        assert partitions(handle, 5) == expected
        assert handle.tell() == 123
    assert partitions(io.BytesIO(BOOKS), 5) == expected


def test_an_empty_input_has_no_ranges_and_a_small_one_has_few() -> None:
    assert partitions(b"", 4) == []
    assert partitions(plain("one"), 4) == [ByteRange(0, len(plain("one")))]
    check(plain("one") + plain("two"), partitions(plain("one") + plain("two"), 100))


def test_only_the_bytes_round_the_cuts_are_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            got = super().read(size)
            self.taken += len(got)
            return got

    file = Counting(BOOKS * 20)
    check(BOOKS * 20, partitions(file, 4))
    assert file.taken < len(BOOKS) * 20 / 6


@pytest.mark.parametrize("backend", roads.BACKENDS)
def test_every_backend_reads_a_range(backend: str, tmp_path: Path) -> None:
    whole = [(record.offset, record["001"].data) for record in MARCReader(BOOKS)]
    found = []
    for part in partitions(BOOKS, 6):
        with roads.reader_for(backend, BOOKS, tmp_path, byte_range=part) as reader:
            read = list(reader)
        assert [each.index for each in read] == list(range(len(read)))
        found += [(each.offset, each["001"].data) for each in read]
        assert reader.tell() == part.stop
    assert found == whole


@pytest.mark.parametrize("backend", ["record", "batched", "native"])
def test_a_path_is_read_in_ranges_by_every_backend(backend: Any, tmp_path: Path) -> None:
    path = tmp_path / "books.mrc"
    path.write_bytes(BOOKS)
    found = [
        record["001"].data
        for part in partitions(path, 4)
        for record in MARCReader(path, backend=backend, byte_range=part)
    ]
    assert found == [record["001"].data for record in MARCReader(BOOKS)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("road", ["path", "bytes", "open", "bytesio"])
def test_a_selection_reads_a_range(road: str, threads: int, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"id": "001", "at": columns.offset(), "size": columns.length()}
    whole = pyarrow.table(rapidmarc.select(BOOKS, wanted))
    tables = []
    for part in partitions(BOOKS, 5):
        with roads.travel(road, BOOKS, tmp_path) as target:
            options: Any = {"byte_range": part, "num_threads": threads, "batch_bytes": 20_000}
            tables.append(pyarrow.table(rapidmarc.select(target, wanted, **options)))
    joined = pyarrow.concat_tables(tables)
    assert joined.to_pylist() == whole.to_pylist()
    edges = joined["at"].to_pylist()
    assert set(edges) | {len(BOOKS)} == starts_of(BOOKS)


def test_places_are_columns_that_are_never_null() -> None:
    bad = record([control("001", "x"), data("245", "00", b"a\xff")])
    file = plain("one") + bad + plain("two")
    wanted: dict[str, Any] = {"id": "001", "at": columns.offset(), "size": columns.length()}
    rows = pyarrow.table(rapidmarc.select(file, wanted, on_error="none")).to_pylist()
    first = len(plain("one"))
    assert rows == [
        {"id": "one", "at": 0, "size": first},
        {"id": None, "at": first, "size": len(bad)},
        {"id": "two", "at": first + len(bad), "size": len(plain("two"))},
    ]
    kept = rapidmarc.select(file, wanted, where=columns.equals("001", "two"), on_error="skip")
    assert pyarrow.table(kept).to_pylist() == rows[2:]


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ((5, 3), ValueError, "5 to 3 does not lie"),
        ((-1, 3), ValueError, "-1 to 3 does not lie"),
        ((0, 10**9), ValueError, "does not lie in an input of"),
        ((1, 2, 3), TypeError, "a pair of whole numbers"),
        ("ab", TypeError, "a pair of whole numbers"),
    ],
)
def test_a_range_that_is_none_is_refused(wrong: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        MARCReader(BOOKS, byte_range=wrong)
    with pytest.raises(error, match=says):
        rapidmarc.select(io.BytesIO(BOOKS), {"id": "001"}, byte_range=wrong)


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="either n or blocksize"):
        partitions(BOOKS)
    with pytest.raises(ValueError, match="either n or blocksize"):
        partitions(BOOKS, 2, blocksize=5)
    with pytest.raises(ValueError, match="blocksize is a number of at least 1"):
        partitions(BOOKS, blocksize=0)
    with pytest.raises(TypeError, match="Expected str, Path"):
        partitions(7, 2)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="not seekable"):
        partitions(roads.OnlyRead(BOOKS), 2)
    with pytest.raises(ValueError, match="not seekable"):
        MARCReader(roads.OnlyRead(BOOKS), byte_range=(0, 10))
    with pytest.raises(FileNotFoundError):
        partitions("no such file", 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_no_field_that_holds_records_is_taken_for_them(seed: int, parts: int) -> None:
    file = hostile_file(seed, 400_000)
    ranges = partitions(file, parts)
    check(file, ranges)
    whole = [record["001"].data for record in MARCReader(file, num_threads=1)]
    found = [
        record["001"].data
        for part in ranges
        for record in MARCReader(file, num_threads=1, byte_range=part)
    ]
    assert found == whole


@pytest.mark.parametrize("fakes", [0, 1, 20])
def test_a_false_chain_that_ends_with_its_record_is_seen_through(fakes: int) -> None:
    file = b"".join(
        ending_together(f"{number:06}", fakes) for number in range(2_000 // (fakes + 1))
    )
    size = len(file)
    offsets, proven, counted = _core._find_boundaries("memory", file, size, [size // 3, size // 2])
    assert set(offsets) <= starts_of(file)
    assert (proven, counted) == (2, 0)


def test_where_two_chains_never_meet_records_are_counted_off() -> None:
    file = parallel_chains(10_000)
    size = len(file)
    targets = [size // 4, size // 3]
    offsets, proven, counted = _core._find_boundaries("memory", file, size, targets)
    assert set(offsets) <= starts_of(file)
    assert (proven, counted) == (0, 2)
    check(file, partitions(io.BytesIO(file), 3))


def test_a_place_is_not_believed_because_records_follow_it() -> None:
    """A long record holds a run of false ones; many records behind it are good."""
    inside = [
        data("500", "  ", b"a\x1d" + b"".join(plain(f"f{k}") for k in range(60))) for _ in range(9)
    ]
    long = record([control("001", "long"), *inside])
    file = BOOKS + long + BOOKS
    assert len(long) > 50_000
    for place in range(len(BOOKS) + 1, len(BOOKS) + len(long), 997):
        offsets, proven, _ = _core._find_boundaries("memory", file, len(file), [place])
        assert offsets == [len(BOOKS) + len(long)]
        assert proven == 1


@pytest.mark.parametrize("on_error", ["skip", "salvage"])
def test_ranges_of_a_damaged_file_read_as_the_whole_does(on_error: Any) -> None:
    torn = BOOKS[:120_000] + b"\n\njunk" + BOOKS[starts_before(BOOKS, 120_000) :] + BOOKS[:-40]
    whole = [(record.offset, record["001"].data) for record in MARCReader(torn, on_error=on_error)]
    for parts in (2, 5, 11):
        found = [
            (record.offset, record["001"].data)
            for part in partitions(torn, parts)
            for record in MARCReader(torn, on_error=on_error, byte_range=part)
        ]
        assert found == whole


def starts_before(file: bytes, place: int) -> int:
    """The last start of a record in front of `place`."""
    return max(start for start in starts_of(file) if start < place)


def test_threads_find_their_chunks_again_inside_a_range(tmp_path: Path) -> None:
    """Small chunks, several threads, records that hold records."""
    file = hostile_file(5, 300_000) + b"".join(
        holding(f"h{number}", plain("false") * 20) for number in range(50)
    )
    path = tmp_path / "hostile.mrc"
    path.write_bytes(file)
    whole = [record["001"].data for record in MARCReader(file, num_threads=1)]
    found = [
        record["001"].data
        for part in partitions(path, 4)
        for record in MARCReader(path, byte_range=part, num_threads=3, batch_size=3)
    ]
    assert found == whole


def test_real_files_are_the_sum_of_their_ranges() -> None:
    for file in corpora.some_real_files():
        if not file.name.endswith((".mrc", ".marc", ".dat", ".iso", ".iso2709")):
            continue
        content = file.bytes()
        reading: Any = {"on_error": "skip", "hide_utf8_warnings": True}
        whole = [(each.offset, each.length) for each in MARCReader(content, **reading)]
        ranges = partitions(content, 3)
        found = [
            (each.offset, each.length)
            for part in ranges
            for each in MARCReader(content, byte_range=part, **reading)
        ]
        assert found == whole, file.name


def test_the_large_file_is_cut_without_counting() -> None:
    path = corpora.lc_file()
    if path is None:
        pytest.skip("the large file is not at hand")
    ranges = partitions(path, 16)
    size = path.stat().st_size
    with open(path, "rb") as file:
        found = _core._find_boundaries("native", file, size, [part.start for part in ranges[1:]])
    assert found == ([part.start for part in ranges[1:]], 15, 0)
    rows = [
        pyarrow.table(rapidmarc.select(path, {"at": columns.offset()}, byte_range=part))
        for part in ranges
    ]
    assert sum(table.num_rows for table in rows) == corpora.LC_RECORDS
    assert all(
        table["at"][0].as_py() == part.start for table, part in zip(rows, ranges, strict=True)
    )
