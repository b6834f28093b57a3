"""The comparison itself: it must see every kind of difference, and say where it is.

A reader that is wrong on purpose stands for the code under test; without these tests a comparison
that never fails would look like a perfect reader.
"""

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pymarc
import pytest

from tests.data.encode import between, control, data, plain, record
from tests.parity import compare, pymarc_side

CONTENT = between(record([control("001", "x")], base=b"00000")) + record(
    [control("001", "y"), data("245", "1", "aTitle", "bRest")]
)


class Wrong(pymarc.MARCReader):
    """pymarc's reader, spoilt by `spoil` after each step."""

    def __init__(self, spoil: Callable[["Wrong", Any], Any]) -> None:
        super().__init__(CONTENT)
        self.spoil = spoil

    def __next__(self) -> Any:
        return self.spoil(self, super().__next__())


def edit(change: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Spoils records by changing them."""

    def spoil(_: Any, found: Any) -> Any:
        if found is not None:
            change(found)
        return found

    return spoil


def replace(field: Any, place: int, **changes: Any) -> None:
    field.subfields[place] = field.subfields[place]._replace(**changes)


def lose_the_exception(reader: Any, found: Any) -> Any:
    reader._current_exception = None
    return found


def another_exception(reader: Any, found: Any) -> Any:
    if found is None:
        reader._current_exception = pymarc.BaseAddressInvalid()
    return found


def shorter_chunk(reader: Any, found: Any) -> Any:
    reader._current_chunk = reader._current_chunk[:-1]
    return found


def say(how: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    def spoil(_: Any, found: Any) -> Any:
        how("more")
        return found

    return spoil


SPOILT: dict[str, Callable[[Any, Any], Any]] = {
    "none instead of a record": lambda _, found: None,
    "a record instead of none": lambda _, found: found or pymarc.Record(plain("no")),
    "leader": edit(lambda found: found.leader.__setitem__(5, "z")),
    "a field more": edit(lambda found: found.add_field(pymarc.Field("900"))),
    "order of fields": edit(lambda found: found.fields.reverse()),
    "tag": edit(lambda found: setattr(found.fields[-1], "tag", "246")),
    "indicator": edit(lambda found: setattr(found.fields[-1], "indicator2", "x")),
    "control data": edit(lambda found: setattr(found["001"], "data", "z")),
    "subfield value": edit(lambda found: replace(found["245"], 0, value="z")),
    "subfield code": edit(lambda found: replace(found["245"], 0, code="z")),
    "bytes for text": edit(lambda found: replace(found["245"], 0, value=b"A plain record :")),
    "option of the record": edit(lambda found: setattr(found, "force_utf8", True)),
    "no exception": lose_the_exception,
    "another exception": another_exception,
    "chunk": shorter_chunk,
    "standard error": say(lambda text: sys.stderr.write(text)),
    "log": say(lambda text: logging.getLogger("pymarc").warning(text)),
    "level of the log": say(lambda text: logging.getLogger("pymarc").info(text)),
    "warning": say(lambda text: warnings.warn(text, stacklevel=1)),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_every_kind_of_difference_is_seen_and_shown(kind: str) -> None:
    expected = pymarc_side.steps(CONTENT)
    found = compare.differences(expected, compare.run(Wrong(SPOILT[kind])))
    assert found.startswith("step ") and "+" in found and len(found.splitlines()) < 50
    with pytest.raises(AssertionError, match="the place"):
        compare.assert_same(expected, compare.run(Wrong(SPOILT[kind])), "the place")
    digests = pymarc_side.digests_of(Wrong(SPOILT[kind])).digests
    assert pymarc_side.digests(CONTENT) != digests


def test_a_reader_that_stops_early_is_seen() -> None:
    expected = pymarc_side.steps(CONTENT)
    assert compare.differences(expected, expected[:-1]) == "5 steps expected, 4 came"


def test_a_reader_that_never_ends_is_seen() -> None:
    class Endless(pymarc.MARCReader):
        def __next__(self) -> Any:
            raise OSError("again")

    assert compare.differences(pymarc_side.steps(CONTENT), compare.run(Endless(CONTENT)))


def test_the_same_reader_twice_is_no_difference() -> None:
    expected = pymarc_side.steps(CONTENT)
    compare.assert_same(expected, compare.run(pymarc.MARCReader(CONTENT)))
    actual = pymarc_side.digests_of(pymarc.MARCReader(CONTENT))
    assert pymarc_side.digests(CONTENT) == actual.digests
    assert (actual.records, actual.fields) == (3, 8)
