"""The programs in examples/ do what they say, on small files and, where at hand, on real ones."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rapidmarc
from tests import corpora
from tests.data.encode import control, data, plain, record

EXAMPLES = corpora.ROOT / "examples"
HUNDRED = corpora.WELLFORMED / "hundred.mrc"
pytestmark = pytest.mark.checkout


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.parametrize("file", [HUNDRED, *(f.path for f in corpora.real_files_to_read()[:12])])
def test_a_script_for_pymarc_says_the_same_after_the_change(file: Path) -> None:
    ours, theirs = run("replace_pymarc.py", file), run("replace_pymarc.py", file, "--pymarc")
    assert ours.stdout == theirs.stdout
    assert ours.returncode == theirs.returncode


def test_a_data_frame_has_a_row_for_each_record(tmp_path: Path) -> None:
    done = run("data_frame.py", HUNDRED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("100 records, ")
    out = tmp_path / "books.parquet"
    assert run("data_frame.py", HUNDRED, "--parquet", out).stdout == f"100 rows in {out}\n"
    import pyarrow.parquet

    written = pyarrow.parquet.read_table(out).column("id").to_pylist()
    assert written == [r["001"].data if r and "001" in r else None for r in reading(HUNDRED)]


def test_a_cluster_counts_the_subjects_of_all_files(tmp_path: Path) -> None:
    books = [[control("001", str(n)), data("650", " 0", "aMusic."), data("650", " 0", f"aBook {n}")]
             for n in range(30)]  # fmt: skip
    books.append([control("001", "none")])
    for name, part in (("a.mrc", books[:10]), ("b.mrc", books[10:])):
        (tmp_path / name).write_bytes(b"".join(map(record, part)))
    done = run("dask_cluster.py", tmp_path / "*.mrc", "--blocksize", "300 B")
    assert done.returncode == 0, done.stderr
    first, *ranking = done.stdout.splitlines()
    counted = re.fullmatch(r"31 records in (\d+) parts", first)
    assert counted and int(counted[1]) > 4
    assert ranking[0].split() == ["30", "Music"]
    assert len(ranking) == 10 and all(line.split()[:2] == ["1", "Book"] for line in ranking[1:])


def test_mojibake_is_found_and_mended(tmp_path: Path) -> None:
    twice = "Köln".encode().decode("latin-1")
    book = [control("001", "twice"), data("245", "10", f"a{twice} :", "bein Führer.")]
    lies = [control("001", "lies"), data("245", "10", b"aL'\xe9t\xe9 \xe0 Paris")]
    file, out = tmp_path / "in.mrc", tmp_path / "out.mrc"
    file.write_bytes(plain("one") + record(book) + record(lies))
    done = run("mojibake.py", file, out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"twice 245: '{twice} :' was 'Köln :'",
        "lies: the leader says utf-8, the text is latin-1",
        "1 leaders and 1 values mended; 0 records could not be read",
    ]
    found = {r["001"].data: r for r in reading(out) if r}
    assert found["twice"]["245"].value() == "Köln : ein Führer."
    assert found["lies"]["245"].value() == "L'été à Paris"


def test_clean_text_is_left_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out.mrc"
    done = run("mojibake.py", HUNDRED, out)
    assert done.stdout.splitlines()[-1].startswith("0 leaders and 0 values mended")
    assert [r and r.as_dict() for r in reading(out)] == [
        r and r.as_dict() for r in reading(HUNDRED)
    ]


def test_the_notebook_runs(tmp_path: Path) -> None:
    book = json.loads((EXAMPLES / "subjects.ipynb").read_text("utf-8"))
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    program = "\n".join("".join(cell["source"]) for cell in cells)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=100,
        env={**os.environ, "RAPIDMARC_EXAMPLE": str(HUNDRED), "MPLBACKEND": "agg"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("100 records of hundred.mrc\n")


def test_every_example_is_run_and_listed() -> None:
    listed = (corpora.ROOT / "docs" / "examples.md").read_text("utf-8")
    own = Path(__file__).read_text("utf-8")
    files = [file.name for file in EXAMPLES.iterdir() if file.is_file()]
    assert [name for name in files if f"`{name}`" not in listed or f'"{name}"' not in own] == []


def reading(path: Path) -> list[rapidmarc.Record | None]:
    with rapidmarc.MARCReader(path) as reader:
        return list(reader)
