"""What the command line does when it is told to end."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.data.encode import control, data, record
from tests.python.command_line import write


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    content = [record([control("001", f"b{n}"), data("245", "10", "aTitle")]) for n in range(10)]
    return write(tmp_path, "books.mrc", b"".join(content))


class TestInterruption:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
    )
    def test_leaves_no_half_written_file(
        self, books: Path, number: signal.Signals, code: int
    ) -> None:
        running = subprocess.Popen(
            [sys.executable, "-m", "rapidmarc", "convert", "-", "-o", "a.xml"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell has what runs in the background ignore these, and so would this one.
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        )
        assert running.stdin is not None
        running.stdin.write(books.read_bytes())
        running.stdin.flush()
        deadline = time.monotonic() + 60
        while not list(books.parent.glob("a.xml.*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(books.parent.glob("a.xml.*.part"))
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
        assert running.returncode == code
        assert b"Traceback" not in told
        assert not list(books.parent.glob("a.xml*"))

    def test_a_signal_that_is_ignored_from_the_start_stays_so(self, books: Path) -> None:
        running = subprocess.Popen(
            [sys.executable, "-m", "rapidmarc", "convert", "-", "-o", "a.mrc"],
            stdin=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # as nohup does
        )
        assert running.stdin is not None
        running.stdin.write(books.read_bytes())
        running.stdin.flush()
        deadline = time.monotonic() + 60
        while not list(books.parent.glob("a.mrc.*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGHUP)
        running.communicate(timeout=60)
        assert running.returncode == 0
        assert Path("a.mrc").read_bytes() == books.read_bytes()
