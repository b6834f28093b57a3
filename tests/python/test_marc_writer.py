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
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapidmarc import Field, MARCReader, MARCWriter, Record, Subfield, WriteNeedsRecord
from tests import corpora
from tests.python.processes import descriptor_count, descriptors_before, run_errand, thread_count
from tests.python.writing_errands import COUNT, numbered

# Real files that are read twice in a moment.
SMALL = 60_000


def files() -> list[Path]:
    real = [file.path for file in corpora.real_files_to_read() if file.size < SMALL]
    return [*corpora.own_files(), *real]


def numbers(path: Path) -> list[str]:
    return [record["001"].data or "" for record in MARCReader(path) if record is not None]


@pytest.fixture(scope="module", params=[2, 1])
def num_threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def open_writer(num_threads: int) -> Any:
    """`MARCWriter`, written by a thread of its own or by the caller."""
    return partial(MARCWriter, num_threads=num_threads)


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


class TestTheWriterItself:
    def test_it_is_a_pymarc_writer(self, open_writer: Any, tmp_path: Path) -> None:
        writer = open_writer(tmp_path / "out.mrc")
        with pytest.raises(WriteNeedsRecord):
            writer.write("record")  # type: ignore[arg-type]
        record = numbered(1)
        writer.write(record)
        handle: Any = writer.file_handle
        assert handle.name == str(tmp_path / "out.mrc")
        assert handle.tell() == len(record.as_marc())
        writer.close()
        assert writer.file_handle is None
        assert handle.closed
        writer.write(record)
        writer.close()
        assert (tmp_path / "out.mrc").read_bytes() == record.as_marc()

    def test_flushed_bytes_are_in_the_file(self, open_writer: Any, tmp_path: Path) -> None:
        writer = open_writer(tmp_path / "out.mrc")
        writer.write(numbered(1))
        handle: Any = writer.file_handle
        handle.flush()
        assert (tmp_path / "out.mrc").read_bytes() == numbered(1).as_marc()
        writer.close()

    def test_kept_open_on_request(self, open_writer: Any, tmp_path: Path) -> None:
        writer = open_writer(tmp_path / "out.mrc")
        writer.write(numbered(1))
        handle: Any = writer.file_handle
        writer.close(close_fh=False)
        assert not handle.closed
        handle.write(b"more")
        handle.close()
        with pytest.raises(ValueError, match="closed"):
            handle.write(b"even more")
        assert (tmp_path / "out.mrc").read_bytes() == numbered(1).as_marc() + b"more"

    def test_it_can_be_subclassed(self, tmp_path: Path) -> None:
        class Counting(MARCWriter):
            count = 0

            def write(self, record: Record) -> None:
                super().write(record)
                self.count += 1

        with Counting(file_handle=tmp_path / "out.mrc") as writer:
            writer.write(numbered(1))
        assert writer.count == 1
        assert numbers(tmp_path / "out.mrc") == ["1"]

    @pytest.mark.parametrize(
        "options",
        [
            {"encoding": "latin-1"},
            {"oversize": "spill"},
            {"queue_bytes": 0},
            {"queue_bytes": 1.5},
            {"num_threads": 0},
            {"num_threads": 3},
        ],
        ids=str,
    )
    def test_unknown_options_touch_no_file(self, options: dict[str, Any], tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=next(iter(options))):
            MARCWriter(tmp_path / "out.mrc", **options)
        assert not (tmp_path / "out.mrc").exists()


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
