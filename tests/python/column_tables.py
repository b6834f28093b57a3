"""What the tests of columns have in common: a record, and the rows of a selection."""

from typing import Any

import pyarrow

import rapidmarc
from rapidmarc import columns
from tests.data.encode import control, data, record

MAKERS: dict[str, Any] = {
    "text": columns.text,
    "every": columns.every,
    "count": columns.count,
    "integer": columns.integer,
    "exists": columns.exists,
}
ONE = record(
    [
        control("001", "one"),
        control("008", "850101s1985    ger"),
        data("020", "  ", "a111", "z222", "a333"),
        data("020", "  ", "a444"),
        data("245", "10", "aDie Bücher :", "beine Übersicht", "c "),
        data("650", " 0", "aBooks", "xHistory", "xSources"),
        data("651", " 0", "aBonn"),
    ]
)


def outcome(selection: rapidmarc.columns.Selection) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a selection, and the error that it ended with."""
    reader = pyarrow.RecordBatchReader.from_stream(selection)
    rows: list[dict[str, Any]] = []
    try:
        for batch in reader:
            batch.validate(full=True)
            assert batch.num_rows > 0
            rows += batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        return rows, str(error)
    return rows, None


def rows_of(source: Any, wanted: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    rows, error = outcome(rapidmarc.select(source, wanted, **options))
    assert error is None
    return rows
