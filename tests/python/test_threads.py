"""Who may touch what from which thread: the table of docs/threads.md, line by line, each done.

A record is an object like any other of Python's: two threads may use it, and see it before or after
a change, never in between; what takes two calls is for the caller to guard.
"""

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rapidmarc
from tests import roads
from tests.data.encode import control, data, plain, record

COUNT = 2_000
MANY = b"".join(plain(str(number)) for number in range(COUNT))
RICH = record(
    [control("001", "rich"), data("245", "10", "aTitle", "bé"), data("650", " 0", "aSubject")]
)


@pytest.fixture
def one(backend: str, tmp_path: Path) -> Any:
    with roads.reader_for(backend, RICH + MANY, tmp_path) as reader:
        return next(reader)


def together(*work: Callable[[], object]) -> list[Any]:
    """Runs each piece of work in a thread of its own; the first exception of any is raised."""
    results: list[Any] = [None] * len(work)
    failures: list[BaseException] = []
    start = threading.Barrier(len(work))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = work[place]()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def test_a_record_edited_in_one_thread_is_read_whole_in_others(one: Any) -> None:
    values = {"Title", "changed", "changed again"}

    def edit() -> None:
        for round_ in range(COUNT):
            one["245"]["a"] = "changed" if round_ % 2 else "changed again"

    def look() -> None:
        for _ in range(COUNT):
            assert one["245"]["a"] in values
            assert one.title.split(" é")[0] in values
            again = rapidmarc.Record(data=one.as_marc())
            assert again["245"]["a"] in values and again["245"]["b"] == "é"

    together(edit, look, look)


def test_fields_added_and_removed_while_others_look(one: Any) -> None:
    extra = [rapidmarc.Field("500", data=None, subfields=[]) for _ in range(8)]

    def change() -> None:
        for field in extra * (COUNT // 8):
            one.add_field(field)
            one.remove_field(field)

    def look() -> None:
        for _ in range(COUNT):
            found = [field.tag for field in one.get_fields("001", "245", "650")]
            assert sorted(found) == ["001", "245", "650"]
            assert set(one.as_dict()) == {"leader", "fields"}

    together(change, look)
    assert [field.tag for field in one.fields] == ["001", "245", "650"]


@pytest.mark.parametrize("streaming", ["record", "batched"])
def test_a_stream_that_lets_others_run_while_it_is_read_gives_each_record_once(
    streaming: str,
) -> None:
    class Yielding(roads.OnlyRead):
        inside = 0

        def read(self, size: int = -1) -> bytes:
            self.inside += 1
            assert self.inside == 1, "two threads are in `read`"
            gate.wait(0.0005)  # never set: lets go of the lock, with others wanting the reader
            got = super().read(size)
            self.inside -= 1
            return got

    gate = threading.Event()
    content = b"".join(plain(str(number)) for number in range(250))
    reader = rapidmarc.MARCReader(Yielding(content, most=4_000), backend=streaming)
    parts = together(*[lambda: [each["001"].data for each in reader]] * 4)
    found = sorted(int(number) for part in parts for number in part)
    assert found == list(range(250))


def test_readers_of_one_file_need_nothing_from_each_other(backend: str, tmp_path: Path) -> None:
    with roads.reader_for(backend, MANY, tmp_path) as reader:
        others = [
            lambda: [each["001"].data for each in rapidmarc.MARCReader(MANY)] for _ in range(3)
        ]
        found = together(lambda: [each["001"].data for each in reader], *others)
    assert found == [[str(number) for number in range(COUNT)]] * 4


def test_a_reader_may_be_finished_by_another_thread_than_it_was_begun(
    backend: str, tmp_path: Path
) -> None:
    with roads.reader_for(backend, MANY, tmp_path) as reader:
        found = []
        for _ in range(10):
            found += together(lambda: [next(reader)["001"].data for _ in range(COUNT // 10)])[0]
    assert found == [str(number) for number in range(COUNT)]


def test_options_changed_by_another_thread_count_from_some_record_on() -> None:
    reader = rapidmarc.MARCReader(MANY)
    kinds: list[bool] = []

    def read() -> None:
        kinds.extend(each.to_unicode for each in reader)

    def change() -> None:
        reader.to_unicode = False

    together(read, change)
    assert kinds == sorted(kinds, reverse=True) and len(kinds) == COUNT


def test_all_loops_over_one_field_or_record_share_its_position(one: Any) -> None:
    for thing in (one, one["245"]):
        assert iter(thing) is thing
        together(lambda thing=thing: list(thing))
        assert list(thing) == [*thing]  # each loop begins again, and has come to the end


@pytest.mark.parametrize("way", ["spawn", "forkserver"])
def test_a_process_of_its_own_reads_for_itself(way: str, backend: str, tmp_path: Path) -> None:
    content = b"".join(plain(str(number)) for number in range(50))
    with roads.reader_for(backend, content, tmp_path) as reader:
        first = next(reader)["001"].data
        with multiprocessing.get_context(way).Pool(1) as pool:
            counted = pool.apply(_count, (content,))
        assert (first, counted, sum(1 for _ in reader)) == ("0", 50, 49)


def _count(content: bytes) -> int:
    return sum(1 for _ in rapidmarc.MARCReader(content))
