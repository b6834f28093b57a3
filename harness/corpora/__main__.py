"""`python -m harness.corpora [NAME ...]`: fetch or make corpora, by default those of the gates,
and the small one."""

from __future__ import annotations

import sys

from harness.corpora import CorpusError, get
from harness.corpora.catalog import NAMES

NEEDED = (
    "loc-small", "loc-medium", "loc-fifth-tenth", "loc-half", "loc-large",
    "generated-medium", "generated-lengths", "generated-marc8-tenth",
)  # fmt: skip


def main(names: list[str]) -> int:
    for name in names or NEEDED:
        if name not in NAMES:
            print(f"unknown corpus {name!r}; known are {', '.join(NAMES)}", file=sys.stderr)
            return 64
        try:
            corpus = get(name)
        except CorpusError as error:
            print(f"missing: {error}", file=sys.stderr)
            return 3
        print(f"{corpus.name}: {corpus.records} records, {corpus.bytes} bytes, {corpus.path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
