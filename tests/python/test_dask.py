"""Dask reads the parts of files on several processes, and loses nothing when one of them dies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pytest

import rapidmarc
from rapidmarc import columns
from tests.data.encode import control, data, record
from tests.python.hostile_records import hostile_file, padded

dask = pytest.importorskip("dask")
pytest.importorskip("dask.dataframe")

from rapidmarc.dask import read_marc, read_records  # noqa: E402

WANTED: dict[str, Any] = {
    "id": "001",
    "notes": columns.every("500$a/0-3"),
    "many": columns.count("..."),
    "year": columns.integer("008/0-3"),
    "noted": columns.exists("500"),
    "at": columns.offset(),
}
BLOCK = 60_000


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("dask")
    contents = [
        b"".join(padded(f"a{n:05}", 60 + n % 900) for n in range(600)),
        hostile_file(11, 250_000),
        b"",
    ]
    files = [folder / f"books-{number}.mrc" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return files


def rows_of(paths: list[Path]) -> list[dict[str, Any]]:
    return [
        row
        for path in paths
        for row in pyarrow.table(rapidmarc.select(path, WANTED, num_threads=1)).to_pylist()
    ]


def as_rows(frame: pandas.DataFrame) -> list[dict[str, Any]]:
    return pyarrow.Table.from_pandas(frame, preserve_index=False).to_pylist()


def test_a_data_frame_has_the_rows_of_all_files_in_order(paths: list[Path]) -> None:
    frame = read_marc(paths, WANTED, blocksize=BLOCK)
    assert frame.npartitions >= 8
    assert as_rows(frame.compute(scheduler="sync")) == rows_of(paths)


def test_every_partition_has_the_types_that_were_announced(paths: list[Path]) -> None:
    frame = read_marc(paths, WANTED, blocksize=BLOCK)
    for part in frame.partitions:
        computed = part.compute(scheduler="sync")
        assert list(computed.dtypes) == list(frame.dtypes)
    assert str(frame.dtypes["year"]) == "int64[pyarrow]"


def test_columns_that_are_not_asked_for_are_not_made(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rapidmarc import _parts

    asked: list[list[str]] = []
    real = _parts.select

    def noting(source: Any, wanted: Any, **options: Any) -> Any:
        asked.append(list(wanted))
        return real(source, wanted, **options)

    frame = read_marc(paths, WANTED, blocksize=BLOCK)
    monkeypatch.setattr(_parts, "select", noting)
    assert frame["many"].sum().compute(scheduler="sync") == sum(
        row["many"] for row in rows_of(paths)
    )
    assert asked
    assert all(names == ["many"] for names in asked)
    assert len(frame) == len(rows_of(paths))


def test_patterns_and_blocksizes_in_words(paths: list[Path]) -> None:
    frame = read_marc(str(paths[0].parent / "books-*.mrc"), {"id": "001"}, blocksize="60 kB")
    assert len(frame.compute(scheduler="sync")) == len(rows_of(paths))
    whole = read_marc(paths[0], {"id": "001"}, blocksize=None)
    assert whole.npartitions == 1


def test_urls_are_read_through_fsspec(paths: list[Path]) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in paths[:2]:
        memory.pipe(f"/marc/{path.name}", path.read_bytes())
    try:
        frame = read_marc("memory://marc/books-*.mrc", WANTED, blocksize=BLOCK)
        assert frame.npartitions >= 8
        assert as_rows(frame.compute(scheduler="sync")) == rows_of(paths)
        bag = read_records("memory://marc/books-0.mrc", blocksize=BLOCK)
        assert bag.count().compute(scheduler="sync") == 600
    finally:
        memory.rm("/marc", recursive=True)


def test_a_condition_and_broken_records(tmp_path: Path) -> None:
    path = tmp_path / "broken.mrc"
    bad = record([control("001", "x"), data("245", "00", b"a\xff")])
    path.write_bytes(padded("one", 300) + bad + padded("two", 300))
    kept = read_marc(path, {"id": "001"}, on_error="skip", where=columns.equals("001", "two"))
    assert as_rows(kept.compute(scheduler="sync")) == [{"id": "two"}]
    with pytest.raises(Exception, match="record 1"):
        read_marc(path, {"id": "001"}).compute(scheduler="sync")


def test_mistakes_are_told_before_anything_is_computed(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(rapidmarc.PathError):
        read_marc(paths, {"id": "0012"})
    with pytest.raises(FileNotFoundError):
        read_marc("nowhere.mrc", {"id": "001"})
    with pytest.raises(FileNotFoundError, match="pattern"):
        read_marc(tmp_path / "*.mrc", {"id": "001"})
    assert len(read_marc(paths[2], {"id": "001"}).compute(scheduler="sync")) == 0
    assert read_records([paths[2]]).compute(scheduler="sync") == []


def test_a_file_that_has_grown_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.mrc"
    path.write_bytes(padded("one", 300))
    frame = read_marc(path, {"id": "001"})
    path.write_bytes(padded("one", 300) * 2)
    with pytest.raises(ValueError, match="when it was cut into parts"):
        frame.compute(scheduler="sync")


def test_a_bag_has_the_records_themselves(paths: list[Path]) -> None:
    bag = read_records(paths[:2], blocksize=BLOCK)
    assert bag.npartitions >= 8
    whole = [each.as_marc() for path in paths for each in rapidmarc.MARCReader(path)]
    assert bag.map(lambda each: each.as_marc()).compute(scheduler="sync") == whole
    raw = read_records(paths[0], to_unicode=False).take(1)[0]
    assert raw["001"].data == b"a00000"


# With several processes


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as connected,
    ):
        yield connected


def with_process(frame: pandas.DataFrame) -> pandas.DataFrame:
    return frame.assign(process=os.getpid())


def dying_once(frame: pandas.DataFrame, marker: str, victim: str) -> pandas.DataFrame:
    """Passes `frame` on; but the process that first meets the record `victim` dies of it."""
    if victim in set(frame["id"]):
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return frame
        os.kill(os.getpid(), signal.SIGKILL)
    return frame


def test_several_processes_share_the_parts(client: Any, paths: list[Path]) -> None:
    frame = read_marc(paths, WANTED, blocksize=BLOCK)
    meta = with_process(frame._meta)
    computed = frame.map_partitions(with_process, meta=meta).compute()
    assert computed["process"].nunique() == 2
    assert os.getpid() not in set(computed["process"])
    assert as_rows(computed.drop(columns="process")) == rows_of(paths)


def test_records_travel_between_processes(client: Any, paths: list[Path]) -> None:
    whole = [each.as_marc() for each in rapidmarc.MARCReader(paths[0])]
    assert [each.as_marc() for each in read_records(paths[0], blocksize=BLOCK).compute()] == whole


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    client: Any, paths: list[Path], tmp_path: Path
) -> None:
    marker = tmp_path / "died"
    frame = read_marc(paths, WANTED, blocksize=BLOCK)
    fatal = frame.map_partitions(dying_once, str(marker), "a00300", meta=frame._meta)
    assert as_rows(fatal.compute()) == rows_of(paths)
    assert marker.exists()
