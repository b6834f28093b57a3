"""`rapidmarc index`: what it stores, and what it refuses."""

import gzip
import json
from pathlib import Path

import pytest

from rapidmarc import MARCReader
from tests.data.encode import plain
from tests.python.command_line import out, run, write

pytest.importorskip("pyarrow")
CONTENT = b"".join(plain(f"b{number}") for number in range(5))


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return write(tmp_path, "books.mrc", CONTENT)


def test_lies_beside_the_file_and_leads_a_reader_to_its_records(books: Path) -> None:
    assert out("index", books) == f"{books}.index.arrow: 5 records\n"
    with MARCReader(books) as reader:
        reader.seek_record(3)
        assert next(reader)["001"].data == "b3"
        (found,) = reader.by_control_number("b1")
        assert found is not None
        assert found.index == 1


def test_lies_elsewhere_on_demand(books: Path, tmp_path: Path) -> None:
    target = tmp_path / "other.parquet"
    told = json.loads(out("index", "--json", books, "-o", target))
    assert told == {"file": str(books), "index": str(target), "records": 5}
    with MARCReader(books, index=target) as reader:
        assert [each["001"].data for each in reader.by_control_number("b4")] == ["b4"]


def test_several_files_have_an_index_each(books: Path, tmp_path: Path) -> None:
    other = write(tmp_path, "other.mrc", plain("other"))
    assert len(out("index", books, other).splitlines()) == 2
    assert run("index", books, other, "-o", tmp_path / "one.arrow").returncode == 2


def test_what_cannot_be_read_in_place_is_refused(tmp_path: Path) -> None:
    for name, content in (("books.mrc.gz", gzip.compress(CONTENT)), ("books.json", b"[]")):
        done = run("index", write(tmp_path, name, content))
        assert done.returncode == 2
        assert b"no plain file of ISO 2709" in done.stderr
    assert run("index", tmp_path / "missing.mrc").returncode == 3
