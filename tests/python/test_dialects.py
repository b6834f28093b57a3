"""Records of other formats than MARC 21 are read in their own character sets."""

import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pyarrow
import pytest

import rapidmarc
from rapidmarc import MARCReader, _core
from tests import corpora, roads
from tests.data.encode import MARC8, control, data, record

GENERAL = "a19810915d1984    u  y0engy"


def unimarc(sets: str, title: bytes, leader: str = MARC8) -> bytes:
    return record(
        [
            control("001", "u1"),
            data("100", "  ", GENERAL + sets.ljust(8) + "ba"),
            data("200", "1 ", b"a" + title),
        ],
        leader,
    )


def title_of(marc: bytes, **options: Any) -> str:
    (read,) = MARCReader(marc, **{"dialect": "unimarc", **options})
    assert read is not None
    return read["200"]["a"]


def test_marks_of_iso_5426_precede_their_letters() -> None:
    assert title_of(unimarc("0103", b"Fran\xd0cois \xc2et\xc2e \xc8Oster")) == "François été Öster"
    assert title_of(unimarc("0103", b"\xa4 \xe1\xf9\xfb")) == "$ Æøß"


def test_positions_26_to_29_choose_the_sets() -> None:
    cyrillic = b"\xf7\xcf\xca\xce\xc1 \xc9 \xcd\xc9\xd2"
    assert title_of(unimarc("0102", cyrillic)) == "Война и мир"
    assert title_of(unimarc("0105", b"\xe1\xe2\xe4")) == "αβγ"
    assert title_of(unimarc("0105", b"\xa2\xe1")) == "ά"
    assert title_of(unimarc("0104", b"\xc3\xc6")) == "єі"


def test_text_in_utf8_is_read_as_such_whatever_the_codes_say() -> None:
    for sets in ("0103", "50", ""):
        assert title_of(unimarc(sets, "Война été".encode())) == "Война été"


def test_blank_or_missing_codes_mean_iso_646_and_iso_5426() -> None:
    assert title_of(unimarc("", b"\xc2e")) == "é"
    bare = record([control("001", "u1"), data("200", "1 ", b"a\xc2e")], MARC8)
    assert title_of(bare) == "é"


def test_what_claims_to_be_utf8_and_is_not_is_an_error_as_elsewhere() -> None:
    broken = unimarc("50", b"\xc2e")
    reader = MARCReader(broken, dialect="unimarc")
    assert next(reader) is None
    assert isinstance(reader.current_exception, UnicodeDecodeError)
    assert title_of(broken, utf8_handling="replace") == "\ufffde"


def test_escapes_and_shifts_of_iso_2022_are_obeyed() -> None:
    assert title_of(unimarc("0103", b"\x1b)N\xf7\x1b)P\xc2e")) == "Вé"
    assert title_of(unimarc("010302", b"\x1b}\xf7\x1b~\xc2e")) == "Вé"
    assert title_of(unimarc("010302", b"\x8e\xf7\xc2e\x1bN\xf7")) == "ВéВ"
    assert title_of(unimarc("01030205", b"\x1bow\x0fa\x0ei")) == "ςaØ"
    assert title_of(unimarc("0102", b"\x0eWOJNA\x0f!")) == "война!"


def test_marks_round_what_is_not_sorted_are_kept() -> None:
    assert title_of(unimarc("0103", b"\x88Le \x89livre")) == "\x98Le \x9clivre"


def test_a_character_that_the_sets_do_not_have_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = unimarc("0107", b"\xe1x")
    assert title_of(unknown) == "\ufffdx"
    assert "Unable to parse character 0xe1" in capsys.readouterr().err
    assert title_of(unknown, hide_utf8_warnings=True) == "\ufffdx"
    assert capsys.readouterr().err == ""


def test_latin1_is_for_formats_that_never_knew_marc8() -> None:
    old = record([control("001", "n1"), data("245", "10", "aBlåbær".encode("latin-1"))], MARC8)
    new = record([control("001", "n2"), data("245", "10", "aBlåbær")], MARC8)
    titles = [each["245"]["a"] for each in MARCReader(old + new, dialect="latin1") if each]
    assert titles == ["Blåbær", "Blåbær"]


@pytest.mark.parametrize("backend", roads.BACKENDS)
def test_every_backend_knows_the_dialect(backend: str, tmp_path: Path) -> None:
    file = unimarc("0103", b"\xc2e") + unimarc("0102", b"\xcd\xc9\xd2") + unimarc("01", b"plain")
    with roads.reader_for(backend, file, tmp_path, dialect="unimarc") as reader:
        assert [each["200"]["a"] for each in reader] == ["é", "мир", "plain"]


def test_the_slow_road_reads_the_same() -> None:
    """A subfield code that is no ASCII sends a record through Python."""
    odd = record(
        [
            data("100", "  ", GENERAL + "0103    ba"),
            data("200", "1 ", b"a\xc2e", b"\xc3\xa9odd \xc2e"),
        ],
        MARC8,
    )
    assert title_of(odd) == "é"
    latin = record([data("200", "1 ", b"a\xe9", b"\xe9odd")], MARC8)
    assert title_of(latin, dialect="latin1") == "é"


def test_columns_are_in_the_dialect_too() -> None:
    file = unimarc("0103", b"\xc2e") + unimarc("0102", b"\xcd\xc9\xd2")
    found = rapidmarc.select(file, {"title": "200$a"}, dialect="unimarc")
    assert pyarrow.table(found)["title"].to_pylist() == ["é", "мир"]


def test_salvage_reads_in_the_dialect() -> None:
    torn = unimarc("0103", b"\xc2e")
    torn = torn[:12] + b"xxxxx" + torn[17:]
    (read,) = MARCReader(torn, dialect="unimarc", on_error="salvage")
    assert read["200"]["a"] == "é"


def test_the_dialect_may_change_on_the_way() -> None:
    reader = MARCReader(unimarc("0103", b"\xc2e") * 2, dialect="latin1")
    assert next(reader)["200"]["a"] == "Âe"
    reader.dialect = "unimarc"
    assert next(reader)["200"]["a"] == "é"


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="dialect is 'marc21', 'unimarc' or 'latin1'"):
        MARCReader(b"", dialect="danmarc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="dialect is"):
        rapidmarc.select(b"", {"a": "001"}, dialect="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="encoding='auto' is for"):
        next(MARCReader(b"x", dialect="unimarc", encoding="auto"))


# Another table of the same sets, as the judge.
SETS = {"50": "0103", "4E": "0102", "51": "0104", "53": "0105"}
# Where it differs: the currency sign of ISO-IR 37, low quotation marks and half rings of ISO 5426,
# and which of the Greek set's quotation marks is which (as in MARC-8's table of that set).
OTHERWISE = {
    ("53", 0x32),
    ("53", 0x33),
    ("4E", 0x24),
    ("50", 0x22),
    ("50", 0x30),
    ("50", 0x31),
    ("50", 0x5E),
}


def test_the_tables_agree_with_those_of_another_program() -> None:
    path = corpora.DATA / "marc8" / "unimarc-marc4j.xml"
    if not path.exists():
        assert not corpora.DATA_REQUIRED
        pytest.skip("the table is not at hand")
    compared = 0
    for character_set in ElementTree.parse(path).getroot().iter("characterSet"):
        number = character_set.attrib["ISOcode"]
        if number not in SETS:
            continue
        for code in character_set.iter("code"):
            marc = int(code.findtext("marc", ""), 16) & 0x7F
            ucs = code.findtext("ucs")
            if not ucs or marc < 0x21 or (number, marc) in OTHERWISE:
                continue
            if int(code.findtext("marc", ""), 16) in (0x88, 0x89, 0x8D, 0x8E):
                continue
            character = chr(int(ucs, 16))
            mark = code.findtext("isCombining") == "true"
            expected = unicodedata.normalize("NFC", "a" + character if mark else character + "a")
            marked = bytes([marc | 0x80]) + b"a"
            text, notes = _core._unimarc_text(marked, unimarc(SETS[number], b""))
            assert (text, notes) == (expected, ""), (number, hex(marc))
            compared += 1
    assert compared > 200


def test_real_unimarc_files_come_without_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("qa-catalogue/unimarc/", "marcjs/", "marc-moose/", "usemarcon/uni2uk/uni.mrc")
    read = 0
    for file in corpora.some_real_files():
        if file.name.startswith(names) or "testunimarc" in file.name:
            for each in MARCReader(file.bytes(), dialect="unimarc", on_error="skip"):
                assert "\ufffd" not in str(each), file.name
                read += 1
    assert capsys.readouterr().err == ""
    assert read > 30
