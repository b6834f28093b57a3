"""`MARCWriter` on a path: what arrives in the file, how much waits, and what goes wrong.

What all writers share, and MARCWriter on a caller's file, is in test_writers.py.
"""

import errno
import gc
import io
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymarc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapidmarc import Field, MARCReader, MARCWriter, Record, Subfield
from tests import corpora
from tests.python.processes import descriptor_count, descriptors_before, run_errand, thread_count
from tests.python.writing_errands import COUNT, numbered, numbers

# Real files that are read twice in a moment.
SMALL = 60_000


def files() -> list[Path]:
    real = [file.path for file in corpora.real_files_to_read() if file.size < SMALL]
    return [*corpora.own_files(), *real]


class TestWhatArrives:
    @pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
    def test_the_same_bytes_as_on_an_open_file(
        self, open_writer: Any, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def copy(target: Any, record: Record) -> str:
            try:
                target.write(record)
            except (ValueError, TypeError, LookupError) as error:
                return repr(error)
            return "written"

        by_handle = io.BytesIO()
        handle_writer = MARCWriter(by_handle)
        with open_writer(tmp_path / "out.mrc") as path_writer:
            for one, other in zip(MARCReader(path), MARCReader(path), strict=True):
                assert (one is None) == (other is None)
                if one is not None and other is not None:
                    assert copy(path_writer, one) == copy(handle_writer, other)
        assert (tmp_path / "out.mrc").read_bytes() == by_handle.getvalue()

    def test_untouched_canonical_records_are_copied(self, open_writer: Any, tmp_path: Path) -> None:
        hundred = corpora.WELLFORMED / "hundred.mrc"
        with open_writer(tmp_path / "out.mrc") as writer:
            for record in MARCReader(hundred):
                assert record is not None
                writer.write(record)
        assert (tmp_path / "out.mrc").read_bytes() == hundred.read_bytes()

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["020", "245", "650", "880", "9XX"]),
                st.tuples(st.sampled_from(" 019"), st.sampled_from(" 019")),
                st.lists(
                    st.tuples(
                        st.sampled_from("abz9"),
                        st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
                    ),
                    max_size=4,
                ),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_any_record_reads_back_as_it_was(
        self, open_writer: Any, tmp_path_factory: pytest.TempPathFactory, fields: list[Any]
    ) -> None:
        record = Record()
        for tag, indicators, pairs in fields:
            subfields = [Subfield(code, value) for code, value in pairs]
            record.add_field(Field(tag, indicators, subfields))
        path = tmp_path_factory.mktemp("any") / "out.mrc"
        with open_writer(path) as writer:
            writer.write(record)
        [found] = MARCReader(path)
        assert found is not None
        read, written = found.as_dict(), record.as_dict()
        assert read["fields"] == written["fields"]

    def test_a_changed_field_is_written_without_its_empty_subfields_as_in_pymarc(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        data = b"10\x1f\x1faOld\x1fb\x1f\x1fcLast\x1f\x1e"
        body = b"245%04d00000\x1e%s\x1d" % (len(data), data)
        marc = b"%05dnam a2200037   4500" % (24 + len(body)) + body
        path = tmp_path / "out.mrc"
        with open_writer(path) as writer:
            [record] = MARCReader(marc)
            assert record is not None
            record["245"]["a"] = "New"
            writer.write(record)
        [theirs] = pymarc.MARCReader(io.BytesIO(marc))
        theirs["245"]["a"] = "New"
        assert path.read_bytes() == theirs.as_marc()

    def test_a_file_that_was_there_is_replaced(self, open_writer: Any, tmp_path: Path) -> None:
        path = tmp_path / "out.mrc"
        path.write_bytes(b"x" * 10_000)
        open_writer(str(path)).close()
        assert path.read_bytes() == b""

    def test_subclasses_decide_for_themselves(self, open_writer: Any, tmp_path: Path) -> None:
        class Own(Record):
            def as_marc(self) -> bytes:  # type: ignore[override]
                return b"own"

        class Plain(Record):
            pass

        plain = Plain(fields=[Field("001", data="1")])
        with open_writer(tmp_path / "out.mrc", encoding="marc-8") as writer:
            writer.write(Own())
            writer.write(plain)
        expected = plain.as_marc()
        assert (tmp_path / "out.mrc").read_bytes() == b"own" + expected.replace(b"a22", b" 22", 1)

    def test_writing_marks_the_record_as_utf8_as_in_pymarc(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        record = Record(fields=[Field("001", data="1")])
        with open_writer(tmp_path / "out.mrc") as writer:
            writer.write(record)
        assert record.leader[9] == "a"

    @pytest.mark.parametrize("by", ["path", "handle"])
    def test_what_is_too_long_is_refused_or_written_as_asked(
        self, open_writer: Any, by: str, tmp_path: Path
    ) -> None:
        record = Record(fields=[Field("500", subfields=[Subfield("a", "x" * 10_000)])])
        for oversize in ("error", "zero", "pymarc"):
            path = tmp_path / oversize
            target: Any = path if by == "path" else open(path, "wb")  # noqa: SIM115
            with open_writer(target, oversize=oversize) as writer:  # type: ignore[arg-type]
                if oversize == "error":
                    with pytest.raises(ValueError, match="field 500 has 10005 bytes"):
                        writer.write(record)
                else:
                    writer.write(record)
            expected = b"" if oversize == "error" else record.as_marc(oversize=oversize)  # type: ignore[arg-type]
            assert path.read_bytes() == expected


class TestTheBound:
    def test_no_more_than_the_bound_waits(self, open_writer: Any, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        record = numbered(0)
        size = len(record.as_marc())
        reading_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = open_writer(path, queue_bytes=10 * size)
        handle: Any = writer.file_handle

        def write() -> None:
            for _ in range(500):
                writer.write(record)
            writer.close()

        writing = threading.Thread(target=write)
        writing.start()
        os.set_blocking(reading_end, True)
        with open(reading_end, "rb") as pipe:
            for _ in range(500):
                assert pipe.read(size) == record.as_marc()
            writing.join()
            assert pipe.read() == b""
        assert size < handle.queue_high_water_bytes <= 10 * size

    @pytest.mark.parametrize("queue_bytes", [1, 1_000, 100_000])
    def test_any_bound_writes_everything(
        self, open_writer: Any, queue_bytes: int, tmp_path: Path
    ) -> None:
        with open_writer(tmp_path / "out.mrc", queue_bytes=queue_bytes) as writer:
            for number in range(COUNT):
                writer.write(numbered(number))
        assert numbers(tmp_path / "out.mrc") == [str(number) for number in range(COUNT)]

    # From room for one record to room for many: where there is little, somebody always waits.
    @pytest.mark.parametrize("queue_bytes", [1_200, 2_500, 20_000])
    def test_threads_that_share_a_writer_write_whole_records(
        self, open_writer: Any, queue_bytes: int, tmp_path: Path
    ) -> None:
        threads = 4
        records = [numbered(number) for number in range(COUNT)]
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            with open_writer(tmp_path / "out.mrc", queue_bytes=queue_bytes) as writer:

                def write(first: int) -> None:
                    for record in records[first::threads]:
                        writer.write(record)

                workers = [threading.Thread(target=write, args=(n,)) for n in range(threads)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
        finally:
            sys.setswitchinterval(usual)
        assert Counter(numbers(tmp_path / "out.mrc")) == Counter(map(str, range(COUNT)))


class TestWhatGoesWrong:
    def raises(self, code: int, name: str, action: Callable[[], object]) -> None:
        with pytest.raises(OSError) as caught:
            action()
        assert (caught.value.errno, caught.value.filename) == (code, name)

    def test_a_full_disk_comes_with_close(self, open_writer: Any) -> None:
        writer = open_writer("/dev/full")
        writer.write(numbered(1))
        self.raises(errno.ENOSPC, "/dev/full", writer.close)
        writer.close()
        writer.write(numbered(1))

    def test_a_full_disk_comes_with_a_later_write_and_stays(self, open_writer: Any) -> None:
        writer = open_writer("/dev/full", queue_bytes=5_000)

        def write() -> None:
            for number in range(COUNT):
                writer.write(numbered(number))

        self.raises(errno.ENOSPC, "/dev/full", write)
        self.raises(errno.ENOSPC, "/dev/full", lambda: writer.write(numbered(1)))
        self.raises(errno.ENOSPC, "/dev/full", writer.close)

    def test_an_error_that_nobody_asked_for_is_told(
        self, open_writer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[Any] = []
        monkeypatch.setattr(sys, "unraisablehook", told.append)
        writer = open_writer("/dev/full")
        writer.write(numbered(1))
        del writer
        gc.collect()
        assert [each.exc_value.errno for each in told] == [errno.ENOSPC]

    def test_a_reader_that_goes_away(self, open_writer: Any, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        reading_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = open_writer(path)
        os.close(reading_end)
        writer.write(numbered(1))
        self.raises(errno.EPIPE, str(path), writer.close)

    def test_what_cannot_be_opened(self, open_writer: Any, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError):
            open_writer(tmp_path)
        with pytest.raises(FileNotFoundError, match="nowhere"):
            open_writer(tmp_path / "nowhere" / "out.mrc")

    def test_a_record_that_cannot_be_encoded_leaves_no_trace(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        bad = Record(
            fields=[Field("001", data="1"), Field("245", subfields=[Subfield("a", "\ud800")])]
        )
        with open_writer(tmp_path / "out.mrc") as writer:
            writer.write(numbered(1))
            with pytest.raises(UnicodeEncodeError):
                writer.write(bad)
            writer.write(numbered(2))
        assert numbers(tmp_path / "out.mrc") == ["1", "2"]


class TestTheEnd:
    def test_no_thread_and_no_descriptor_stay(self, open_writer: Any, tmp_path: Path) -> None:
        def write(close: bool) -> None:
            writer = open_writer(tmp_path / "out.mrc", queue_bytes=5_000)
            for number in range(50):
                writer.write(numbered(number))
            if close:
                writer.close()

        gc.collect()
        before = descriptors_before(), thread_count()
        for close in (True, False) * 5:
            write(close)
            assert (descriptor_count(), thread_count()) == before
            assert len(numbers(tmp_path / "out.mrc")) == 50

    def test_fork_in_the_middle(self, num_threads: int, tmp_path: Path) -> None:
        run_errand("writing_errands", "fork", str(tmp_path), str(num_threads))
        for name in ("all", "child"):
            assert numbers(tmp_path / f"{name}.mrc") == [str(number) for number in range(COUNT)]

    def test_exit_writes_what_nobody_closed(self, num_threads: int, tmp_path: Path) -> None:
        run_errand("writing_errands", "exit_with_open_writers", str(tmp_path), str(num_threads))
        for name, count in (("module", COUNT), ("cycle", COUNT), ("small", 5)):
            assert numbers(tmp_path / f"{name}.mrc") == [str(number) for number in range(count)]

    @pytest.mark.parametrize("_turn", range(5))  # where it is when the process ends is chance
    def test_exit_while_a_daemon_writes_leaves_whole_records(
        self, num_threads: int, _turn: int, tmp_path: Path
    ) -> None:
        run_errand("writing_errands", "exit_while_a_daemon_writes", str(tmp_path), str(num_threads))
        found = list(MARCReader(tmp_path / "daemon.mrc"))
        assert len(found) >= 400
        assert [record and record["001"].data for record in found] == [
            str(number) for number in range(len(found))
        ]

    @pytest.mark.parametrize("name", ["interrupt", "exit_with_a_stalled_pipe"])
    def test_a_stalled_pipe_holds_nobody(self, num_threads: int, name: str, tmp_path: Path) -> None:
        run_errand("writing_errands", name, str(tmp_path), str(num_threads))
