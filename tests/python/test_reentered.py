"""Encoding and searching run code of what users gave or put into a record: it may change it."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import rapidmarc
from tests.data.encode import data, record
from tests.python.processes import run_errand
from tests.python.reentering import OVERLAPPING

MANY = record([data(f"{tag:03}", "  ", "ax") for tag in range(10, 60)])
ONE = record([data("245", "  ", "ay")])


def begin_anew(changed: rapidmarc.Record) -> None:
    changed.__init__()  # type: ignore[misc]


def become_large(changed: rapidmarc.Record) -> None:
    changed.__init__()  # type: ignore[misc]
    changed.decode_marc(MANY)


def become_small(changed: rapidmarc.Record) -> None:
    changed.__init__()  # type: ignore[misc]
    changed.decode_marc(ONE)


def become_odd(changed: rapidmarc.Record) -> None:
    changed.__init__()  # type: ignore[misc]
    changed.decode_marc(OVERLAPPING)


def lose_fields(changed: rapidmarc.Record) -> None:
    changed.fields = []


CHANGES = [begin_anew, become_large, become_small, become_odd, lose_fields]


def entry_count(encoded: bytes) -> int:
    return (int(encoded[12:17]) - 25) // 12


@pytest.fixture(params=[MANY, ONE], ids=["many", "one"])
def touched(request: pytest.FixtureRequest) -> rapidmarc.Record:
    """A record of a reader, with one field changed."""
    [found] = rapidmarc.MARCReader(request.param)
    next(iter(found.get_fields("030", "245")))["a"] = "changed"
    return found


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("attribute", ["to_unicode", "force_utf8"])
def test_a_truth_value_may_change_the_record(
    touched: rapidmarc.Record, attribute: str, change: Callable[[rapidmarc.Record], None]
) -> None:
    class Truth:
        def __bool__(self) -> bool:
            change(touched)
            return True

    setattr(touched, attribute, Truth())
    encoded = touched.as_marc()
    # What is encoded is the record as it has become.
    assert entry_count(encoded) == len(touched.fields)
    assert b"changed" not in encoded


@pytest.mark.parametrize("change", CHANGES)
def test_subfields_may_change_the_record(
    touched: rapidmarc.Record, change: Callable[[rapidmarc.Record], None]
) -> None:
    class Subfields(Sequence[Any]):
        def __init__(self, given: list[Any]) -> None:
            self.given = given

        def __getitem__(self, index: Any) -> Any:
            change(touched)
            return self.given[index]

        def __len__(self) -> int:
            change(touched)
            return len(self.given)

    field = next(iter(touched.get_fields("030", "245")))
    setattr(field, "subfields", Subfields(field.subfields))  # noqa: B010
    try:
        encoded = touched.as_marc()
    except RuntimeError as error:
        assert str(error).endswith(" was changed while it was encoded")
    else:
        # Of whichever record it has become, or of both: each entry has its field.
        assert len(encoded) == int(encoded[:5])
        assert encoded.count(b"\x1e") == entry_count(encoded) + 1


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "search",
    [
        lambda record, tag: record.get_fields(tag),
        lambda record, tag: record.get_fields(tag, "999"),
        lambda record, tag: record.get(tag),
        lambda record, tag: tag in record,
        lambda record, tag: record[tag],
    ],
    ids=["get_fields", "get_fields of two", "get", "in", "[]"],
)
def test_a_tag_may_change_the_record(
    search: Callable[[rapidmarc.Record, str], Any], change: Callable[[rapidmarc.Record], None]
) -> None:
    [found] = rapidmarc.MARCReader(MANY)
    last = found["059"]

    class Tag(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            change(found)
            return True

        def __hash__(self) -> int:
            return 0

    [fresh] = rapidmarc.MARCReader(MANY)
    change(fresh)
    assert last.tag == "059"
    with contextlib.suppress(KeyError):
        search(found, Tag("xyz"))
    assert [field.tag for field in found.fields] == [field.tag for field in fresh.fields]


def test_a_list_that_lies_about_its_length_is_written_as_it_is() -> None:
    class Fields(list[Any]):
        def __len__(self) -> int:
            return 10**12

    [found] = rapidmarc.MARCReader(MANY)
    found.fields = Fields(found.fields)
    assert found.as_marc() == MANY


@pytest.mark.parametrize("when", ["asked", "collected"])
@pytest.mark.parametrize("seed", range(4))
def test_no_change_at_any_time_ends_the_process(seed: int, when: str) -> None:
    run_errand("reentering", str(seed), "400", when)
