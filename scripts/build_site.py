"""Builds the site from docs/ and looks at what came out (`make docs`).

    python scripts/build_site.py [--no-browser]

Warnings of MkDocs are errors. Then every page is checked (scripts/pages.py): links, anchors,
headings, names, and that nothing is loaded from elsewhere; and, where Chromium is, by axe in light
and dark. Workflow files are checked against their schema, too, since nothing here would run them.

Exit codes: 0 built and clean, 1 findings, 3 could not build.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "site"
#: What the notebook reads: the first of these that is there.
EXAMPLES = (
    ROOT / "build" / "corpora" / "loc-large.mrc",
    ROOT / "tests" / "data" / "wellformed" / "hundred.mrc",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--no-browser", action="store_true", help="leave axe out")
    given = parser.parse_args()
    python = sys.executable
    if run(python, "-m", "mkdocs", "build", "--quiet", "--strict", "--clean") != 0:
        print("docs: could not build")
        return 3
    browser = [] if given.no_browser else ["--browser"]
    pages = run(python, "scripts/pages.py", str(SITE), *browser)
    workflows = sorted(str(file) for file in (ROOT / ".github" / "workflows").glob("*.yml"))
    schema = ["check-jsonschema", "--quiet", "--builtin-schema", "vendor.github-workflows"]
    tool = str(Path(python).parent)
    wrong = run(f"{tool}/{schema[0]}", *schema[1:], *workflows)
    wrong += run(f"{tool}/zizmor", "--offline", "--quiet", "--no-progress", *workflows)
    if pages == 3:  # no Chromium: said, and no defect of the pages
        pages = run(python, "scripts/pages.py", str(SITE))
    print(
        f"docs: {SITE.relative_to(ROOT)}/index.html" + (", with findings" if pages + wrong else "")
    )
    return 1 if pages or wrong else 0


def run(*command: str) -> int:
    """The exit code of a command, with the file that the notebook is to read."""
    example = next(file for file in EXAMPLES if file.exists())
    environment = {
        **os.environ,
        "RAPIDMARC_EXAMPLE": str(example),
        "NO_MKDOCS_2_WARNING": "1",  # advice about a version that is not installed
    }
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
