"""Random edits of a record and its fields, done on both sides, compared after every step.

One side was read by pymarc, the other by a backend of ours, from the same bytes; an edit is a plain
function of the module and the record, so both sides can only differ by what the library does.
"""

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pymarc
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import rapidmarc
from tests import corpora
from tests.parity import compare

# Exceptions of which only the class counts: the text tells how Python did a thing (TypeError), or
# is prose of pymarc's that programs do not look at.
CLASS_ONLY = (("raised", "TypeError"), ("raised", "ValueError"))

Edit = Callable[[ModuleType, Any], Any]

SOURCES = (
    "every-property",
    "linked",
    "letter-tags",
    "tags-out-of-order",
    "script-chinese",
    "marc8-latin",
    "single-control-field",
)
TAGS = st.sampled_from(("001", "008", "020", "100", "245", "264", "650", "880", "FMT", "00A", "5"))
CODES = st.sampled_from("ab6xzé")
# A lone surrogate cannot be encoded; which text the error then shows is not worth a rule.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=5) | st.sampled_from(
    ("880-01/(3", "978-0-1 (x)", " a ", "\x1f", "中文")
)
PLACES = st.integers(-3, 12)
PAIRS = st.lists(st.tuples(CODES, TEXT), max_size=3)


def new_field(module: ModuleType, tag: str, pairs: list[tuple[str, str]]) -> Any:
    subfields = [module.Subfield(*pair) for pair in pairs]
    return module.Field(tag, module.Indicators("1", " "), subfields, "".join(v for _, v in pairs))


def plain(record: Any, result: Any) -> Any:
    """A result without objects of either library: fields become their place in the record."""
    if isinstance(result, list | tuple):
        return [plain(record, each) for each in result]
    if type(result).__name__ in ("Field", "RawField"):
        places = [at for at, field in enumerate(record.fields) if field is result]
        return ("field", places, compare.describe_field(result))
    if type(result).__name__ in ("Record", "Leader"):
        return str(result)
    return result


class RandomEdits(RuleBasedStateMachine):
    """Two records that have to stay alike."""

    @initialize(
        source=st.sampled_from(SOURCES),
        backend=st.sampled_from(("record", "batched", "memory")),
        to_unicode=st.booleans(),
    )
    def read(self, source: str, backend: str, to_unicode: bool) -> None:
        data = (corpora.WELLFORMED / f"{source}.mrc").read_bytes()
        self.theirs = next(pymarc.MARCReader(data, to_unicode))
        self.ours = next(rapidmarc.MARCReader(data, to_unicode, backend=backend))

    def both(self, edit: Edit) -> None:
        """Does `edit` on either side; result or exception must be the same."""
        results = []
        for module, record in ((pymarc, self.theirs), (rapidmarc, self.ours)):
            result = compare.attempt(edit, module, record)
            if isinstance(result, tuple) and result[:2] in CLASS_ONLY:
                result = result[:2]
            results.append(plain(record, result))
        assert results[0] == results[1], compare.explain(*results)

    def replace_both(self, change: Callable[[Any], Any]) -> None:
        self.theirs, self.ours = change(self.theirs), change(self.ours)

    def on_field(self, place: int, edit: Callable[[ModuleType, Any], Any]) -> None:
        """Does `edit` on the field at `place`, counted around the record."""
        self.both(lambda module, record: edit(module, record.fields[place % len(record.fields)]))

    def has_fields(self) -> bool:
        return bool(self.theirs.fields)

    @invariant()
    def alike(self) -> None:
        with compare.listening() as said:
            theirs = compare.describe(self.theirs, encoded=False)
            said_by_theirs = list(said)
            said.clear()
            ours = compare.describe(self.ours, encoded=False)
            assert said_by_theirs == list(said)
        assert theirs == ours, compare.explain(theirs, ours)

    @rule(how=st.sampled_from(("add_field", "add_ordered_field", "add_grouped_field")), tag=TAGS,
          pairs=PAIRS)  # fmt: skip
    def add(self, how: str, tag: str, pairs: list[tuple[str, str]]) -> None:
        self.both(lambda module, record: getattr(record, how)(new_field(module, tag, pairs)))

    @precondition(has_fields)
    @rule(place=PLACES)
    def remove(self, place: int) -> None:
        self.both(lambda _, record: record.remove_field(record.fields[place % len(record.fields)]))

    @rule(tags=st.lists(TAGS, max_size=2))
    def remove_by_tag(self, tags: list[str]) -> None:
        self.both(lambda _, record: record.remove_fields(*tags))

    @rule(tags=st.lists(TAGS, max_size=3))
    def look(self, tags: list[str]) -> None:
        self.both(lambda _, record: record.get_fields(*tags))
        for tag in tags:
            self.both(lambda _, record, tag=tag: record[tag])
            self.both(lambda _, record, tag=tag: (record.get(tag), tag in record))

    @precondition(has_fields)
    @rule(place=PLACES)
    def link(self, place: int) -> None:
        self.both(
            lambda _, record: record.get_linked_fields(record.fields[place % len(record.fields)])
        )

    @precondition(has_fields)
    @rule(place=PLACES, code=CODES, value=TEXT)
    def set_subfield(self, place: int, code: str, value: str) -> None:
        self.on_field(place, lambda _, field: field.__setitem__(code, value))

    @precondition(has_fields)
    @rule(place=PLACES, code=CODES, value=TEXT, at=st.none() | PLACES)
    def add_subfield(self, place: int, code: str, value: str, at: int | None) -> None:
        self.on_field(place, lambda _, field: field.add_subfield(code, value, at))

    @precondition(has_fields)
    @rule(place=PLACES, code=CODES)
    def delete_subfield(self, place: int, code: str) -> None:
        self.on_field(place, lambda _, field: field.delete_subfield(code))

    @precondition(has_fields)
    @rule(place=PLACES, codes=st.lists(CODES, max_size=3))
    def look_at_field(self, place: int, codes: list[str]) -> None:
        self.on_field(place, lambda _, field: field.get_subfields(*codes))
        self.on_field(place, lambda _, field: [(code in field, field.get(code)) for code in codes])
        self.on_field(place, lambda _, field: [field[code] for code in codes])
        self.on_field(place, lambda _, field: list(field.subfields_as_dict().items()))

    @precondition(has_fields)
    @rule(place=PLACES, pairs=PAIRS, how=st.sampled_from(("rebind", "slice", "extend")))
    def write_subfields(self, place: int, pairs: list[tuple[str, str]], how: str) -> None:
        def edit(module: ModuleType, field: Any) -> None:
            made = [module.Subfield(*pair) for pair in pairs]
            if how == "rebind":
                field.subfields = made
            elif how == "slice":
                field.subfields[1:2] = made
            else:
                field.subfields.extend(made)

        self.on_field(place, edit)

    @precondition(has_fields)
    @rule(place=PLACES, how=st.sampled_from(("sort", "reverse", "clear", "pop")))
    def order_subfields(self, place: int, how: str) -> None:
        self.on_field(place, lambda _, field: getattr(field.subfields, how)())

    @precondition(has_fields)
    @rule(place=PLACES, value=st.sampled_from((None, "12", "é ", ["3", "4"], ["1"], ("", "x"))))
    def set_indicators(self, place: int, value: Any) -> None:
        self.on_field(place, lambda _, field: setattr(field, "indicators", value))

    @precondition(has_fields)
    @rule(place=PLACES, which=st.sampled_from("12"), value=TEXT)
    def set_one_indicator(self, place: int, which: str, value: str) -> None:
        def edit(_: ModuleType, field: Any) -> None:
            # On a control field this is a defect of its own, which no program can want.
            if not field.control_field:
                setattr(field, f"indicator{which}", value)

        self.on_field(place, edit)

    @precondition(has_fields)
    @rule(place=PLACES, tag=TAGS)
    def set_tag(self, place: int, tag: str) -> None:
        self.on_field(place, lambda _, field: setattr(field, "tag", tag))

    @precondition(has_fields)
    @rule(place=PLACES, value=TEXT)
    def set_data(self, place: int, value: str) -> None:
        self.on_field(place, lambda _, field: setattr(field, "data", value))

    @rule(at=st.integers(-2, 25), value=TEXT)
    def write_leader(self, at: int, value: str) -> None:
        self.both(lambda _, record: record.leader.__setitem__(at, value))

    @rule(text=st.sampled_from(("00475cas a2200169 i 4500", "a" * 24, "short")))
    def new_leader(self, text: str) -> None:
        self.both(lambda module, record: setattr(record, "leader", module.Leader(text)))

    @rule(how=st.sampled_from(("sort", "reverse", "rotate", "rebind", "twice", "pop", "insert")))
    def edit_list(self, how: str) -> None:
        def edit(module: ModuleType, record: Any) -> Any:
            fields = record.fields
            if how == "sort":
                return fields.sort(key=lambda field: field.tag)
            if how == "reverse":
                return fields.reverse()
            if how == "rotate":
                fields[:] = fields[1:] + fields[:1]
            elif how == "rebind":
                record.fields = [*fields]
            elif how == "twice":
                record.fields = fields[:10] * 2
            elif how == "pop":
                return fields.pop()
            else:
                fields.insert(1, new_field(module, "245", [("a", "inserted")]))
            return None

        self.both(edit)

    @rule()
    def encode(self) -> None:
        self.both(lambda _, record: record.as_marc())

    @rule(name=st.sampled_from(("to_unicode", "force_utf8")), value=st.booleans())
    def set_option(self, name: str, value: bool) -> None:
        self.both(lambda _, record: setattr(record, name, value))

    @rule()
    def step_through(self) -> None:
        self.both(lambda _, record: next(record))
        self.both(lambda _, record: [list(field) for field in record])

    @rule(how=st.sampled_from(("copy", "deepcopy", "pickle")))
    def replace_by_copy(self, how: str) -> None:
        def change(record: Any) -> Any:
            if how == "copy":
                made = copy.copy(record)
            elif how == "deepcopy":
                made = copy.deepcopy(record)
            else:
                made = pickle.loads(pickle.dumps(record))
            return iter(made)

        self.replace_both(change)

    @rule(data=st.sampled_from(("three", "every-property", "marc8-cyrillic")))
    def decode_more(self, data: str) -> None:
        content = (corpora.WELLFORMED / f"{data}.mrc").read_bytes()
        self.both(lambda _, record: record.decode_marc(content))


RandomEdits.TestCase.settings = settings(
    database=None,
    deadline=None,
    max_examples=150,
    stateful_step_count=25,
)
TestRandomEdits = RandomEdits.TestCase
