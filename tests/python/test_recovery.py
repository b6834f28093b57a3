"""Reading on behind damage: nothing lost, nothing made up, each byte accounted for."""

import functools
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rapidmarc
from tests import reference, roads
from tests.data.encode import plain
from tests.data.faults import FAULTS
from tests.python.hard_inputs import decoys, mixture, whole_records
from tests.reference import recover
from tests.reference.decode import Options
from tests.reference.reader import judge

NEIGHBOURS = ["before", "after", "last"]


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def among_good_records(fault: str) -> bytes:
    return plain("before") + FAULTS[fault].content + plain("after") + plain("last")


class Account(NamedTuple):
    """What a reader said about every byte of its input."""

    delivered: list[tuple[int, int, str]]  # offset, length, the record's text
    rejected: list[tuple[int, int, str]]  # offset, length, the error's class
    rejected_bytes: bytes
    padding: int


def account_of(reader: Any, folder: Path) -> Account:
    """Reads all. The reader writes its rejects to `folder`."""
    delivered = [(record.offset, record.length, str(record)) for record in reader]
    lines = (folder / "bad.mrc.jsonl").read_text("ascii").splitlines()
    rejected = [(line["offset"], line["length"], line["error"]) for line in map(json.loads, lines)]
    content = (folder / "bad.mrc").read_bytes()
    return Account(delivered, rejected, content, reader.stats["bytes_padding"])


@functools.cache
def expected_account(content: bytes) -> Account:
    """The same by the plain rules."""
    delivered: list[tuple[int, int, str]] = []
    rejected: list[tuple[int, int, str]] = []
    padding = 0
    for kind, begin, end in recover.pieces(content):
        if kind == "padding":
            padding += end - begin
            continue
        error = kind
        if kind == "record":
            outcome = judge(content[begin:end], Options())
            if outcome.error is None:
                record = rapidmarc.Record(content[begin:end], hide_utf8_warnings=True)
                delivered.append((begin, end - begin, str(record)))
                continue
            error = outcome.error[0]
        rejected.append((begin, end - begin, error))
    chunks = b"".join(content[begin : begin + size] for begin, size, _ in rejected)
    return Account(delivered, rejected, chunks, padding)


def skip_by(backend: str, content: bytes, folder: Path, **keywords: Any) -> Account:
    keywords = {"on_error": "skip", "rejects": folder / "bad.mrc"} | keywords
    with roads.reader_for(backend, content, folder, **keywords) as reader:
        return account_of(reader, folder)


def assert_adds_up(account: Account, content: bytes) -> None:
    """Every byte is delivered or rejected, once; all the rest is padding."""
    at = 0
    padding = b""
    for offset, length in sorted(piece[:2] for piece in account.delivered + account.rejected):
        assert offset >= at
        padding += content[at:offset]
        at = offset + length
    padding += content[at:]
    assert len(padding) == account.padding
    assert not padding.replace(recover.MARK, b"").strip(recover.PADDING)


class TestOneFault:
    """Between good records: the good ones come, whatever stands between them."""

    def test_costs_no_other_record(self, backend: str, fault: str, tmp_path: Path) -> None:
        content = among_good_records(fault)
        with roads.reader_for(backend, content, tmp_path, on_error="skip") as reader:
            assert [record["001"].data for record in reader] == NEIGHBOURS
            error = FAULTS[fault].error
            assert reader.errors == ({} if error is None else {error: 1})

    def test_is_rejected_with_its_bytes_and_its_place(
        self, backend: str, fault: str, tmp_path: Path
    ) -> None:
        content = among_good_records(fault)
        account = skip_by(backend, content, tmp_path)
        wrong, error = FAULTS[fault]
        assert account.rejected_bytes == (b"" if error is None else wrong)
        assert account.padding == (len(wrong) if error is None else 0)
        assert_adds_up(account, content)
        if error is not None:
            line = json.loads((tmp_path / "bad.mrc.jsonl").read_text("ascii"))
            assert line["index"] == 1
            assert line["offset"] == len(plain("before"))
            assert line["length"] == len(wrong)
            assert line["error"] == error
            assert line["reason"]
            assert bytes.fromhex(line["context"]) in wrong

    def test_is_raised_and_reading_goes_on(self, backend: str, fault: str, tmp_path: Path) -> None:
        content = among_good_records(fault)
        found: list[Any] = []
        with roads.reader_for(backend, content, tmp_path, on_error="raise") as reader:
            while True:
                try:
                    record = next(reader)
                except StopIteration:
                    break
                except (rapidmarc.PymarcException, ValueError) as error:
                    assert reader.current_exception is error
                    assert reader.current_chunk == FAULTS[fault].content
                    assert error.byte_offset == len(plain("before"))  # type: ignore[union-attr]
                    assert error.record_index == 1  # type: ignore[union-attr]
                    found.append(type(error).__name__)
                else:
                    found.append(record["001"].data)
        error_name = FAULTS[fault].error
        assert found == ["before", *([] if error_name is None else [error_name]), "after", "last"]

    def test_by_default_is_what_pymarc_makes_of_it(
        self, backend: str, fault: str, tmp_path: Path
    ) -> None:
        content = among_good_records(fault)
        with roads.reader_for(backend, content, tmp_path) as reader:
            found = [record and record["001"].data for record in reader]
        expected = reference.read(content)
        assert found == [outcome.content and outcome.content.fields[0][1] for outcome in expected]

    def test_at_the_start_and_at_the_end(self, backend: str, fault: str, tmp_path: Path) -> None:
        wrong = FAULTS[fault].content
        for content in (wrong + plain("one"), plain("one") + wrong, wrong):
            account = skip_by(backend, content, tmp_path)
            assert account == expected_account(content)
            assert_adds_up(account, content)


def damaged(dice: Any) -> bytes:
    """Good records, faults, and bytes changed, put in or left out here and there."""
    parts = dice.draw(
        st.lists(
            st.one_of(
                st.sampled_from([plain("one"), plain("two"), plain("x" * 3000)]),
                st.sampled_from([fault.content for fault in FAULTS.values()]),
                st.binary(max_size=30),
            ),
            max_size=12,
        )
    )
    content = bytearray(b"".join(parts))
    byte = st.one_of(st.sampled_from(b"\x1d\x1e\x1f\n0 24a\xef"), st.integers(0, 255))
    for _ in range(dice.draw(st.integers(0, 4))):
        if not content:
            break
        at = dice.draw(st.integers(0, len(content) - 1))
        change = dice.draw(st.sampled_from(["replace", "insert", "delete", "cut"]))
        if change == "replace":
            content[at] = dice.draw(byte)
        elif change == "insert":
            content[at:at] = dice.draw(st.binary(min_size=1, max_size=40))
        elif change == "delete":
            del content[at : at + dice.draw(st.integers(1, 60))]
        else:
            del content[at:]
    return bytes(content)


ONE_FOLDER = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class TestEveryByte:
    """Delivered, rejected or padding; and the same by every road."""

    @ONE_FOLDER
    @given(dice=st.data())
    def test_of_random_damage_is_accounted_for(
        self, backend: str, tmp_path: Path, dice: Any
    ) -> None:
        content = damaged(dice)
        account = skip_by(backend, content, tmp_path, hide_utf8_warnings=True)
        assert account == expected_account(content)
        assert_adds_up(account, content)

    @ONE_FOLDER
    @given(dice=st.data(), batch_size=st.sampled_from([1, 3, "auto"]), most=st.integers(1, 300))
    def test_of_a_stream_in_small_pieces(
        self, tmp_path: Path, dice: Any, batch_size: Any, most: int
    ) -> None:
        content = damaged(dice)
        for backend in ("record", "batched"):
            reader = rapidmarc.MARCReader(
                roads.OnlyRead(content, most=most),
                backend=backend,
                batch_size=batch_size,
                on_error="skip",
                rejects=tmp_path / "bad.mrc",
                hide_utf8_warnings=True,
            )
            assert account_of(reader, tmp_path) == expected_account(content)

    @pytest.mark.parametrize("num_threads", [1, 4])
    @pytest.mark.parametrize("backend", ["native", "memory"])
    def test_of_a_long_damaged_file_read_in_small_chunks(
        self, backend: str, num_threads: int, tmp_path: Path
    ) -> None:
        content = long_and_damaged()
        account = skip_by(
            backend,
            content,
            tmp_path,
            num_threads=num_threads,
            batch_size=1,
            hide_utf8_warnings=True,
        )
        assert account == expected_account(content)
        assert_adds_up(account, content)

    @pytest.mark.parametrize("batch_size", [1, 100, "auto"])
    @pytest.mark.parametrize("backend", ["record", "batched"])
    def test_of_a_long_damaged_stream(self, backend: str, batch_size: Any, tmp_path: Path) -> None:
        content = long_and_damaged()
        reader = rapidmarc.MARCReader(
            roads.OnlyRead(content),
            backend=backend,
            batch_size=batch_size,
            on_error="skip",
            rejects=tmp_path / "bad.mrc",
            hide_utf8_warnings=True,
        )
        assert account_of(reader, tmp_path) == expected_account(content)

    def test_of_records_that_contain_records(self, backend: str, tmp_path: Path) -> None:
        content = whole_records(decoys()[:200_000])
        account = skip_by(backend, content, tmp_path)
        assert account == expected_account(content)
        whole = [outcome for outcome in reference.read(content) if outcome.content is not None]
        assert len(account.delivered) == len(whole) > 100

    def test_of_what_has_no_record_at_all(self, backend: str, tmp_path: Path) -> None:
        content = b"<not MARC at all/>\n" * 300_000
        account = skip_by(backend, content, tmp_path)
        assert account.delivered == []
        assert account.rejected_bytes == content
        # A piece is bounded, so that memory is.
        assert [piece[1] for piece in account.rejected] == [4 << 20, len(content) - (4 << 20)]


# What costs most where time is not linear: a thousand times the size must not take a million times
# as long.
WORST = {
    "leaders alone": plain("x")[:24] * 40_000,
    "leaders of long records": b"99999nam a2200061   4500" * 40_000,
    "terminators": b"\x1d" * 3_000_000,
    "terminators and digits": b"\x1d99999" * 200_000,
    "leaders that take in the next": (b"00052nam a2200025   4500\x1e\x1d") * 40_000,
    "field terminators": b"99999nam a2200025   4500" + b"\x1e" * 3_000_000,
    "entry maps": b"4500" * 500_000,
    "blanks": b" " * 3_000_000,
}


@pytest.mark.parametrize("worst", WORST)
def test_the_worst_takes_no_time_out_of_proportion(
    backend: str, worst: str, tmp_path: Path
) -> None:
    content = WORST[worst]
    with roads.reader_for(backend, content, tmp_path, on_error="skip") as reader:
        for record in reader:
            assert record is not None
        stats = reader.stats
    accounted = stats["bytes"] + stats["bytes_rejected"] + stats["bytes_padding"]
    assert accounted == len(content)


def long_and_damaged() -> bytes:
    """A megabyte of records of all kinds, with faults among them."""
    whole = mixture()[:700_000]
    step = len(whole) // len(FAULTS)
    parts = [
        whole[number * step : (number + 1) * step] + fault.content
        for number, fault in enumerate(FAULTS.values())
    ]
    return b"".join(parts) + b"\0" * 30_000


class TestLists:
    def test_of_batches_lose_nothing_to_an_exception(self, backend: str, tmp_path: Path) -> None:
        content = among_good_records("length long") + among_good_records("UTF-8")
        with roads.reader_for(backend, content, tmp_path, on_error="raise") as reader:
            found: list[Any] = []
            for _ in range(2):
                with pytest.raises((rapidmarc.PymarcException, ValueError)):
                    for batch in reader.batches():
                        found += batch
            for batch in reader.batches():
                found += batch
        assert [record["001"].data for record in found] == NEIGHBOURS * 2


class TestMaxErrors:
    def test_ends_reading_at_the_first_bad_record_too_many(
        self, backend: str, tmp_path: Path
    ) -> None:
        content = among_good_records("UTF-8") * 3
        options = {"on_error": "skip", "max_errors": 1}
        found = []
        with (
            roads.reader_for(backend, content, tmp_path, **options) as reader,
            pytest.raises(rapidmarc.TooManyErrorsError, match=r"1 that max_errors") as caught,
        ):
            found += [record["001"].data for record in reader]
        assert isinstance(caught.value.__cause__, UnicodeDecodeError)
        assert reader.errors == {"UnicodeDecodeError": 2}

    def test_of_zero_allows_none(self) -> None:
        reader = rapidmarc.MARCReader(among_good_records("junk"), on_error="skip", max_errors=0)
        with pytest.raises(rapidmarc.TooManyErrorsError):
            list(reader)

    def test_is_not_reached_by_padding(self) -> None:
        reader = rapidmarc.MARCReader(among_good_records("LF"), on_error="skip", max_errors=0)
        assert len(list(reader)) == 3


class TestRejects:
    def test_of_an_open_file_gets_the_bytes(self, backend: str, tmp_path: Path) -> None:
        bad = io.BytesIO()
        content = among_good_records("junk")
        with roads.reader_for(backend, content, tmp_path, on_error="skip", rejects=bad) as reader:
            list(reader)
        assert bad.getvalue() == FAULTS["junk"].content

    def test_files_are_there_and_empty_when_nothing_is_wrong(self, tmp_path: Path) -> None:
        with rapidmarc.MARCReader(plain("x"), on_error="skip", rejects=tmp_path / "bad") as reader:
            assert len(list(reader)) == 1
        assert (tmp_path / "bad").read_bytes() == b""
        assert (tmp_path / "bad.jsonl").read_bytes() == b""

    def test_name_the_record_and_the_field(self, tmp_path: Path) -> None:
        content = among_good_records("UTF-8")
        with rapidmarc.MARCReader(content, on_error="skip", rejects=tmp_path / "bad") as reader:
            list(reader)
        line = json.loads((tmp_path / "bad.jsonl").read_text("ascii"))
        assert (line["001"], line["tag"], line["rejects_offset"]) == ("bad", "500", 0)
        assert bytes.fromhex(line["context"]).find(b"caf\xe9") >= 0
        assert line["reason"] == "directory entry 3 (tag 500): text is not valid UTF-8"

    def test_never_overwrite_the_input(self, tmp_path: Path) -> None:
        path = tmp_path / "books.mrc"
        path.write_bytes(plain("x"))
        with pytest.raises(ValueError, match="overwrite the input"):
            rapidmarc.MARCReader(path, on_error="skip", rejects=path)
        with open(path, "rb") as file, pytest.raises(ValueError, match="overwrite the input"):
            rapidmarc.MARCReader(file, on_error="skip", rejects=str(path))
        assert path.read_bytes() == plain("x")

    def test_that_cannot_be_opened_fail_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            rapidmarc.MARCReader(b"", on_error="skip", rejects=tmp_path / "no" / "bad.mrc")
        with pytest.raises(TypeError, match="int"):
            rapidmarc.MARCReader(b"", on_error="skip", rejects=7)  # type: ignore[arg-type]


class TestArguments:
    def test_that_do_not_exist_are_refused(self) -> None:
        with pytest.raises(ValueError, match="'ignore'"):
            rapidmarc.MARCReader(b"", on_error="ignore")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="max_errors"):
            rapidmarc.MARCReader(b"", on_error="skip", max_errors=-1)

    def test_that_need_a_choice_say_so(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="on_error="):
            rapidmarc.MARCReader(b"", max_errors=3)
        with pytest.raises(ValueError, match="on_error="):
            rapidmarc.MARCReader(b"", rejects=tmp_path / "bad.mrc")
        assert not (tmp_path / "bad.mrc").exists()
