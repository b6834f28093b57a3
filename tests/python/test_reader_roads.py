"""Many roads, one answer: the outcomes do not depend on source, backend or sizes.

Also what may change between records (options), what may fail (`read`), and where one stands.
"""

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymarc
import pytest

import rapidmarc
from tests import reference, roads
from tests.data.encode import MARC8, control, data, plain, record
from tests.parity import compare, pymarc_side
from tests.python.hard_inputs import INPUTS, decoys, mixture, special_handle, whole_records


@pytest.fixture(params=INPUTS)
def content(request: pytest.FixtureRequest) -> bytes:
    return INPUTS[request.param]()


def assert_same_outcomes(content: bytes, open_reader: Callable[[], Any]) -> None:
    """Fails unless the reader that `open_reader` opens gives what pymarc gives for `content`."""
    with open_reader() as reader:
        actual = pymarc_side.digests_of(reader)
    found = pymarc_side.first_difference(content, actual.digests, open_reader)
    assert not found, found


def opener(road: str, content: bytes, folder: Path, **keywords: Any) -> Callable[[], Any]:
    """A function that opens a fresh reader of `content` by `road`, as a context."""

    @contextlib.contextmanager
    def opened() -> Iterator[Any]:
        with roads.travel(road, content, folder) as target:
            yield rapidmarc.MARCReader(target, **keywords)

    return opened


class TestSameOutcomes:
    def test_by_every_road(self, road: str, content: bytes, tmp_path: Path) -> None:
        assert_same_outcomes(content, opener(road, content, tmp_path))

    @pytest.mark.parametrize("road", ["open", "bytesio", "custom", "pipe", "path", "bytes"])
    def test_record_by_record(self, road: str, tmp_path: Path) -> None:
        assert_same_outcomes(mixture(), opener(road, mixture(), tmp_path, backend="record"))

    @pytest.mark.parametrize("batch_size", [1, 2, 7, 1_000, 1_000_000, "auto"])
    @pytest.mark.parametrize("road", ["open", "custom"])
    def test_in_batches_of_any_size(self, road: str, batch_size: Any, tmp_path: Path) -> None:
        keywords = {"backend": "batched", "batch_size": batch_size}
        assert_same_outcomes(mixture(), opener(road, mixture(), tmp_path, **keywords))

    @pytest.mark.parametrize("num_threads", [1, 2, 4])
    @pytest.mark.parametrize("road", ["path", "bytes"])
    def test_with_any_number_of_threads(
        self, road: str, num_threads: int, content: bytes, tmp_path: Path
    ) -> None:
        assert_same_outcomes(content, opener(road, content, tmp_path, num_threads=num_threads))

    @pytest.mark.parametrize("num_threads", [1, 4])
    @pytest.mark.parametrize("batch_size", [1, 2, 7, 10_000])
    @pytest.mark.parametrize("road", ["path", "bytes"])
    def test_ahead_in_batches_of_any_size(
        self, road: str, batch_size: int, num_threads: int, tmp_path: Path
    ) -> None:
        keywords = {"batch_size": batch_size, "num_threads": num_threads}
        assert_same_outcomes(decoys(), opener(road, decoys(), tmp_path, **keywords))

    @pytest.mark.parametrize(
        "bounds",
        [
            {"queue_bytes": 1},
            {"queue_bytes": 1 << 16},
            {"queue_bytes": 1 << 30},
            {"queue_records": 1},
            {"queue_records": 100},
            {"queue_records": 1, "queue_bytes": 1, "batch_size": 1},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("road", ["path", "bytes"])
    def test_with_any_bound_of_the_queue(
        self, road: str, bounds: dict[str, int], tmp_path: Path
    ) -> None:
        assert_same_outcomes(mixture(), opener(road, mixture(), tmp_path, num_threads=3, **bounds))

    def test_in_lists(self, backend: str, content: bytes, tmp_path: Path) -> None:
        expected = [outcome.content is None for outcome in reference.read(content)]
        with roads.reader_for(backend, content, tmp_path) as reader:
            batches = list(reader.batches())
        assert [record is None for batch in batches for record in batch] == expected
        assert all(batches) and all(type(batch) is list for batch in batches)


class TestHandles:
    """File objects of every make."""

    @pytest.mark.parametrize("most", [1, 3, 1_000])
    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_short_reads_are_completed(self, backend: str, most: int) -> None:
        content = mixture()[:300_000] if most < 10 else mixture()
        content = whole_records(content)

        @contextlib.contextmanager
        def opened() -> Iterator[Any]:
            yield rapidmarc.MARCReader(roads.OnlyRead(content, most=most), backend=backend)

        assert_same_outcomes(content, opened)

    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_a_socket(self, backend: str) -> None:
        @contextlib.contextmanager
        def opened() -> Iterator[Any]:
            near, far = socket.socketpair()
            sender = threading.Thread(target=lambda: (far.sendall(mixture()), far.close()))
            sender.start()
            with near, near.makefile("rb", buffering=0) as handle:
                yield rapidmarc.MARCReader(handle, backend=backend)
            sender.join()

        assert_same_outcomes(mixture(), opened)

    @pytest.mark.parametrize("backend", ["record", "batched"])
    @pytest.mark.parametrize("kind", ["unbuffered", "gzip", "zip", "readinto only fills some"])
    def test_other_file_objects(self, kind: str, backend: str, tmp_path: Path) -> None:
        @contextlib.contextmanager
        def opened() -> Iterator[Any]:
            with special_handle(kind, mixture(), tmp_path) as handle:
                yield rapidmarc.MARCReader(handle, backend=backend)

        assert_same_outcomes(mixture(), opened)


class TestOptions:
    """Options are looked at for each record, also by readers that decoded ahead."""

    CHANGES: tuple[tuple[str, Any], ...] = (
        ("force_utf8", True), ("utf8_handling", "replace"), ("to_unicode", False),
        ("force_utf8", False), ("to_unicode", True), ("file_encoding", "latin-1"),
        ("hide_utf8_warnings", True), ("file_encoding", "cp1251"), ("utf8_handling", "strict"),
        ("permissive", True), ("file_encoding", "iso8859-1"), ("hide_utf8_warnings", False),
    )  # fmt: skip

    def content(self) -> bytes:
        odd = [
            record([control("001", b"\xe9"), data("245", "1", b"a\xe2e\xff")], MARC8),
            record([control("001", "é"), data("245", "10", b"a\xe9 \xc3\xa9")]),
            record([control("001", "x"), data("245", "10", b"\xe9x\xaf")], MARC8),
        ]
        return b"".join(odd * 20)

    @pytest.mark.parametrize("every", [1, 2, 5])
    def test_a_change_takes_effect_on_the_next_record(
        self, backend: str, every: int, tmp_path: Path
    ) -> None:
        expected = self.walk(pymarc.MARCReader(self.content()), every)
        with roads.reader_for(backend, self.content(), tmp_path) as reader:
            actual = self.walk(reader, every)
        compare.assert_same(expected, actual)

    def walk(self, reader: Any, every: int) -> list[compare.Step]:
        steps = []
        with compare.listening() as said:
            while not steps or steps[-1].outcome != "stop":
                steps.append(compare.step(reader, said))
                if len(steps) % every == 0:
                    name, value = self.CHANGES[len(steps) // every % len(self.CHANGES)]
                    setattr(reader, name, value)
        return steps

    def test_a_change_does_not_touch_records_already_given(
        self, backend: str, tmp_path: Path
    ) -> None:
        content = record([data("245", "10", b"a\xe2e")], MARC8) * 3
        with roads.reader_for(backend, content, tmp_path) as reader:
            first = next(reader)
            reader.to_unicode = False
            second = next(reader)
            reader.to_unicode = True
            reader.file_encoding = "latin-1"
            third = next(reader)
        values = [found["245"]["a"] for found in (first, second, third)]
        assert values == ["é", b"\xe2e", "âe"]
        assert b"a\xc3\xa9\x1e" in first.as_marc() and b"a\xe2e\x1e" in second.as_marc()

    def test_options_have_the_values_that_were_given(self, backend: str, tmp_path: Path) -> None:
        given = {
            "to_unicode": False, "force_utf8": True, "hide_utf8_warnings": True,
            "utf8_handling": "ignore", "file_encoding": "cp1251", "permissive": True,
        }  # fmt: skip
        with roads.reader_for(backend, plain("x"), tmp_path, **given) as reader:
            assert {name: getattr(reader, name) for name in given} == given


class TestFailingReads:
    """An error of `read` comes when the caller gets there, not before and not later."""

    @pytest.mark.parametrize("where", [0, 1, 4, 5, 60, 95])
    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_records_before_the_failure_come_first(self, backend: str, where: int) -> None:
        before = 500
        one = plain("one")
        handle = roads.OnlyRead(one * 1_000, fail_at=len(one) * before + where)
        reader = rapidmarc.MARCReader(handle, backend=backend)
        for _ in range(before):
            assert next(reader) is not None and reader.current_exception is None
        with pytest.raises(OSError, match="the tape is torn"):
            next(reader)

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, RuntimeError])
    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_whatever_read_raises_passes_through(
        self, backend: str, kind: type[BaseException]
    ) -> None:
        class Failing:
            def read(self, size: int) -> bytes:
                raise kind("from read")

        reader = rapidmarc.MARCReader(Failing(), backend=backend)
        with pytest.raises(kind, match="from read"):
            next(reader)

    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_reading_may_go_on_after_a_failure(self, backend: str) -> None:
        class Hiccup(roads.OnlyRead):
            failures = 1

            def read(self, size: int = -1) -> bytes:
                if self.position >= len(plain("one")) * 3 and self.failures:
                    self.failures -= 1
                    raise OSError("hiccup")
                return super().read(size)

        # Reads end where records do, so that nothing is lost in the middle of one.
        content = plain("one") * 10
        reader = rapidmarc.MARCReader(Hiccup(content, most=len(plain("one"))), backend=backend)
        found: list[Any] = []
        with pytest.raises(OSError, match="hiccup"):
            found.extend(reader)
        found.extend(reader)
        assert len(found) == 10 and None not in found


class TestPositions:
    CONTENT = b"".join(plain(f"number {number}") for number in range(5_000))
    ONE = len(plain("number 1"))

    def test_the_logical_position_is_behind_the_last_record(
        self, road: str, tmp_path: Path
    ) -> None:
        ends = []
        position = 0
        with roads.travel(road, self.CONTENT, tmp_path) as target:
            reader = rapidmarc.MARCReader(target)
            assert reader.tell() == 0
            for number, found in enumerate(reader):
                assert (found.offset, found.index) == (position, number)
                position += len(reader.current_chunk)
                assert found.length == len(reader.current_chunk)
                ends.append(reader.tell() == position)
        assert all(ends) and len(ends) == 5_000 and position == len(self.CONTENT)

    @pytest.mark.parametrize("backend", ["record", "batched"])
    @pytest.mark.parametrize("road", ["open", "bytesio"])
    def test_at_the_end_the_handle_is_at_the_end(
        self, road: str, backend: str, tmp_path: Path
    ) -> None:
        with roads.travel(road, self.CONTENT, tmp_path) as handle:
            reader = rapidmarc.MARCReader(handle, backend=backend)
            list(reader)
            assert handle.tell() == reader.tell() == len(self.CONTENT)

    @pytest.mark.parametrize("leave", ["detach", "with", "del"])
    @pytest.mark.parametrize("backend", ["record", "batched"])
    @pytest.mark.parametrize("road", ["open", "bytesio"])
    def test_leaving_sets_the_handle_behind_the_last_record(
        self, road: str, backend: str, leave: str, tmp_path: Path
    ) -> None:
        with roads.travel(road, self.CONTENT, tmp_path) as handle:
            reader = rapidmarc.MARCReader(handle, backend=backend)
            if leave == "with":
                with reader as entered:
                    assert entered is reader
                    next(reader), next(reader)
            else:
                next(reader), next(reader)
            if leave == "detach":
                assert reader.detach() is handle
            del reader
            assert handle.tell() == len(plain("number 0")) * 2 and not handle.closed
            assert next(pymarc.MARCReader(handle))["001"].data == "number 2"

    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_a_handle_that_was_not_at_its_start(self, backend: str) -> None:
        handle = io.BytesIO(b"prologue" + self.CONTENT)
        handle.seek(8)
        reader = rapidmarc.MARCReader(handle, backend=backend)
        assert reader.tell() == 8
        next(reader)
        assert reader.tell() == 8 + len(plain("number 0"))

    @pytest.mark.parametrize("road", ["open", "bytesio"])
    def test_a_handle_moved_meanwhile_is_an_error_never_wrong_records(
        self, road: str, tmp_path: Path
    ) -> None:
        content = mixture()
        expected = pymarc_side.steps(content)
        with roads.travel(road, content, tmp_path) as handle:
            reader = rapidmarc.MARCReader(handle, backend="batched")
            with compare.listening() as said:
                steps = [compare.step(reader, said)]
                handle.seek(len(content) // 2)
                while steps[-1].outcome in ("record", "none"):
                    steps.append(compare.step(reader, said))
        compare.assert_same(expected[: len(steps) - 1], steps[:-1])
        assert steps[-1].outcome == "raised" and 'backend="record"' in steps[-1].exception[1]

    def test_record_by_record_the_handle_is_always_exact(self) -> None:
        handle = io.BytesIO(self.CONTENT)
        reader = rapidmarc.MARCReader(handle, backend="record")
        position = 0
        for _ in reader:
            position += len(reader.current_chunk)
            assert handle.tell() == reader.tell() == position
        handle.seek(0)
        assert next(reader)["001"].data == "number 0"


def test_the_inputs_are_what_they_should_be() -> None:
    assert len(mixture()) > 1_000_000 and len(decoys()) > 1_000_000
    assert all(outcome.error is None for outcome in reference.read(decoys()))
    assert len(reference.read(decoys())) == 2_500
    errors = [outcome.error for outcome in reference.read(mixture()) if outcome.error]
    assert len(errors) > 100
