"""What is said beside the records: where it comes out, and that it comes inside the right `next`.

On pymarc and on every backend. Programs capture standard error around a single `next` to tie a note
to one record, so a reader that parses ahead must keep its notes until then.
"""

import io
import logging
import sys
import warnings

import pytest

from tests.data.encode import MARC8, between, data, plain, record
from tests.parity import compare
from tests.parity.libraries import Library

WARNS = record([data("245", "10", b"\xe9Title")])
LOGS = record([data("245", "1", "aTitle")])
WRITES = record([data("245", "10", b"aA\xafB")], MARC8)


@pytest.mark.parametrize(
    ("written", "note"),
    [
        (b"", "missing indicators: b'\\x1faT'"),
        (b"1", "only 1 indicator found: b'1\\x1faT'"),
        (b"1'2", 'more than 2 indicators found: b"1\'2\\x1faT"'),
    ],
)
def test_indicator_faults_go_to_the_log(library: Library, written: bytes, note: str) -> None:
    assert library.one(record([data("245", written, "aT")])).said == (("log", note),)


def test_subfield_code_faults_are_warnings(library: Library) -> None:
    text = "The subfield contained a non-ASCII subfield code: b'\\xe9Title'"
    assert library.one(WARNS).said == (("warning", f"BadSubfieldCodeWarning: {text}"),)


def test_the_warning_keeps_the_bytes_of_the_subfield(library: Library) -> None:
    reader = library.reader(WARNS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        next(reader)
    [warning] = [each.message for each in caught]
    assert isinstance(warning, library.module.exceptions.BadSubfieldCodeWarning)
    assert warning.subf == b"\xe9Title"


def test_a_warning_made_an_error_costs_the_record(library: Library) -> None:
    reader = library.reader(between(WARNS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [found is None for found in (next(reader), next(reader))] == [False, True]
        assert type(reader.current_exception).__name__ == "BadSubfieldCodeWarning"
        assert next(reader)["001"].data == "after"


def test_unknown_characters_go_to_standard_error(library: Library) -> None:
    assert library.one(WRITES).said == (
        ("stderr", "Unable to parse character 0xaf in g0=66 g1=69\n"),
    )


def test_incomplete_characters_go_to_standard_error(library: Library) -> None:
    cut = record([data("245", "10", b"a\x1b$1!0!!0")], MARC8)
    note = "Multi-byte position 9 exceeds length of marc8 string 8\n"
    assert library.one(cut).said[0] == ("stderr", note)


def test_hiding_silences_unknown_characters_and_nothing_else(library: Library) -> None:
    cut = data("246", "10", b"a\x1b$1!0!!0")
    loud = record([data("245", "1", b"aA\xaf"), cut, data("247", "10", b"\xe9T")], MARC8)
    said = library.one(loud, hide_utf8_warnings=True).said
    assert [channel for channel, _ in said] == ["log", "stderr", "warning"]
    assert said[1][1].startswith("Multi-byte position")


def test_notes_come_in_the_order_of_the_fields(library: Library) -> None:
    loud = [
        data("245", "1", b"aA\xaf"),
        data("246", "10", b"\xe9B\xbb", b"cC\xaf"),
        data("247", "", "aD"),
    ]
    channels = [channel for channel, _ in library.one(record(loud, MARC8)).said]
    assert channels == ["log", "stderr", "warning", "stderr", "stderr", "log"]


def test_notes_made_before_an_error_are_still_said(library: Library) -> None:
    step = library.one(record([data("245", "1", "aA"), data("246", "10", b"a\xff")]))
    assert step.exception is not None and step.exception[0] == "UnicodeDecodeError"
    assert step.said == (("log", "only 1 indicator found: b'1\\x1faA'"),)


def test_each_note_is_said_inside_the_next_that_delivers_its_record(library: Library) -> None:
    content = plain("1") + WARNS + plain("2") + LOGS + WRITES + plain("3") + WARNS
    channels = [[channel for channel, _ in step.said] for step in library.steps(content)]
    assert channels == [[], ["warning"], [], ["log"], ["stderr"], [], ["warning"], []]


def test_nothing_is_said_for_records_that_nobody_fetched(library: Library) -> None:
    with compare.listening() as said:
        reader = library.reader(plain("1") + WARNS + LOGS + WRITES)
        next(reader)
        del reader
        assert said == []


def test_nothing_is_said_twice_when_a_record_is_looked_at_again(library: Library) -> None:
    with compare.listening() as said:
        found = next(library.reader(LOGS + WARNS))
        assert len(said) == 1
        for _ in range(2):
            compare.describe(found)
        assert len(said) == 1


def test_the_standard_error_of_the_moment_is_used(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = library.reader(WRITES + WRITES)
    for _ in range(2):
        place = io.StringIO()
        monkeypatch.setattr(sys, "stderr", place)
        next(reader)
        assert place.getvalue() == "Unable to parse character 0xaf in g0=66 g1=69\n"


def test_a_standard_error_that_fails_costs_the_record(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("no room")

    reader = library.reader(between(WRITES))
    monkeypatch.setattr(sys, "stderr", Broken())
    assert [found is None for found in reader] == [False, True, False]


def test_the_level_of_the_logger_is_respected(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="pymarc"):
        next(library.reader(LOGS))
    assert caplog.records == []
    with caplog.at_level(logging.WARNING, logger="pymarc"):
        next(library.reader(LOGS))
    [entry] = caplog.records
    assert (entry.name, entry.levelname) == ("pymarc", "WARNING")
    assert entry.args == (b"1\x1faTitle",)
