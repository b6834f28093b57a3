"""Salvage: every field that can be told is kept, none is made up, all that is wrong is listed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import rapidmarc
from rapidmarc.exceptions import locate
from tests import roads
from tests.data.encode import MARC8, control, data, entries, plain, record, sized_field
from tests.data.faults import FAULTS, FIELDS, WHOLE

TAGS = ["001", "245", "500"]
NOTE = "A note, caf\u00e9."
# What becomes of each fault: the tags that are kept, the tags of the exceptions, and the note.
STRUCTURE = (TAGS, [None], NOTE)
KEPT = {name: STRUCTURE for name, fault in FAULTS.items() if fault.error is not None} | {
    "junk": ([], [], None),
    "directory ragged": (TAGS[:2], [None, None, None], None),
    "directory empty": ([], [], None),
    "directory non-digit": (TAGS, ["245", "245"], NOTE),
    "UTF-8": (TAGS, ["500"], "A note, caf\ufffd ."),
    "truncation": (["001", "245"], [None, "500"], None),
    "truncation in the directory": ([], [], None),
}


def salvaged(content: bytes, **options: Any) -> list[Any]:
    return list(rapidmarc.MARCReader(content, on_error="salvage", **options))


def one(content: bytes, **options: Any) -> Any:
    (found,) = salvaged(content, **options)
    return found


def tags(record: Any) -> list[str]:
    return [field.tag for field in record.fields]


@pytest.mark.parametrize("fault", KEPT)
def test_keeps_what_one_fault_leaves(backend: str, fault: str, tmp_path: Path) -> None:
    content = plain("before") + FAULTS[fault].content + plain("after")
    with roads.reader_for(
        backend, content, tmp_path, on_error="salvage", rejects=tmp_path / "bad.mrc"
    ) as reader:
        found = list(reader)
        assert sum(reader.errors.values()) == 1
    kept, wrong, note = KEPT[fault]
    names = [record["001"].data for record in found]
    assert names == (["before", "bad", "after"] if kept else ["before", "after"])
    assert [record.errors for record in (found[0], found[-1])] == [[], []]
    lines = [json.loads(line) for line in (tmp_path / "bad.mrc.jsonl").read_text().splitlines()]
    if not kept:
        assert (tmp_path / "bad.mrc").read_bytes() == FAULTS[fault].content
        return
    bad = found[1]
    assert tags(bad) == kept
    assert [error.tag for error in bad.errors] == wrong
    assert type(bad.errors[0]).__name__ == FAULTS[fault].error
    assert bad["245"].value() == "The title : of it."
    assert bad.get("500") is None if note is None else bad["500"]["a"] == note
    assert (bad.index, bad.offset) == (1, len(plain("before")))
    assert bad.length == len(FAULTS[fault].content)
    assert all(error.record_index == 1 and error.byte_offset == bad.offset for error in bad.errors)
    # A salvaged record is delivered, so its bytes are not rejected; its faults are told.
    assert (tmp_path / "bad.mrc").read_bytes() == b""
    assert [line["tag"] for line in lines] == wrong
    assert all(line["rejects_offset"] is None for line in lines)


def test_gives_records_that_can_be_written_and_read_again() -> None:
    for name, (kept, _, _) in KEPT.items():
        if kept:
            again = rapidmarc.Record(one(FAULTS[name].content).as_marc())
            assert tags(again) == kept


class TestLargeRecords:
    """Whole, whatever their lengths say."""

    def fields(self, count: int, size: int) -> list[Any]:
        return [control("001", "large"), *[sized_field(size) for _ in range(count)]]

    @pytest.mark.parametrize("stated", [b"00000", b"99999", b"23456"])
    def test_with_a_length_that_five_digits_cannot_say(
        self, backend: str, stated: bytes, tmp_path: Path
    ) -> None:
        content = plain("x") + record(self.fields(19, 9_000), length=stated) + plain("y")
        with roads.reader_for(backend, content, tmp_path, on_error="salvage") as reader:
            found = list(reader)
        assert tags(found[1]) == ["001", *["520"] * 19]
        assert all(len(field["a"]) == 8_995 for field in found[1].get_fields("520"))
        assert [record["001"].data for record in found] == ["x", "large", "y"]

    def test_with_numbers_that_have_grown_by_a_digit(self, backend: str, tmp_path: Path) -> None:
        large = record(self.fields(12, 12_000))
        assert large[:6].isdigit()
        content = plain("x") + large + plain("y")
        with roads.reader_for(backend, content, tmp_path, on_error="salvage") as reader:
            found = list(reader)
        assert tags(found[1]) == ["001", *["520"] * 12]
        assert all(len(field["a"]) == 11_995 for field in found[1].get_fields("520"))

    @pytest.mark.parametrize("stated", [b"9999", b"0000"])
    def test_with_a_field_that_four_digits_cannot_say(self, stated: bytes) -> None:
        fields = [control("001", "x"), sized_field(15_000), data("650", " 0", "aBehind")]
        listed = entries(fields)
        listed[1] = b"520" + stated + listed[1][-5:]
        whole = record(fields, directory=b"".join(listed), length=b"00000")
        found = one(whole)
        assert len(found["520"]["a"]) == 14_995
        assert found["650"]["a"] == "Behind"
        assert [error.tag for error in found.errors] == [None, "520"]


class TestDirectories:
    def with_directory(self, listed: list[bytes]) -> bytes:
        return record(FIELDS, directory=b"".join(listed), length=b"00000")

    def test_that_are_off_by_a_constant_lend_their_tags(self) -> None:
        listed = [b"%s%05d" % (entry[:7], int(entry[7:]) + 2) for entry in entries(FIELDS)]
        found = one(self.with_directory(listed))
        assert tags(found) == TAGS
        assert found["500"]["a"] == NOTE

    def test_out_of_order_are_believed(self) -> None:
        found = one(self.with_directory(entries(FIELDS)[::-1]))
        assert tags(found) == TAGS[::-1]
        assert found["001"].data == "bad"

    def test_with_an_entry_too_few_leave_a_field_out_and_say_so(self) -> None:
        found = one(self.with_directory(entries(FIELDS)[:2]))
        assert tags(found) == TAGS[:2]
        assert "no directory entry leads to" in found.errors[1].detail

    def test_with_an_entry_too_many_say_which_is_lost(self) -> None:
        found = one(self.with_directory([*entries(FIELDS), b"700001000900"]))
        assert tags(found) == TAGS
        assert found.errors[1].tag == "700"
        assert "lost" in found.errors[1].located

    def test_whose_numbers_and_tag_are_damaged_cut_no_field_short(self) -> None:
        found = one(WHOLE[:26] + b"!\x00\x00" + WHOLE[29:])
        assert tags(found) == TAGS[1:]
        assert [error.tag for error in found.errors][-1] is None
        assert "left out" in found.errors[-1].located

    @settings(deadline=None, max_examples=400)
    @example(at=22, new=b"\x00\x809", old=3)
    @example(at=54, new=b"\x1e", old=3)
    @example(at=57, new=b"\x1e\x00", old=1)
    @example(at=26, new=b"!\x00\x00", old=3)
    @given(
        at=st.integers(0, WHOLE.index(b"\x1e") - 1),
        new=st.binary(max_size=3),
        old=st.integers(0, 3),
    )
    def test_that_are_damaged_never_make_a_field_up(self, at: int, new: bytes, old: int) -> None:
        # Behind the directory stands what must not change.
        until = min(at + old, WHOLE.index(b"\x1e"))
        content = WHOLE[:at] + new + WHOLE[until:]
        original = [(field[0], field[1]) for field in FIELDS]
        for found in salvaged(content, to_unicode=False):
            if not found.errors:
                continue  # no fault was noticed, and it was read as pymarc reads it
            for field in found.fields:
                text = field.as_marc()[:-1]
                same = [tag for tag, whole in original if whole == text]
                # A tag is the original's, unless it is the tag that was damaged.
                assert same, text
                assert field.tag in same or at - 4 < 24 + 12 * TAGS.index(same[0]) < at + 4


class TestText:
    def test_of_control_fields_is_kept_with_marks_for_what_is_no_text(self) -> None:
        content = record([control("001", b"x\xff"), data("245", "10", "aTitle")])
        found = one(content)
        assert found["001"].data == "x\ufffd"
        assert [error.tag for error in found.errors] == ["001"]

    def test_in_marc8_that_ends_in_an_escape_is_kept_without_it(self) -> None:
        content = record([data("245", "10", b"aTitle\x1b"), data("500", "  ", "aNote")], MARC8)
        found = one(content)
        assert found["245"]["a"] == "Title"
        assert [error.tag for error in found.errors] == ["245"]

    def test_of_indicators_that_are_none_becomes_blank(self) -> None:
        content = record([data("245", b"1\xe9", "aTitle")])
        found = one(content)
        assert found["245"].indicators == ("1", " ")
        assert found["245"]["a"] == "Title"

    def test_of_two_bad_fields_is_told_twice(self) -> None:
        content = record([data("245", "10", b"aTitle\xff"), data("500", "  ", b"aNote\xff")])
        found = one(content)
        assert [error.tag for error in found.errors] == ["245", "500"]
        assert [locate(error)[:8] for error in found.errors] == ["record 0"] * 2

    def test_can_stay_bytes(self) -> None:
        found = one(record([data("245", "10", b"aTitle\xff")], length=b"00000"), to_unicode=False)
        assert found["245"]["a"] == b"Title\xff"

    def test_in_another_character_set_is_read_in_it(self) -> None:
        content = record([data("245", "10", b"a\xd2")], MARC8, length=b"00000")
        assert one(content, file_encoding="koi8-r")["245"]["a"] == "\u0440"


def test_current_chunk_and_exception_belong_to_the_record_delivered() -> None:
    wrong = FAULTS["length long"].content
    reader = rapidmarc.MARCReader(wrong + plain("x"), on_error="skip")
    next(reader)
    assert (reader.current_chunk, reader.current_exception) == (plain("x"), None)
    reader = rapidmarc.MARCReader(wrong, on_error="salvage")
    found = next(reader)
    assert reader.current_chunk == wrong
    assert found is not None and found.errors == [reader.current_exception]
