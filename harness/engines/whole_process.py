"""A Python process from its start to its end that counts the records of a file, as a user's would.

What the interpreter and the import cost is in the figure; hyperfine takes it. The processes find
compiled modules, as those of an installed package do.
"""

from __future__ import annotations

import subprocess
import sys

from harness.engines import hyperfine, load_engine
from harness.engines.protocol import Answer, Engine, Job, per_second

COUNT = (
    "import sys, {package}; "
    "print(sum(1 for _ in {package}.MARCReader({target})))"
)  # fmt: skip
# The program `rapidmarc`, by the lines that an installer writes for it.
COMMAND_LINE = (
    "import sys; from rapidmarc._entry import main; sys.argv.insert(1, 'count'); sys.exit(main())"
)
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


class WholeProcess:
    sources = frozenset({"path"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"readers"})
    batch_sizes = False
    most_threads: int | None = 1

    def __init__(self, code: str, engine: str, rate: float) -> None:
        self.code = code
        self.engine = engine
        self.guess = per_second(read=rate)

    @property
    def _reader(self) -> Engine:
        return load_engine(self.engine)

    @property
    def install(self) -> str:
        return self._reader.install

    def version(self) -> str:
        hyperfine.program("hyperfine", "hyperfine")
        return self._reader.version()

    def _command(self, file: str) -> list[str]:
        return [sys.executable, "-c", self.code, file]

    def measure(self, job: Job) -> Answer:
        return hyperfine.measure(job, self._command(job["file"]), without=NO_BYTECODE)

    def count(self, file: str) -> int:
        done = subprocess.run(
            self._command(file), capture_output=True, text=True, check=True, timeout=600
        )
        return int(done.stdout)


def _counting(package: str, target: str) -> str:
    return COUNT.format(package=package, target=target)


ENGINES = {
    "whole-process/rapidmarc": WholeProcess(
        _counting("rapidmarc", "sys.argv[1], num_threads=1"), "rapidmarc/native", 1_000_000
    ),
    "whole-process/rapidmarc-count": WholeProcess(COMMAND_LINE, "rapidmarc/native", 2_000_000),
    "whole-process/pymarc": WholeProcess(
        _counting("pymarc", "open(sys.argv[1], 'rb')"), "pymarc", 10_000
    ),
}
