"""`MARCWriter(encoding="marc-8")`: records in Unicode become records in MARC-8, or are refused."""

import io
import re
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapidmarc import Field, MARCReader, MARCWriter, RawField, Record, Subfield
from rapidmarc.marc8_mapping import CODESETS
from tests import corpora
from tests.data.encode import control, data
from tests.data.encode import record as bytes_of

# What MARC-8 has: letters of all sets, and marks behind a letter.
LETTERS = sorted({chr(c) for codes in CODESETS.values() for c, mark in codes.values() if not mark})
MARKS = sorted({chr(c) for codes in CODESETS.values() for c, mark in codes.values() if mark})
EXPRESSIBLE = st.lists(
    st.sampled_from([letter for letter in LETTERS if letter.isprintable()])
    | st.builds(lambda *pair: "".join(pair), st.sampled_from("aeEoOuy"), st.sampled_from("̀́̂̈̌̃")),
    max_size=30,
).map("".join)
# But for the marks over two letters, which come back in halves.
ANY_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u0360\u0361"), max_size=30
)


def record_of(title: str, number: str = "ocm 1") -> Record:
    fields = [Field("001", data=number), Field("245", ["1", "0"], [Subfield("a", title)])]
    return Record(fields=fields)


def written(*records: Record, **options: Any) -> bytes:
    file = io.BytesIO()
    writer = MARCWriter(file, encoding="marc-8", **options)
    for record in records:
        writer.write(record)
    return file.getvalue()


def title_of(marc: bytes, **options: Any) -> str:
    [record] = MARCReader(marc, **options)
    assert record is not None
    return record["245"]["a"]


def is_expressible(record: Record) -> bool:
    """Whether MARC-8 with references can hold the record: neither too long nor with controls, and
    ASCII where nothing else can stand."""
    text = str(record).replace("\n", "")
    codes = "".join(
        part for field in record for part in (*(field.indicators or ()), *field.subfields_as_dict())
    )
    return (
        len(record.as_marc(oversize="zero")) < 9_999
        and codes.isascii()
        and not any(category(each) == "Cc" for each in text)
    )


def in_halves(text: str) -> str:
    """MARC-8 has marks over two letters in halves, and readers leave them so."""
    return re.sub("\u0361(.)", "\ufe20\\1\ufe21", re.sub("\u0360(.)", "\ufe22\\1\ufe23", text))


def test_text_becomes_marc8_and_the_leader_says_so() -> None:
    record = record_of("communauté, CO₂ 中")
    marc = written(record)
    assert marc[9:10] == b" "
    assert b"\x1facommunaut\xe2e, CO\x1bb2\x1bs \x1b$1!04\x1b(B\x1e" in marc
    assert title_of(marc) == "communauté, CO₂ 中"


def test_the_record_itself_stays_as_it_is() -> None:
    record = record_of("é")
    record.leader[9] = "a"
    written(record)
    assert record.leader[9] == "a"
    assert record["245"]["a"] == "é"
    [read] = MARCReader(record.as_marc())
    assert read is not None
    written(read)
    assert str(read.leader) == record.as_marc()[:24].decode()


@given(EXPRESSIBLE)
def test_what_marc8_has_comes_back_in_nfc(title: str) -> None:
    assert title_of(written(record_of(title))) == normalize("NFC", title)


@given(ANY_TEXT.filter(lambda text: "&#x" not in text))
def test_anything_comes_back_with_references(title: str) -> None:
    marc = written(record_of(title), numeric_references=True)
    assert title_of(marc, normalize="NFC", expand_references=True) == normalize("NFC", title)


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"U+{ord(mark):04X}")
def test_every_mark_comes_back_behind_its_letter(mark: str) -> None:
    assert title_of(written(record_of(f"xb{mark}y"))) == normalize("NFC", f"xb{mark}y")


class TestWhatMarc8CannotExpress:
    @pytest.mark.parametrize("by", ["path", "handle"])
    def test_is_refused_with_record_tag_and_code_point(self, by: str, tmp_path: Path) -> None:
        path = tmp_path / "out.mrc"
        target: Any = path if by == "path" else open(path, "wb")  # noqa: SIM115
        with MARCWriter(target, encoding="marc-8") as writer:
            with pytest.raises(ValueError, match="MARC-8") as caught:
                writer.write(record_of("smile 😀"))
            writer.write(record_of("good"))
        told = "record (001 ocm 1), tag 245, subfield a: MARC-8 cannot express U+1F600"
        assert str(caught.value).startswith(told)
        assert title_of(path.read_bytes()) == "good"

    def test_is_told_by_number_for_a_record_that_was_read(self) -> None:
        source = bytes_of([data("245", "10", "ax")]) + bytes_of([data("245", "10", "a😀")])
        records = [record for record in MARCReader(source) if record is not None]
        with pytest.raises(ValueError, match="record 1, tag 245, subfield a"):
            written(*records)

    def test_becomes_a_reference_on_request(self) -> None:
        marc = written(record_of("smile 😀"), numeric_references=True)
        assert title_of(marc) == "smile &#x1F600;"
        assert title_of(marc, expand_references=True) == "smile 😀"

    def test_is_a_control_field_beyond_ascii(self) -> None:
        with pytest.raises(ValueError, match=r"tag 001: MARC-8 cannot express U\+00E9"):
            written(record_of("x", number="é"))
        marc = written(record_of("x", number="é"), numeric_references=True)
        [record] = MARCReader(marc, expand_references=True)
        assert record is not None
        assert record["001"].data == "é"

    @pytest.mark.parametrize(
        "field",
        [Field("245", ["é", "0"], [Subfield("a", "x")]), Field("245", None, [Subfield("é", "x")])],
        ids=["indicator", "subfield code"],
    )
    def test_is_an_indicator_or_a_code_beyond_ascii_even_with_references(
        self, field: Field
    ) -> None:
        with pytest.raises(ValueError, match=r"tag 245: MARC-8 cannot express U\+00E9$"):
            written(Record(fields=[field]), numeric_references=True)

    def test_is_a_control_character_in_a_value(self) -> None:
        with pytest.raises(ValueError, match=r"U\+000A"):
            written(record_of("two\nlines"))


class TestRecordsThatWereRead:
    def test_untouched_ascii_is_copied_but_for_leader_09(self) -> None:
        source = bytes_of([control("001", "1"), data("245", "10", "aTitle", "bRest")])
        [record] = MARCReader(source)
        assert record is not None
        assert written(record) == source[:9] + b" " + source[10:]

    def test_escapes_of_a_utf8_record_are_not_copied(self) -> None:
        [record] = MARCReader(bytes_of([data("245", "10", "ax\x1bb2")]))
        assert record is not None
        with pytest.raises(ValueError, match=r"U\+001B"):
            written(record)

    def test_undecoded_marc8_passes_as_it_is(self) -> None:
        source = bytes_of([data("245", "10", b"acaf\xe2e")], coding=" ")
        [record] = MARCReader(source, to_unicode=False)
        assert record is not None
        assert written(record) == source

    def test_undecoded_utf8_is_converted(self) -> None:
        raw = RawField("245", ["1", "0"], [Subfield("a", "café".encode())])  # type: ignore[arg-type]
        record = Record(fields=[raw], to_unicode=False, force_utf8=True)
        assert title_of(written(record)) == "café"

    @pytest.mark.parametrize(
        "file",
        [file for file in corpora.real_files_to_read() if file.size < 30_000],
        ids=lambda file: file.name,
    )
    def test_real_records_come_back_in_nfc(self, file: corpora.RealFile) -> None:
        for record in MARCReader(file.path, normalize="NFC", expand_references=True):
            if record is None or not is_expressible(record):
                continue
            marc = written(record, numeric_references=True)
            [back] = MARCReader(marc, normalize="NFC", expand_references=True)
            assert back is not None
            expected = str(record).splitlines()[1:]
            assert str(back).splitlines()[1:] == [in_halves(line) for line in expected]
