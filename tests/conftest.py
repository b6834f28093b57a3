"""Where the tests find their files, the backends they run in, and what was not at hand.

Real files are not part of the repository. Without them the tests run on tests/data alone and the
last lines of the run say what is missing; with RAPIDMARC_REQUIRE_DATA=1 a missing file fails.
"""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests import corpora, roads  # noqa: E402

# The same examples in each run, so that a change is judged by what it changes; new ones are looked
# for with --hypothesis-profile=explore, and by the fuzzers.
settings.register_profile("repeat", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("repeat")


@pytest.fixture(params=roads.BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each way in which a reader can work, one after the other."""
    return str(request.param)


@pytest.fixture(params=roads.ROADS)
def road(request: pytest.FixtureRequest) -> str:
    """Each way in which bytes can reach a reader."""
    return str(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how much of the real data the run did not see."""
    for line in corpora.missing_lines():
        terminalreporter.write_line(line, yellow=True)
