"""pymarc's own tests pass with rapidmarc in its place, all of them, whatever the backend.

They come with pymarc's source package, which `harness/corpora` unpacks into build/corpora
(RAPIDMARC_CORPORA names another place).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import corpora

PACKAGE = corpora.CORPORA / "pymarc-5.4.0"
RUNNER = Path(__file__).with_name("run_pymarc_suite.py")
TESTS = 174
BACKENDS = ("auto", "record", "batched", "native", "memory")


def run(backend: str) -> subprocess.CompletedProcess[str]:
    """The tests in a process of their own: the alias would reach every other test here."""
    return subprocess.run(
        [sys.executable, str(RUNNER), str(PACKAGE)],
        env={**os.environ, "RAPIDMARC_BACKEND": backend, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_pymarcs_own_tests_pass(backend: str) -> None:
    if not (PACKAGE / "test").is_dir():
        told = f"pymarc's own tests are not below {corpora.CORPORA}"
        assert not corpora.DATA_REQUIRED, told
        pytest.skip(told)
    done = run(backend)
    assert done.stdout, done.stderr
    count = json.loads(done.stdout.splitlines()[-1])
    assert (count["passed"], count["tests"], count["others"]) == (TESTS, TESTS, {}), done.stdout
    assert (count["package"], count["backend"]) == ("rapidmarc", backend)
    assert (count["code"], done.returncode) == (0, 0)
