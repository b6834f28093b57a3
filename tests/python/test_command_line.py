"""`rapidmarc count`, `head` and `show`, and what all commands have in common."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rapidmarc import MARCReader
from rapidmarc._formats import format_of
from tests import corpora
from tests.data.encode import control, data, record
from tests.python.command_line import in_bash, out, run, write

GOOD = [
    record([control("001", f"b{n}"), data("245", "10", f"aTitle {n} :", "bécrit")])
    for n in range(5)
]
NOT_UTF8 = record([control("001", "bad"), data("245", "00", b"a\xff")])


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return write(tmp_path, "books.mrc", b"".join(GOOD))


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    return write(tmp_path, "damaged.mrc", GOOD[0] + NOT_UTF8 + b"\n" + GOOD[1][:-9] + GOOD[2])


class TestCount:
    def test_of_one_file_is_a_bare_number(self, books: Path) -> None:
        assert out("count", books) == "5\n"

    def test_of_several_files_has_a_line_for_each_and_the_sum(self, books: Path) -> None:
        assert out("count", books, books) == f" 5 {books}\n 5 {books}\n10 in all\n"

    def test_reads_standard_input(self) -> None:
        assert out("count", "-", stdin=b"".join(GOOD)) == "5\n"

    def test_of_an_empty_file_is_nought(self, tmp_path: Path) -> None:
        assert out("count", write(tmp_path, "empty.mrc", b"")) == "0\n"

    def test_tells_of_bad_records_where_they_are_and_fails(self, damaged: Path) -> None:
        done = run("count", damaged)
        assert (done.stdout, done.returncode) == (b"2\n", 1)
        told = done.stderr.decode().splitlines()
        assert told[0] == (
            f"rapidmarc: {damaged}: record 1 (001 bad), byte {len(GOOD[0])}:"
            " directory entry 2 (tag 245): text is not valid UTF-8"
        )
        assert len(told) == 2

    def test_in_json_has_the_errors_by_their_class(self, damaged: Path) -> None:
        found = json.loads(out("count", "--json", damaged, code=1))
        assert found["records"] == 2
        assert found["files"][0]["file"] == str(damaged)
        assert sum(found["files"][0]["errors"].values()) == 2

    def test_tells_no_more_than_twenty_bad_records_of_a_file(self, tmp_path: Path) -> None:
        done = run("count", write(tmp_path, "bad.mrc", NOT_UTF8 * 50))
        assert (done.stdout, done.returncode) == (b"0\n", 1)
        assert len(done.stderr.splitlines()) == 21

    @pytest.mark.parametrize(
        "file",
        [path for path in corpora.own_files() if format_of(path.read_bytes()) == "marc"],
        ids=lambda path: path.name,
    )
    def test_gives_what_reading_gives(self, file: Path) -> None:
        with MARCReader(file, on_error="skip", hide_utf8_warnings=True) as reader:
            records = sum(1 for _ in reader)
            errors = reader.errors
        done = run("count", "--json", file)
        assert done.returncode == (1 if errors else 0)
        assert json.loads(done.stdout)["files"] == [
            {"file": str(file), "records": records, "errors": errors}
        ]

    def test_of_faultless_files_loads_no_package_of_a_command_line(self, books: Path) -> None:
        code = (
            "from rapidmarc._entry import count_at_once\n"
            "print(count_at_once(sys.argv[1]))\n"
            "print(sorted({'click', 'rich', 'typing', 're', 'json'} & {*sys.modules}))"
        )
        done = subprocess.run(
            [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}", books],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("5\n[]\n", "")


class TestPassingOver:
    def test_stops_behind_each_record_that_comes_as_none(self) -> None:
        reader = MARCReader(GOOD[0] * 3 + NOT_UTF8 + GOOD[1])
        assert reader._pass_over() == (3, False)
        assert isinstance(reader.current_exception, UnicodeDecodeError)
        assert reader._pass_over() == (1, True)
        assert reader._pass_over() == (0, True)

    def test_ends_at_a_fault_that_reading_ends_at(self) -> None:
        reader = MARCReader(GOOD[0] + b"junk" + GOOD[1])
        assert reader._pass_over() == (1, False)
        assert reader._pass_over() == (0, True)

    def test_goes_on_where_reading_stood_and_reading_where_it_stands(self) -> None:
        reader = MARCReader(b"".join(GOOD) + NOT_UTF8 + GOOD[0])
        next(reader)
        assert reader._pass_over() == (4, False)
        assert reader.tell() == sum(map(len, GOOD)) + len(NOT_UTF8)
        record = next(reader)
        assert record is not None
        assert (record.index, record["001"].data) == (6, "b0")

    @pytest.mark.parametrize(
        "file", corpora.real_files_to_read(), ids=lambda file: file.name.replace("/", "-")
    )
    def test_passes_the_records_that_reading_gives(self, file: corpora.RealFile) -> None:
        content = file.bytes()
        given = list(MARCReader(content, hide_utf8_warnings=True))
        reader = MARCReader(content, hide_utf8_warnings=True)
        passed, at_end = reader._pass_over()
        while not at_end:
            more, at_end = reader._pass_over()
            passed += more
        assert (passed, sum(reader.errors.values())) == (
            sum(1 for record in given if record is not None),
            sum(1 for record in given if record is None),
        )


class TestHead:
    def test_shows_the_first_records_of_each_file(self, books: Path) -> None:
        shown = out("head", "-n", 1, books, books)
        first = next(MARCReader(books))
        assert shown == f"{first}\n{first}"

    def test_shows_the_first_records_of_each_file_that_a_pattern_stands_for(
        self, books: Path
    ) -> None:
        write(books.parent, "c.mrc", GOOD[1])
        shown = out("head", "-n", 1, books.parent / "[bc]*.mrc")
        assert shown == f"{next(MARCReader(books))}\n{next(MARCReader(GOOD[1]))}"

    def test_of_a_pipe_that_closes_is_quiet(self, books: Path) -> None:
        many = write(books.parent, "many.mrc", b"".join(GOOD) * 2000)
        command = f"{sys.executable} -m rapidmarc show {many} | head -n 1; echo ${{PIPESTATUS[0]}}"
        done = in_bash(command)
        assert done.stderr == b""
        assert done.stdout.splitlines()[1] == b"141"


class TestShow:
    def test_finds_records_by_number_and_by_001(self, books: Path) -> None:
        records = list(MARCReader(books))
        assert out("show", "-r", 3, books) == str(records[3])
        assert out("show", "--id", "b2", "-r", 4, books) == f"{records[2]}\n{records[4]}"

    def test_in_colour_says_the_same_in_escapes(self, books: Path) -> None:
        coloured = out("show", "--colour", "-r", 0, books)
        assert "\x1b[" in coloured
        plain = "".join(part.partition("m")[2] for part in f"m{coloured}".split("\x1b["))
        assert plain == str(next(MARCReader(books)))

    def test_as_a_table_has_a_row_for_each_subfield(self, books: Path) -> None:
        table = out("show", "--style", "table", "-r", 1, books)
        rows = [line.split() for line in table.splitlines()]
        assert ["245", "10", "a", "Title", "1", ":"] in rows
        assert ["b", "écrit"] in rows


class TestAllCommands:
    def test_a_file_that_is_not_there_is_code_3(self) -> None:
        done = run("count", "no-such-file.mrc")
        assert done.stderr == b"rapidmarc: no-such-file.mrc: No such file or directory\n"
        assert done.returncode == 3

    def test_what_is_not_understood_is_code_2(self, books: Path) -> None:
        assert run("count", "--frobnicate", books).returncode == 2
        assert run("frobnicate").returncode == 2

    def test_write_utf8_whatever_the_locale(self, books: Path) -> None:
        done = run("show", books, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert "écrit".encode() in done.stdout
