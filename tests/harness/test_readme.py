"""README's tables say what the reference run says."""

from __future__ import annotations

import pytest

from harness.report.data import Run
from scripts import readme_figures

pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def reference() -> Run:
    return Run.load(readme_figures.RUN)


@pytest.fixture
def readme() -> str:
    return readme_figures.README.read_text("utf-8")


def test_readme_says_what_the_reference_run_says(readme: str, reference: Run) -> None:
    assert readme_figures.with_figures(readme, reference) == readme


def test_a_figure_that_was_typed_is_put_right(readme: str, reference: Run) -> None:
    row = next(line for line in readme.splitlines() if line.startswith("| mrrc"))
    typed = readme.replace(row, row.replace(row.split("|")[2], " 1000 "))
    assert typed != readme
    assert readme_figures.with_figures(typed, reference) == readme


def test_every_verdict_of_the_run_stands_in_the_table(readme: str, reference: Run) -> None:
    for line in reference.verdicts:
        (row,) = (row for row in readme.splitlines() if row.startswith(f"| {line['gate']} |"))
        assert row.endswith(f"| `{line['verdict']}` |")


def test_a_place_that_is_gone_is_an_error(readme: str, reference: Run) -> None:
    with pytest.raises(ValueError, match="one place for each"):
        readme_figures.with_figures(readme.replace("figures: gates", "gates"), reference)
