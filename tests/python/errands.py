"""Small programs that test_lifetime.py runs in processes of their own.

    python -m tests.python.errands NAME BACKEND FILE

Each ends with exit code 0 and prints "done" if all went as it should. They are kept out of the test
process because they fork, are interrupted, or end with readers open.
"""

import os
import re
import resource
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rapidmarc


def opened(backend: str, path: str, **options: Any) -> Any:
    """A reader of `path` in `backend`, by the road on which programs use that backend."""
    target: Any = path
    if backend in ("record", "batched"):
        target = open(path, "rb")  # noqa: SIM115
    elif backend == "memory":
        with open(path, "rb") as handle:
            target = handle.read()
    return rapidmarc.MARCReader(target, backend=backend, **options)


def fork(backend: str, path: str) -> None:
    """Forks in the middle: both processes read on, or the child is told clearly that it cannot."""
    expected = [str(record) for record in opened(backend, path)]
    # A descriptor shared between processes has one position; each needs to know its own.
    reader = opened(backend, path, num_threads=2) if backend != "record" else opened(backend, path)
    before = [str(next(reader)) for _ in range(10)]
    assert before == expected[:10]
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            rest = [str(record) for record in reader] if backend in ("native", "memory") else None
            fresh = [str(record) for record in opened(backend, path)]
            os._exit(0 if rest in (None, expected[10:]) and fresh == expected else 1)
        except RuntimeError as error:
            os._exit(0 if "fork" in str(error) else 2)
        except BaseException:
            os._exit(3)
    assert [str(record) for record in reader] == expected[10:]
    _, status = os.waitpid(child, 0)
    assert status == 0, f"child: {status}"


def exit_with_open_readers(backend: str, path: str) -> None:
    """Leaves the interpreter with readers in every state, and records kept."""
    readers = [opened(backend, path) for _ in range(5)]
    kept = [next(reader) for reader in readers[1:]]
    list(readers[2])
    readers[3].close()
    readers[4].me = readers[4]
    # In a module that is taken apart last.
    sys.kept = (readers, kept)  # type: ignore[attr-defined]


def exit_while_a_daemon_reads(backend: str, path: str) -> None:
    """Leaves the interpreter while another thread is inside `next`."""
    started = threading.Event()

    def read_for_ever() -> None:
        while True:
            for _ in opened(backend, path):
                started.set()

    for _ in range(3):
        threading.Thread(target=read_for_ever, daemon=True).start()
    started.wait(60)


def exit_by_exception(backend: str, path: str) -> None:
    """Leaves the loop, and the process, by sys.exit."""
    for _ in opened(backend, path):
        print("done")
        sys.exit(0)


def interrupt(backend: str, path: str) -> None:
    """Reads until Ctrl-C, which must come through as KeyboardInterrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        while True:
            reader = opened(backend, path)
            for _ in reader:
                pass
            # A file object that is dropped open is shown in a warning, and the interpreter loses
            # an interrupt that comes while it does that.
            reader.close()
    except KeyboardInterrupt:
        return


def interrupt_a_wait(backend: str, path: str) -> None:
    """Is interrupted while it waits for bytes that never come."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reading_end, writing_end = os.pipe()
    os.write(writing_end, b"00100")
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with open(reading_end, "rb") as handle:
        try:
            next(rapidmarc.MARCReader(handle, backend=backend))
        except KeyboardInterrupt:
            os.close(writing_end)
            return
    raise AssertionError("the wait ended by itself")


def keep_few(backend: str, path: str) -> None:
    """Keeps one record of each block of a large file; the blocks must not stay with them."""
    options = {} if backend in ("record", "batched") else {"queue_bytes": 1 << 20}
    # Whatever is made once is made before the first look.
    sum(1 for _ in opened(backend, path, **options))
    kept = []
    before = resident_bytes()
    size = os.path.getsize(path)
    reader = opened(backend, path, **options)
    for number, record in enumerate(reader):
        if number % 250 == 0:
            kept.append(record)
    del reader
    grown = resident_bytes() - before
    # The records kept, doubled, and 12 MB for blocks in flight and the allocator's slack.
    allowed = 2 * sum(len(record.as_marc()) for record in kept) + (12 << 20)
    assert size > 4 * allowed, "the file is too small to tell"
    assert grown < allowed, f"{grown:,} bytes for {len(kept)} records, {allowed:,} allowed"
    assert [record["001"].data for record in kept[:3]] == ["0", "250", "500"]


def run_out_of_memory(backend: str, path: str) -> None:
    """Reads within less and less memory: whole, or up to a MemoryError; then whole again."""
    expected = [str(record) for record in opened(backend, path, **alone(backend))]
    mapped = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10
    refused = 0
    for spare in range(6 << 20, -1, -(1 << 18)):
        kept = []
        resource.setrlimit(resource.RLIMIT_AS, (mapped + spare, resource.RLIM_INFINITY))
        try:
            for record in opened(backend, path, **alone(backend)):
                kept.append(str(record) + "x" * 4_000)
        except MemoryError:
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        assert [text.rstrip("x") for text in kept] == expected[: len(kept)]
    assert refused > 0, "there was memory enough"
    assert [str(record) for record in opened(backend, path)] == expected


def take_no_more_than_a_gibibyte(backend: str, path: str) -> None:
    """A length below five stands for all that follows, as in pymarc; here up to a limit."""
    good = Path(path).read_bytes()
    with open(path, "ab") as handle:
        handle.write(b"00000")
        handle.truncate(len(good) + (1 << 30) + 1)  # a hole, read as zeros
    reader = opened(backend, path, **alone(backend))
    assert str(next(reader)["001"]) == "=001  good"
    assert next(reader) is None
    assert isinstance(reader.current_exception, rapidmarc.exceptions.RecordLengthInvalid)
    assert next(reader, "end") == "end"


def alone(backend: str) -> dict[str, int]:
    """One thread: how a process without memory fails to start another is not the question."""
    return {"num_threads": 1} if backend in ("native", "memory") else {}


def resident_bytes() -> int:
    """Memory of this process that is present."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        return int(handle.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


ERRANDS: dict[str, Callable[[str, str], None]] = {
    errand.__name__: errand
    for errand in (
        fork,
        exit_with_open_readers,
        exit_while_a_daemon_reads,
        exit_by_exception,
        interrupt,
        interrupt_a_wait,
        keep_few,
        run_out_of_memory,
        take_no_more_than_a_gibibyte,
    )
}

if __name__ == "__main__":
    name, chosen_backend, file = sys.argv[1:]
    ERRANDS[name](chosen_backend, file)
    print("done", flush=True)
