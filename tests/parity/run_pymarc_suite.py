"""Runs pymarc's own tests against rapidmarc, with nothing changed but the import.

    build/venv/bin/python tests/parity/run_pymarc_suite.py build/corpora/pymarc-5.4.0 --backend
    batched

``import pymarc`` gives rapidmarc, and so does each of its modules. Without a backend (option, or
RAPIDMARC_BACKEND) a reader chooses its own; with one, what the tests hand to `MARCReader` is first
brought into a form that this backend takes. The tests run in a copy, since they write files beside
themselves. The last line of the output is the count, as JSON.
"""

import argparse
import importlib
import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

MODULES = (
    "constants",
    "exceptions",
    "field",
    "leader",
    "marc8",
    "marc8_mapping",
    "marcjson",
    "marcxml",
    "reader",
    "record",
    "writer",
)
BACKENDS = ("auto", "record", "batched", "native", "memory")


def alias() -> None:
    """Lets the import system find rapidmarc under pymarc's name."""
    for name in ("", *(f".{module}" for module in MODULES)):
        sys.modules[f"pymarc{name}"] = importlib.import_module(f"rapidmarc{name}")


def choose_backend(backend: str, folder: Path) -> None:
    """Makes every `MARCReader` use one backend, whatever it is given."""
    import rapidmarc
    import rapidmarc.reader

    class Reader(rapidmarc.MARCReader):
        def __init__(self, marc_target: Any, *args: Any, **keywords: Any) -> None:
            self._given = marc_target
            keywords["backend"] = backend
            super().__init__(self._fitting(marc_target), *args, **keywords)

        def _fitting(self, target: Any) -> Any:
            if backend in ("record", "batched"):
                return io.BytesIO(target) if isinstance(target, bytes) else target
            data = target if isinstance(target, bytes) else target.read()
            if backend == "memory":
                return data
            handle, path = tempfile.mkstemp(dir=folder)
            with open(handle, "wb") as file:
                file.write(data)
            return path

        def close(self) -> None:
            super().close()
            if hasattr(self._given, "close"):
                self._given.close()

    for module in (rapidmarc, rapidmarc.reader):
        module.MARCReader = Reader  # type: ignore[attr-defined, misc, unused-ignore]


class Count:
    """Counts tests by their outcome; one that fails anywhere has failed."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            worst = self.outcomes.get(report.nodeid, "passed")
            self.outcomes[report.nodeid] = worst if worst != "passed" else report.outcome

    def summary(self) -> dict[str, Any]:
        others = {test: outcome for test, outcome in self.outcomes.items() if outcome != "passed"}
        return {
            "tests": len(self.outcomes),
            "passed": len(self.outcomes) - len(others),
            "others": others,
        }


def run(package: Path, backend: str) -> dict[str, Any]:
    """Runs the tests of the unpacked source package and returns the count."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(package / "test", folder / "test")
        (folder / "pytest.ini").write_text("[pytest]\n")
        alias()
        if backend != "auto":
            choose_backend(backend, folder)
        before = Path.cwd()
        os.chdir(folder)
        count = Count()
        try:
            options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={folder}"]
            code = pytest.main([*options, "test"], plugins=[count])
        finally:
            os.chdir(before)
    under_test = sys.modules["pymarc"].__name__
    return {"backend": backend, "package": under_test, "code": int(code), **count.summary()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path, help="the unpacked source package of pymarc")
    chosen = os.environ.get("RAPIDMARC_BACKEND", "auto")
    parser.add_argument("--backend", choices=BACKENDS, default=chosen)
    arguments = parser.parse_args()
    summary = run(arguments.package.resolve(), arguments.backend)
    print(json.dumps(summary))
    return int(summary["passed"] != summary["tests"] or not summary["tests"])


if __name__ == "__main__":
    sys.exit(main())
