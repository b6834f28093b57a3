"""Leader position 9 and the truth: `encoding="auto"` and `audit`."""

from pathlib import Path

import pytest

import rapidmarc
from rapidmarc.checks import Lie
from tests import roads
from tests.data.encode import MARC8, UTF8, control, data, plain, record

TITLE = "Dvo\u0159\u00e1k : l'\u00e9t\u00e9 \u00e0 Prague"
WESTERN = "L'\u00e9t\u00e9 \u00e0 la plage"


def titled(title: str, coding: str, encoding: str) -> bytes:
    """A record that claims `coding` and is in `encoding`."""
    if encoding == "marc-8":
        whole = rapidmarc.Record(titled(title, UTF8, "utf-8"))
        (field,) = whole.get_fields("245")
        path = rapidmarc.Record(fields=[field])
        value = _in_marc8(path)
    else:
        value = title.encode(encoding)
    return record([control("001", f"{coding}{encoding}"), data("245", "10", b"a" + value)], coding)


def _in_marc8(whole: rapidmarc.Record) -> bytes:
    import io

    written = io.BytesIO()
    writer = rapidmarc.MARCWriter(written, encoding="marc-8")
    writer.write(whole)
    return written.getvalue().rsplit(b"\x1fa")[-1][:-2]


@pytest.mark.parametrize("coding", [UTF8, MARC8])
@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        (TITLE, "utf-8"),
        (TITLE, "marc-8"),
        (WESTERN, "utf-8"),
        (WESTERN, "marc-8"),
        (WESTERN, "latin-1"),
    ],
)
def test_records_are_read_as_what_they_are(
    backend: str, coding: str, title: str, encoding: str, tmp_path: Path
) -> None:
    content = titled(title, coding, encoding)
    with roads.reader_for(backend, content, tmp_path, encoding="auto") as reader:
        (found,) = reader
    assert found["245"]["a"] == title
    assert found.encoding == encoding
    again = rapidmarc.Record(found.as_marc())
    assert again["245"]["a"] == title
    assert again.leader.coding_scheme == "a"


def test_records_that_need_python_are_read_alike() -> None:
    content = titled(WESTERN, UTF8, "latin-1").replace(b"\x1fa", b"\x1f\xe1")
    with pytest.warns(rapidmarc.BadSubfieldCodeWarning):
        (found,) = rapidmarc.MARCReader(content, encoding="auto")
    assert found is not None
    assert found["245"]["a"] == WESTERN
    assert found.encoding == "latin-1"


def test_broken_records_are_salvaged_in_their_encoding() -> None:
    content = b"00000" + titled(WESTERN, UTF8, "latin-1")[5:]
    (found,) = rapidmarc.MARCReader(content, encoding="auto", on_error="salvage")
    assert found is not None
    assert found["245"]["a"] == WESTERN
    assert found.encoding == "latin-1"


def test_nobody_looks_unless_asked_to() -> None:
    (found,) = rapidmarc.MARCReader(titled(WESTERN, UTF8, "utf-8"))
    assert found is not None and found.encoding is None
    assert rapidmarc.Record().encoding is None


def test_the_option_can_be_changed_on_the_way() -> None:
    content = titled(WESTERN, MARC8, "latin-1") * 2
    reader = rapidmarc.MARCReader(content, hide_utf8_warnings=True)
    first = next(reader)
    reader.encoding = "auto"
    second = next(reader)
    assert first is not None and first["245"]["a"] != WESTERN
    assert second is not None and second["245"]["a"] == WESTERN


def test_another_word_than_auto_is_refused() -> None:
    with pytest.raises(ValueError, match="'latin-1'"):
        rapidmarc.MARCReader(b"", encoding="latin-1")  # type: ignore[arg-type]


class TestAudit:
    CONTENT = b"".join(
        [
            plain("good"),
            titled(WESTERN, UTF8, "latin-1"),
            titled(WESTERN, MARC8, "utf-8"),
            titled(WESTERN, MARC8, "utf-8"),
            titled(WESTERN, MARC8, "marc-8"),
            b"junk",
        ]
    )

    def test_counts_lies_and_shows_examples(self, tmp_path: Path) -> None:
        path = tmp_path / "mixed.mrc"
        path.write_bytes(self.CONTENT)
        report = rapidmarc.audit(path, examples=1)
        assert report.records == 5
        assert report.encodings == {"utf-8": 3, "latin-1": 1, "marc-8": 1}
        assert report.lies == {("utf-8", "latin-1"): 1, ("marc-8", "utf-8"): 2}
        first = len(plain("good"))
        second = first + len(titled(WESTERN, UTF8, "latin-1"))
        assert report.examples == [
            Lie(1, first, "alatin-1", "utf-8", "latin-1"),
            Lie(2, second, " utf-8", "marc-8", "utf-8"),
        ]
        assert report.errors == {"TruncatedRecord": 1}

    def test_can_do_without_examples(self) -> None:
        report = rapidmarc.audit(self.CONTENT, examples=0)
        assert report.examples == []
        assert sum(report.lies.values()) == 3
        with pytest.raises(ValueError, match="examples"):
            rapidmarc.audit(b"", examples=-1)

    def test_of_the_truth_is_empty(self) -> None:
        report = rapidmarc.audit(plain("one") + plain("two"))
        assert (report.records, report.lies, report.errors) == (2, {}, {})
