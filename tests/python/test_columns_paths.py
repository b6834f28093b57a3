"""What paths take of a record, what is said of those that are none, and what becomes of values."""

from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rapidmarc
from rapidmarc import columns
from tests.data.encode import control, data, plain, record
from tests.python.column_tables import MAKERS, ONE, rows_of
from tests.reference.columns import values


def value(path: str, source: Any = ONE) -> Any:
    """What a column of the first match holds in the first row."""
    return rows_of(source, {"x": path})[0]["x"]


class TestPaths:
    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("LDR/9", "a"),
            ("001", "one"),
            ("008/15-17", "ger"),
            ("008/#-2", "ger"),
            ("008/40", None),
            ("008/7-10", "1985"),
            ("245$a", "Die Bücher :"),
            ("245$a/4-9", "Bücher"),
            ("245$b/#-8", "Übersicht"),
            ("245", "Die Bücher : eine Übersicht "),
            ("245^1", "1"),
            ("245^2", "0"),
            ("020[1]$a", "444"),
            ("020[#]$a", "444"),
            ("020[2]$a", None),
            ("020$a[1]", "333"),
            ("020$z$a", "111"),
            ("6.1$a", "Bonn"),
            ("65.[1]$a", "Bonn"),
            ("650$x[#]", "Sources"),
            ("650$a-x[1]", "History"),
            ("651$x", None),
            ("245$c", " "),
            ("999", None),
            ("00.[1]", "850101s1985    ger"),
            ("00.$a", None),
        ],
    )
    def test_take(self, path: str, found: str | None) -> None:
        assert value(path) == found

    @pytest.mark.parametrize(
        ("path", "position", "expected"),
        [
            ("", 0, "a tag of three characters"),
            ("24", 2, "a tag of three characters"),
            ("2 5$a", 1, "a tag of three characters"),
            ("é45", 0, "a tag of three characters"),
            ("245a", 3, "behind the tag"),
            ("245$", 4, "a subfield code"),
            ("245$$", 4, "a subfield code"),
            ("245$aé", 5, r"'\$', '\[', '/' or the end"),
            ("245$a-", 6, "a subfield code behind '-'"),
            ("245$c-a", 6, "not lower than the first"),
            ("245$a-9", 6, "of the same kind"),
            ("245$a[", 6, "a number or '#'"),
            ("245$a[1", 7, "']'"),
            ("245[x]", 4, "a number or '#'"),
            ("245[2-1]", 6, "not lower"),
            ("245[#-#]", 6, "a number behind '#-'"),
            ("245/", 4, "a number or '#'"),
            ("245/0-", 6, "a number or '#'"),
            ("245/1234567", 4, "at most six digits"),
            ("245/1$a", 5, "the end"),
            ("245^3", 4, "1 or 2"),
            ("245^", 4, "1 or 2"),
            ("245^1$a", 5, "the end"),
            ("008$a", 3, "no a subfield|control field"),
            ("008^1", 3, "control field"),
            ("LDR$a", 3, "the end or '/'"),
            ("LDR[0]", 3, "the end or '/'"),
            ("245$a{$b}", 5, "where="),
        ],
    )
    def test_that_are_none_are_pointed_at(self, path: str, position: int, expected: str) -> None:
        with pytest.raises(rapidmarc.PathError, match=expected) as caught:
            rapidmarc.select(ONE, {"x": path})
        assert (caught.value.path, caught.value.position) == (path, position)
        lines = str(caught.value).splitlines()
        assert lines[1].strip() == path.strip()
        assert lines[2].index("^") - 4 == position
        for maker in MAKERS.values():
            with pytest.raises(rapidmarc.PathError):
                maker(path)

    @given(st.text("0159aLDR.$^[]/#-{}é\x00 ", max_size=12))
    @settings(max_examples=300, deadline=None)
    def test_of_any_text_are_read_or_refused(self, path: str) -> None:
        try:
            columns.text(path)
        except rapidmarc.PathError as error:
            assert 0 <= error.position <= len(path)
        else:
            found = next(rapidmarc.MARCReader(ONE))
            assert found is not None
            assert rows_of(ONE, {"x": columns.every(path)})[0]["x"] == values(found, path)


class TestKinds:
    def test_have_their_types(self) -> None:
        wanted: dict[str, Any] = {kind: maker("020$a") for kind, maker in MAKERS.items()}
        schema = pyarrow.schema(rapidmarc.select(ONE, wanted))
        assert [str(field.type) for field in schema] == [
            "string",
            "list<item: string not null>",
            "int32",
            "int64",
            "bool",
        ]
        assert pyarrow.table(rapidmarc.select(ONE, wanted)).schema == schema
        assert rows_of(ONE, wanted) == [
            {
                "text": "111",
                "every": ["111", "333", "444"],
                "count": 3,
                "integer": 111,
                "exists": True,
            }
        ]

    @pytest.mark.parametrize(
        ("content", "number"),
        [
            ("1985", 1985),
            (" 7 ", 7),
            ("-3", -3),
            ("+3", 3),
            ("007", 7),
            ("9223372036854775807", 2**63 - 1),
            ("9223372036854775808", None),
            ("19uu", None),
            ("c1985", None),
            ("", None),
            ("+-3", None),
            ("+", None),
            ("1 2", None),
            ("٣", None),
        ],
    )
    def test_integers_are_whole_numbers_or_null(self, content: str, number: int | None) -> None:
        source = record([data("100", "  ", "a" + content)])
        assert rows_of(source, {"n": columns.integer("100$a")}) == [{"n": number}]

    def test_an_empty_value_is_not_null(self) -> None:
        assert value("100$a", record([data("100", "  ", "a")])) == ""

    def test_conditions_are_columns_of_truth_values(self) -> None:
        wanted: dict[str, Any] = {
            "german": columns.equals("008/15-17", "ger"),
            "both": columns.exists("001") & columns.exists("999"),
            "neither": ~(columns.exists("998") | columns.exists("999")),
        }
        assert rows_of(ONE, wanted) == [{"german": True, "both": False, "neither": True}]


class TestWhere:
    SOURCE = b"".join(
        record([control("001", name), data("245", "00", "a" + title)])
        for name, title in [
            ("1", "Über Katzen"),
            ("2", "Cats"),
            ("3", "Dogs and cats"),
            ("4", "Über Hunde"),
        ]
    ) + plain("5")

    @pytest.mark.parametrize(
        ("where", "kept"),
        [
            (columns.exists("245$a"), "12345"),
            (columns.equals("245$a", "Cats"), "2"),
            (columns.starts_with("245$a", "Über"), "14"),
            (columns.matches("245$a", "(?i)cats$"), "23"),
            (columns.matches("245$a", "^.ber"), "14"),
            (columns.starts_with("245$a", "Über") & columns.matches("245$a", "Katz"), "1"),
            (columns.equals("001", "1") | columns.equals("001", "3"), "13"),
            (~columns.starts_with("245$a", "Über"), "235"),
            (columns.exists("999"), ""),
        ],
    )
    def test_keeps_the_rows_for_which_it_holds(self, where: Any, kept: str) -> None:
        wanted: dict[str, Any] = {
            "id": "001",
            "titles": columns.every("245$a"),
            "n": columns.count("..."),
            "number": columns.integer("001"),
        }
        everything = {row["id"]: row for row in rows_of(self.SOURCE, wanted)}
        for batch_bytes in (1, 1 << 20):
            rows = rows_of(self.SOURCE, wanted, where=where, batch_bytes=batch_bytes)
            assert rows == [everything[name] for name in kept]

    def test_expressions_that_are_none_are_refused_at_once(self) -> None:
        with pytest.raises(ValueError, match="missing"):
            columns.matches("245$a", "(")

    def test_conditions_are_not_taken_for_truth_values(self) -> None:
        with pytest.raises(TypeError, match="joined by &"):
            assert columns.exists("001") and columns.exists("002")
        with pytest.raises(TypeError):
            columns.exists("001") & True  # type: ignore[operator]
        with pytest.raises(TypeError, match="where is a condition"):
            rapidmarc.select(ONE, {"id": "001"}, where="245$a")  # type: ignore[arg-type]
