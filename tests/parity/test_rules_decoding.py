"""The twelve rules of decoding, on pymarc and on every backend.

A number in a name is the number of the rule; cutting a file into records is in test_rules.py.
"""

import pytest

from tests.data.encode import MARC8, control, data, entries, plain, record
from tests.parity.libraries import Library

TITLE = data("245", "10", "aTitle")


class TestDecoding:
    """The twelve rules of decoding; a number in a name is the number of the rule."""

    def test_1_the_leader_is_kept_as_it_stands(self, library: Library) -> None:
        content = plain("one")
        odd = content[:5] + b"??~\x00" + content[9:10] + b"99" + content[12:17] + b"uvw" + b"wxyz"
        step = library.one(odd + content[24:])
        assert step.record["leader"] == odd.decode("ascii")

    def test_1_a_leader_must_be_ascii_and_24_bytes(self, library: Library) -> None:
        content = plain("one")
        assert library.error(content[:6] + b"\xe9" + content[7:])[0] == "UnicodeDecodeError"
        assert library.error(b"00020nam a2200000  \x1d") == (
            "RecordLeaderInvalid",
            "Unable to extract record leader",
        )

    def test_2_control_fields_are_utf8_if_the_leader_or_the_caller_says_so(
        self, library: Library
    ) -> None:
        field = control("003", "é")
        assert library.fields(field) == [("003", "é")]
        assert library.fields(field, coding=MARC8) == [("003", "Ã©")]
        assert library.fields(field, coding=MARC8, force_utf8=True) == [("003", "é")]
        assert library.fields(control("003", b"\xe9"), coding=MARC8, file_encoding="cp1251") == [
            ("003", "й")
        ]

    @pytest.mark.parametrize(
        ("base", "name", "text"),
        [
            (b"abcde", "ValueError", "invalid literal for int() with base 10: b'abcde'"),
            (b"     ", "ValueError", "invalid literal for int() with base 10: b'     '"),
            (b"00000", "BaseAddressNotFound", "Unable to locate base address of record"),
            (b"-0012", "BaseAddressNotFound", "Unable to locate base address of record"),
            (b"99999", "BaseAddressInvalid", "Base address exceeds size of record"),
            (
                b"%05d" % len(record([TITLE])),
                "BaseAddressInvalid",
                "Base address exceeds size of record",
            ),
        ],
    )
    def test_3_the_base_address(self, library: Library, base: bytes, name: str, text: str) -> None:
        assert library.error(record([TITLE], base=base)) == (name, text)

    def test_3_a_record_handed_over_whole_must_be_as_long_as_it_says(
        self, library: Library
    ) -> None:
        made = library.module.Record()
        with pytest.raises(library.module.TruncatedRecord):
            made.decode_marc(record([TITLE], length=b"00999"))

    def test_4_the_directory(self, library: Library) -> None:
        listed = b"".join(entries([TITLE]))
        for directory, name in (
            (b"", "NoFieldsFound"),
            (listed[:-1], "RecordDirectoryInvalid"),
            (listed + b"245", "RecordDirectoryInvalid"),
            (b"\xe9" + listed[1:], "UnicodeDecodeError"),
        ):
            assert library.error(record([TITLE], directory=directory))[0] == name

    def test_4_the_byte_behind_the_directory_is_not_looked_at(self, library: Library) -> None:
        listed = b"".join(entries([control("001", "x")]))
        for end in (b" ", b"\x1d", b"\xff"):
            content = record([control("001", "x")], directory=listed, directory_end=end)
            assert library.outline(content) == ["x", "end"]

    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            (b"2450x1000000", "invalid literal for int() with base 10: '0x10'"),
            (b"245001000O00", "invalid literal for int() with base 10: '00O00'"),
            (b"245    00000", "invalid literal for int() with base 10: '    '"),
        ],
    )
    def test_5_numbers_of_an_entry_must_be_numbers(
        self, library: Library, entry: bytes, text: str
    ) -> None:
        assert library.error(record([TITLE], directory=entry)) == ("ValueError", text)

    def test_5_the_last_byte_of_a_field_is_dropped_without_a_look(self, library: Library) -> None:
        title = data("245", "10", "aTitle")
        step = library.one(record([title], directory=b"245000800000"))
        assert step.record["fields"][0]["subfields"] == [("a", "Tit")]

    def test_5_a_field_past_the_end_is_cut_off_in_silence(self, library: Library) -> None:
        step = library.one(record([TITLE], directory=b"245999900000"))
        assert step.record["fields"][0]["subfields"] == [("a", "Title\x1e\x1d")]
        assert step.said == ()

    def test_5_entries_may_overlap_repeat_and_come_in_any_order(self, library: Library) -> None:
        listed = entries([control("001", "x"), TITLE])
        directory = b"".join([listed[1], listed[0], b"246" + listed[1][3:], listed[0]])
        step = library.one(record([control("001", "x"), TITLE], directory=directory))
        assert [field["tag"] for field in step.record["fields"]] == ["245", "001", "246", "001"]
        assert step.record["fields"][0]["subfields"] == step.record["fields"][2]["subfields"]

    def test_6_control_fields_are_decoded_strictly_whatever_the_handling(
        self, library: Library
    ) -> None:
        content = record([control("003", b"A\xff")])
        for handling in ("strict", "replace", "ignore"):
            assert library.error(content, utf8_handling=handling) == (
                "UnicodeDecodeError",
                "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte",
            )

    def test_6_control_fields_are_never_marc8(self, library: Library) -> None:
        assert library.fields(control("003", b"\xe2e"), coding=MARC8) == [("003", "âe")]

    def test_6_only_digits_make_a_control_field(self, library: Library) -> None:
        made = library.fields(("00A", b"10\x1fax"), ("009", b"x"), ("010", b"10\x1fax"))
        assert made == [("00A", "10", [("a", "x")]), ("009", "x"), ("010", "10", [("a", "x")])]

    @pytest.mark.parametrize(
        ("written", "read"),
        [(b"", "  "), (b"1", "1 "), (b"12", "12"), (b"123", "12"), (b"\x00~", "\x00~")],
    )
    def test_7_there_are_always_two_indicators(
        self, library: Library, written: bytes, read: str
    ) -> None:
        assert library.fields(data("245", written, "aT")) == [("245", read, [("a", "T")])]

    def test_7_indicators_must_be_ascii(self, library: Library) -> None:
        assert library.error(record([data("245", b"1\xe9", "aT")]))[0] == "UnicodeDecodeError"

    def test_8_empty_subfields_are_left_out(self, library: Library) -> None:
        assert library.fields(data("245", "10", "", "aT", "", "b", "")) == [
            ("245", "10", [("a", "T"), ("b", "")])
        ]

    @pytest.mark.parametrize(
        ("written", "code", "value"),
        [
            (b"\xe9T", "e", "T"),
            ("éT".encode(), "e", "T"),
            ("ﬁT".encode(), "f", "T"),
            ("中T".encode(), "T", "T"),
            ("😀 x".encode(), " ", " x"),
        ],
    )
    def test_8_a_code_that_is_not_ascii_is_normalised(
        self, library: Library, written: bytes, code: str, value: str
    ) -> None:
        assert library.fields(data("245", "10", written)) == [("245", "10", [(code, value)])]

    def test_8_a_code_of_which_nothing_is_left_costs_the_record(self, library: Library) -> None:
        assert library.error(record([data("245", "10", "中文")])) == (
            "IndexError",
            "string index out of range",
        )

    @pytest.mark.parametrize(
        ("handling", "value"),
        [
            ("replace", "A�B"),
            ("ignore", "AB"),
            ("backslashreplace", "A\\xffB"),
            ("surrogateescape", "A\udcffB"),
        ],
    )
    def test_9_utf8_values_follow_the_handling(
        self, library: Library, handling: str, value: str
    ) -> None:
        made = library.fields(data("245", "10", b"aA\xffB"), utf8_handling=handling)
        assert made == [("245", "10", [("a", value)])]

    @pytest.mark.parametrize(
        ("encoding", "value"),
        [("iso8859-1", "é"), ("latin-1", "âe"), ("ISO8859-1", "âe"), ("cp1251", "вe")],
    )
    def test_9_only_the_exact_default_stands_for_marc8(
        self, library: Library, encoding: str, value: str
    ) -> None:
        made = library.fields(data("245", "10", b"a\xe2e"), coding=MARC8, file_encoding=encoding)
        assert made == [("245", "10", [("a", value)])]

    def test_9_other_encodings_are_strict_whatever_the_handling(self, library: Library) -> None:
        content = record([data("245", "10", b"a\xe9")], MARC8)
        assert (
            library.error(content, file_encoding="ascii", utf8_handling="ignore")[0]
            == "UnicodeDecodeError"
        )

    def test_9_an_unknown_encoding_or_handling_costs_the_record(self, library: Library) -> None:
        assert library.error(record([TITLE], MARC8), file_encoding="no-such") == (
            "LookupError",
            "unknown encoding: no-such",
        )
        assert library.error(record([data("245", "10", b"a\xff")]), utf8_handling="no-such") == (
            "LookupError",
            "unknown error handler name 'no-such'",
        )
        assert library.fields(TITLE, utf8_handling="no-such") == [("245", "10", [("a", "Title")])]

    def test_10_utf8_is_not_normalised_and_marc8_is(self, library: Library) -> None:
        assert library.fields(data("245", "10", "ae\u0301")) == [("245", "10", [("a", "e\u0301")])]
        assert library.fields(data("245", "10", b"a\xe2e"), coding=MARC8) == [
            ("245", "10", [("a", "é")])
        ]

    def test_11_without_unicode_values_are_bytes_and_the_rest_is_text(
        self, library: Library
    ) -> None:
        content = record([control("001", b"x\xff"), data("245", "10", b"aT\xff")])
        found = library.record(content, to_unicode=False)
        first, second = found.fields
        assert (type(first).__name__, first.data) == ("RawField", b"x\xff")
        assert isinstance(second, library.module.RawField)
        assert list(second) == [("a", b"T\xff")] and second.indicators == ("1", "0")
        assert found.as_marc() == content

    def test_12_decoding_leaves_the_coding_of_the_leader_alone(self, library: Library) -> None:
        found = library.record(record([TITLE], MARC8))
        assert found.leader[9] == " "
        found.as_marc()
        assert found.leader[9] == "a"
