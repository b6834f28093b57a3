"""Spark reads the parts of files as tasks; one that dies is tried again and gives the same rows."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import rapidmarc
from rapidmarc import columns
from tests import corpora
from tests.python.hostile_records import hostile_file, padded

pytest.importorskip("pyspark.sql.datasource", reason="PySpark 4 is not installed")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java, which is not installed", allow_module_level=True)

from pyspark.sql import SparkSession

from rapidmarc import spark as marc_in_spark

WANTED: dict[str, Any] = {
    "id": "001",
    "notes": columns.every("500$a/0-3"),
    "many": columns.count("..."),
    "year": columns.integer("008/0-3"),
    "noted": columns.exists("500") & ~columns.equals("001", "a00001"),
    "at": columns.offset(),
}
BLOCK = 60_000


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    # The processes that run Python need the tests' modules, and this interpreter.
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(corpora.ROOT), *sys.path])
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    made = (
        SparkSession.builder.master("local[2,4]")  # two at a time, four attempts
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "512m")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("spark")
    files = [folder / "a.mrc", folder / "b.mrc"]
    files[0].write_bytes(b"".join(padded(f"a{n:05}", 60 + n % 900) for n in range(600)))
    files[1].write_bytes(hostile_file(11, 150_000))
    return files


def rows_of(paths: list[Path], **options: Any) -> list[dict[str, Any]]:
    return [
        row
        for path in paths
        for row in pyarrow.table(rapidmarc.select(path, WANTED, **options)).to_pylist()
    ]


def as_rows(frame: Any) -> list[dict[str, Any]]:
    return [row.asDict() for row in frame.collect()]


def test_a_data_frame_has_the_rows_of_all_files(session: Any, paths: list[Path]) -> None:
    frame = marc_in_spark.read_marc(session, paths, WANTED, blocksize=BLOCK)
    assert frame.rdd.getNumPartitions() >= 5
    assert as_rows(frame) == rows_of(paths)


def test_conditions_and_options_by_name(session: Any, paths: list[Path]) -> None:
    where = columns.starts_with("001", "a0001") | columns.matches("001", "^0000000[12]$")
    frame = marc_in_spark.read_marc(session, paths, WANTED, blocksize=BLOCK, where=where)
    assert as_rows(frame) == rows_of(paths, where=where)
    reading = session.read.format("marc").option("columns", '{"id": "001"}')
    assert reading.load(str(paths[0])).count() == 600


def test_mistakes_are_told_at_once(session: Any, paths: list[Path]) -> None:
    with pytest.raises(rapidmarc.PathError):
        marc_in_spark.read_marc(session, paths, {"id": "0012"})
    with pytest.raises(Exception, match="says what is to be read"):
        session.read.format("marc").load(str(paths[0]))


def test_the_examples_of_the_guide_run(
    session: Any, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(paths[0], "books.mrc")
    guide = (corpora.ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(from (?:rapidmarc|pyspark)[^`]*)```", guide)
    assert len(blocks) == 2
    for block in blocks:
        # Spark's own readers stand in the folder in which the first session was started.
        block = block.replace('.load("books.mrc")', f'.load("{tmp_path}/books.mrc")')
        exec(compile(block, "clusters.md", "exec"), {"spark": session})


class DyingReader(marc_in_spark._Reader):
    """Its process dies once, behind the first rows of the third part."""

    def __init__(self, *args: Any, marker: str) -> None:
        super().__init__(*args)
        self._marker = marker

    def read(self, partition: Any) -> Iterator[Any]:
        for batch in super().read(partition):
            yield batch
            if partition.value[1] > 2 * BLOCK - 1_000:
                try:
                    os.close(os.open(self._marker, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    continue
                os._exit(7)


class DyingSource(marc_in_spark.MARCDataSource):
    @classmethod
    def name(cls) -> str:
        return "dying-marc"

    def reader(self, schema: Any) -> Any:
        whole: Any = super().reader(schema)
        settings = (whole._paths, whole._blocksize, whole._columns, whole._options)
        return DyingReader(*settings, marker=self.options["marker"])


def test_a_task_whose_process_dies_is_tried_again_and_doubles_nothing(
    session: Any, paths: list[Path], tmp_path: Path
) -> None:
    marker = tmp_path / "died"
    session.dataSource.register(DyingSource)
    frame = (
        session.read.format("dying-marc")
        .option("columns", '{"id": "001"}')
        .option("blocksize", str(BLOCK))
        .option("marker", str(marker))
        .load(str(paths[0]))
    )
    found = [row["id"] for row in frame.collect()]
    assert marker.exists()
    assert found == [f"a{n:05}" for n in range(600)]
