"""Whatever the bindings do, they do again and again without keeping anything.

Each piece of work is done many times; then there must be as many blocks of Python's allocator as
before, and as many references to the objects that everything refers to. One reference too many in a
call shows as forty; one too few ends the process, under the sanitizer at once.
"""

import copy
import gc
import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

import rapidmarc
from rapidmarc.marc8 import expand_numeric_references, marc8_to_unicode, unicode_to_marc8
from tests.data.encode import control, data, plain, record

ROUNDS = 10
TIMES = 40
FEW = 50  # far from once a time
RICH = record(
    [
        control("001", "rich"),
        data("020", "  ", "a0-306-40615-2"),
        data("245", "10", "aTitle", "bé中"),
        data("650", " 0", "aSubject", "xuse"),
        data("880", "10", "6245-01", "aTitle"),
    ]
)
MARC8 = record(
    [control("001", "old"), data("245", "10", b"a\xe2e\x1b$1!04\x1b(B \xff")], coding=" "
)
DAMAGED = RICH[:30] + b"x" + RICH[31:]
XML = rapidmarc.record_to_xml(rapidmarc.Record(data=RICH)).decode()
MANY_XML = f"<collection>{XML * 5}</collection>"


def one() -> Any:
    return rapidmarc.Record(data=RICH)


def read(content: bytes, **options: Any) -> Callable[[], object]:
    return lambda: list(rapidmarc.MARCReader(content, hide_utf8_warnings=True, **options))


def attributes(of: Callable[[], Any]) -> Callable[[], object]:
    """Every public attribute there is, got; those that raise do so each time."""

    def look() -> None:
        thing = of()
        for name in dir(thing):
            if not name.startswith("_"):
                try:
                    getattr(thing, name)
                except Exception as error:
                    assert error.args is not None

    return look


def edit() -> None:
    each = one()
    each["245"]["a"] = "changed"
    each["245"].add_subfield("c", "author")
    each["245"].delete_subfield("b")
    each["245"].indicators = ["0", "1"]
    each.add_ordered_field(rapidmarc.Field("500", [" ", " "], [rapidmarc.Subfield("a", "x")]))
    each.remove_field(each["650"])
    each.remove_fields("020")
    each.fields = list(each.fields)
    each.leader = each.leader
    each.as_marc()
    each["245"].subfields.clear()
    each.as_marc()


def refused() -> None:
    each = one()
    for wrong in (
        lambda: each["999"],
        lambda: each["245"]["q"],
        lambda: rapidmarc.Field("245", ["1"]),
        lambda: rapidmarc.Record(data=b"short"),
        lambda: rapidmarc.Record(data=DAMAGED),
        lambda: each.add_field(None),
        lambda: each.get_fields(7),
        lambda: rapidmarc.MARCReader(7),
        lambda: unicode_to_marc8("🙂"),
        lambda: rapidmarc.MARCWriter(io.BytesIO()).write(7),
        lambda: each.no_such_attribute,
    ):
        try:
            wrong()
        except Exception as error:
            assert str(error) != "nothing"


class Handle:
    """Fails once it has given a record and a half."""

    def __init__(self) -> None:
        self.left = RICH + RICH[:40]

    def read(self, size: int) -> bytes:
        if not self.left:
            raise OSError("torn")
        got, self.left = self.left[:size], self.left[size:]
        return got


def read_and_fail(backend: str) -> Callable[[], object]:
    def work() -> None:
        reader = rapidmarc.MARCReader(Handle(), backend=backend)
        with pytest.raises(OSError, match="torn"):
            list(reader)

    return work


WORK: dict[str, Callable[[], object]] = {
    "reading": read(RICH * 20),
    "reading record by record": read(RICH * 20, backend="record"),
    "reading in batches": read(RICH * 20, backend="batched", batch_size=3),
    "reading bytes as they are": read(RICH * 5, to_unicode=False),
    "reading MARC-8": read(MARC8 * 5),
    "reading another character set": read(MARC8 * 5, file_encoding="latin-1"),
    "reading damaged records": read((RICH + DAMAGED) * 5),
    "reading what ends too early": read(RICH + RICH[:-9]),
    "a stream that fails, record": read_and_fail("record"),
    "a stream that fails, batched": read_and_fail("batched"),
    "attributes of a record": attributes(one),
    "attributes of a data field": attributes(lambda: one()["245"]),
    "attributes of a control field": attributes(lambda: one()["001"]),
    "attributes of a reader": attributes(lambda: rapidmarc.MARCReader(RICH)),
    "parts of fields": lambda: [
        (code, value, next(iter(pair)), pickle.dumps(iter(pair)), *field.indicators)
        for field in one().get_fields("020", "245", "880")
        for pair in field.subfields
        for code, value in [pair]
    ],
    "fields": lambda: [(f.tag, f.value(), str(f), list(f), f.as_marc("utf-8")) for f in one()],
    "forms": lambda: (str(one()), one().as_dict(), one().as_json(), one().as_marc()),
    "XML": lambda: rapidmarc.parse_xml_to_array(io.StringIO(MANY_XML)),
    "JSON": lambda: rapidmarc.parse_json_to_array(io.StringIO(f"[{one().as_json()}]")),
    "copies": lambda: (copy.copy(one()), copy.deepcopy(one()), copy.deepcopy(one()["245"])),
    "pickles": lambda: pickle.loads(pickle.dumps([one(), one()["245"], one().leader])),
    "edits": edit,
    "what is refused": refused,
    "MARC-8": lambda: (marc8_to_unicode(b"\xe2e\x1b$1!04"), unicode_to_marc8("é中")),
    "references": lambda: expand_numeric_references("&#x4E2D;"),
    "writing": lambda: rapidmarc.MARCWriter(io.BytesIO()).write(one()),
    "cycles": lambda: setattr(reader := rapidmarc.MARCReader(plain("x")), "me", reader),
}
SHARED: tuple[object, ...] = (
    *(None, True, False, (), "", b"", 0, 1),
    *(rapidmarc.Record, rapidmarc.Field, rapidmarc.Subfield, rapidmarc.Indicators),
    *(rapidmarc.Leader, rapidmarc.MARCReader, str, list, tuple, dict),
)


@pytest.mark.parametrize("name", WORK)
def test_nothing_is_kept(name: str) -> None:
    work = WORK[name]

    def state() -> list[int]:
        gc.collect()
        return [sys.getallocatedblocks(), *(sys.getrefcount(each) for each in SHARED)]

    names = ["blocks", *(repr(each) for each in SHARED)]
    changed = {"nothing": TIMES}
    # Free lists and caches fill up at first; what leaks grows each time by as much again.
    for _ in range(ROUNDS):
        before = state()
        for _ in range(TIMES):
            work()
        changed = {
            what: new - old
            for what, old, new in zip(names, before, state(), strict=True)
            if abs(new - old) > FEW
        }
        if not changed:
            break
    assert changed == {}


class Rubbish:
    """A ring of its own that uses a record when it is collected, as anybody's finalizer may."""

    def __init__(self, each: Any, use: Callable[[Any], object]) -> None:
        self.each, self.use, self.itself = each, use, self

    def __del__(self) -> None:
        collected.append(self.use(self.each))


collected: list[object] = []
MANY_FIELDS = record(
    [control("001", "x")] + [data("245", "10", *(f"a{n}" for n in range(20))) for _ in range(200)]
)
LOOKS: dict[str, Callable[[Any], object]] = {
    "its fields": lambda each: each.fields,
    "fields of a tag": lambda each: each.get_fields("245"),
    "parts of its fields": lambda each: [
        (field.indicators, field.subfields) for field in each.get_fields("245")
    ],
    "a dict": lambda each: (each.fields, each.as_dict()),
}
USES: dict[str, Callable[[Any], object]] = {
    **LOOKS,
    "its leader": lambda each: each.leader,
    "longer fields": lambda each: [
        field.add_subfield("z", "x" * 300) for field in each.get_fields("245")
    ],
    "a field less": lambda each: each.remove_fields("245"),
    "a field more": lambda each: each.add_field(rapidmarc.Field("500", subfields=[])),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_collection_in_the_middle_of_a_call_may_use_the_same_record(
    look: Callable[[Any], object], use: Callable[[Any], object]
) -> None:
    def work() -> None:
        for after in (1, 2, 5, 20, 60, 100, 150):
            each = rapidmarc.Record(data=MANY_FIELDS)
            gc.collect(0)
            gc.disable()
            Rubbish(each, use)
            gc.set_threshold(gc.get_count()[0] + after)
            gc.enable()
            look(each)
            gc.collect(0)
            assert each.fields is each.fields
            assert [id(field) for field in each] == [id(field) for field in each.fields]
        assert len(collected) == 7
        collected.clear()

    thresholds = gc.get_threshold()
    try:
        more = TIMES * FEW
        for _ in range(ROUNDS):
            gc.collect()
            before = sys.getallocatedblocks()
            work()
            gc.collect()
            more = sys.getallocatedblocks() - before
            if more < FEW:
                break
        assert more < FEW
    finally:
        gc.set_threshold(*thresholds)
