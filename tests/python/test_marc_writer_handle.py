"""`MARCWriter` on a path as its caller holds it: its file, closing, subclassing, its options.

What arrives in the file is in test_marc_writer.py.
"""

import io
from pathlib import Path
from typing import Any

import pytest

from rapidmarc import MARCWriter, Record, WriteNeedsRecord
from rapidmarc._core import _EncodeOptions
from tests.python.writing_errands import numbered, numbers


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

    def test_a_file_put_in_the_place_of_its_own_gets_what_follows(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        writer = open_writer(tmp_path / "out.mrc")
        writer.write(numbered(1))
        own: Any = writer.file_handle
        writer.file_handle = other = io.BytesIO()
        writer.write(numbered(2))
        own.close()
        assert numbers(tmp_path / "out.mrc") == ["1"]
        assert other.getvalue() == numbered(2).as_marc()

    def test_writers_may_share_a_file(self, open_writer: Any, tmp_path: Path) -> None:
        first = open_writer(tmp_path / "out.mrc")
        second = MARCWriter(first.file_handle, encoding="marc-8")
        first.write(numbered(1))
        second.write(numbered(2))
        second.close()
        with pytest.raises(ValueError, match="closed"):
            first.write(numbered(3))
        assert numbers(tmp_path / "out.mrc") == ["1", "2"]

    def test_writing_to_a_closed_one_is_ignored_as_in_pymarc(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        writer = open_writer(tmp_path / "out.mrc")
        writer.close()
        writer.write(numbered(1))
        with pytest.raises(WriteNeedsRecord):
            writer.write("no record")
        assert (tmp_path / "out.mrc").read_bytes() == b""

    def test_what_puts_records_into_a_file_takes_records_alone(
        self, open_writer: Any, tmp_path: Path
    ) -> None:
        with open_writer(tmp_path / "out.mrc") as writer:
            put = writer.file_handle._record_writer(_EncodeOptions())
            put(numbered(1))
            with pytest.raises(TypeError, match="not a Record"):
                put(b"bytes")
        with pytest.raises(ValueError, match="closed"):
            put(numbered(2))
        assert numbers(tmp_path / "out.mrc") == ["1"]

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
