"""Small programs that test_marc_writer.py runs in processes of their own.

    python -m tests.python.writing_errands NAME FOLDER NUM_THREADS

Each ends with exit code 0 and prints "done" if all went as it should. What is in the files that
they leave in the folder is checked by the test.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import rapidmarc
from tests.python.processes import descriptor_count, descriptors_before, thread_count

COUNT = 3_000


def numbered(number: int) -> Any:
    """A record of about a kilobyte that says its number."""
    record = rapidmarc.Record()
    record.add_field(rapidmarc.Field("001", data=str(number)))
    title = rapidmarc.Subfield("a", "Title " + "x" * 900)
    record.add_field(rapidmarc.Field("245", ["1", "0"], [title]))
    return record


def numbers(path: Path) -> list[str]:
    return [record["001"].data or "" for record in rapidmarc.MARCReader(path) if record is not None]


def fork(folder: Path, open_writer: Any) -> None:
    """Forks in the middle: the parent writes on; the child cannot, and its copy writes nothing."""
    writer = open_writer(folder / "all.mrc", queue_bytes=100_000)
    for number in range(COUNT // 2):
        writer.write(numbered(number))
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            writer.write(numbered(0))
        except RuntimeError as error:
            assert "fork" in str(error)
            writer.close()
            del writer
            with open_writer(folder / "child.mrc", queue_bytes=100_000) as own:
                for number in range(COUNT):
                    own.write(numbered(number))
            os._exit(0)
        os._exit(1)
    for number in range(COUNT // 2, COUNT):
        writer.write(numbered(number))
    writer.close()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"child: {status}"


def exit_with_open_writers(folder: Path, open_writer: Any) -> None:
    """Leaves the interpreter with writers that nobody closed, one of them in a cycle."""
    kept = []
    for name in ("module", "cycle", "small"):
        writer: Any = open_writer(folder / f"{name}.mrc", queue_bytes=100_000)
        for number in range(5 if name == "small" else COUNT):
            writer.write(numbered(number))
        if name == "cycle":
            writer.me = writer
        kept.append(writer)
    # In a module that is taken apart last.
    sys.kept = kept  # type: ignore[attr-defined]


def exit_while_a_daemon_writes(folder: Path, open_writer: Any) -> None:
    """Leaves while a thread writes on and on."""
    writing = threading.Event()

    def write() -> None:
        with open_writer(folder / "daemon.mrc", queue_bytes=50_000) as writer:
            number = 0
            while True:
                writer.write(numbered(number))
                number += 1
                if number == 500:
                    writing.set()

    threading.Thread(target=write, daemon=True).start()
    assert writing.wait(60)


@contextmanager
def stalled_pipe(folder: Path) -> Iterator[Path]:
    """A pipe that is open for reading and never read."""
    path = folder / "pipe"
    os.mkfifo(path)
    reading_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path
    os.close(reading_end)


def interrupt(folder: Path, open_writer: Any) -> None:
    """Is interrupted in `write` and again in `close` while nobody takes what it writes."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def press() -> None:
        # No third time: it could come when this errand is already past its `except`.
        for _ in range(2):
            time.sleep(1)
            os.kill(os.getpid(), signal.SIGINT)

    with stalled_pipe(folder) as path:
        before = descriptors_before(), thread_count()
        keyboard = threading.Thread(target=press)
        try:
            with open_writer(path, queue_bytes=100_000) as writer:
                keyboard.start()
                for number in range(COUNT):
                    writer.write(numbered(number))
        except KeyboardInterrupt:
            pass
        keyboard.join()
        assert (descriptor_count(), thread_count()) == before
        writer.write(numbered(0))  # closed, so this is nothing


def exit_with_a_stalled_pipe(folder: Path, open_writer: Any) -> None:
    """Leaves although nobody takes what it wrote; that it is lost is said."""
    told: list[Any] = []
    sys.unraisablehook = told.append
    with stalled_pipe(folder) as path:
        writer = open_writer(path, queue_bytes=1 << 20)
        for number in range(200):
            writer.write(numbered(number))
        del writer
    assert [type(each.exc_value) for each in told] == [OSError]


ERRANDS: dict[str, Callable[[Path, Any], None]] = {
    errand.__name__: errand
    for errand in (
        fork,
        exit_with_open_writers,
        exit_while_a_daemon_writes,
        interrupt,
        exit_with_a_stalled_pipe,
    )
}

if __name__ == "__main__":
    name, folder_name, num_threads = sys.argv[1:]
    writer = partial(rapidmarc.MARCWriter, num_threads=int(num_threads))
    ERRANDS[name](Path(folder_name), writer)
    print("done", flush=True)
