"""How long things live: records without their reader, readers without their threads, and the end.

What forks, is interrupted or leaves the interpreter runs in a process of its own (errands.py).
"""

import gc
import random
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rapidmarc
from tests import corpora, roads
from tests.data.encode import control, data, plain, record
from tests.parity import compare
from tests.python import processes
from tests.python.processes import descriptor_count, descriptors_before, thread_count

HUNDRED = (corpora.WELLFORMED / "hundred.mrc").read_bytes()
# More than any one block holds, so that readers ahead have something left to do.
MANY = b"".join(
    record([control("001", str(number)), data("245", "10", "aTitle " + "x" * 900)])
    for number in range(5_000)
)


@pytest.fixture(scope="module")
def many_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "many.mrc"
    path.write_bytes(MANY)
    return path


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file so large that keeping its blocks would show."""
    path = tmp_path_factory.mktemp("large") / "large.mrc"
    with open(path, "wb") as handle:
        for number in range(70_000):
            title = data("245", "10", "aTitle " + "x" * 950)
            handle.write(record([control("001", str(number)), title]))
    yield path
    path.unlink()


def run_errand(name: str, backend: str, path: Path) -> None:
    processes.run_errand("errands", name, backend, str(path))


class TestRecordsWithoutTheirReader:
    def test_records_outlive_reader_and_file(self, backend: str, tmp_path: Path) -> None:
        expected = [compare.describe(found) for found in rapidmarc.MARCReader(HUNDRED)]
        with roads.reader_for(backend, HUNDRED, tmp_path) as reader:
            kept = list(reader)
        reader.close()
        del reader
        for path in tmp_path.iterdir():
            path.unlink()
        gc.collect()
        # Other records are read meanwhile, into whatever memory became free.
        list(rapidmarc.MARCReader(MANY))
        assert [compare.describe(found) for found in kept] == expected

    def test_records_outlive_the_buffer(self) -> None:
        buffer = bytearray(HUNDRED)
        reader = rapidmarc.MARCReader(buffer)
        kept = [next(reader) for _ in range(50)]
        reader.close()
        del reader, buffer
        gc.collect()
        assert [found["001"].data for found in kept] == [f"number {at}" for at in range(50)]

    def test_a_record_kept_through_the_whole_file(self, backend: str, tmp_path: Path) -> None:
        with roads.reader_for(backend, MANY, tmp_path) as reader:
            first = next(reader)
            title = first["245"]
            [last] = deque(reader, maxlen=1)
        assert (first["001"].data, last["001"].data) == ("0", "4999")
        assert title is first["245"] and title["a"].startswith("Title x")

    @pytest.mark.parametrize("name", ["record", "batched", "native"])
    def test_few_kept_records_do_not_keep_the_file(self, name: str, large_file: Path) -> None:
        run_errand("keep_few", name, large_file)

    def test_reading_again_and_again_does_not_grow(self, backend: str, tmp_path: Path) -> None:
        def read() -> None:
            with roads.reader_for(backend, HUNDRED, tmp_path) as reader:
                for found in reader:
                    compare.describe(found)

        for _ in range(10):
            read()
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(20):
            read()
        gc.collect()
        assert sys.getallocatedblocks() - before < 500


class TestFieldsAskedForOneByOne:
    TAGS = tuple(f"{number:03}" for number in range(1, 90))
    BYTES = record([control(t, t) if t < "010" else data(t, "  ", f"a{t}") for t in TAGS])

    @pytest.mark.parametrize("seed", range(20))
    def test_they_are_made_once_in_any_order(self, seed: int) -> None:
        chance = random.Random(seed)
        [found] = rapidmarc.MARCReader(self.BYTES)
        asked = chance.sample(self.TAGS, chance.randint(1, len(self.TAGS)))
        made = {tag: found[tag] for tag in asked}
        gc.collect()
        held = [thing for thing in gc.get_referents(found) if type(thing) is rapidmarc.Field]
        assert sorted(map(id, held)) == sorted(map(id, made.values()))
        assert all(found[tag] is field and field.tag == tag for tag, field in made.items())
        assert found.as_marc() == self.BYTES
        assert [field.tag for field in found.fields] == list(self.TAGS)
        assert all(field is made.get(field.tag, field) for field in found.fields)

    @pytest.mark.parametrize("seed", range(20))
    def test_what_is_written_has_all_changes(self, seed: int) -> None:
        chance = random.Random(seed)
        [found] = rapidmarc.MARCReader(self.BYTES)
        changed = chance.sample(self.TAGS[9:], chance.randint(1, 9))
        for tag in changed:
            found[tag]["a"] = "x" * chance.randint(1, 40)
        again = rapidmarc.Record(found.as_marc())
        assert compare.content(again)[1] == compare.content(found)[1]
        for tag in self.TAGS[9:]:
            assert (again[tag]["a"] == tag) == (tag not in changed)


class TestReadersLeftEarly:
    def leave_early(self, backend: str, folder: Path, **options: Any) -> None:
        with roads.reader_for(backend, MANY, folder, **options) as reader:
            for _ in reader:
                break

    def test_no_thread_stays(self, backend: str, tmp_path: Path) -> None:
        threads = {"num_threads": 2} if backend in ("native", "memory") else {}
        for _ in range(3):
            self.leave_early(backend, tmp_path, **threads)
        gc.collect()
        before, python_threads = thread_count(), threading.active_count()
        for _ in range(30):
            self.leave_early(backend, tmp_path, **threads)
        gc.collect()
        # Idle threads of the pool may be there, but leaving readers must not add to them.
        assert thread_count() <= before and threading.active_count() == python_threads

    def test_no_descriptor_stays(self, backend: str, tmp_path: Path) -> None:
        self.leave_early(backend, tmp_path)
        before = descriptors_before()
        for _ in range(30):
            self.leave_early(backend, tmp_path)
        gc.collect()
        assert descriptor_count() == before

    def test_a_reader_never_read_from_leaves_nothing(self, many_file: Path) -> None:
        before = descriptors_before(), threading.active_count()
        for _ in range(200):
            rapidmarc.MARCReader(many_file)
        gc.collect()
        assert (descriptor_count(), threading.active_count()) == before

    def test_a_reader_in_a_cycle_is_collected(self, many_file: Path) -> None:
        before = descriptors_before()
        for _ in range(20):
            reader = rapidmarc.MARCReader(many_file)
            reader.me = reader
            reader.first = next(reader)
        del reader
        gc.collect()
        assert descriptor_count() == before

    def test_a_handle_that_knows_its_reader_is_collected(self) -> None:
        class Handle(roads.OnlyRead):
            reader: Any = None
            alive = 0

            def __init__(self) -> None:
                super().__init__(MANY)
                Handle.alive += 1

            def __del__(self) -> None:
                Handle.alive -= 1

        for _ in range(5):
            handle = Handle()
            handle.reader = rapidmarc.MARCReader(handle)
            next(handle.reader)
        del handle
        gc.collect()
        assert Handle.alive == 0

    def test_leaving_by_an_exception_closes_nothing_of_the_caller(self, many_file: Path) -> None:
        with open(many_file, "rb") as handle:
            with pytest.raises(ZeroDivisionError), rapidmarc.MARCReader(handle) as reader:
                for _ in reader:
                    raise ZeroDivisionError
            assert not handle.closed


class TestTheEnd:
    """Forks, exits and interrupts; each ends by itself and says nothing."""

    def test_fork_in_the_middle(self, backend: str, many_file: Path) -> None:
        run_errand("fork", backend, many_file)

    @pytest.mark.parametrize(
        "name", ["exit_with_open_readers", "exit_while_a_daemon_reads", "exit_by_exception"]
    )
    def test_exit(self, name: str, backend: str, many_file: Path) -> None:
        run_errand(name, backend, many_file)

    def test_interrupt_while_reading(self, backend: str, many_file: Path) -> None:
        run_errand("interrupt", backend, many_file)

    @pytest.mark.parametrize("name", ["record", "batched"])
    def test_interrupt_while_waiting_for_bytes(self, name: str, many_file: Path) -> None:
        run_errand("interrupt_a_wait", name, many_file)


class TestSharedReaders:
    THREADS = 8

    def test_each_record_goes_to_exactly_one_thread(self, backend: str, tmp_path: Path) -> None:
        with roads.reader_for(backend, MANY, tmp_path) as reader:
            found = self.share(lambda: [int(each["001"].data) for each in reader])
        assert sorted(number for part in found for number in part) == list(range(5_000))
        # Each thread sees its own records in the order of the file.
        assert all(part == sorted(part) for part in found)

    def test_records_may_be_shared_as_well(self, backend: str, tmp_path: Path) -> None:
        with roads.reader_for(backend, HUNDRED, tmp_path) as reader:
            kept = list(reader)

        # No loop over a record itself: all loops over one record share its position.
        def look(records: list[Any]) -> list[Any]:
            return [
                (each.title, str(each), each.as_marc(), [field.value() for field in each.fields])
                for each in records
            ]

        expected = look(list(rapidmarc.MARCReader(HUNDRED)))
        assert all(part == expected for part in self.share(lambda: look(kept)))
        first = self.share(lambda: [id(each["245"]) for each in kept])
        assert all(part == first[0] for part in first)

    def test_many_readers_at_a_time(self, backend: str, tmp_path: Path) -> None:
        def read() -> list[int]:
            folder = tmp_path / str(threading.get_ident())
            folder.mkdir(exist_ok=True)
            with roads.reader_for(backend, MANY, folder) as reader:
                return [int(each["001"].data) for each in reader]

        assert self.share(read) == [list(range(5_000))] * self.THREADS

    def test_closing_while_others_read(self, backend: str, tmp_path: Path) -> None:
        def read() -> list[int]:
            numbers = []
            try:
                for each in reader:
                    numbers.append(int(each["001"].data))
                    if len(numbers) == 100:
                        reader.close()
            except ValueError:
                # The handle is closed.
                pass
            return numbers

        with roads.reader_for(backend, MANY, tmp_path) as reader:
            found = self.share(read)
        numbers = [number for part in found for number in part]
        assert len(numbers) == len(set(numbers))

    def share(self, work: Any) -> list[Any]:
        """What each of the threads makes of `work`; an exception in one is raised here."""
        results: list[Any] = [None] * self.THREADS
        failures: list[BaseException] = []
        start = threading.Barrier(self.THREADS)

        def run(place: int) -> None:
            start.wait()
            try:
                results[place] = work()
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(place,)) for place in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return results


def test_plain_records_are_what_they_should_be() -> None:
    assert len(plain("one")) > 100 and len(MANY) > 4_000_000
