"""What goes wrong around a reader: streams that misbehave, files that change, memory that runs out.

Each backend comes out of it with an error that says what happened, and with every record that it
could have read. What threads may do to one another is in test_threads.py.
"""

import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import rapidmarc
from tests import roads
from tests.data.encode import plain
from tests.python import processes
from tests.python.processes import descriptor_count, descriptors_before, thread_count

COUNT = 3_000
NUMBERS = [str(number) for number in range(COUNT)]
MANY = b"".join(plain(number) for number in NUMBERS)
STREAMING = ("record", "batched")  # the backends that call `read`


@pytest.fixture(params=STREAMING)
def streaming(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def numbers(reader: Any) -> list[str]:
    return [record["001"].data for record in reader]


class TestStreams:
    def test_nothing_is_lost_of_a_stream_that_has_nothing_now(self, streaming: str) -> None:
        class Halting(roads.OnlyRead):
            """Answers every other call as a non-blocking stream does that is empty."""

            def read(self, size: int = -1) -> Any:
                self.calls += 1
                return None if self.calls % 2 else super().read(size)

        reader = rapidmarc.MARCReader(Halting(MANY, most=70), backend=streaming)
        found: list[str] = []
        halts = 0
        while len(found) < COUNT:
            try:
                found.append(next(reader)["001"].data)
            except BlockingIOError:
                halts += 1
        assert found == NUMBERS and halts > 0

    def test_nothing_is_lost_of_a_stream_that_fails_within_a_record(self, streaming: str) -> None:
        class Failing(roads.OnlyRead):
            """Fails before each of its bytes, once."""

            failed = -1

            def read(self, size: int = -1) -> bytes:
                if self.failed < self.position:
                    self.failed = self.position
                    raise OSError(errno.EIO, "hiccup")
                return super().read(size)

        content = b"".join(plain(number) for number in NUMBERS[:5])
        reader = rapidmarc.MARCReader(Failing(content, most=1), backend=streaming)
        found: list[str] = []
        failures = 0
        while len(found) < 5:
            try:
                found.append(next(reader)["001"].data)
            except OSError as error:
                assert error.errno == errno.EIO
                failures += 1
        assert found == NUMBERS[:5] and failures >= 5
        assert reader.current_exception is None

    def test_what_was_begun_is_dropped_once_the_handle_is_moved(self) -> None:
        class Seekable(roads.OnlyRead):
            def tell(self) -> int:
                return self.position

        handle = Seekable(MANY, fail_at=len(plain("0")) + 30)
        reader = rapidmarc.MARCReader(handle, backend="record")
        assert next(reader)["001"].data == "0"
        with pytest.raises(OSError, match="torn"):
            next(reader)
        handle.fail_at, handle.position = None, 0
        assert numbers(reader) == NUMBERS

    @pytest.mark.parametrize("call", ["next", "close"])
    def test_a_stream_that_calls_back_is_told_so(self, streaming: str, call: str) -> None:
        class CallingBack(roads.OnlyRead):
            reader: Any = None
            told = 0

            def read(self, size: int = -1) -> bytes:
                with pytest.raises(RuntimeError, match="called by its own file object"):
                    next(self.reader) if call == "next" else self.reader.close()
                self.told += 1
                return super().read(size)

            def close(self) -> None:
                raise AssertionError("the reader must not get this far")

        handle = CallingBack(MANY, most=5_000)
        handle.reader = rapidmarc.MARCReader(handle, backend=streaming)
        assert numbers(handle.reader) == NUMBERS
        assert handle.told == handle.calls

    def test_a_read_that_gives_too_much_is_an_error_that_says_so(self) -> None:
        class Generous(roads.OnlyRead):
            def read(self, size: int = -1) -> bytes:
                return super().read(size) + b"more"

        with pytest.raises(ValueError, match=r"gave \d+ bytes"):
            numbers(rapidmarc.MARCReader(Generous(plain("0")), backend="record"))

    def test_signals_interrupt_no_record(self, backend: str, tmp_path: Path) -> None:
        with signals(0.0005) as caught:
            for _ in range(200):
                with roads.reader_for(backend, MANY, tmp_path) as reader:
                    assert numbers(reader) == NUMBERS
                if len(caught) > 20:
                    break
        assert len(caught) > 20

    def test_signals_while_a_pipe_is_waited_for_lose_nothing(
        self, streaming: str, tmp_path: Path
    ) -> None:
        with signals(0.0005), roads.travel("pipe", MANY, tmp_path) as target:
            assert numbers(rapidmarc.MARCReader(target, backend=streaming)) == NUMBERS


@contextmanager
def signals(seconds: float) -> Iterator[list[int]]:
    """A signal with a handler every few moments: system calls come back with EINTR."""
    caught: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: caught.append(number))
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield caught
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class TestFiles:
    def test_a_disk_that_fails_below_a_stream_is_an_error_with_its_number(
        self, streaming: str
    ) -> None:
        class Mapped:
            def read(self, size: int = -1) -> bytes:
                return os.read(file, size)

        file = os.open("/proc/self/mem", os.O_RDONLY)
        try:
            with pytest.raises(OSError, match="Input/output") as caught:
                next(rapidmarc.MARCReader(Mapped(), backend=streaming))
        finally:
            os.close(file)
        assert caught.value.errno == errno.EIO

    @pytest.mark.parametrize("name", ["record", "native"])
    def test_a_disk_that_fails_is_an_error_with_its_number(self, name: str) -> None:
        # The first page of a process is not mapped, and reading it is an input/output error.
        with pytest.raises(OSError, match="Input/output") as caught:
            next(rapidmarc.MARCReader("/proc/self/mem", backend=name))
        assert caught.value.errno == errno.EIO

    @pytest.mark.parametrize("name", ["record", "batched", "native"])
    def test_a_file_that_grows_gives_whole_records_only(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / "growing.mrc"
        path.write_bytes(MANY[:-7])
        reader = rapidmarc.MARCReader(path, backend=name, queue_bytes=1 << 14)
        first = next(reader)
        with open(path, "ab") as handle:
            handle.write(MANY[-7:] + MANY)
        found = [first["001"].data, *numbers(reader)]
        assert found == (NUMBERS * 2)[: len(found)]
        assert len(found) in (COUNT, 2 * COUNT)
        assert reader.current_exception is None

    @pytest.mark.parametrize("name", ["record", "batched", "native"])
    def test_a_file_that_is_replaced_is_read_to_its_end(self, name: str, tmp_path: Path) -> None:
        path, other = tmp_path / "replaced.mrc", tmp_path / "other.mrc"
        path.write_bytes(MANY)
        other.write_bytes(plain("other") * COUNT)
        reader = rapidmarc.MARCReader(path, backend=name, queue_bytes=1 << 14)
        first = next(reader)
        os.replace(other, path)
        assert [first["001"].data, *numbers(reader)] == NUMBERS

    def test_a_full_disk_for_the_rejects_is_an_error_and_loses_no_record(
        self, backend: str, tmp_path: Path
    ) -> None:
        content = plain("before") + b"junk" * 9 + plain("after")
        with (
            open("/dev/full", "wb", buffering=0) as full,
            roads.reader_for(backend, content, tmp_path, on_error="skip", rejects=full) as reader,
        ):
            assert next(reader)["001"].data == "before"
            with pytest.raises(OSError, match="No space left") as caught:
                next(reader)
            assert caught.value.errno == errno.ENOSPC
            assert numbers(reader) == ["after"]


class TestLeaving:
    @pytest.mark.parametrize("way", ["break", "exception"])
    def test_at_any_record(self, backend: str, way: str, tmp_path: Path) -> None:
        def leave(after: int) -> None:
            with roads.reader_for(backend, MANY, tmp_path) as reader:
                for count, record in enumerate(reader):
                    assert record["001"].data == str(count)
                    if count < after:
                        continue
                    if way == "break":
                        break
                    raise LookupError("the consumer's own")

        with roads.reader_for(backend, MANY, tmp_path) as reader:
            next(reader)  # whatever is made once is made before the first look
        places = [*range(12), *range(90, COUNT, 331), COUNT - 1]
        before = descriptors_before(), thread_count()
        for place in places:
            if way == "break":
                leave(place)
            else:
                with pytest.raises(LookupError, match="the consumer's own"):
                    leave(place)
        assert descriptor_count() == before[0]
        assert thread_count() <= before[1] + 1  # the pool's own thread may have come

    def test_an_exception_in_the_consumer_takes_nothing_from_it(
        self, backend: str, tmp_path: Path
    ) -> None:
        found = []
        with roads.reader_for(backend, MANY, tmp_path) as reader:
            while len(found) < COUNT:
                try:
                    for record in reader:
                        found.append(record["001"].data)
                        if len(found) % 100 == 0:
                            raise LookupError
                except LookupError:
                    pass
        assert found == NUMBERS


def test_a_thousand_readers_at_once(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "few.mrc"
    path.write_bytes(MANY[: len(plain("0")) * 10])
    before = descriptors_before(), thread_count()
    with descriptors_allowed(1_200):
        target: Any = path.read_bytes() if backend == "memory" else path
        readers = [rapidmarc.MARCReader(target, backend=backend) for _ in range(1_000)]
        # One record from each in turn, so that all are at work at the same time.
        for number in NUMBERS[:10]:
            assert {next(reader)["001"].data for reader in readers} == {number}
        assert all(next(reader, None) is None for reader in readers)
        del readers
    assert descriptor_count() == before[0]
    assert thread_count() <= before[1] + 1


@contextmanager
def descriptors_allowed(least: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(least, hard)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_memory_that_runs_out_is_a_memory_error(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "many.mrc"
    path.write_bytes(MANY)
    processes.run_errand("errands", "run_out_of_memory", backend, str(path))


def test_over_a_gibibyte_is_not_taken_for_one_record(tmp_path: Path) -> None:
    if os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 6 << 30:
        pytest.skip("it takes 6 GiB of free memory to tell")
    for backend in ("record", "batched", "native", "memory"):  # in turn, for their memory
        path = tmp_path / f"{backend}.mrc"
        path.write_bytes(plain("good"))
        processes.run_errand("errands", "take_no_more_than_a_gibibyte", backend, str(path))
