"""Salvage against the plain rules of tests/reference/salvage.py, over damage made at random."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import rapidmarc
from rapidmarc import _core
from tests.data.encode import control, data, entries, record
from tests.data.faults import FAULTS
from tests.reference.recover import digits, pieces
from tests.reference.salvage import salvage

# What the faults of the reference are called in an exception's detail.
SAID = {
    "leader": "not ASCII",
    "ragged": "multiple of 12",
    "not found": "it is lost",
    "misplaced": "its terminator told its place",
    "unlisted": "no directory entry leads",
    "cut": "behind the last field terminator",
}
TEXTS = st.sampled_from([b"x", b"aTitle", b"", b"one\x1etwo", b"x" * 120, b"\xc3\xa9", b"\x1d"])


@st.composite
def records(draw: Any) -> bytes:
    """Records, with or without a sound directory and sound numbers."""
    fields = [
        control("001", draw(TEXTS)) if number == 0 else data("245", "10", b"a" + draw(TEXTS))
        for number in range(draw(st.integers(0, 6)))
    ]
    listed = entries(fields)
    change = draw(st.sampled_from(["none", "order", "doubled", "dropped", "moved"]))
    if change == "order":
        listed = draw(st.permutations(listed))
    elif change == "doubled" and listed:
        listed.append(draw(st.sampled_from(listed)))
    elif change == "dropped" and listed:
        listed.pop(draw(st.integers(0, len(listed) - 1)))
    elif change == "moved":
        shift = draw(st.integers(0, 30))
        listed = [b"%s%05d" % (entry[:-5], int(entry[-5:]) + shift) for entry in listed]
    numbers = {
        name: draw(st.sampled_from([b"00000", b"99999", b"     ", b"123456"]))
        for name in ("length", "base")
        if draw(st.integers(0, 3)) == 0
    }
    return record(fields, directory=b"".join(listed), **numbers)


@st.composite
def damaged(draw: Any) -> bytes:
    """A record with bytes changed, put in or left out, mostly in its leader and directory."""
    content = bytearray(
        draw(st.one_of(records(), st.sampled_from([fault.content for fault in FAULTS.values()])))
    )
    byte = st.one_of(st.sampled_from(b"\x1d\x1e\x1f0129 45\xef"), st.integers(0, 255))
    for _ in range(draw(st.integers(0, 3))):
        if not content:
            break
        end = len(content) if draw(st.booleans()) else min(len(content), 100)
        at = draw(st.integers(0, end - 1))
        change = draw(st.sampled_from(["replace", "insert", "delete", "cut"]))
        if change == "replace":
            content[at] = draw(byte)
        elif change == "insert":
            content[at:at] = bytes(draw(st.lists(byte, min_size=1, max_size=14)))
        elif change == "delete":
            del content[at : at + draw(st.integers(1, 14))]
        else:
            del content[at:]
    return bytes(content)


def assert_salvaged_by_the_rules(content: bytes) -> None:
    leader, fields, errors = _core._salvage(content, 0, 0)
    expected = salvage(content)
    assert (leader, fields) == (expected.leader, expected.fields)
    assert [(error.position, error.tag) for error in errors] == [
        (fault.position, fault.tag) for fault in expected.faults
    ]
    for error, fault in zip(errors, expected.faults, strict=True):
        assert SAID[fault.what] in error.detail
    for _, position, value in fields:
        assert content[position : position + len(value)] == value
        assert content[position + len(value)] == 0x1E


@settings(deadline=None, max_examples=2_000)
@given(content=damaged())
def test_damaged_records_are_salvaged_by_the_rules(content: bytes) -> None:
    assert_salvaged_by_the_rules(content)


def test_each_fault_alone_is_salvaged_by_the_rules() -> None:
    for fault in FAULTS.values():
        assert_salvaged_by_the_rules(fault.content)


def test_numbers_that_have_grown_are_read_by_the_rules() -> None:
    fields = [control("001", "x"), *[data("520", "  ", b"a" + b"x" * 11_995) for _ in range(12)]]
    large = record(fields)
    assert digits(large[:6]) is not None and len(large) > 100_000
    for content in (large, large[:-3], large.replace(b"520", b"52", 1)):
        assert_salvaged_by_the_rules(content)


@settings(deadline=None, max_examples=300)
@given(parts=st.lists(damaged(), max_size=5))
def test_what_is_delivered_of_a_damaged_stream_stands_in_it(parts: list[bytes]) -> None:
    """The pieces add up, and no value is made of anything but the bytes of its piece."""
    content = b"".join(parts)
    reader = rapidmarc.MARCReader(content, on_error="salvage", to_unicode=False)
    cut = {begin: end for kind, begin, end in pieces(content) if kind != "padding"}
    for found in reader:
        assert found is not None and found.offset is not None and found.length is not None
        assert cut[found.offset] == found.offset + found.length
        chunk = content[found.offset : found.offset + found.length]
        for field in found.fields:
            values = (
                [field.data] if field.control_field else [value for _, value in field.subfields]
            )
            for value in values:
                assert (value if isinstance(value, bytes) else value.encode()) in chunk
    stats = reader.stats
    assert stats["bytes"] + stats["bytes_rejected"] + stats["bytes_padding"] == len(content)
