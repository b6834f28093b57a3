"""The rules of Record and of encoding it, one test each, on both packages.

Records here are made by hand or by `decode_marc`; that those of a reader behave alike is shown by
test_objects.py and test_random_edits.py.
"""

import json
from types import ModuleType
from typing import Any

import pytest

from tests.data.encode import MARC8, control, data, entries, record

TITLE = data("245", "10", "aTitle :", "brest.")


def tags(made: Any) -> str:
    return " ".join(field.tag for field in made.fields)


def with_tags(module: ModuleType, *wanted: str) -> Any:
    return module.Record(fields=[module.Field(tag, data="x") for tag in wanted])


def read(module: ModuleType, *fields: tuple[str, bytes], coding: str = "a", **options: Any) -> Any:
    return module.Record(record(list(fields), coding), **options)


class TestConstruction:
    def test_the_leader_is_completed(self, module: ModuleType) -> None:
        assert str(module.Record().leader) == " " * 10 + "22" + " " * 8 + "4500"
        made = module.Record(leader="abcdefghijklmnopqrstuvwx")
        assert str(made.leader) == "abcdefghij22mnopqrst4500"
        with pytest.raises(module.RecordLeaderInvalid):
            module.Record(leader="short")

    def test_fields_come_before_data_and_stay_the_same_list(self, module: ModuleType) -> None:
        given = [module.Field("001", data="x")]
        made = module.Record(record([TITLE]), fields=given)
        assert made.fields is given and tags(made) == "001"
        assert tags(module.Record(record([TITLE]), fields=[])) == "245"

    def test_forcing_utf8_shows_in_the_leader_of_an_empty_record(self, module: ModuleType) -> None:
        assert module.Record(force_utf8=True).leader[9] == "a"
        assert read(module, TITLE, coding=MARC8, force_utf8=True).leader[9] == " "

    def test_data_must_be_bytes(self, module: ModuleType) -> None:
        with pytest.raises(AttributeError):
            module.Record("00026")

    def test_what_a_record_has_and_has_not(self, module: ModuleType) -> None:
        made = module.Record(to_unicode=False, force_utf8=True)
        assert (made.pos, made.to_unicode, made.force_utf8, bool(made)) == (0, False, True, True)
        with pytest.raises(AttributeError):
            made.other = 1
        with pytest.raises(TypeError):
            len(made)

        class Work(module.Record):  # type: ignore[name-defined, misc]
            pass

        Work().other = 1

    def test_decode_marc_appends(self, module: ModuleType) -> None:
        made = module.Record()
        made.decode_marc(record([TITLE]))
        made.decode_marc(record([control("001", "x")]))
        assert tags(made) == "245 001"

    def test_decode_marc_keeps_what_came_before_the_error(self, module: ModuleType) -> None:
        made = module.Record()
        with pytest.raises(UnicodeDecodeError):
            made.decode_marc(record([TITLE, data("500", "  ", b"a\xff"), TITLE]))
        assert tags(made) == "245"

    def test_decode_marc_looks_at_its_own_arguments(self, module: ModuleType) -> None:
        broken = record([control("001", b"\xe9"), data("245", "10", b"a\xe9")], MARC8)
        made = module.Record()
        made.decode_marc(broken, encoding="latin-1")
        assert (made["001"].data, made["245"]["a"]) == ("é", "é")
        made = module.Record()
        made.decode_marc(record([data("245", "10", "aé")], MARC8), force_utf8=True)
        assert (made["245"]["a"], made.force_utf8) == ("é", False)


class TestFields:
    def test_reading(self, module: ModuleType) -> None:
        made = with_tags(module, "001", "650", "245", "650")
        assert made["650"] is made.fields[1] and made.get("650") is made.fields[1]
        assert (made.get("999"), made.get("999", "no"), "245" in made, "999" in made) == (
            *(None, "no", True, False),
        )
        with pytest.raises(KeyError):
            made["999"]

    def test_get_fields(self, module: ModuleType) -> None:
        made = with_tags(module, "700", "001", "650", "700")
        assert made.get_fields() is made.fields
        assert [field.tag for field in made.get_fields("650", "700")] == ["700", "650", "700"]
        assert made.get_fields("650") == [made.fields[2]]
        assert made.get_fields(["650"]) == made.get_fields("999") == []

    def test_a_record_is_its_own_iterator(self, module: ModuleType) -> None:
        made = with_tags(module, "001", "002", "003")
        assert next(made).tag == "001"
        assert iter(made) is made
        pairs = [(outer.tag, inner.tag) for outer in made for inner in made]
        assert pairs == [("001", "001"), ("001", "002"), ("001", "003")]

    @pytest.mark.parametrize(
        ("tag", "grouped", "ordered"),
        [
            ("500", "001 100 245 500 500 650 FMT", "001 100 245 500 500 650 FMT"),
            ("110", "001 100 110 245 500 650 FMT", "001 100 110 245 500 650 FMT"),
            ("900", "001 100 245 500 650 900 FMT", "001 100 245 500 650 900 FMT"),
            ("CAT", "001 100 245 500 650 FMT CAT", "001 100 245 500 650 FMT CAT"),
        ],
    )
    def test_adding_in_order(
        self, module: ModuleType, tag: str, grouped: str, ordered: str
    ) -> None:
        start = ("001", "100", "245", "500", "650", "FMT")
        made = with_tags(module, *start)
        made.add_ordered_field(module.Field(tag, data="x"))
        assert tags(made) == ordered
        made = with_tags(module, *start)
        made.add_grouped_field(module.Field(tag, data="x"))
        assert tags(made) == grouped

    def test_grouped_looks_at_the_first_digit_only(self, module: ModuleType) -> None:
        made = with_tags(module, "650", "600", "700")
        made.add_grouped_field(module.Field("610"))
        made.add_ordered_field(module.Field("605"))
        assert tags(made) == "605 650 600 610 700"

    def test_adding_several(self, module: ModuleType) -> None:
        made = module.Record()
        made.add_field(*with_tags(module, "900", "100").fields)
        made.add_field()
        made.add_ordered_field(*with_tags(module, "500", "005").fields)
        assert tags(made) == "005 500 900 100"

    def test_removing_by_identity(self, module: ModuleType) -> None:
        made = with_tags(module, "001", "500", "500")
        first, second, third = made.fields
        with pytest.raises(module.exceptions.FieldNotFound):
            made.remove_field(third, module.Field("500", data="x"), first)
        assert made.fields == [first, second]

    def test_removing_by_tag_keeps_the_list(self, module: ModuleType) -> None:
        made = with_tags(module, "001", "500", "600", "500")
        fields = made.fields
        made.remove_fields()
        made.remove_fields("999")
        assert len(fields) == 4
        made.remove_fields("500", "600")
        assert made.fields is fields and tags(made) == "001"
        made.remove_fields("001")
        assert fields == []

    def test_linked_fields(self, module: ModuleType) -> None:
        made = read(
            module,
            data("245", "10", "6880-01", "aT"),
            data("250", "  ", "6880-02", "aE"),
            data("300", "  ", "a1 v."),
            data("880", "10", "6245-01/(N", "aТ"),
            data("880", "  ", "aNo link"),
        )
        assert made.get_linked_fields(made["245"]) == [made.fields[3]]
        assert made.get_linked_fields(made["300"]) == [made.fields[4]]
        with pytest.raises(module.MissingLinkedFields) as caught:
            made.get_linked_fields(made["250"])
        assert caught.value.field is made["250"]
        assert str(caught.value) == (
            "250 field includes a subfield 6 but no linked fields could be found."
        )


class TestForms:
    def test_text(self, module: ModuleType) -> None:
        made = read(module, control("001", "a b"), TITLE)
        assert str(made).splitlines()[1:] == ["=001  a\\b", "=245  10$aTitle :$brest."]
        assert str(made).startswith("=LDR  00073nam a2200049   4500\n")
        assert str(made).endswith("rest.\n")

    def test_dictionary_and_json(self, module: ModuleType) -> None:
        made = read(module, control("001", "x"), data("245", "1 ", "aÉ", "aB"))
        subfields = [{"a": "É"}, {"a": "B"}]
        assert made.as_dict() == {
            "leader": str(made.leader),
            "fields": [
                {"001": "x"},
                {"245": {"ind1": "1", "ind2": " ", "subfields": subfields}},
            ],
        }
        assert list(made.as_dict()["fields"][1]["245"]) == ["ind1", "ind2", "subfields"]
        assert made.as_json() == json.dumps(made.as_dict())
        form = {"indent": 1, "sort_keys": True, "ensure_ascii": False}
        assert made.as_json(**form) == json.dumps(made.as_dict(), **form)


class TestProperties:
    @pytest.mark.parametrize(
        ("name", "fields", "value"),
        [
            ("title", [TITLE, TITLE], "Title : rest."),
            ("title", [], None),
            ("title", [data("245", "10", "bB")], None),
            ("title", [data("245", "10", "a", "bB")], ""),
            ("title", [data("245", "10", "aA", "b")], "A"),
            ("issn_title", [data("222", " 0", "aKey", "b(X)")], "Key (X)"),
            ("isbn", [data("020", "  ", "a0-306-40615-x (pbk.)")], "030640615x"),
            ("isbn", [data("020", "  ", "a(13): 978")], "13"),
            ("isbn", [data("020", "  ", "anone")], None),
            ("isbn", [data("020", "  ", "a---")], ""),
            ("isbn", [data("020", "  ", "z1"), data("020", "  ", "a2")], None),
            ("issn", [data("022", "  ", "a1234-5678", "l8765-4321")], "1234-5678"),
            ("issnl", [data("022", "  ", "a1234-5678", "l8765-4321")], "8765-4321"),
            ("issnl", [data("022", "  ", "a1234-5678")], None),
            ("sudoc", [data("086", "  ", "aA 1.1:", "zB")], "A 1.1: B"),
            ("author", [data("110", "  ", "aB"), data("100", "  ", "aA", "d1900-")], "A 1900-"),
            ("author", [data("111", "  ", "aC")], "C"),
            ("uniformtitle", [data("240", "  ", "aB"), data("130", "  ", "aA")], "A"),
            ("publisher", [data("264", " 0", "bN"), data("264", " 1", "bY")], "Y"),
            ("publisher", [data("260", "  ", "c1"), data("264", " 1", "bY")], None),
            ("publisher", [data("264", " 1", "bY"), data("260", "  ", "bN")], "Y"),
            ("pubyear", [data("260", "  ", "c1985.")], "1985."),
            ("pubyear", [data("264", " 4", "c1985.")], None),
        ],
    )
    def test_text(
        self, module: ModuleType, name: str, fields: list[Any], value: str | None
    ) -> None:
        assert getattr(read(module, control("001", "x"), *fields), name) == value

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("series", "440 490 800 810 811 830"),
            (
                "subjects",
                "600 610 611 630 648 650 651 653 654 655 656 657 658 662 690 691 696 697 698 699",
            ),
            (
                "addedentries",
                "700 710 711 720 730 740 752 753 754 790 791 792 793 796 797 798 799",
            ),
            ("location", "852"),
            ("physicaldescription", "300"),
            (
                "notes",
                "500 501 502 504 505 506 507 508 510 511 513 514 515 516 518 520 521 522 524 525 "
                "526 530 533 534 535 536 538 540 541 544 545 546 547 550 552 555 556 561 562 563 "
                "565 567 580 581 583 584 585 586 590 591 592 593 594 595 596 597 598 599",
            ),
        ],
    )
    def test_lists_of_fields(self, module: ModuleType, name: str, wanted: str) -> None:
        made = with_tags(module, *(f"{number:03}" for number in range(1000)))
        assert [field.tag for field in getattr(made, name)] == wanted.split()


class TestEncoding:
    def test_unicode_sets_the_coding_of_the_leader(self, module: ModuleType) -> None:
        made = read(module, TITLE, coding=MARC8)
        assert made.as_marc()[9:10] == b"a" and made.leader[9] == "a"
        made = read(module, TITLE, coding=MARC8, to_unicode=False)
        assert made.as_marc() == made.as_marc21() == record([TITLE], MARC8)
        assert made.leader[9] == " "

    def test_the_leader_may_be_plain_text(self, module: ModuleType) -> None:
        made = read(module, TITLE, coding=MARC8)
        made.leader = str(made.leader)
        assert made.as_marc() == record([TITLE])
        assert made.leader[9] == "a" and type(made.leader) is str

    def test_without_unicode_text_must_be_latin1(self, module: ModuleType) -> None:
        field = module.Field("245", subfields=[module.Subfield("a", "é")])
        made = module.Record(fields=[field], to_unicode=False)
        assert b"a\xe9\x1e" in made.as_marc()
        field["a"] = "中"
        with pytest.raises(UnicodeEncodeError):
            made.as_marc()
        made.force_utf8 = True
        assert "a中".encode() in made.as_marc()

    @pytest.mark.parametrize(
        ("tag", "written"), [("5", b"005"), ("A", b"00A"), ("FM", b"0FM"), ("245", b"245")]
    )
    def test_tags(self, module: ModuleType, tag: str, written: bytes) -> None:
        assert module.Record(fields=[module.Field(tag, data="x")]).as_marc()[24:27] == written

    def test_lengths_are_bytes_and_stay_out_of_the_leader(self, module: ModuleType) -> None:
        field = module.Field("245", subfields=[module.Subfield("a", "中文")])
        made = module.Record(fields=[field])
        written = made.as_marc()
        assert int(written[:5]) == len(written) and written[24:36] == b"245001100000"
        assert made.leader[:5] == "     "

    def test_an_empty_record_can_be_written(self, module: ModuleType) -> None:
        assert module.Record().as_marc() == b"00026    a2200025   4500\x1e\x1d"

    def test_what_was_read_comes_out_as_it_was(self, module: ModuleType) -> None:
        content = record([control("001", "x"), TITLE, data("FMT", "  ", "aÉ")])
        assert module.Record(content).as_marc() == content

    def test_gaps_and_faults_are_not_written_again(self, module: ModuleType) -> None:
        unlisted = control("001", "x")
        listed = b"".join(entries([TITLE]))
        odd = record([TITLE, unlisted], directory=listed, directory_end=b" ")
        assert module.Record(odd).as_marc() == record([TITLE])

    def test_map_marc8_record(self, module: ModuleType) -> None:
        made = read(module, data("245", "10", b"a\xe2e"), coding=MARC8, to_unicode=False)
        assert module.map_marc8_record(made) is made
        assert made["245"]["a"] == "é" and made.leader[9] == "a"

    @pytest.mark.parametrize(
        ("given", "result"), [("éx", ("e", 2)), ("中x", ("x", 3)), ("abc", ("a", 1))]
    )
    def test_normalize_subfield_code(
        self, module: ModuleType, given: str, result: tuple[str, int]
    ) -> None:
        assert module.normalize_subfield_code(given.encode()) == result
        assert module.normalize_subfield_code(b"\xe9x") == ("e", 1)
