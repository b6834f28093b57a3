"""The leader: positions under their names, and how they are overwritten."""

import copy
import pickle
import weakref

import pytest

from rapidmarc import BadLeaderValue, Leader, RecordLeaderInvalid

# Each position holds another character, so that a wrong one shows.
TEXT = "ABCDEFGHIJKLMNOPQRSTUVWX"
NAMES = {
    "record_length": (0, 5),
    "record_status": (5, 1),
    "type_of_record": (6, 1),
    "bibliographic_level": (7, 1),
    "type_of_control": (8, 1),
    "coding_scheme": (9, 1),
    "indicator_count": (10, 1),
    "subfield_code_count": (11, 1),
    "base_address": (12, 5),
    "encoding_level": (17, 1),
    "cataloging_form": (18, 1),
    "multipart_ressource": (19, 1),
    "length_of_field_length": (20, 1),
    "starting_character_position_length": (21, 1),
    "implementation_defined_length": (22, 1),
}


@pytest.fixture
def leader() -> Leader:
    return Leader(TEXT)


@pytest.mark.parametrize("text", ["", "A" * 23, "A" * 25])
def test_a_leader_is_24_characters(text: str) -> None:
    with pytest.raises(RecordLeaderInvalid):
        Leader(text)


@pytest.mark.parametrize(("name", "start", "width"), [(n, *w) for n, w in NAMES.items()])
def test_names_read_and_write_their_positions(
    leader: Leader, name: str, start: int, width: int
) -> None:
    stop = start + width
    assert getattr(leader, name) == leader[name] == TEXT[start:stop]
    setattr(leader, name, "z" * width)
    assert str(leader) == leader.leader == TEXT[:start] + "z" * width + TEXT[stop:]
    leader[name] = "y" * width
    assert str(leader) == TEXT[:start] + "y" * width + TEXT[stop:]


@pytest.mark.parametrize(("name", "width"), [(n, w) for n, (_, w) in NAMES.items()])
def test_a_named_value_must_have_the_width_of_its_positions(
    leader: Leader, name: str, width: int
) -> None:
    for value in ("", "z" * (width + 1)):
        with pytest.raises(BadLeaderValue, match=f"field, got {value}$"):
            setattr(leader, name, value)
    assert str(leader) == TEXT


def test_the_texts_of_refusals_are_pymarcs(leader: Leader) -> None:
    with pytest.raises(BadLeaderValue, match=r"^Record status is 1 char field, got xx$"):
        leader.record_status = "xx"
    with pytest.raises(BadLeaderValue, match=r"^Record length is 4 chars field, got xx$"):
        leader.record_length = "xx"
    with pytest.raises(BadLeaderValue, match=r"^xx is too long to be inserted at 23$"):
        leader[23] = "xx"


@pytest.mark.parametrize(
    "where", [0, 23, -1, slice(0, 5), slice(None, 4), slice(-3, None), slice(0, 24, 2)]
)
def test_numbers_and_slices_read_the_text(leader: Leader, where: int | slice) -> None:
    assert leader[where] == TEXT[where]


def test_a_position_past_the_end_is_an_index_error(leader: Leader) -> None:
    with pytest.raises(IndexError):
        leader[24]


def test_assignment_by_number_writes_all_of_the_value(leader: Leader) -> None:
    leader[5] = "xyz"
    assert str(leader) == "ABCDExyzIJKLMNOPQRSTUVWX"
    leader[0] = ""
    assert str(leader) == "ABCDExyzIJKLMNOPQRSTUVWX"


def test_assignment_by_slice_starts_there_and_ignores_its_stop(leader: Leader) -> None:
    leader[0:1] = "0000"
    assert str(leader) == "0000EFGHIJKLMNOPQRSTUVWX"
    leader[5:24] = "f"
    assert str(leader) == "0000EfGHIJKLMNOPQRSTUVWX"


def test_places_that_cannot_be_written(leader: Leader) -> None:
    with pytest.raises(IndexError, match="Position must be positive"):
        leader[-1] = "x"
    with pytest.raises(IndexError, match="Position must be positive"):
        leader[-3:] = "x"
    with pytest.raises(TypeError):
        leader[:5] = "00000"
    with pytest.raises(BadLeaderValue):
        leader[24] = "x"
    assert str(leader) == TEXT


def test_unknown_names(leader: Leader) -> None:
    with pytest.raises(AttributeError):
        leader["no_such_name"]
    leader["own_name"] = "own value"
    assert leader["own_name"] == "own value"
    assert str(leader) == TEXT


def test_a_made_leader_is_one_once_its_text_is_set() -> None:
    bare = Leader.__new__(Leader)
    bare.leader = TEXT
    assert bare.record_status == "F"
    bare.record_status = "z"
    assert str(bare) == "ABCDEzGHIJKLMNOPQRSTUVWX"


def test_leaders_are_told_apart_by_identity(leader: Leader) -> None:
    assert leader != Leader(TEXT)
    assert leader == leader
    assert len({leader, Leader(TEXT)}) == 2


def test_leaders_take_attributes_and_weak_references(leader: Leader) -> None:
    leader.note = "kept"  # type: ignore[attr-defined]
    assert leader.note == "kept"  # type: ignore[attr-defined]
    assert weakref.ref(leader)() is leader


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_copies_are_independent(leader: Leader, protocol: int) -> None:
    copies = [
        copy.copy(leader),
        copy.deepcopy(leader),
        pickle.loads(pickle.dumps(leader, protocol)),
    ]
    for other in copies:
        other.record_status = "z"
        assert str(other) == "ABCDEzGHIJKLMNOPQRSTUVWX"
    assert str(leader) == TEXT


def test_subclasses_may_change_a_property() -> None:
    class Loud(Leader):
        @property
        def record_status(self) -> str:  # type: ignore[override]
            return "!"

    assert Loud(TEXT).record_status == Loud(TEXT)["record_status"] == "!"
