"""How records, fields, leaders and readers behave as objects, by hand and from every backend.

The first field of each record here is looked at before and after, because a record of ours is a
view into the bytes that were read until something changes it.
"""

import copy
import multiprocessing
import pickle
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests import corpora
from tests.data.encode import control, data, plain, record
from tests.parity import compare
from tests.parity.libraries import Library

BOOK = record(
    [control("001", "x"), data("245", "10", "aTitle", "bRest"), data("650", " 0", "aÉ", "aB")]
)


@pytest.fixture
def book(library: Library) -> Any:
    """A record that came from a reader."""
    return library.record(BOOK)


class TestIdentity:
    def test_a_field_is_the_same_object_each_time(self, book: Any) -> None:
        assert book["245"] is book["245"] is book.fields[1] is book.get_fields("245")[0]
        assert book.fields is book.fields is book.get_fields()
        assert [field is again for field, again in zip(list(book), list(book), strict=True)] == [
            True
        ] * 3
        assert book["245"].subfields is book["245"].subfields
        assert book.leader is book.leader

    def test_a_field_looked_up_before_the_list_is_the_one_in_the_list(self, book: Any) -> None:
        subject = book["650"]
        title = book["245"]
        assert book.fields[2] is subject and book.fields[1] is title

    def test_edits_through_a_field_stay(self, book: Any) -> None:
        book["245"]["a"] = "New"
        book["001"].data = "y" + book["001"].data
        book["650"].subfields[0] = book["650"].subfields[0]._replace(value="Z")
        assert book.title == "New Rest" and "$aZ$aB" in str(book)
        assert b"yx\x1e10\x1faNew\x1fbRest" in book.as_marc()

    def test_equality_and_hash_are_identity(self, library: Library) -> None:
        one, other = library.record(BOOK), library.record(BOOK)
        assert one != other and one == one
        assert one["245"] != other["245"] and one.leader != other.leader
        assert len({one, other, one["245"], other["245"], one.leader, other.leader}) == 6
        assert bool(one) and bool(one["245"]) and bool(library.module.Record())

    def test_a_field_outlives_its_record(self, library: Library) -> None:
        title = library.record(BOOK)["245"]
        leader = library.record(BOOK).leader
        subfields = library.record(BOOK)["650"].subfields
        assert (title.value(), str(leader)[5:9], subfields[0].value) == ("Title Rest", "nam ", "É")
        title["a"] = "New"
        assert title.as_marc("utf-8") == b"10\x1faNew\x1fbRest\x1e"

    def test_an_untouched_record_is_not_changed_by_looking(self, book: Any) -> None:
        compare.describe(book, encoded=False)
        assert book.as_marc() == BOOK


class TestAttributes:
    def test_records_and_fields_take_no_others(self, book: Any) -> None:
        for thing in (book, book["245"]):
            with pytest.raises(AttributeError):
                thing.other = 1
            with pytest.raises(TypeError):
                weakref.ref(thing)
            with pytest.raises(TypeError):
                len(thing)

    def test_leaders_do(self, book: Any) -> None:
        book.leader.other = 1
        assert book.leader.other == 1 and weakref.ref(book.leader)() is book.leader

    def test_fields_and_leader_may_be_replaced(self, library: Library, book: Any) -> None:
        module = library.module
        book.leader = module.Leader("00475cas a2200169 i 4500")
        book.fields = [module.Field("001", data="new")]
        assert str(book) == "=LDR  00475cas a2200169 i 4500\n=001  new\n"
        book.fields.append(module.Field("002", data="more"))
        assert book["002"].data == "more" and "002" in book


class TestCopies:
    def test_a_shallow_copy_shares_fields(self, book: Any) -> None:
        made = copy.copy(book)
        assert type(made) is type(book) and made is not book
        assert made.fields is book.fields and made.leader is book.leader
        made["245"]["a"] = "New"
        assert book.title == "New Rest"

    def test_a_shallow_copy_made_before_anything_was_looked_at_shares_fields(
        self, library: Library
    ) -> None:
        book = library.record(BOOK)
        made = copy.copy(book)
        book["245"]["a"] = "New"
        book.fields.pop()
        assert made.title == "New Rest" and len(made.fields) == 2

    def test_a_shallow_copy_of_a_field_shares_subfields(self, book: Any) -> None:
        made = copy.copy(book["245"])
        assert made is not book["245"] and made.subfields is book["245"].subfields
        made.indicator1 = "7"
        assert book["245"].indicator1 == "1"

    @pytest.mark.parametrize("touched", [False, True])
    def test_a_deep_copy_is_independent(self, library: Library, touched: bool) -> None:
        book = library.record(BOOK)
        if touched:
            book["245"]["a"] = "Touched"
        before = compare.describe(book, encoded=False)
        made = copy.deepcopy(book)
        assert compare.describe(made, encoded=False) == before
        made["245"]["a"] = "New"
        made.fields.pop()
        made.leader[5] = "x"
        assert compare.describe(book, encoded=False) == before

    def test_a_deep_copy_of_a_field_is_independent(self, book: Any) -> None:
        made = copy.deepcopy(book["245"])
        made["a"] = "New"
        assert book.title == "Title Rest" and str(made) == "=245  10$aNew$bRest"

    def test_a_deep_copy_keeps_what_is_shared_inside(self, book: Any) -> None:
        book.fields.append(book["245"])
        first, second = copy.deepcopy(book).get_fields("245")
        assert first is second

    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    @pytest.mark.parametrize("name", ["three", "marc8-latin", "script-arabic", "letter-tags"])
    def test_pickling_keeps_everything(self, library: Library, name: str, protocol: int) -> None:
        content = (corpora.WELLFORMED / f"{name}.mrc").read_bytes()
        for to_unicode in (True, False):
            found = library.record(content, to_unicode=to_unicode)
            made = pickle.loads(pickle.dumps(found, protocol))
            assert compare.describe(made) == compare.describe(found)
            field = pickle.loads(pickle.dumps(found.fields[1], protocol))
            assert compare.describe_field(field) == compare.describe_field(found.fields[1])

    def test_pickling_keeps_edits(self, book: Any) -> None:
        book["245"]["a"] = "New"
        book.remove_fields("650")
        made = pickle.loads(pickle.dumps(book))
        assert made.title == "New Rest" and len(made.fields) == 2
        made.add_field(made["001"])
        assert len(book.fields) == 2

    @pytest.mark.parametrize("protocol", [0, 1])
    def test_older_protocols_are_refused(self, book: Any, protocol: int) -> None:
        for thing in (book, book["245"]):
            with pytest.raises(TypeError):
                pickle.dumps(thing, protocol)

    def test_records_cross_processes(self, library: Library) -> None:
        found = list(library.reader(plain("one") + BOOK))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            again = pool.map(same, found)
        assert [str(each) for each in again] == [str(each) for each in found]

    @pytest.mark.parametrize(
        "name",
        ["FatalReaderError", "TruncatedRecord", "RecordLengthInvalid", "BaseAddressNotFound"],
    )
    def test_exceptions_can_be_pickled(self, module: ModuleType, name: str) -> None:
        kind = getattr(module, name)
        made = pickle.loads(pickle.dumps(kind()))
        assert type(made) is kind and str(made) == str(kind()) and made.args == ()

    def test_exceptions_of_a_reader_can_be_pickled(self, library: Library) -> None:
        reader = library.reader(record([control("001", "x")], base=b"00000") + b"abcde")
        for expected in ("BaseAddressNotFound", "RecordLengthInvalid"):
            assert next(reader) is None
            made = pickle.loads(pickle.dumps(reader.current_exception))
            assert type(made).__name__ == expected
            assert str(made) == str(reader.current_exception)


def same(thing: Any) -> Any:
    """Stands for work done elsewhere."""
    return thing


class TestSubclasses:
    def test_a_record_with_attributes_and_methods_of_its_own(self, module: ModuleType) -> None:
        class Work(module.Record):  # type: ignore[name-defined, misc]
            def __init__(self, data: bytes, shelf: str) -> None:
                super().__init__(data)
                self.shelf = shelf

            def __getitem__(self, tag: str) -> str:
                return str(super().__getitem__(tag).value())

            def get_fields(self, *tags: str) -> list[Any]:
                return [field for field in super().get_fields(*tags) if field.tag != "650"]

        work = Work(BOOK, "A 12")
        assert (work["245"], work.shelf, work.subjects) == ("Title Rest", "A 12", [])
        assert isinstance(work, module.Record) and weakref.ref(work)() is work
        made = copy.deepcopy(work)
        assert (made.shelf, made["245"], type(made)) == ("A 12", "Title Rest", Work)

    def test_a_field_with_methods_of_its_own(self, module: ModuleType) -> None:
        class Loud(module.Field):  # type: ignore[name-defined, misc]
            def as_marc(self, encoding: str) -> bytes:
                return bytes(super().as_marc(encoding).upper())

            def format_field(self) -> str:
                return "loud"

        field = Loud("100", subfields=[module.Subfield("a", "me")])
        field.mine = 1
        made = module.Record(fields=[field])
        assert b"  \x1fAME\x1e" in made.as_marc() and made.author == "loud"

    def test_a_reader_with_a_next_of_its_own(self, library: Library) -> None:
        module = library.module

        class Titles(module.MARCReader):  # type: ignore[name-defined, misc]
            def __init__(self, target: Any, **keywords: Any) -> None:
                super().__init__(target, **keywords)
                self.count = 0

            def __next__(self) -> Any:
                found = super().__next__()
                self.count += 1
                return found.title

        keywords = {} if library.is_pymarc else {"backend": "memory"}
        reader = Titles(BOOK + BOOK, **keywords)
        assert list(reader) == ["Title Rest"] * 2
        assert (reader.count, reader.current_chunk) == (2, b"")

    def test_overridden_iteration_is_honoured_by_as_dict(self, module: ModuleType) -> None:
        class OnlyTitles(module.Record):  # type: ignore[name-defined, misc]
            def __iter__(self) -> Any:
                return iter(self.get_fields("245"))

        assert [list(each) for each in OnlyTitles(BOOK).as_dict()["fields"]] == [["245"]]


class TestIteration:
    def test_nested_loops_over_a_record_share_the_position(self, book: Any) -> None:
        pairs = [(outer.tag, inner.tag) for outer in book for inner in book]
        assert pairs == [("001", "001"), ("001", "245"), ("001", "650")]

    def test_next_works_before_iter_and_iter_rewinds(self, book: Any) -> None:
        assert [next(book).tag, next(book).tag] == ["001", "245"]
        assert [field.tag for field in book] == ["001", "245", "650"]
        with pytest.raises(StopIteration):
            next(book)

    def test_nested_loops_over_a_field_share_the_position(self, book: Any) -> None:
        title = book["245"]
        assert [(one.code, two.code) for one in title for two in title] == [
            *(("a", "a"), ("a", "b")),
        ]

    def test_fields_added_or_removed_meanwhile_are_seen(self, library: Library, book: Any) -> None:
        seen = []
        for field in book:
            seen.append(field.tag)
            if field.tag == "001":
                book.remove_field(field)
            if len(seen) == 2:
                book.add_field(library.module.Field("900", data="x"))
        assert seen == ["001", "650", "900"]
