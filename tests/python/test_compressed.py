"""Compressed input: told by its first bytes, read beside parsing, never cut short in silence."""

import bz2
import gc
import gzip
import io
import lzma
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

import rapidmarc
from rapidmarc import DamagedFileError, MARCReader
from rapidmarc._compression import DecompressedFile, compression_of
from rapidmarc.cli.exits import describe
from tests.data.encode import control, data, record
from tests.python.processes import descriptor_count, descriptors_before, thread_count

RECORDS = b"".join(
    record([control("001", f"b{n}"), data("245", "10", f"aTitle {n} {os.urandom(40).hex()}")])
    for n in range(5000)
)
COUNT = 5000
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
kinds = pytest.mark.parametrize("kind", COMPRESS)


def read_all(content: bytes, kind: str) -> bytes:
    with DecompressedFile(io.BytesIO(content), kind, "file", close=True) as file:
        return io.BufferedReader(file).read()


def count(source: object) -> int:
    with rapidmarc.open(source) as reader:  # type: ignore[arg-type]
        return sum(1 for _ in reader)


@kinds
class TestContent:
    def test_is_told_by_its_first_bytes_whatever_the_name(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "books.mrc"
        path.write_bytes(COMPRESS[kind](RECORDS))
        assert count(path) == COUNT

    def test_may_come_in_memory_and_from_file_objects(self, kind: str) -> None:
        content = COMPRESS[kind](RECORDS)
        assert count(content) == COUNT
        assert count(io.BytesIO(content)) == COUNT

    def test_of_several_streams_is_read_to_the_end(self, kind: str) -> None:
        empty, half = COMPRESS[kind](b""), len(RECORDS) // 2
        streams = empty + COMPRESS[kind](RECORDS[:half]) + empty + COMPRESS[kind](RECORDS[half:])
        assert read_all(streams, kind) == RECORDS

    def test_may_have_zeros_behind_it(self, kind: str) -> None:
        content = COMPRESS[kind](RECORDS)
        assert read_all(content + bytes(8) + content + bytes(100_000), kind) == RECORDS * 2

    def test_that_is_very_small_when_compressed_is_read_in_pieces(self, kind: str) -> None:
        size = 64 << 20
        content = COMPRESS[kind](bytes(size))
        with DecompressedFile(io.BytesIO(content), kind, "file", close=True) as file:
            assert sum(len(piece) for piece in iter(lambda: file.read(1 << 16), b"")) == size

    def test_gives_the_records_that_the_plain_file_gives(self, kind: str) -> None:
        with rapidmarc.open(COMPRESS[kind](RECORDS)) as reader:
            found = [each.as_marc() for each in reader if each is not None]
        assert found == [each.as_marc() for each in MARCReader(RECORDS) if each is not None]


@kinds
class TestDamage:
    @pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
    def test_what_is_cut_short_gives_what_came_before_then_an_error_with_its_place(
        self, kind: str, part: float, tmp_path: Path
    ) -> None:
        content = COMPRESS[kind](RECORDS)
        path = tmp_path / "books.mrc"
        path.write_bytes(content[: int(len(content) * part)])
        read = 0
        reader = None
        with pytest.raises(DamagedFileError, match=r"cut short") as caught:
            reader = rapidmarc.open(path)
            for _ in reader:
                read += 1
        error = caught.value
        assert error.filename == str(path)
        assert error.position == path.stat().st_size
        assert error.content_bytes <= len(RECORDS)
        assert read == RECORDS[: error.content_bytes].count(b"\x1d")
        if reader is not None:  # enough was there to tell what it is
            with pytest.raises(DamagedFileError):
                next(reader)  # there is no going on behind it

    def test_no_byte_can_be_changed_and_the_records_stay(self, kind: str) -> None:
        content = bytearray(COMPRESS[kind](RECORDS))
        place = len(content) // 2
        content[place] ^= 0xFF
        with pytest.raises(DamagedFileError) as caught:
            read_all(bytes(content), kind)
        assert caught.value.position <= len(content)

    def test_can_be_pickled_and_told_and_has_no_errno(self, kind: str) -> None:
        error = DamagedFileError("books.mrc", 12, 34, f"the {kind} stream is cut short")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is DamagedFileError
        assert (error.errno, error.strerror) == (None, None)
        for each in (error, again):
            assert (
                describe(each)
                == str(error)
                == (
                    f"books.mrc: the {kind} stream is cut short (behind byte 12 of the file,"
                    " after 34 bytes of content)"
                )
            )

    def test_what_follows_and_is_no_stream_is_an_error(self, kind: str) -> None:
        content = COMPRESS[kind](RECORDS)
        with pytest.raises(DamagedFileError, match="what follows is no") as caught:
            read_all(content + b"more", kind)
        assert caught.value.position == len(content)
        assert caught.value.content_bytes == len(RECORDS)

    def test_an_error_of_the_file_below_comes_through(self, kind: str) -> None:
        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() > 1000:
                    raise OSError(5, "Input/output error")
                return super().read(500)

        with pytest.raises(OSError, match="Input/output error"):
            count(Failing(COMPRESS[kind](RECORDS)))


class TestThreads:
    def test_end_with_the_reader_wherever_it_is_left(self) -> None:
        content = gzip.compress(RECORDS * 20, 1)
        gc.collect()  # what others left behind
        descriptors, threads = descriptors_before(), thread_count()
        with rapidmarc.open(content) as reader:
            next(reader)
        # Native threads that are idle come and go: Python's are told apart.
        assert not [each for each in threading.enumerate() if each.name.startswith("rapidmarc")]
        reader = rapidmarc.open(content)
        next(reader)
        del reader
        gc.collect()
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(timeout=10)
        assert (thread_count(), descriptor_count()) == (threads, descriptors)

    def test_files_that_were_opened_here_are_closed_and_others_are_not(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "books.mrc.gz"
        path.write_bytes(gzip.compress(RECORDS))
        descriptors = descriptors_before()
        assert count(path) == COUNT
        assert descriptor_count() == descriptors
        with path.open("rb") as file:
            assert count(file) == COUNT
            assert not file.closed

    def test_closing_does_not_wait_for_a_pipe_that_gives_nothing(self) -> None:
        ours, theirs = os.pipe()
        with open(theirs, "wb", buffering=0) as end:
            end.write(gzip.compress(RECORDS)[:50_000])
            file = DecompressedFile(open(ours, "rb", buffering=0), "gzip", "pipe", close=True)  # noqa: SIM115
            assert file.read(10) == RECORDS[:10]
            file.close()
            with pytest.raises(ValueError, match="closed"):
                file.read(10)

    def test_a_program_ends_though_standard_input_gives_nothing(self) -> None:
        code = "import rapidmarc; r = rapidmarc.open('-'); print(next(r)['001'].data)"
        ours, theirs = os.pipe()
        with open(theirs, "wb", buffering=0) as end, open(ours, "rb") as start:
            end.write(gzip.compress(RECORDS)[:60_000])
            done = subprocess.run(
                [sys.executable, "-c", code], stdin=start, capture_output=True, timeout=60,
                check=False,
            )  # fmt: skip
        assert (done.stdout, done.stderr, done.returncode) == (b"b0\n", b"", 0)

    def test_a_child_process_is_told_that_it_cannot_read_on(self) -> None:
        file = DecompressedFile(io.BytesIO(gzip.compress(RECORDS * 20)), "gzip", "file", close=True)
        file.read(10)
        process = os.fork()
        if process == 0:
            try:
                while file.read(1 << 20):
                    pass
            except ValueError as error:
                os._exit(7 if "before fork" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 7
        file.close()


def test_the_first_bytes_of_records_are_no_compression() -> None:
    assert compression_of(RECORDS[:6]) is None
    assert [compression_of(COMPRESS[kind](b"x")[:6]) for kind in COMPRESS] == list(COMPRESS)


class TestSkippableFrames:
    FRAME = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"

    def test_are_passed_over_at_the_start_and_between_streams(self) -> None:
        content = COMPRESS["zstd"](RECORDS)
        assert count(self.FRAME + content) == COUNT
        assert read_all(self.FRAME + content + self.FRAME + content, "zstd") == RECORDS * 2
        assert compression_of(b"\x5f\x2a\x4d\x18") == "zstd"
        assert compression_of(b"\x60\x2a\x4d\x18") is None


def test_an_xz_stream_that_asks_for_too_much_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rapidmarc._compression._XZ_MEMORY_BYTES", 1 << 20)
    with pytest.raises(DamagedFileError, match=r"[Mm]emory"):
        read_all(lzma.compress(RECORDS), "xz")
