"""The rules of cutting a file into records, on pymarc and on every backend.

Each test states the result itself, so that it says what a reader does and not only that two readers
do the same. The inside of records is in test_rules_decoding.py, what is said on other channels in
test_rules_notes.py, objects in test_rules_objects.py and test_rules_values.py.
"""

import io
from typing import Any

import pymarc
import pytest

import rapidmarc
from tests.data.encode import between, control, data, plain, record
from tests.parity.libraries import Library

TWO = plain("one") + plain("two")
TITLE = data("245", "10", "aTitle")


def over_handle(name: str, handle: Any) -> Any:
    """A reader of a file object: pymarc's, or rapidmarc's in the backend of that name."""
    if name == "pymarc":
        return pymarc.MARCReader(handle)
    return rapidmarc.MARCReader(handle, backend=name)


class TestOneNext:
    """The seven steps of one `next`."""

    def test_1_after_a_fatal_error_reading_stops_and_the_properties_stay(
        self, library: Library
    ) -> None:
        reader = library.reader(plain("one") + b"abcde and more")
        next(reader)
        assert next(reader) is None
        exception, chunk = reader.current_exception, reader.current_chunk
        for _ in range(3):
            with pytest.raises(StopIteration):
                next(reader)
            assert reader.current_exception is exception
            assert reader.current_chunk == chunk == b"abcde"

    def test_2_at_the_end_the_chunk_is_empty_and_there_is_no_exception(
        self, library: Library
    ) -> None:
        for content in (b"", plain("one")):
            last = library.steps(content)[-1]
            assert (last.outcome, last.exception, last.chunk) == ("stop", None, b"")

    def test_2_before_the_first_next_both_properties_are_none(self, library: Library) -> None:
        reader = library.reader(TWO)
        assert reader.current_chunk is None and reader.current_exception is None

    def test_2_a_record_clears_the_exception_of_the_one_before(self, library: Library) -> None:
        reader = library.reader(between(record([TITLE], base=b"00000")))
        assert [next(reader) is None for _ in range(2)] == [False, True]
        assert type(reader.current_exception).__name__ == "BaseAddressNotFound"
        assert next(reader) is not None and reader.current_exception is None

    @pytest.mark.parametrize("left", [1, 2, 3, 4])
    def test_2_fewer_than_five_bytes_are_a_truncated_record(
        self, library: Library, left: int
    ) -> None:
        step = library.one(b"0123"[:left])
        assert (step.exception[0], step.chunk) == ("TruncatedRecord", b"0123"[:left])

    @pytest.mark.parametrize("length", [b"abcde", b"     ", b"12.45", b"1__23", b"+-123", b"0x1ff"])
    def test_3_a_length_that_is_no_number_is_fatal(self, library: Library, length: bytes) -> None:
        assert library.error(length + plain("one")[5:]) == (
            "RecordLengthInvalid",
            "Invalid record length in first 5 bytes of record",
        )

    @pytest.mark.parametrize(
        "form", ["+%04d", "%d   ", "   %d", "\t%d \n", "0_0%d", " %d  ", "\v%d \f"]
    )
    def test_3_a_length_may_be_anything_that_int_takes(self, library: Library, form: str) -> None:
        written = [control("001", "odd"), TITLE]
        odd = record(written, length=(form % len(record(written))).encode())
        assert library.outline(odd + plain("two")) == ["odd", "two", "end"]

    @pytest.mark.parametrize("length", [b"00004", b"00000", b"-0005", b"-9999"])
    def test_4_a_length_below_five_takes_all_that_is_left_as_one_record(
        self, library: Library, length: bytes
    ) -> None:
        content = between(record([control("001", "all")], length=length))
        assert library.outline(content) == ["before", "all", "end"]
        assert library.steps(content)[1].chunk == content[len(plain("before")) :]

    def test_5_a_record_longer_than_the_data_is_truncated(self, library: Library) -> None:
        for cut in (5, 6, 30, len(plain("one")) - 1):
            step = library.one(plain("one")[:cut])
            assert (step.exception[0], step.chunk) == ("TruncatedRecord", plain("one")[:cut])

    def test_5_a_record_must_end_with_its_terminator(self, library: Library) -> None:
        assert library.error(record([TITLE], end=b" ")) == (
            "EndOfRecordNotFound",
            "Unable to locate end of record marker",
        )

    def test_6_an_error_inside_a_record_costs_only_that_record(self, library: Library) -> None:
        content = between(record([TITLE], base=b"abcde"))
        assert library.outline(content) == ["before", "ValueError", "after", "end"]

    def test_7_the_chunk_is_the_exact_bytes_whether_they_parse_or_not(
        self, library: Library
    ) -> None:
        bad = record([TITLE], base=b"00000")
        chunks = [step.chunk for step in library.steps(between(bad))]
        assert chunks == [plain("before"), bad, plain("after"), b""]
        assert all(type(chunk) is bytes for chunk in chunks)


class TestConsequences:
    """What follows for programs, and must stay."""

    @pytest.mark.parametrize("permissive", [False, True])
    def test_a_bad_record_gives_none_with_and_without_permissive(
        self, library: Library, permissive: bool
    ) -> None:
        content = between(record([TITLE], base=b"00000"))
        found = list(library.reader(content, permissive=permissive))
        assert [each is None for each in found] == [False, True, False]

    def test_the_position_is_right_behind_each_record(self, library: Library) -> None:
        bad = record([TITLE], base=b"00000")
        reader = library.reader(TWO + bad + plain("last"))
        places = [library.position(reader)]
        for _ in reader:
            places.append(library.position(reader))
        one, two = len(plain("one")), len(plain("two"))
        assert places == [0, one, one + two, one + two + len(bad), len(TWO + bad + plain("last"))]

    @pytest.mark.parametrize("name", ["pymarc", "record", "batched"])
    def test_a_handle_that_grew_is_read_on(self, name: str) -> None:
        handle = io.BytesIO(plain("one"))
        reader = over_handle(name, handle)
        assert len(list(reader)) == 1
        end = handle.tell()
        handle.write(plain("two"))
        handle.seek(end)
        assert [found["001"].data for found in reader] == ["two"]

    def test_nothing_resynchronises_behind_a_newline(self, library: Library) -> None:
        content = plain("one") + b"\n" + plain("two")
        assert library.outline(content) == ["one", "EndOfRecordNotFound", "end"]

    def test_a_reader_is_its_own_iterator(self, library: Library) -> None:
        reader = library.reader(TWO)
        assert iter(reader) is reader
        assert [found["001"].data for found in reader] == ["one", "two"]

    def test_attributes_of_ones_own_may_be_set(self, library: Library) -> None:
        reader = library.reader(TWO)
        reader.my_name = "mine"
        assert reader.my_name == "mine"

    def test_the_chunk_and_the_exception_cannot_be_set(self, library: Library) -> None:
        reader = library.reader(TWO)
        for name in ("current_chunk", "current_exception"):
            with pytest.raises(AttributeError):
                setattr(reader, name, None)

    def test_the_reader_is_a_reader(self, library: Library) -> None:
        reader = library.reader(TWO)
        assert isinstance(reader, library.module.Reader)
        assert isinstance(reader, library.module.MARCReader)

    @pytest.mark.parametrize("name", ["pymarc", "record", "batched"])
    def test_close_closes_the_handle(self, name: str) -> None:
        handle = io.BytesIO(TWO)
        over_handle(name, handle).close()
        assert handle.closed

    @pytest.mark.parametrize("name", ["pymarc", "record"])
    def test_a_handle_may_be_moved_between_records(self, name: str) -> None:
        handle = io.BytesIO(TWO + plain("three"))
        reader = over_handle(name, handle)
        places = {}
        for found in reader:
            places[found["001"].data] = handle.tell() - len(reader.current_chunk)
        for number in ("three", "one", "two"):
            handle.seek(places[number])
            assert next(reader)["001"].data == number
            assert handle.tell() == places[number] + len(plain(number))

    def test_map_records_calls_with_none_for_a_bad_record(self, library: Library) -> None:
        found: list[Any] = []
        bad = record([TITLE], base=b"00000")
        library.module.map_records(found.append, io.BytesIO(bad + plain("one")), io.BytesIO(TWO))
        assert [each and each["001"].data for each in found] == [None, "one", "one", "two"]
