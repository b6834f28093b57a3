"""The commands that write records, or tell about them: select, convert, split, merge, grep,
validate, audit, repair, stats."""

import gzip
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest

import rapidmarc
from rapidmarc.cli import rearranging
from tests.data.encode import control, data, record
from tests.python.command_line import in_bash, out, run, write

GOOD = [
    record(
        [
            control("001", f"b{n}"),
            control(
                "008", f"850101s{1900 + n}    xx            000 0 {'ger' if n % 2 else 'eng'} d"
            ),
            data("245", "10", f"aTitle {n} :", "bécrit"),
            data("650", " 0", "aOne"),
            data("650", " 0", "aTwo", f"x{n}"),
        ]
    )
    for n in range(10)
]
NOT_UTF8 = record([control("001", "bad"), data("245", "00", b"a\xff"), data("500", "  ", "aKept")])


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "damaged.mrc", b"".join(GOOD[:5]) + NOT_UTF8 + b"".join(GOOD[5:]))
    return write(tmp_path, "books.mrc", b"".join(GOOD))


class TestSelect:
    def test_writes_csv(self, books: Path) -> None:
        assert out("select", books, "-c", "id=001", "-c", "every:650$a").splitlines()[:2] == [
            '"id","every:650$a"',
            '"b0","One|Two"',
        ]

    def test_writes_parquet_with_types(self, books: Path) -> None:
        columns = ["-c", "year=integer:008/7-10", "-c", "n=count:650", "-c", "e=exists:856"]
        out("select", books, *columns, "-o", "t.parquet")
        rows = pyarrow.parquet.read_table("t.parquet").to_pylist()
        assert rows[3] == {"year": 1903, "n": 2, "e": False}

    @pytest.mark.parametrize(
        ("conditions", "ids"),
        [
            (["008/35-37=ger"], "13579"),
            (["008/35-37=ger", "!001~=[15]"], "379"),
            (["650$x^=3"], "3"),
            (["856"], ""),
            (["!856", "001=b2"], "2"),
        ],
    )
    def test_has_the_records_for_which_all_conditions_hold(
        self, books: Path, conditions: list[str], ids: str
    ) -> None:
        words = [word for each in conditions for word in ("-w", each)]
        lines = out("select", books, "-c", "id=001", "--to", "jsonl", *words).splitlines()
        assert [json.loads(line)["id"] for line in lines] == [f"b{n}" for n in ids]

    def test_reads_any_format_and_several_files(self, books: Path) -> None:
        out("convert", books, "-o", "books.xml.gz")
        rows = out("select", books, "books.xml.gz", "-c", "id=001", "--to", "jsonl").splitlines()
        assert len(rows) == 20
        assert rows[:10] == rows[10:]

    def test_compresses_by_the_name_whatever_the_format(self, books: Path) -> None:
        for name in ("t.jsonl.gz", "t.csv.gz"):
            out("select", books, "-c", "id=001", "-o", name)
            assert gzip.decompress(Path(name).read_bytes()).count(b"\n") >= 10

    @pytest.mark.parametrize("name", ["t.parquet.gz", "t.mrc"])
    def test_a_name_that_says_what_cannot_be_written_is_code_2(
        self, books: Path, name: str
    ) -> None:
        assert run("select", books, "-c", "001", "-o", name).returncode == 2
        assert not Path(name).exists()

    def test_bad_records_of_text_formats_are_counted_and_what_cannot_be_read_is_told(
        self, books: Path
    ) -> None:
        out("convert", books, "-o", "b.xml")
        xml = Path("b.xml").read_bytes()
        write(books.parent, "c.xml", xml.replace(b'tag="001"', b'gat="001"', 1))
        done = run("select", "c.xml", "-c", "001")
        assert len(done.stdout.splitlines()) == 10
        assert (done.stderr, done.returncode) == (b"rapidmarc: 1 records could not be read\n", 1)
        write(books.parent, "d.xml", xml[:-30])
        done = run("select", "d.xml", "-c", "001")
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr

    def test_shows_a_table(self, books: Path) -> None:
        shown = out("select", books, "-c", "id=001", "-c", "t=245$b", "--to", "table")
        assert [line.split() for line in shown.splitlines()][3] == ["b0", "écrit"]

    def test_counts_bad_records_and_fails(self, books: Path) -> None:
        done = run("select", "damaged.mrc", "-c", "001")
        assert len(done.stdout.splitlines()) == 11
        assert (done.stderr, done.returncode) == (b"rapidmarc: 1 records could not be read\n", 1)

    @pytest.mark.parametrize(
        "words",
        [[], ["-c", "a=245$"], ["-c", "a=001", "-c", "a=245"], ["-c", "001", "-w", "001~=("]],
    )
    def test_what_is_not_understood_is_code_2(self, books: Path, words: list[str]) -> None:
        assert run("select", books, *words).returncode == 2


class TestConvert:
    @pytest.mark.parametrize("name", ["a.xml", "a.json.gz", "a.jsonl.zst", "a.mrk.bz2", "a.mrc.xz"])
    def test_there_and_back_nothing_changes(self, books: Path, name: str) -> None:
        out("convert", books, "-o", name)
        out("convert", name, "-o", "back.mrc")
        assert Path("back.mrc").read_bytes() == books.read_bytes()

    def test_runs_in_a_pipe(self, books: Path) -> None:
        xml = run("convert", "-", "--to", "marcxml", stdin=books.read_bytes()).stdout
        assert run("convert", "-", "--to", "marc", stdin=xml).stdout == books.read_bytes()

    def test_bad_records_are_told_and_left_out_or_kept_as_rejects(self, books: Path) -> None:
        done = run("convert", "damaged.mrc", "-o", "a.mrc", "--rejects", "bad.mrc")
        assert done.returncode == 1
        assert b"record 5 (001 bad)" in done.stderr
        assert Path("a.mrc").read_bytes() == books.read_bytes()
        assert Path("bad.mrc").read_bytes() == NOT_UTF8
        [line] = Path("bad.mrc.jsonl").read_text().splitlines()
        assert json.loads(line)["index"] == 5

    def test_rejects_of_several_files_are_gathered(self, books: Path) -> None:
        run("convert", "damaged.mrc", "damaged.mrc", "-o", "a.mrc", "--rejects", "bad.mrc")
        assert Path("bad.mrc").read_bytes() == NOT_UTF8 * 2
        done = run("convert", books, "damaged.mrc", "-o", "a.mrc", "--rejects", "damaged.mrc")
        assert done.returncode == 2

    def test_salvages_if_asked_to(self, books: Path) -> None:
        assert run("convert", "damaged.mrc", "-o", "a.mrc", "--salvage").returncode == 1
        assert out("count", "a.mrc") == "11\n"

    def test_a_compressed_file_that_is_cut_short_is_told_and_is_code_1(self, books: Path) -> None:
        write(books.parent, "cut.mrc.gz", gzip.compress(books.read_bytes(), 0)[:-30])
        done = run("convert", "cut.mrc.gz", "-o", "a.mrc")
        assert done.returncode == 1
        assert b"rapidmarc: cut.mrc.gz: the gzip stream is cut short (behind byte" in done.stderr
        assert out("count", "a.mrc") == "9\n"

    def test_writes_into_pipes(self, books: Path) -> None:
        program = f"{sys.executable} -m rapidmarc convert {books} --to marc -o"
        for command in (f"{program} /dev/stdout | cat", f"{program} >(cat) | cat"):
            done = in_bash(command)
            assert (done.stdout, done.stderr) == (books.read_bytes(), b"")

    @pytest.mark.parametrize(
        "words",
        [
            ["repair", "b.xml", "-o", "c.mrc"],
            ["repair", "damaged.mrc", "-o", "c.xml"],
            ["repair", "damaged.mrc", "-o", "-"],
            ["convert", "b.xml", "-o", "c.mrc", "--rejects", "r"],
            ["convert", "damaged.mrc", "-o", "c.mrc", "--rejects", "damaged.mrc"],
        ],
    )
    def test_what_does_not_go_together_is_code_2_in_a_line(
        self, books: Path, words: list[str]
    ) -> None:
        out("convert", books, "-o", "b.xml")
        done = run(*words)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert not [*books.parent.glob("c.*"), *books.parent.glob("*.rejects*")]

    def test_json_that_is_nested_too_deeply_is_told(self, books: Path) -> None:
        write(books.parent, "deep.json", b"[" * 200_000)
        done = run("convert", "deep.json", "-o", "c.mrc")
        assert done.returncode == 1
        assert b"deep.json: Nested too deeply: line 1 column" in done.stderr
        assert b"Traceback" not in done.stderr

    def test_leaves_the_target_alone_if_the_source_is_not_there(self, books: Path) -> None:
        assert run("convert", "none.mrc", "-o", "books.mrc").returncode == 3
        assert out("count", books) == "10\n"

    def test_a_target_that_tells_no_format_is_code_2(self, books: Path) -> None:
        assert run("convert", books, "-o", "books.pdf").returncode == 2


class TestSplitAndMerge:
    def test_parts_together_are_the_file(self, books: Path) -> None:
        out("split", books, "-n", 4, "-o", "p{:02}.mrc")
        parts = sorted(books.parent.glob("p*.mrc"))
        assert [out("count", part) for part in parts] == ["4\n", "4\n", "2\n"]
        assert b"".join(part.read_bytes() for part in parts) == books.read_bytes()
        merged = run("merge", *parts)
        assert (merged.stdout, merged.returncode) == (books.read_bytes(), 0)

    def test_parts_end_behind_the_record_that_fills_them(self, books: Path) -> None:
        out("split", books, "-b", len(GOOD[0]) + 1, "-o", "p{}.mrc")
        assert len(list(books.parent.glob("p*.mrc"))) == 5

    def test_parts_may_have_another_format(self, books: Path) -> None:
        out("split", books, "-n", 3, "-o", "p{}.json.gz")
        assert out("merge", "p0.json.gz", "p1.json.gz", "p2.json.gz", "p3.json.gz", "--to", "json")
        assert len(json.loads(gzip.decompress(Path("p0.json.gz").read_bytes()))) == 3

    def test_records_stay_as_they_are_byte_by_byte(self, books: Path) -> None:
        odd = GOOD[0].replace(b"nam a22", b"nam a99")
        write(books.parent, "odd.mrc", odd * 3)
        assert run("merge", "odd.mrc").stdout == odd * 3

    def test_of_records_with_the_same_001_only_the_first_if_asked_for(self, books: Path) -> None:
        done = run("merge", books, books, "--unique")
        assert done.stdout == books.read_bytes()

    def test_records_of_several_formats_stay_in_the_order_of_the_files(self, books: Path) -> None:
        write(books.parent, "a.mrc", GOOD[0])
        write(books.parent, "b.mrc", GOOD[1])
        out("convert", "b.mrc", "-o", "b.json")
        out("merge", "a.mrc", "b.json", "-o", "all.mrc")
        assert Path("all.mrc").read_bytes() == GOOD[0] + GOOD[1]

    def test_compress_by_the_name_even_if_it_tells_no_format(self, books: Path) -> None:
        out("merge", books, "-o", "all.gz")
        assert gzip.decompress(Path("all.gz").read_bytes()) == books.read_bytes()

    @pytest.mark.parametrize("words", [["merge", "-o", "x.csv"], ["merge", "-o", "x.parquet.gz"],
                                       ["split", "-n", 2, "-o", "p{}.parquet"]])  # fmt: skip
    def test_write_no_tables(self, books: Path, words: list[object]) -> None:
        done = run(*words, books)
        assert done.returncode == 2
        assert b"what is written is marc or marcxml" in done.stderr

    def test_no_part_is_left_half_written_if_its_end_fails(
        self, books: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(self: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("rapidmarc.conversion.RecordsOut.finish", fail)
        callback = rearranging.split.callback
        assert callback is not None
        with pytest.raises(OSError, match="No space left"):
            callback(("books.mrc",), "p{}.mrc", 20, None, None, None)
        assert not list(books.parent.glob("p*"))

    @pytest.mark.parametrize("words", [["-n", 3, "-o", "same.mrc"], ["-n", 0], []])
    def test_what_is_not_understood_is_code_2(self, books: Path, words: list[object]) -> None:
        assert run("split", books, *words).returncode == 2


class TestGrep:
    def test_prints_the_fields_with_their_place(self, books: Path) -> None:
        assert out("grep", "title 3", "-i", "-t", "2..", "books.mrc") == (
            "books.mrc:3:b3: =245  10$aTitle 3 :$bécrit\n"
        )

    def test_looks_only_where_it_is_told_to(self, books: Path) -> None:
        assert out("grep", "3", "-t", "650", "-c", books) == "1\n"
        assert out("grep", "3", "-s", "a", "-c", books) == "1\n"
        assert out("grep", "b3", "-s", "a", "-c", books, code=1) == "0\n"
        assert out("grep", "Title . :", "-F", "-c", books, code=1) == "0\n"

    def test_writes_the_records_whole(self, books: Path) -> None:
        assert run("grep", "Title [12]", books, "--to", "marc").stdout == GOOD[1] + GOOD[2]
        assert run("grep", "Title [0-7]", "-v", books, "--to", "marc").stdout == GOOD[8] + GOOD[9]

    def test_tells_of_records_that_the_format_cannot_hold(self, books: Path) -> None:
        odd = record([control("001", "odd"), data("245", "00", "aTitle \x01")])
        write(books.parent, "odd.mrc", odd + GOOD[0])
        done = run("grep", "Title", "odd.mrc", "--to", "marcxml")
        assert done.returncode == 1
        assert done.stdout.count(b"<record") == 1
        assert done.stderr.startswith(b"rapidmarc: odd.mrc: record 0 (001 odd)")

    def test_in_json_has_an_object_for_each_field(self, books: Path) -> None:
        [line] = out("grep", "b3", "--json", books).splitlines()
        assert json.loads(line) == {
            "file": str(books), "index": 3, "001": "b3", "tag": "001", "text": "=001  b3",
        }  # fmt: skip

    def test_that_finds_nothing_is_code_1_and_no_expression_code_2(self, books: Path) -> None:
        assert run("grep", "nowhere", books).returncode == 1
        assert run("grep", "(", books).returncode == 2


class TestChecks:
    def test_validate_tells_each_finding(self, books: Path) -> None:
        assert out("validate", books) == ""
        write(
            books.parent,
            "odd.mrc",
            GOOD[0] + record([control("001", "x"), data("245", "1A", "aT")]),
        )
        [line] = out("validate", "odd.mrc", code=1).splitlines()
        assert line.startswith("odd.mrc: record 1 (001 x), byte")
        [line] = out("validate", "--json", "odd.mrc", code=1).splitlines()
        assert json.loads(line)["tag"] == "245"

    def test_audit_counts_leaders_that_lie(self, books: Path) -> None:
        assert json.loads(out("audit", "--json", books))["lies"] == []
        report = json.loads(out("audit", "--json", "damaged.mrc", code=1))
        assert report["lies"] == [{"claimed": "utf-8", "found": "latin-1", "records": 1}]
        assert "claim to be in utf-8, and are in latin-1: 1" in out("audit", "damaged.mrc", code=1)

    def test_both_read_compressed_files_but_no_text_formats(self, books: Path) -> None:
        write(books.parent, "b.mrc.gz", gzip.compress(books.read_bytes()))
        assert out("validate", "b.mrc.gz") == ""
        assert out("audit", "b.mrc.gz").startswith("b.mrc.gz: 10 records")
        out("convert", books, "-o", "b.xml")
        assert run("validate", "b.xml").returncode == 2

    def test_repair_keeps_all_that_can_be_told(self, books: Path) -> None:
        content = GOOD[0] + NOT_UTF8 + b"junk that is no record\x1d" + GOOD[1]
        write(books.parent, "bad.mrc", content)
        done = run("repair", "bad.mrc", "-o", "good.mrc")
        assert done.returncode == 1
        assert done.stderr.decode().splitlines()[-1] == (
            "rapidmarc: 2 records were whole, 1 were repaired, 1 were lost"
        )
        kept = list(rapidmarc.open("good.mrc"))
        assert [each["001"].data for each in kept if each] == ["b0", "bad", "b1"]
        assert Path("good.mrc.rejects").read_bytes() == b"junk that is no record\x1d"

    def test_repair_of_a_good_file_changes_nothing_and_leaves_nothing(self, books: Path) -> None:
        assert run("repair", books, "-o", "good.mrc").returncode == 0
        assert Path("good.mrc").read_bytes() == books.read_bytes()
        assert not list(books.parent.glob("*.rejects*"))

    def test_repair_counts_what_cannot_be_written_again_as_lost(self, books: Path) -> None:
        # In MARC-8 each of these characters is a byte, in UTF-8 there are two.
        grown = record([control("001", "grown"), data("500", "  ", b"a" + b"\xb1" * 5500)])
        write(books.parent, "grown.mrc", grown.replace(b"nam a22", b"nam  22") + GOOD[0])
        done = run("repair", "grown.mrc", "-o", "good.mrc")
        assert done.returncode == 1
        assert done.stderr.decode().splitlines()[-1] == (
            "rapidmarc: 1 records were whole, 0 were repaired, 1 were lost"
        )
        assert Path("good.mrc").read_bytes() == GOOD[0]

    def test_stats_count(self, books: Path) -> None:
        facts = json.loads(out("stats", "--json", "--subfields", books))
        assert facts["records"] == 10
        assert facts["bytes"]["all"] == books.stat().st_size
        assert facts["tags"]["650"] == {"fields": 20, "records": 10}
        assert facts["subfields"] == {"245$a": 10, "245$b": 10, "650$a": 20, "650$x": 10}
        assert facts["encodings"] == {"utf-8": 10}
        assert "  650           10           20" in out("stats", books).splitlines()


class TestProgress:
    def test_is_shown_on_a_terminal_and_nowhere_else(self, books: Path) -> None:
        many = write(books.parent, "many.mrc", b"".join(GOOD) * 2000)
        ours, theirs = pty.openpty()
        done = subprocess.Popen(
            [sys.executable, "-m", "rapidmarc", "stats", "--json", many],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
        os.close(theirs)
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        os.close(ours)
        stdout, _ = done.communicate(timeout=60)
        assert json.loads(stdout)["records"] == 20_000
        assert b"20,000 records" in shown
        assert b"a second" in shown
