"""The dict, the JSON and the XML of a record: native and Python's way give the same."""

import io
import json
import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from rapidmarc import (
    Field,
    Leader,
    MARCReader,
    RawField,
    Record,
    Subfield,
    map_xml,
    record_to_xml,
    record_to_xml_node,
)
from tests.data import wellformed

ODD_TEXT = "".join(map(chr, range(0x20))) + "\x7f\x80\x85\xa0\u2028\uffff\U0001f600\"\\/&<>']]>"


def change_nothing(record: Record) -> None:
    pass


def change_leader(record: Record) -> None:
    record.leader.record_status = '"'


def text_for_a_leader(record: Record) -> None:
    record.leader = "é<" + " " * 22  # type: ignore[assignment]


def look_at_fields(record: Record) -> None:
    for field in record.fields:
        list(field)


def ask_for_some(record: Record) -> None:
    for field in record.get_fields("245", "008", "650"):
        assert field.value() is not None


def change_fields(record: Record) -> None:
    for place, field in enumerate(record.fields):
        if field.control_field:
            field.data = [ODD_TEXT, "", None][place % 3]  # type: ignore[list-item]
        else:
            field.tag = "9é9"
            field.indicator2 = "é"
            field.add_subfield("é", ODD_TEXT)
            field.add_subfield("", "")
    record.fields.reverse()


def drop_subfields(record: Record) -> None:
    for field in record.fields[::2]:
        field.subfields = []


def odd_attribute(record: Record) -> None:
    record.add_field(Field("245", ["\n", "\t"], [Subfield("\r", ODD_TEXT)]))


def half_a_pair(record: Record) -> None:
    record.add_field(Field("245", None, [Subfield("a", "\ud800")]))


def no_value(record: Record) -> None:
    record.add_field(Field("245", None, [Subfield("a", None)]))  # type: ignore[arg-type]


def plain_pairs(record: Record) -> None:
    record.add_field(Field("245", None, [("a", "x")]))  # type: ignore[list-item]


def bytes_for_a_value(record: Record) -> None:
    record.add_field(RawField("245", None, [Subfield("a", b"caf\xe2e")]))  # type: ignore[arg-type]


def own_field(record: Record) -> None:
    class Own(Field):
        @property
        def subfields(self) -> list[Subfield]:  # type: ignore[override]
            return [Subfield("o", "own")]

    record.add_field(Own("245"))


CHANGES: list[Callable[[Record], None]] = [
    *(change_nothing, change_leader, text_for_a_leader, look_at_fields, ask_for_some),
    *(change_fields, drop_subfields, odd_attribute, half_a_pair, no_value, plain_pairs),
    *(bytes_for_a_value, own_field),
]


def records() -> list[Record]:
    made = [r for data in wellformed.files().values() for r in MARCReader(data) if r is not None]
    return [*made, Record(), Record(fields=[Field("001"), Field("245")])]


def ending(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return type(error), str(error)


def in_python(record: Record) -> dict[str, Any]:
    """The dict of a record by what its attributes say."""
    fields: list[dict[str, Any]] = []
    for field in record.fields:
        content: Any = field.data
        if not field.control_field:
            content = {"ind1": field.indicator1, "ind2": field.indicator2}
            content["subfields"] = [{each.code: each.value} for each in field.subfields]
        fields.append({field.tag: content})
    return {"leader": str(record.leader), "fields": fields}


def json_in_python(record: Record) -> str:
    return json.dumps(in_python(record))


def xml_in_python(record: Record, namespace: bool) -> bytes:
    return ET.tostring(record_to_xml_node(record, True, namespace))


@pytest.mark.parametrize("change", CHANGES)
def test_native_and_python_give_the_same(change: Callable[[Record], None]) -> None:
    # Each form of a record of its own: asking for one may change what the next begins with.
    for one, two, three, four, five in zip(*(records() for _ in range(5)), strict=True):
        for record in (one, two, three, four, five):
            change(record)
        expected = ending(partial(in_python, one))
        assert ending(two.as_dict) == expected
        assert ending(three.as_json) == ending(partial(json_in_python, one))
        for record, namespace in ((four, False), (five, True)):
            xml = ending(partial(xml_in_python, one, namespace))
            assert ending(partial(record_to_xml, record, True, namespace)) == xml


def test_asking_for_a_form_leaves_the_record_as_it_was() -> None:
    data = next(iter(wellformed.files().values()))
    record = next(MARCReader(data))
    assert record is not None
    before = record.as_marc()
    record.as_dict(), record.as_json(), record_to_xml(record)
    assert record.as_marc() == before


def test_options_are_those_of_the_json_module() -> None:
    record = Record(fields=[Field("245", None, [Subfield("a", "é")])])
    options: dict[str, Any] = {"ensure_ascii": False, "indent": 1, "sort_keys": True}
    assert record.as_json(**options) == json.dumps(record.as_dict(), **options)
    with pytest.raises(TypeError):
        record.as_json(nonsense=1)


def test_a_subclass_with_a_dict_of_its_own_is_heard() -> None:
    class Own(Record):
        def as_dict(self) -> dict[str, object]:
            return {"own": 1}

    assert Own().as_json() == '{"own": 1}'


def test_a_subclass_that_iterates_in_its_own_way_is_heard() -> None:
    class Own(Record):
        def __iter__(self) -> Any:
            return iter(self.fields[:1])

    record = Own(fields=[Field("001", data="1"), Field("002", data="2")], leader="x" * 24)
    assert record.as_dict()["fields"] == [{"001": "1"}]
    assert json.loads(record.as_json())["fields"] == [{"001": "1"}]
    assert record_to_xml(record).count(b"controlfield ") == 1


def test_a_subclass_of_the_leader_is_heard() -> None:
    class Own(Leader):
        def __str__(self) -> str:
            return "own"

    record = Record()
    record.leader = Own(" " * 24)
    assert record.as_dict()["leader"] == json.loads(record.as_json())["leader"] == "own"


class Endless(io.RawIOBase):
    """A collection of `count` records that is nowhere as a whole."""

    def __init__(self, count: int) -> None:
        record = b'<record><controlfield tag="001">' + b"x" * 50_000 + b"</controlfield></record>"
        self.parts = iter([b"<collection>", *[record] * count, b"</collection>"])
        self.waiting = b""

    def read(self, size: int = -1, /) -> bytes:
        while len(self.waiting) < size:
            part = next(self.parts, None)
            if part is None:
                break
            self.waiting += part
        block, self.waiting = self.waiting[:size], self.waiting[size:]
        return block


def test_a_large_collection_is_read_in_little_memory() -> None:
    seen = []
    tracemalloc.start()
    try:
        map_xml(lambda record: seen.append(len(record["001"].data or "")), Endless(500))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == [50_000] * 500
    assert peak < 4_000_000  # modules that are imported meanwhile included
