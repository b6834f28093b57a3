"""Errors: their family tree, their texts, and where they say they happened."""

import copy
import pickle

import pytest

import rapidmarc
from rapidmarc import exceptions
from rapidmarc.exceptions import PymarcException, locate

TEXTS = {
    "RecordLengthInvalid": "Invalid record length in first 5 bytes of record",
    "TruncatedRecord": "Record length in leader is greater than the length of data",
    "EndOfRecordNotFound": "Unable to locate end of record marker",
    "RecordLeaderInvalid": "Unable to extract record leader",
    "RecordDirectoryInvalid": "Invalid directory",
    "NoFieldsFound": "Unable to locate fields in record data",
    "BaseAddressInvalid": "Base address exceeds size of record",
    "BaseAddressNotFound": "Unable to locate base address of record",
    "WriteNeedsRecord": "Write requires a pymarc.Record object as an argument",
    "NoActiveFile": "There is no active file to write to in call to write",
    "FieldNotFound": "Record does not contain the specified field",
}
AS_GIVEN = ("PymarcException", "FatalReaderError", "BadLeaderValue")
FATAL = {"RecordLengthInvalid", "TruncatedRecord", "EndOfRecordNotFound"}
LOCATION = ("record_index", "byte_offset", "control_number", "tag", "detail")


def make(name: str) -> PymarcException:
    if name == "MissingLinkedFields":
        return exceptions.MissingLinkedFields(rapidmarc.Field("245"))
    error = getattr(exceptions, name)()
    assert isinstance(error, PymarcException)
    return error


EVERY = [*TEXTS, *AS_GIVEN, "MissingLinkedFields", "QueueFullError", "HandleMovedError"]


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_fixed_whatever_the_error_was_raised_with(name: str) -> None:
    kind = getattr(exceptions, name)
    assert str(kind()) == str(kind("something", "else")) == TEXTS[name]
    assert kind("something").args == ("something",)


@pytest.mark.parametrize("name", AS_GIVEN)
def test_text_is_as_given(name: str) -> None:
    kind = getattr(exceptions, name)
    assert (str(kind()), str(kind("as given"))) == ("", "as given")


@pytest.mark.parametrize("name", [*TEXTS, "BadLeaderValue", "MissingLinkedFields"])
def test_bases_are_those_that_except_clauses_rely_on(name: str) -> None:
    base = exceptions.FatalReaderError if name in FATAL else PymarcException
    assert getattr(exceptions, name).__bases__ == (base,)


def test_the_roots_of_the_family() -> None:
    assert PymarcException.__bases__ == (Exception,)
    assert exceptions.FatalReaderError.__bases__ == (PymarcException,)
    assert exceptions.BadSubfieldCodeWarning.__bases__ == (Warning,)


def test_missing_linked_fields_keeps_the_field_and_names_its_tag() -> None:
    field = rapidmarc.Field("245")
    error = exceptions.MissingLinkedFields(field)
    assert error.field is field
    assert error.args == (field,)
    expected = "245 field includes a subfield 6 but no linked fields could be found."
    assert str(error) == expected


def test_bad_subfield_code_warning_shows_the_bytes() -> None:
    warning = exceptions.BadSubfieldCodeWarning(b"\xe1Moby")
    assert warning.subf == b"\xe1Moby"
    assert warning.args == ()
    assert str(warning) == ("The subfield contained a non-ASCII subfield code: b'\\xe1Moby'")


def test_new_errors_explain_themselves_unless_told_otherwise() -> None:
    assert 'backend="record"' in str(exceptions.HandleMovedError())
    assert "queue" in str(exceptions.QueueFullError())
    assert str(exceptions.HandleMovedError("as given")) == "as given"
    assert str(exceptions.QueueFullError("as given")) == "as given"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", [*TEXTS, *AS_GIVEN, "QueueFullError", "HandleMovedError"])
def test_errors_survive_pickling_with_their_location(name: str, protocol: int) -> None:
    error = make(name)
    error.byte_offset, error.tag, error.detail = 1_163_002, "650", "a detail"
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is type(error)
    assert (str(again), again.args) == (str(error), error.args)
    assert again.located == error.located
    assert copy.copy(error).located == error.located


def test_missing_linked_fields_survives_pickling() -> None:
    error = exceptions.MissingLinkedFields(rapidmarc.Field("245"))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.field.tag) == (str(error), "245")


def test_the_warning_survives_pickling() -> None:
    warning = exceptions.BadSubfieldCodeWarning(b"\xe1Moby")
    warning.note = "kept"  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(warning))
    assert (again.subf, again.args, again.note) == (warning.subf, (), "kept")


@pytest.mark.parametrize("name", EVERY)
def test_location_is_unknown_until_a_reader_fills_it_in(name: str) -> None:
    error = make(name)
    assert [getattr(error, attribute) for attribute in LOCATION] == [None] * 5
    assert error.located == (str(error) or name)


def test_located_reads_like_a_sentence() -> None:
    error = exceptions.RecordDirectoryInvalid()
    error.record_index = 1204
    error.control_number = "ocm00012"
    error.byte_offset = 1_163_002
    error.tag = "650"
    error.detail = "directory entry 17 (tag 650) ends 12 bytes past the record"
    assert error.located == (
        "record 1,204 (001 ocm00012), byte 1,163,002: "
        "directory entry 17 (tag 650) ends 12 bytes past the record"
    )
    assert str(error) == "Invalid directory"
    assert error.args == ()


def test_located_leaves_out_what_is_unknown_and_names_the_tag_when_nothing_else_does() -> None:
    error = exceptions.RecordDirectoryInvalid()
    error.tag = "650"
    assert error.located == "tag 650: Invalid directory"
    error.record_index = 0
    assert error.located == "record 0, tag 650: Invalid directory"
    error.record_index, error.control_number = None, "ocm1"
    assert error.located == "(001 ocm1), tag 650: Invalid directory"


def test_built_in_errors_can_be_located_too() -> None:
    error = ValueError("invalid literal")
    assert locate(error) == "invalid literal"
    error.record_index = 3  # type: ignore[attr-defined]
    assert locate(error) == "record 3: invalid literal"
    assert locate(KeyError()) == "KeyError"
