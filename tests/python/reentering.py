"""Works with records whose parts, when they are asked, change these very records at random.

    python -m tests.python.reentering SEED ROUNDS WHEN

Nobody does so on purpose, but a part may be of a user's own class, and a finalizer may run whenever
memory is asked for. WHEN says which of the two changes records: "asked" or "collected". Everything
may raise; what must not happen is that the process ends. Then it prints "done".
"""

import gc
import io
import random
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import rapidmarc
from tests.data.encode import control, data, record

LARGE = record(
    [control("001", "abc"), control("005", "x")]
    + [data(f"{tag:03}", "10", "ax") for tag in range(10, 60)]
)
SMALL = record([data("245", "  ", "ay\x1fbz")])
NOT_ASCII = record([data("245", "  ", "ay\u00e9\x1fbz".encode())])
# Both fields are the same bytes, so that these cannot be taken over in runs.
OVERLAPPING = record([data("245", "  ", "ay"), data("246", "  ", "az")]).replace(
    b"246000600006", b"246000600000"
)
INPUTS = (LARGE * 3, SMALL * 3, OVERLAPPING * 3, NOT_ASCII * 3, LARGE + OVERLAPPING + SMALL)
TAGS = ("245", "001", "010", "059", "999", "24", "xyz")
TEXT_METHODS = (
    *("__add__", "__contains__", "__eq__", "__format__", "__getitem__", "__hash__", "__iter__"),
    *("__len__", "__lt__", "__mod__", "__ne__", "__str__", "encode", "endswith", "isdigit"),
    *("join", "replace", "split", "startswith", "strip"),
)
DEEPEST = 3


class Meddler:
    """The records and fields that are worked with, and what happens to them meanwhile."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.depth = 0
        self.records: list[Any] = []
        self.fields: list[Any] = []
        self.reader: Any = None
        self.text = hostile_text(self.meddle)
        threads = self.chance.choice([1, 2])
        self.writer = rapidmarc.MARCWriter(folder / "out.mrc", num_threads=threads)

    def meddle(self) -> None:
        if self.depth == DEEPEST:
            return
        self.depth += 1
        try:
            self.attempt(self.chance.choice(CHANGES))
        finally:
            self.depth -= 1

    def any_record(self) -> Any:
        return self.chance.choice(self.records)

    def any_field(self) -> Any:
        return self.chance.choice(self.fields)

    def some(self, text: str) -> str:
        """The text, mostly as an object that meddles."""
        return self.text(text) if self.chance.random() < 0.6 else text

    def tag(self) -> str:
        return self.some(self.chance.choice(TAGS))

    def code(self) -> str:
        return self.some(self.chance.choice("abcz"))

    def new_field(self) -> Any:
        value = rapidmarc.Subfield(self.code(), self.some("value"))
        return rapidmarc.Field(self.tag(), [self.some(" "), " "], [value])

    def begin(self) -> None:
        """Other records, with parts of which some meddle."""
        self.reader = rapidmarc.MARCReader(self.chance.choice(INPUTS))
        self.records = [next(self.reader), next(self.reader)]
        first = self.records[0]
        self.fields = [self.new_field(), rapidmarc.Field("001", data=self.some("number"))]
        self.fields += [found for tag in TAGS if (found := first.get(tag)) is not None]
        if self.chance.random() < 0.3:
            first.add_field(self.fields[0])
        for field in self.fields:
            self.attempt(self.chance.choice(FIELD_PARTS), field)
        self.attempt(self.chance.choice(RECORD_PARTS), first)

    def attempt(self, what: Callable[..., Any], *with_whom: Any) -> None:
        try:
            what(self, *with_whom)
        except (SystemError, MemoryError):  # an error that was lost, or a size that was misread
            raise
        except Exception:  # whatever comes of it
            pass


def hostile_text(meddle: Callable[[], None]) -> type[str]:
    """A class of text that meddles whenever it is asked for something."""

    def method(name: str) -> Callable[..., Any]:
        def call(self: str, *arguments: Any, **keywords: Any) -> Any:
            meddle()
            return getattr(str, name)(self, *arguments, **keywords)

        return call

    return type("Text", (str,), {name: method(name) for name in TEXT_METHODS})


class Parts(Sequence[Any]):
    """In the place of a list; no list, so that all goes through its methods."""

    def __init__(self, meddler: Meddler, given: Any) -> None:
        self.meddle = meddler.meddle
        self.given = list(given)

    def __len__(self) -> int:
        self.meddle()
        return len(self.given)

    def __getitem__(self, index: Any) -> Any:
        self.meddle()
        return self.given[index]

    def __bool__(self) -> bool:
        self.meddle()
        return True

    def append(self, part: Any) -> None:
        self.meddle()
        self.given.append(part)


class ListOfParts(list[Any]):
    """A list whose methods meddle, where they are called."""

    def __init__(self, meddler: Meddler, given: Any) -> None:
        super().__init__(given)
        self.meddle = meddler.meddle

    def __iter__(self) -> Iterator[Any]:
        self.meddle()
        return super().__iter__()

    def __len__(self) -> int:
        self.meddle()
        return super().__len__()


class Truth:
    def __init__(self, meddler: Meddler) -> None:
        self.meddler = meddler

    def __bool__(self) -> bool:
        self.meddler.meddle()
        return self.meddler.chance.random() < 0.5


class Garbage:
    """Leads to itself, and meddles when the collector finds that nothing else leads to it."""

    def __init__(self, meddler: Meddler) -> None:
        self.meddle = meddler.meddle
        self.me = self

    def __del__(self) -> None:
        self.meddle()


def decode_anew(meddler: Meddler) -> None:
    changed = meddler.any_record()
    changed.__init__()
    changed.decode_marc(meddler.chance.choice([LARGE, SMALL, OVERLAPPING]))


def subfields_of(field: Any) -> list[Any]:
    return field.subfields if type(field.subfields) is list else []


CHANGES: tuple[Callable[[Meddler], Any], ...] = (
    decode_anew,
    lambda m: m.any_record().__init__(),
    lambda m: setattr(m.any_record(), "fields", []),
    lambda m: m.any_record().fields.clear(),
    lambda m: setattr(m.any_field(), "subfields", []),
    lambda m: subfields_of(m.any_field()).clear(),
    lambda m: m.any_field().__init__("300", [" ", " "], [rapidmarc.Subfield("a", "b")]),
    lambda m: gc.collect(),
    lambda m: setattr(m.any_record(), "leader", m.text("x" * 24)),
    lambda m: m.any_record().remove_fields("245", "010"),
    lambda m: setattr(m.any_field(), "indicators", rapidmarc.Indicators("1", "2")),
    lambda m: next(m.reader),
)

FIELD_PARTS: tuple[Callable[[Meddler, Any], Any], ...] = (
    lambda m, field: setattr(field, "subfields", Parts(m, field.subfields)),
    lambda m, field: setattr(field, "subfields", ListOfParts(m, field.subfields)),
    lambda m, field: setattr(field, "tag", m.tag()),
    lambda m, field: setattr(field, "indicators", Parts(m, [m.some("1"), m.some("2")])),
    lambda m, field: subfields_of(field).append(rapidmarc.Subfield(m.code(), m.some("new"))),
    lambda m, field: setattr(field, "data", m.some("data")),
    lambda m, field: field.__setitem__("a", m.some("new")),
    lambda m, field: setattr(field, "control_field", Truth(m)),
)

RECORD_PARTS: tuple[Callable[[Meddler, Any], Any], ...] = (
    lambda m, found: setattr(found, "force_utf8", Truth(m)),
    lambda m, found: setattr(found, "to_unicode", Truth(m)),
    lambda m, found: setattr(found, "leader", m.text("00000nam a2200000   4500")),
    lambda m, found: setattr(found, "fields", Parts(m, found.fields)),
    lambda m, found: setattr(found, "fields", ListOfParts(m, found.fields)),
    lambda m, found: None,
)

RECORD_WORK: tuple[Callable[[Meddler, Any], Any], ...] = (
    lambda m, found: found.as_marc(),
    lambda m, found: found.as_marc(oversize="zero"),
    lambda m, found: found.as_dict(),
    lambda m, found: found.as_json(),
    lambda m, found: str(found),
    lambda m, found: list(found),
    lambda m, found: found.get_fields(m.tag()),
    lambda m, found: found.get_fields(m.tag(), m.tag()),
    lambda m, found: found[m.tag()],
    lambda m, found: found.get(m.tag()),
    lambda m, found: m.tag() in found,
    lambda m, found: found.remove_fields(m.tag()),
    lambda m, found: found.add_ordered_field(m.new_field()),
    lambda m, found: found.add_grouped_field(m.new_field()),
    lambda m, found: (found.leader, found.title, found.author, found.subjects, found.isbn),
    lambda m, found: rapidmarc.record_to_xml(found),
    lambda m, found: rapidmarc.MARCWriter(io.BytesIO()).write(found),
    lambda m, found: m.writer.write(found),
)

FIELD_WORK: tuple[Callable[[Meddler, Any], Any], ...] = (
    lambda m, field: str(field),
    lambda m, field: field.value(),
    lambda m, field: field.format_field(),
    lambda m, field: field[m.code()],
    lambda m, field: field.get(m.code()),
    lambda m, field: field.get_subfields(m.code(), m.code()),
    lambda m, field: m.code() in field,
    lambda m, field: field.add_subfield(m.code(), m.some("new")),
    lambda m, field: field.add_subfield(m.code(), m.some("new"), 0),
    lambda m, field: field.delete_subfield(m.code()),
    lambda m, field: field.subfields_as_dict(),
    lambda m, field: field.as_marc(m.some("utf-8")),
    lambda m, field: list(field),
    lambda m, field: (field.tag, field.indicators, field.indicator1, field.indicator2),
    lambda m, field: (field.is_subject_field(), field.linkage_occurrence_num()),
    lambda m, field: field.__setitem__(m.code(), m.some("new")),
    lambda m, field: [(code, value) for code, value in field.subfields],
)


def main() -> None:
    seed, rounds, when = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        meddler = Meddler(seed, Path(folder))
        if when == "collected":
            gc.set_threshold(meddler.chance.randint(1, 5), 1, 1)
        for _ in range(rounds):
            meddler.begin()
            for _ in range(6):
                for _ in range(meddler.chance.randrange(3) if when == "collected" else 0):
                    Garbage(meddler)
                if meddler.chance.random() < 0.6:
                    meddler.attempt(meddler.chance.choice(RECORD_WORK), meddler.any_record())
                else:
                    meddler.attempt(meddler.chance.choice(FIELD_WORK), meddler.any_field())
        meddler.writer.close()
    print("done", flush=True)


if __name__ == "__main__":
    main()
