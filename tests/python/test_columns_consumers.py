"""A selection goes into the packages that people use, without a copy where they allow it."""

import ctypes
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import rapidmarc
from rapidmarc.columns import count, every, exists, integer
from tests.data.encode import control, data, record

ROWS = [
    {
        "id": f"{number:04}",
        "title": f"Bücher {number}" if number % 3 else None,
        "isbn": [f"{number}{letter}" for letter in "ab"[: number % 3]],
        "subjects": number % 4,
        "online": number % 5 == 0,
        "year": 1900 + number % 100 if number % 7 else None,
    }
    for number in range(1000)
]
COLUMNS: dict[str, Any] = {
    "id": "001",
    "title": "245$a",
    "isbn": every("020$a"),
    "subjects": count("6..$a"),
    "online": exists("856$u"),
    "year": integer("260$c"),
}


def bytes_of(row: dict[str, Any]) -> bytes:
    fields = [control("001", row["id"])]
    fields += [data("020", "  ", "a" + isbn) for isbn in row["isbn"]]
    fields += [data("245", "00", "a" + row["title"])] if row["title"] else []
    fields += [data("260", "  ", f"c{row['year']}")] if row["year"] else []
    fields += [data("650", " 0", "aBooks")] * row["subjects"]
    fields += [data("856", "40", "uhttp://books.example")] if row["online"] else []
    return record(fields)


@pytest.fixture
def books(tmp_path: Path) -> rapidmarc.columns.Selection:
    path = tmp_path / "books.mrc"
    path.write_bytes(b"".join(map(bytes_of, ROWS)))
    return rapidmarc.select(path, COLUMNS, num_threads=2, batch_bytes=20_000)


def test_pyarrow(books: Any) -> None:
    table = pyarrow.table(books)
    table.validate(full=True)
    assert table.to_pylist() == ROWS
    assert table["id"].num_chunks > 3
    assert pyarrow.schema(books).names == list(COLUMNS)


def test_pandas(books: Any) -> None:
    frame = pandas.DataFrame.from_arrow(books)
    assert list(frame["id"]) == [row["id"] for row in ROWS]
    assert frame["subjects"].sum() == sum(row["subjects"] for row in ROWS)
    assert frame["title"].isna().sum() == sum(row["title"] is None for row in ROWS)


def test_polars(books: Any) -> None:
    frame = polars.DataFrame(books)
    assert frame.to_dicts() == ROWS
    online = frame.lazy().filter(polars.col("online")).select(polars.len()).collect()
    assert online.item() == sum(row["online"] for row in ROWS)


def test_duckdb(books: Any) -> None:
    found = duckdb.sql("select id, title, isbn, subjects, online, year from books").fetchall()
    assert [dict(zip(COLUMNS, row, strict=True)) for row in found] == ROWS
    # Asked again, the same name is read again.
    newest = duckdb.sql("select max(year) from books where online").fetchall()
    assert newest == [(max(row["year"] or 0 for row in ROWS if row["online"]),)]


def test_numpy(books: Any) -> None:
    subjects = [
        batch["subjects"].to_numpy(zero_copy_only=True)
        for batch in pyarrow.RecordBatchReader.from_stream(books)
    ]
    together = numpy.concatenate(subjects)
    assert together.dtype == numpy.int32
    assert together.tolist() == [row["subjects"] for row in ROWS]


class _Array(ctypes.Structure):
    """Arrow's C structure, as far as the test looks."""

    _fields_ = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        ("children", ctypes.POINTER(ctypes.c_void_p)),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class _Stream(ctypes.Structure):
    _fields_ = [
        ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("private_data", ctypes.c_void_p),
    ]


def stream_in(capsule: object) -> _Stream:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return _Stream.from_address(pointer(capsule, b"arrow_array_stream"))


def test_what_numpy_sees_is_the_memory_that_was_filled(books: Any) -> None:
    capsule = books.__arrow_c_stream__()
    stream = stream_in(capsule)
    batch = _Array()
    schema = pyarrow.schema(books)
    assert stream.get_next(ctypes.addressof(stream), ctypes.addressof(batch)) == 0
    child = _Array.from_address(batch.children[list(COLUMNS).index("subjects")])
    filled = child.buffers[1]
    imported = pyarrow.RecordBatch._import_from_c(ctypes.addressof(batch), schema)
    assert imported["subjects"].to_numpy(zero_copy_only=True).ctypes.data == filled


def test_a_stream_is_released_by_its_capsule_or_its_consumer(books: Any) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    unused = books.__arrow_c_stream__()
    reader = pyarrow.RecordBatchReader.from_stream(books)
    reader.read_next_batch()
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 2
    del unused, reader
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_batches_outlive_stream_selection_and_file(books: Any) -> None:
    batches = list(pyarrow.RecordBatchReader.from_stream(books))
    del books
    gc.collect()
    assert [row for batch in batches for row in batch.to_pylist()] == ROWS


def test_other_threads_run_while_a_consumer_that_holds_the_lock_waits(tmp_path: Path) -> None:
    """A named pipe that nobody has filled yet: only another Python thread can go on."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    row = ROWS[1]
    writer = threading.Thread(target=lambda: path.write_bytes(bytes_of(row)))
    # Two openings: one to look whether the file can be opened, one to read it.
    opener = threading.Thread(target=lambda: path.write_bytes(b""))
    opener.start()
    selection = rapidmarc.select(path, COLUMNS)
    opener.join()
    writer.start()
    assert polars.DataFrame(selection).to_dicts() == [row]
    writer.join()


def test_the_interpreter_ends_while_a_stream_is_half_read(tmp_path: Path) -> None:
    path = tmp_path / "books.mrc"
    path.write_bytes(b"".join(map(bytes_of, ROWS)))
    program = (
        "import pyarrow, rapidmarc, io, sys\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "kept = []\n"
        "for source in (sys.argv[1], data, io.BytesIO(data)):\n"
        "    selection = rapidmarc.select(source, {'id': '001'}, num_threads=2, batch_bytes=4096)\n"
        "    reader = pyarrow.RecordBatchReader.from_stream(selection)\n"
        "    reader.read_next_batch()\n"
        "    kept.append(reader)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
