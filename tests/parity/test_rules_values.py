"""The rules of Subfield, Indicators, Field and Leader, one test each, on both packages."""

import pickle
from types import ModuleType
from typing import Any

import pytest


def a_field(module: ModuleType, tag: str = "245", *pairs: str) -> Any:
    """A data field whose subfields are written as code and value in one string."""
    subfields = [module.Subfield(pair[0], pair[1:]) for pair in pairs]
    return module.Field(tag, module.Indicators("1", "0"), subfields)


class TestNamedTuples:
    def test_they_are_tuples_with_names(self, module: ModuleType) -> None:
        subfield = module.Subfield("a", "x")
        code, value = subfield
        assert (code, value, subfield.code, subfield[1]) == ("a", "x", "a", "x")
        assert subfield == ("a", "x") and hash(subfield) == hash(("a", "x"))
        assert subfield._replace(value="y") == module.Subfield._make(["a", "y"])
        assert subfield._asdict() == {"code": "a", "value": "x"}
        assert module.Indicators("1", "2").second == "2"
        assert pickle.loads(pickle.dumps(subfield)) == subfield
        assert repr(subfield) == "Subfield(code='a', value='x')"
        assert module.Subfield(None, 3) == (None, 3)


class TestFieldConstruction:
    @pytest.mark.parametrize(
        ("given", "tag"),
        [
            ("245", "245"), ("5", "005"), ("0010", "010"), ("1234", "1234"), ("", ""),
            ("FMT", "FMT"), ("abc", "abc"), ("00A", "00A"), (5, "005"), (1234, "1234"),
            (None, "None"), (2.9, "002"), (True, "001"),
        ],
    )  # fmt: skip
    def test_tag(self, module: ModuleType, given: Any, tag: str) -> None:
        assert module.Field(given).tag == tag

    @pytest.mark.parametrize(
        ("tag", "is_control"),
        [("001", True), ("009", True), ("1", True), ("010", False), ("00A", False), ("FMT", False)],
    )
    def test_control_field(self, module: ModuleType, tag: str, is_control: bool) -> None:
        field = module.Field(tag, module.Indicators("1", "2"), [module.Subfield("a", "x")], "data")
        assert field.control_field is field.is_control_field() is is_control
        if is_control:
            assert (field.data, field.subfields, field.indicators) == ("data", [], None)
        else:
            assert (field.data, field.subfields) == (None, [("a", "x")])

    def test_a_control_field_may_be_without_data(self, module: ModuleType) -> None:
        field = module.Field("001")
        assert (field.data, field.value(), str(field)) == (None, "", "=001  ")

    def test_the_list_of_subfields_is_taken_as_it_is(self, module: ModuleType) -> None:
        given = [module.Subfield("a", "x")]
        assert module.Field("245", subfields=given).subfields is given
        empty: list[Any] = []
        assert module.Field("245", subfields=empty).subfields == []

    @pytest.mark.parametrize("given", [None, [], "", ()])
    def test_no_indicators_are_two_blanks(self, module: ModuleType, given: Any) -> None:
        assert module.Field("245", given).indicators == (" ", " ")

    @pytest.mark.parametrize("given", [["1", "2"], ("1", "2"), "12", {"1": 0, "2": 0}])
    def test_two_indicators_of_any_iterable(self, module: ModuleType, given: Any) -> None:
        indicators = module.Field("245", given).indicators
        assert indicators == ("1", "2") and type(indicators) is module.Indicators

    def test_another_number_of_indicators_is_an_error(self, module: ModuleType) -> None:
        for given in (["1"], ("1", "2", "3")):
            with pytest.raises(ValueError, match="indicators"):
                module.Field("245", given)
        with pytest.raises(TypeError):
            module.Field("245", "123")

    def test_the_old_flat_list_of_subfields_is_an_error(self, module: ModuleType) -> None:
        with pytest.raises(ValueError, match="subfield"):
            module.Field("245", subfields=["a", "x"])

    def test_no_attributes_but_its_own(self, module: ModuleType) -> None:
        with pytest.raises(AttributeError):
            module.Field("245").other = 1


class TestFieldMembers:
    def test_indicators_are_set_together_or_one_by_one(self, module: ModuleType) -> None:
        field = a_field(module)
        field.indicators = None
        assert field.indicators == ("1", "0")
        field.indicators = "34"
        field.indicator1 = "7"
        assert (field.indicator1, field.indicator2) == ("7", "4")
        field.indicator2 = "long"
        assert field.indicators == ("7", "long")
        with pytest.raises(ValueError, match="indicators"):
            field.indicators = ["1"]
        control = module.Field("001", data="x")
        assert (control.indicator1, control.indicator2) == ("", "")

    def test_reading_a_subfield(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA", "bB", "aC")
        assert (field["a"], field.get("b"), field.get("z"), field.get("z", "no")) == (
            *("A", "B", None, "no"),
        )
        assert "a" in field and "z" not in field
        with pytest.raises(KeyError):
            field["z"]

    def test_a_control_field_has_no_subfields(self, module: ModuleType) -> None:
        field = module.Field("001", data="x")
        assert ("a" in field, field.get("a", "no"), field.get_subfields("a")) == (False, "no", [])
        assert (field.subfields_as_dict(), field.delete_subfield("a"), list(field)) == (
            *({}, None, []),
        )
        field.add_subfield("a", "x")
        assert field.subfields == []
        with pytest.raises(KeyError):
            field["a"]
        with pytest.raises(KeyError, match="control field"):
            field["a"] = "x"

    def test_writing_a_subfield_replaces_the_only_one_in_place(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA", "bB", "aC")
        field["b"] = "X"
        assert field.subfields == [("a", "A"), ("b", "X"), ("a", "C")]
        with pytest.raises(KeyError, match="no code 'q'"):
            field["q"] = "x"
        with pytest.raises(KeyError, match="more than one code 'a'"):
            field["a"] = "x"

    def test_a_field_is_its_own_iterator(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA", "bB", "cC")
        assert iter(field) is field
        pairs = [(outer.code, inner.code) for outer in field for inner in field]
        assert pairs == [("a", "a"), ("a", "b"), ("a", "c")]
        assert [subfield.code for subfield in field] == ["a", "b", "c"]

    def test_an_iteration_sees_what_is_added_meanwhile(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA")
        seen = []
        for subfield in field:
            seen.append(subfield.code)
            if len(seen) < 3:
                field.add_subfield("x", "X")
        assert seen == ["a", "x", "x"]

    def test_value_and_format(self, module: ModuleType) -> None:
        field = a_field(module, "650", "6880-01", "a A ", "xX", "bB", "zZ")
        assert field.value() == "880-01 A X B Z"
        assert field.format_field() == "A  -- X B -- Z"
        assert a_field(module, "245", "aA", "xX").format_field() == "A X"
        assert a_field(module).value() == a_field(module).format_field() == ""
        assert module.Field("001", data=" x ").format_field() == " x "

    def test_get_subfields(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA", "bB", "aC")
        assert field.get_subfields() == []
        assert field.get_subfields("b", "a") == ["A", "B", "C"]
        assert field.get_subfields("a") == ["A", "C"]

    @pytest.mark.parametrize(
        ("position", "codes"), [(None, "abx"), (0, "xab"), (1, "axb"), (9, "abx"), (-1, "axb")]
    )
    def test_add_subfield(self, module: ModuleType, position: Any, codes: str) -> None:
        field = a_field(module, "245", "aA", "bB")
        field.add_subfield("x", "X", position)
        assert "".join(subfield.code for subfield in field.subfields) == codes
        assert all(type(subfield) is module.Subfield for subfield in field.subfields)

    def test_delete_subfield_takes_the_first(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA", "bB", "aC")
        assert (field.delete_subfield("a"), field.delete_subfield("q")) == ("A", None)
        assert field.subfields == [("b", "B"), ("a", "C")]

    def test_subfields_as_dict(self, module: ModuleType) -> None:
        made = a_field(module, "245", "bB", "aA", "bC").subfields_as_dict()
        assert made == {"b": ["B", "C"], "a": ["A"]} and list(made) == ["b", "a"]
        assert type(made) is dict

    @pytest.mark.parametrize(
        ("link", "number"), [("880-01/(3/r", "01"), ("245-02", "02"), ("880-", "")]
    )
    def test_linkage(self, module: ModuleType, link: str, number: str) -> None:
        assert a_field(module, "245", "6" + link).linkage_occurrence_num() == number

    def test_linkage_without_a_hyphen_is_an_index_error(self, module: ModuleType) -> None:
        assert a_field(module).linkage_occurrence_num() is None
        with pytest.raises(IndexError):
            a_field(module, "245", "688001").linkage_occurrence_num()

    def test_text_is_a_line_of_marcmaker_without_escapes(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aA $5 \\ b")
        field.indicators = " \\"
        assert str(field) == "=245  \\\\$aA $5 \\ b"
        assert str(module.Field("008", data="a b")) == "=008  a\\b"

    def test_marc(self, module: ModuleType) -> None:
        field = a_field(module, "245", "aé", "b")
        assert field.as_marc("utf-8") == field.as_marc21("utf-8") == b"10\x1fa\xc3\xa9\x1fb\x1e"
        assert field.as_marc("latin-1") == b"10\x1fa\xe9\x1fb\x1e"
        with pytest.raises(UnicodeEncodeError):
            field.as_marc("ascii")
        assert module.Field("001", data="x").as_marc("ascii") == b"x\x1e"
        with pytest.raises(TypeError):
            field.as_marc()

    def test_legacy_subfields(self, module: ModuleType) -> None:
        assert module.Field.convert_legacy_subfields(["a", "A", "b", "B"]) == [
            *(("a", "A"), ("b", "B")),
        ]
        with pytest.raises(ValueError, match=r"."):
            module.Field.convert_legacy_subfields(["a"])

    def test_raw_field(self, module: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
        raw = module.RawField("245", subfields=[module.Subfield("a", b"\xff")])
        assert raw.as_marc() == b"  \x1fa\xff\x1e"
        assert caplog.records == []
        assert raw.as_marc("utf-8") == raw.as_marc()
        assert [entry.levelname for entry in caplog.records] == ["WARNING"] * 1
        assert module.RawField("001", data=b"\xff").as_marc() == b"\xff\x1e"
        with pytest.raises(TypeError):
            raw.value()

    def test_map_marc8_field(self, module: ModuleType) -> None:
        raw = module.RawField("245", subfields=[module.Subfield("a", b"\xe2e")])
        assert module.map_marc8_field(raw) is raw and raw["a"] == "é"
        control = module.Field("001", data=b"abc")
        assert module.map_marc8_field(control).data == "abc"


class TestLeader:
    TEXT = "00475cas a2200169 i 4500"

    def test_reading(self, module: ModuleType) -> None:
        leader = module.Leader(self.TEXT)
        assert (str(leader), leader.leader) == (self.TEXT, self.TEXT)
        assert (leader[9], leader[-1], leader[:5], leader["record_status"]) == (
            *("a", "0", "00475", "c"),
        )

    @pytest.mark.parametrize("text", ["", "x" * 23, "x" * 25])
    def test_it_has_24_characters(self, module: ModuleType, text: str) -> None:
        with pytest.raises(module.RecordLeaderInvalid):
            module.Leader(text)

    def test_writing_overwrites_from_the_start_with_all_of_it(self, module: ModuleType) -> None:
        leader = module.Leader(self.TEXT)
        leader[5] = "xyz"
        leader[0:2] = "12345"
        leader["encoding_level"] = "7"
        assert str(leader) == "12345xyz a22001697i 4500"
        leader[24:] = ""
        with pytest.raises(IndexError, match="positive"):
            leader[-1] = "x"
        with pytest.raises(module.BadLeaderValue):
            leader[23] = "xy"
        with pytest.raises(TypeError):
            leader[:2] = "xy"

    @pytest.mark.parametrize(
        ("name", "start", "length"),
        [
            ("record_length", 0, 5), ("record_status", 5, 1), ("type_of_record", 6, 1),
            ("bibliographic_level", 7, 1), ("type_of_control", 8, 1), ("coding_scheme", 9, 1),
            ("indicator_count", 10, 1), ("subfield_code_count", 11, 1), ("base_address", 12, 5),
            ("encoding_level", 17, 1), ("cataloging_form", 18, 1), ("multipart_ressource", 19, 1),
            ("length_of_field_length", 20, 1), ("starting_character_position_length", 21, 1),
            ("implementation_defined_length", 22, 1),
        ],
    )  # fmt: skip
    def test_properties(self, module: ModuleType, name: str, start: int, length: int) -> None:
        leader = module.Leader("abcdefghijklmnopqrstuvwx")
        assert getattr(leader, name) == "abcdefghijklmnopqrstuvwx"[start : start + length]
        setattr(leader, name, "9" * length)
        assert leader[start : start + length] == "9" * length and len(str(leader)) == 24
        with pytest.raises(module.BadLeaderValue):
            setattr(leader, name, "9" * (length + 1))

    def test_other_attributes_are_allowed(self, module: ModuleType) -> None:
        leader = module.Leader(self.TEXT)
        leader.mine = 1
        assert leader.mine == 1
