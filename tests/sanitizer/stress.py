"""Stress scenarios through Python: `python stress.py SCENARIO BACKEND` must leave no report.

Run by `harness.tsan` on the sanitizer build. A wrong record is an error here too: a scenario that
reads nothing would be clean as well.

CPython's lock orders everything that does not really overlap. So the threads start at a barrier,
have far more work without the lock than with it, and hand the lock over as often as they can.
"""

from __future__ import annotations

import gc
import io
import itertools
import queue
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from arrow_stream import ArrowStream
from corpus import Corpus, make_corpus
from loaded_libraries import require_sanitizer_build

import rapidmarc
import rapidmarc._core
from rapidmarc.exceptions import QueueFullError

# Every backend with the roads on which it takes its bytes.
ROADS = {
    "record": ("open", "bytesio", "custom"),
    "batched": ("open", "bytesio", "custom"),
    "native": ("path",),
    "memory": ("bytes",),
}
READS_AHEAD = ("native", "memory")
WORKERS = 4
PATIENCE = 20  # seconds; a thread that failed must not leave another waiting for it
# Wanted bytes: enough for several blocks, few enough for the record-at-a-time backend.
SIZES = {"record": 300_000, "batched": 2_000_000, "native": 4_000_000, "memory": 4_000_000}


class OnlyRead:
    """The least that a reader accepts: an object with `read`, and short reads at that."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, 50_000) if size > 0 else size)


class Stage:
    """A corpus on every road, for one backend."""

    def __init__(self, backend: str, folder: Path, *, misleading: bool = False) -> None:
        self.backend = backend
        self.corpus = make_corpus(SIZES[backend], misleading=misleading)
        self.path = folder / f"records-{misleading}.mrc"
        self.path.write_bytes(self.corpus.data)

    def reader(self, opened: ExitStack, road: str | None = None, **options: Any) -> Any:
        data = self.corpus.data
        targets: dict[str, Callable[[], Any]] = {
            "open": lambda: opened.enter_context(self.path.open("rb")),
            "bytesio": lambda: io.BytesIO(data),
            "custom": lambda: OnlyRead(data),
            "path": lambda: str(self.path),
            "bytes": lambda: data,
        }
        target = targets[road or ROADS[self.backend][0]]()
        if self.backend in READS_AHEAD:
            options.setdefault("num_threads", WORKERS)
        reader = rapidmarc.MARCReader(target, backend=self.backend, **options)
        assert reader.backend == self.backend
        return reader


def facts(record: Any) -> tuple[str, str] | None:
    return None if record is None else (record["001"].data, record["245"]["a"])


def check(found: Iterable[Any], corpus: Corpus) -> None:
    found = list(found)
    assert found == corpus.expected, f"{len(found)} records, {len(corpus.expected)} expected"


def in_threads(*works: Callable[[], None]) -> None:
    """Runs all of them at once; the first error of any is raised here."""
    barrier = threading.Barrier(len(works))
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            barrier.wait()
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def own_readers(backend: str, folder: Path) -> None:
    """Four threads, each with a reader of its own: nothing is shared but constant tables."""
    stage = Stage(backend, folder)
    for road in ROADS[backend]:
        for batch_size in (7, "auto"):

            def read(road: str = road, batch_size: Any = batch_size) -> None:
                with ExitStack() as opened:
                    reader = stage.reader(opened, road, batch_size=batch_size)
                    check(map(facts, reader), stage.corpus)

            in_threads(read, read, read, read)


def shared_reader(backend: str, folder: Path) -> None:
    """Eight threads take records from one reader: each record goes to exactly one of them."""
    stage = Stage(backend, folder)
    for road in ROADS[backend]:
        with ExitStack() as opened:
            reader = stage.reader(opened, road)
            taken: queue.SimpleQueue[Any] = queue.SimpleQueue()

            def read(reader: Any = reader, taken: queue.SimpleQueue[Any] = taken) -> None:
                for record in reader:
                    taken.put(facts(record))

            in_threads(*[read] * 8)
            found = Counter(taken.get() for _ in range(taken.qsize()))
            assert found == Counter(stage.corpus.expected)


def keep_and_free(backend: str, folder: Path) -> None:
    """Records are kept, then first looked into and freed by another thread than the reader's."""
    stage = Stage(backend, folder)
    with ExitStack() as opened:
        reader = stage.reader(opened)
        handed: queue.Queue[Any] = queue.Queue(maxsize=500)
        found: list[Any] = []

        def produce() -> None:
            kept = []
            for number, record in enumerate(reader):
                handed.put(record, timeout=PATIENCE)
                if number % 10 == 0:
                    kept.append(record)
            handed.put(handed, timeout=PATIENCE)
            # Those that both threads hold are looked at by both at once.
            assert sum(record is not None for record in kept) == sum(
                record is not None and len(record.as_marc()) > 24 for record in kept
            )

        def consume() -> None:
            waiting: list[Any] = []
            while (record := handed.get(timeout=PATIENCE)) is not handed:
                waiting.append(record)
                if len(waiting) == 100:
                    found.extend(map(facts, waiting))
                    waiting.clear()
                    gc.collect(0)
            found.extend(map(facts, waiting))

        in_threads(produce, consume)
    check(found, stage.corpus)


def close_while_read(backend: str, folder: Path) -> None:
    """A reader is closed while others take records from it; they get an end or an error."""
    stage = Stage(backend, folder)
    for taken_before in (0, 1, 50, 200):
        with ExitStack() as opened:
            reader = stage.reader(opened)
            enough = threading.Semaphore(0)

            def read(reader: Any = reader, enough: threading.Semaphore = enough) -> None:
                try:
                    for record in reader:
                        facts(record)
                        enough.release()
                except ValueError:
                    pass  # what a closed file says

            def close(
                reader: Any = reader,
                enough: threading.Semaphore = enough,
                taken_before: int = taken_before,
            ) -> None:
                for _ in range(taken_before):
                    assert enough.acquire(timeout=PATIENCE)
                reader.close()

            in_threads(read, read, read, close)


def queue_policies(backend: str, folder: Path) -> None:
    """Readers ahead of a slow consumer, with a queue too small for the file."""
    stage = Stage(backend, folder)
    small = {"queue_bytes": 300_000, "queue_records": 400}
    with ExitStack() as opened:
        check(map(facts, slowly(stage.reader(opened, **small))), stage.corpus)
        reader = stage.reader(opened, **small, on_overflow="drop")
        dropped = [facts(record) for record in slowly(reader)]
        assert len(dropped) + reader.stats["records_dropped"] == len(stage.corpus.expected)
        reader = stage.reader(opened, **small, on_overflow="error")
        try:
            read = [facts(record) for record in slowly(reader)]
        except QueueFullError:
            pass
        else:
            assert read == stage.corpus.expected


def slowly(reader: Any) -> Iterator[Any]:
    """Loses the lock and some time every hundred records."""
    pause = threading.Event()
    for number, record in enumerate(reader):
        if number % 100 == 0:
            pause.wait(0.002)
        yield record


def early_stop(backend: str, folder: Path) -> None:
    """Readers are dropped, closed or left while their workers are busy."""
    stage = Stage(backend, folder)
    for taken in (0, 1, 30, 700):
        with ExitStack() as opened:
            reader = stage.reader(opened)
            some = [next(reader) for _ in range(taken)]
            del reader
            gc.collect()
            assert [facts(record) for record in some] == stage.corpus.expected[:taken]
            with stage.reader(opened) as reader:
                for _ in range(taken):
                    next(reader)
            reader = stage.reader(opened)
            some = [next(reader) for _ in range(taken)]
            reader.close()
            assert [facts(record) for record in some] == stage.corpus.expected[:taken]


def misjoined_chunks(backend: str, folder: Path) -> None:
    """Chunks that start at what only looks like a record are decoded again from the right place."""
    stage = Stage(backend, folder, misleading=True)
    with ExitStack() as opened:
        check(map(facts, stage.reader(opened)), stage.corpus)

    def read() -> None:
        with ExitStack() as opened:
            check(map(facts, stage.reader(opened, num_threads=2)), stage.corpus)

    in_threads(read, read)


def options_changed(backend: str, folder: Path) -> None:
    """What was decoded ahead is decoded again when an option of the reader changes."""
    stage = Stage(backend, folder)
    with ExitStack() as opened:
        reader = stage.reader(opened)
        found = []
        for number in range(len(stage.corpus.expected)):
            if number % 97 == 0:
                reader.hide_utf8_warnings = not reader.hide_utf8_warnings
            found.append(facts(next(reader)))
    check(found, stage.corpus)


def one_thread(backend: str, folder: Path) -> None:
    """Two programs that each read on one thread, inline, and must agree with the corpus."""
    stage = Stage(backend, folder)
    options = {"num_threads": 1} if backend in READS_AHEAD else {}
    for road in ROADS[backend]:

        def read(road: str = road) -> None:
            with ExitStack() as opened:
                check(map(facts, stage.reader(opened, road, **options)), stage.corpus)

        read()
        in_threads(read, read)


def shared_writer(backend: str, folder: Path) -> None:
    """Four threads copy from one reader to one writer, whose queue is too small for them."""
    stage = Stage(backend, folder)
    target = folder / "copy.mrc"
    for num_threads, queue_bytes in itertools.product((1, 2), (2_500, 100_000)):
        with ExitStack() as opened:
            writer = opened.enter_context(
                rapidmarc.MARCWriter(target, queue_bytes=queue_bytes, num_threads=num_threads)
            )
            reader = stage.reader(opened)

            def copy(reader: Any = reader, writer: Any = writer) -> None:
                for record in reader:
                    if record is not None:
                        writer.write(record)

            in_threads(*[copy] * 4)
        found = Counter(map(facts, rapidmarc.MARCReader(target)))
        assert found == Counter(each for each in stage.corpus.expected if each is not None)


def columns(backend: str, folder: Path) -> None:
    """Four threads read one selection each, and four take turns with the batches of a shared one:
    by Arrow's C interface, whose functions are called without the lock."""
    stage = Stage(backend, folder)
    data = stage.corpus.data
    paths = {"id": "001", "title": "245$a"}
    for road in ROADS[backend]:
        sources: dict[str, Callable[[], Any]] = {
            "path": lambda: str(stage.path),
            "bytes": lambda: data,
            "open": lambda: io.BufferedReader(io.FileIO(stage.path)),
            "bytesio": lambda: io.BytesIO(data),
            "custom": lambda: OnlyRead(data),
        }

        def selection(source: Callable[[], Any] = sources[road]) -> Any:
            return rapidmarc.select(source(), paths, on_error="none", num_threads=WORKERS)

        def read() -> None:
            with ArrowStream(selection()) as stream:
                assert sum(stream) == len(stage.corpus.expected)

        in_threads(read, read, read, read)
        with ArrowStream(selection()) as shared:
            rows: queue.SimpleQueue[int] = queue.SimpleQueue()
            turn = threading.Lock()

            def take(
                shared: ArrowStream = shared,
                rows: queue.SimpleQueue[int] = rows,
                turn: threading.Lock = turn,
            ) -> None:
                while True:
                    with turn:
                        count = shared.next()
                    if count == 0:
                        return
                    rows.put(count)

            in_threads(take, take, take, take)
            assert sum(rows.get() for _ in range(rows.qsize())) == len(stage.corpus.expected)
        with ArrowStream(selection()) as dropped:
            dropped.next()


SCENARIOS: dict[str, Callable[[str, Path], None]] = {
    "own-readers": own_readers,
    "shared-reader": shared_reader,
    "keep-and-free": keep_and_free,
    "close-while-read": close_while_read,
    "queue-policies": queue_policies,
    "early-stop": early_stop,
    "misjoined-chunks": misjoined_chunks,
    "options-changed": options_changed,
    "one-thread": one_thread,
    "shared-writer": shared_writer,
    "columns": columns,
}


def main() -> None:
    require_sanitizer_build(rapidmarc._core)
    scenario, backend = sys.argv[1:]
    sys.setswitchinterval(1e-5)
    with tempfile.TemporaryDirectory() as folder:
        SCENARIOS[scenario](backend, Path(folder))


if __name__ == "__main__":
    main()
