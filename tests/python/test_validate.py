"""`validate`: each rule of structure, and where it was not kept."""

from typing import Any

import pytest

import rapidmarc
from tests.data.encode import control, data, entries, plain, record
from tests.data.faults import FAULTS

TITLE = data("245", "10", "aTitle")
NUMBER = control("001", "x1")


def with_leader(position: int, character: str) -> bytes:
    whole = record([NUMBER, TITLE])
    return whole[:position] + character.encode() + whole[position + 1 :]


def found(content: bytes) -> list[tuple[str | None, int, str]]:
    return [(one.tag, one.position, one.detail) for one in rapidmarc.validate(content)]


def test_good_records_have_no_findings() -> None:
    assert found(plain("one") + b"\r\n" + plain("two")) == []


# Bytes of one record, and what is found: tag, position, words of the text.
CASES: dict[str, tuple[bytes, str | None, int, str]] = {
    "status": (with_leader(5, "x"), None, 5, "leader 05 is 'x', not one of 'acdnp'"),
    "type": (with_leader(6, "9"), None, 6, "names no type of record"),
    "level": (with_leader(7, "z"), None, 7, "leader 07"),
    "coding": (with_leader(9, "b"), None, 9, "leader 09"),
    "indicator count": (with_leader(10, "3"), None, 10, "leader 10 is '3', not '2'"),
    "entry map": (with_leader(22, "1"), None, 22, "leader 22"),
    "no 001": (record([TITLE]), "001", 24, "no control number"),
    "two 001": (record([NUMBER, NUMBER, TITLE]), "001", 64, "repeated"),
    "late 001": (record([control("003", "y"), NUMBER, TITLE]), "001", 63, "not the first field"),
    "tag": (record([NUMBER, TITLE, data("9a_", "  ", "ax")]), "9a_", 74, "a tag is"),
    "005": (record([NUMBER, control("005", "2020"), TITLE]), "005", 64, "4 characters, not 16"),
    "006": (record([NUMBER, control("006", "a"), TITLE]), "006", 64, "not 18"),
    "007": (record([NUMBER, control("007", "tax"), TITLE]), "007", 64, "not 2"),
    "007/00": (record([NUMBER, control("007", "yy"), TITLE]), "007", 64, "category of material"),
    "008": (record([NUMBER, control("008", "x" * 39), TITLE]), "008", 64, "39 characters, not 40"),
    "subfield in 003": (record([NUMBER, control("003", b"a\x1fb"), TITLE]), "003", 64, "subfields"),
    "order": (record([NUMBER, data("500", "  ", "ax"), TITLE]), "245", 70, "stands behind 500"),
    "indicator": (record([NUMBER, data("245", "1A", "ax")]), "245", 52, "not '1A'"),
    "one indicator": (record([NUMBER, data("245", "1", "ax")]), "245", 52, "1 indicators, not 2"),
    "no subfield": (record([NUMBER, ("245", b"10")]), "245", 52, "no subfield"),
    "no code": (record([NUMBER, data("245", "10", "", "bx")]), "245", 55, "no code"),
    "code": (record([NUMBER, data("245", "10", "ax", "By")]), "245", 58, "not 'B'"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_that_is_not_kept_is_found(case: str) -> None:
    content, tag, position, words = CASES[case]
    findings = found(plain("before") + content + plain("behind"))
    assert words in " ".join(text for _, _, text in findings)
    assert (tag, position) in [finding[:2] for finding in findings]
    assert len(findings) == 1, findings


def test_other_formats_have_other_leaders_and_lengths() -> None:
    fields = [NUMBER, control("008", "x" * 32), data("852", "  ", "bx")]
    whole = record(fields)
    holdings = whole[:5] + b"nx  a" + whole[10:17] + b"1i " + whole[20:]
    assert found(holdings) == []
    assert [finding[1] for finding in found(holdings[:17] + b" " + holdings[18:])] == [17]


def test_gaps_between_fields_are_found() -> None:
    listed = entries([NUMBER, ("900", b"lost"), TITLE])
    whole = record([NUMBER, ("900", b"lost"), TITLE], directory=listed[0] + listed[2])
    assert [text for _, _, text in found(whole)] == [
        "no directory entry leads to the field here; it is left out",
        "the field does not begin where 001 ends",
    ]


@pytest.mark.parametrize("fault", [name for name in FAULTS if FAULTS[name].error is not None])
def test_records_that_cannot_be_read_are_findings(fault: str) -> None:
    content = plain("before") + FAULTS[fault].content + plain("after")
    findings = list(rapidmarc.validate(content))
    assert findings
    assert {(one.record_index, one.byte_offset) for one in findings} == {(1, len(plain("before")))}
    assert all(one.located.startswith("record 1") for one in findings)


def test_files_that_cannot_be_read_raise(tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError):
        list(rapidmarc.validate(tmp_path / "none.mrc"))

    class Torn:
        def read(self, size: int) -> bytes:
            raise OSError(5, "the tape is torn")

    with pytest.raises(OSError, match="torn"):
        list(rapidmarc.validate(Torn()))
