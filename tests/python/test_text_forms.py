"""`MARCReader(normalize=..., expand_references=...)`: the same text by every road, and pymarc's
unless it was asked for something else."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapidmarc import MARCReader, Record, _core
from tests import corpora, roads
from tests.data.encode import MARC8, control, data, record

COMPOSED = "é ậ 한 Å"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
MIXED = f"{COMPOSED} {DECOMPOSED} e&#x0301; &#x4E2D; &#x1F; &#x110000; &#xZ; &amp;"
# Records for each road of the decoder: well-formed, odd, in MARC-8, and those left to Python.
MANY = b"".join(
    [
        record([control("001", "plain"), data("245", "10", "aTitle &#x41;", "bRest")]),
        record([control("001", MIXED), data("245", "10", "a" + MIXED, "b" + COMPOSED)]),
        record([control("001", "odd"), data("245", "1", "a" + MIXED)]),
        record([control("001", b"\xe9"), data("245", "10", b"acaf\xe2e e&#x0301;")], MARC8),
        record([control("001", "code"), data("245", "10", b"\xc3\xa9" + MIXED.encode())]),
        record([control("001", "broken"), data("245", "10", b"a\xff" + MIXED.encode())]),
    ]
)
FORMS: list[dict[str, Any]] = [
    {"normalize": form, "expand_references": expand}
    for form in (None, "NFC", "NFD")
    for expand in (False, True)
]


def expanded(text: str) -> str:
    """The plain definition: a reference to a character that is no control stands for it."""

    def character(found: re.Match[str]) -> str:
        number = int(found[1], 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            return found[0]
        return found[0] if unicodedata.category(chr(number)) == "Cc" else chr(number)

    return re.sub("&#x([0-9A-Fa-f]{1,6});", character, text)


def in_form(text: str, form: dict[str, Any]) -> str:
    if form["expand_references"]:
        text = expanded(text)
    return unicodedata.normalize(form["normalize"], text) if form["normalize"] else text


def values(found: Record | None, form: dict[str, Any] | None = None) -> list[str] | None:
    """The text of a record, put into `form` if that is given."""
    if found is None:
        return None
    texts = [
        text
        for field in found
        for text in ([field.data or ""] if field.control_field else [v for _, v in field])
    ]
    return texts if form is None else [in_form(text, form) for text in texts]


@pytest.mark.filterwarnings("ignore:The subfield contained")
@pytest.mark.parametrize("handling", ["strict", "replace", "surrogateescape"])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_value_is_in_the_form_asked_for(
    form: dict[str, Any], handling: str, backend: str, tmp_path: Path
) -> None:
    as_it_is = MARCReader(MANY, utf8_handling=handling)
    with roads.reader_for(backend, MANY, tmp_path, utf8_handling=handling, **form) as reader:
        found = [values(each) for each in reader]
    assert found == [values(each, form) for each in as_it_is]
    assert (found[-1] is None) == (handling == "strict")


@pytest.mark.parametrize("form", FORMS[1:], ids=str)
def test_a_change_takes_effect_on_the_next_record(
    form: dict[str, Any], backend: str, tmp_path: Path
) -> None:
    middle = record([control("001", "x"), data("245", "10", "a" + MIXED)]) * 4
    [default] = {tuple(values(each) or ()) for each in MARCReader(middle)}
    [changed] = {tuple(values(each, form) or ()) for each in MARCReader(middle)}
    with roads.reader_for(backend, middle, tmp_path) as reader:
        found = [values(next(reader))]
        for name, value in form.items():
            setattr(reader, name, value)
        found.append(values(next(reader)))
        reader.normalize, reader.expand_references = None, False
        found += [values(each) for each in reader]
    assert [tuple(each or ()) for each in found] == [default, changed, default, default]


def test_undecoded_records_stay_bytes(backend: str, tmp_path: Path) -> None:
    source = record([data("245", "10", "a" + MIXED)])
    options: dict[str, Any] = {"normalize": "NFD", "expand_references": True}
    with roads.reader_for(backend, source, tmp_path, to_unicode=False, **options) as reader:
        assert next(reader)["245"]["a"] == MIXED.encode()


def test_other_forms_are_refused_and_change_nothing() -> None:
    with pytest.raises(ValueError, match="normalize is None, 'NFC' or 'NFD', not 'NFKC'"):
        MARCReader(MANY, normalize="NFKC")  # type: ignore[arg-type]
    reader = MARCReader(MANY, normalize="NFD")
    with pytest.raises(ValueError, match="normalize"):
        reader.normalize = "nfc"  # type: ignore[assignment]
    assert reader.normalize == "NFD"


def test_what_is_written_again_is_in_the_form_that_was_read() -> None:
    source = record([control("001", "x"), data("245", "10", "a" + DECOMPOSED)])
    [found] = MARCReader(source, normalize="NFC")
    assert found is not None
    assert found.as_marc() == record([control("001", "x"), data("245", "10", "a" + COMPOSED)])


@pytest.mark.parametrize(
    "file",
    [file for file in corpora.real_files_to_read() if file.size < 30_000],
    ids=lambda file: file.name,
)
def test_real_records(file: corpora.RealFile) -> None:
    for form in FORMS[1:]:
        found = [values(each) for each in MARCReader(file.path, **form)]
        assert found == [values(each, form) for each in MARCReader(file.path)]


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_normal_forms_are_those_of_python(text: str, form: Any) -> None:
    known = "".join(each for each in text if unicodedata.category(each) != "Cn")
    assert _core._normalise(known, form) == unicodedata.normalize(form, known)
