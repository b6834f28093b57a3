"""`Subfield` and `Indicators` are unpacked by an iterator of ours; nothing about it may show."""

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from rapidmarc import Indicators, Subfield

PAIRS = [Subfield("a", "Title"), Indicators("1", " ")]
COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda it: pickle.loads(pickle.dumps(it)),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: type(pair).__name__)
class TestUnpacking:
    def test_gives_both_parts_however_it_is_asked(self, pair: Any) -> None:
        first, second = pair
        assert (first, second) == tuple(pair) == (pair[0], pair[1])
        assert list(pair) == [*pair] == [first, second]
        assert dict([pair]) == {first: second}
        assert [list(p) for p in zip(pair, pair, strict=True)] == [[first] * 2, [second] * 2]

    def test_with_another_number_of_names_says_what_a_tuple_says(self, pair: Any) -> None:
        for names in ("a,", "a, b, c"):
            messages = []
            for value in (pair, tuple(pair)):
                with pytest.raises(ValueError, match="values to unpack") as caught:
                    exec(f"{names} = value", {"value": value})
                messages.append(str(caught.value).partition(" (")[0])
            assert len(set(messages)) == 1

    def test_twice_at_once_keeps_two_places(self, pair: Any) -> None:
        one, other = iter(pair), iter(pair)
        assert next(one) == pair[0]
        assert next(other) == pair[0]
        assert next(one) == next(other) == pair[1]

    def test_that_is_through_stays_through(self, pair: Any) -> None:
        through = iter(pair)
        assert iter(through) is through
        assert len(list(through)) == 2
        for _ in range(2):
            with pytest.raises(StopIteration):
                next(through)
        assert through.__length_hint__() == 0

    def test_tells_how_much_is_left(self, pair: Any) -> None:
        left = iter(pair)
        for expected in (2, 1, 0):
            assert left.__length_hint__() == expected
            next(left, None)

    def test_keeps_the_pair_until_it_is_through(self, pair: Any) -> None:
        own = type(pair)(*("x" * 50, "y" * 50))
        before = sys.getrefcount(own)
        through = iter(own)
        assert sys.getrefcount(own) == before + 1
        list(through)
        assert sys.getrefcount(own) == before
        last = iter(type(pair)("x" * 50, "y" * 50))
        gc.collect()
        assert [len(part) for part in last] == [50, 50]

    @pytest.mark.parametrize("begun", [0, 1, 2, 3])
    @pytest.mark.parametrize("how", COPIES, ids=["copied", "copied deeply", "pickled"])
    def test_can_be_copied_anywhere(self, pair: Any, how: Callable[[Any], Any], begun: int) -> None:
        original = iter(pair)
        for _ in range(begun):
            next(original, None)
        made = how(original)
        assert list(made) == list(pair)[begun:]
        assert list(original) == list(pair)[begun:]


def test_a_pair_of_other_things_is_unpacked_all_the_same() -> None:
    things: Any = [None, 5]
    pair = Subfield(*things)
    first, second = pair
    assert [first, second] == things


def test_a_class_made_from_subfield_iterates_in_its_own_way() -> None:
    class Plain(Subfield):
        pass

    class Reversed(Subfield):
        def __iter__(self) -> Any:
            return iter((self.value, self.code))

    assert list(Plain("a", "b")) == ["a", "b"]
    assert list(Reversed("a", "b")) == ["b", "a"]


def test_a_ring_through_an_iterator_is_collected() -> None:
    class Kept(Subfield):
        ring: Any
        mark: Any

    class Mark:
        pass

    pair = Kept("a", "b")
    pair.ring = iter(pair)
    pair.mark = Mark()
    gone = weakref.ref(pair.mark)
    del pair
    gc.collect()
    assert gone() is None
