"""Writes the files of tests/data and the table of what reading them gives.

    build/venv/bin/python tests/data/make.py           write everything
    build/venv/bin/python tests/data/make.py --check   only say which files would change

The result depends on nothing but the code. `expected.json` comes from the reference reader under
default options; long values stand in it as length and hash.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests import reference  # noqa: E402
from tests.data import malformed, wellformed  # noqa: E402

LONGEST_VALUE = 400


def all_files() -> dict[str, bytes]:
    """Every file by its path below tests/data."""
    made = {f"wellformed/{name}.mrc": content for name, content in wellformed.files().items()}
    made |= {f"malformed/{name}.mrc": content for name, content in malformed.files().items()}
    made["expected.json"] = table(made)
    return made


def table(made: dict[str, bytes]) -> bytes:
    """The outcomes of all files, one line each."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(outcomes(content), ensure_ascii=True)}"
        for name, content in sorted(made.items())
    ]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def outcomes(content: bytes) -> list[dict[str, Any]]:
    """What reading `content` delivers, as it stands in the table."""
    return [
        {
            "error": outcome.error,
            "chunk": shortened(outcome.chunk),
            "notes": [[channel, shortened(text)] for channel, text in outcome.notes],
            "leader": outcome.content and outcome.content.leader,
            "fields": outcome.content and [_field(field) for field in outcome.content.fields],
        }
        for outcome in reference.read(content)
    ]


def _field(field: tuple[Any, ...]) -> list[Any]:
    if len(field) == 2:
        return [field[0], shortened(field[1])]
    tag, first, second, subfields = field
    return [tag, first, second, [[code, shortened(value)] for code, value in subfields]]


def shortened(value: str | bytes) -> Any:
    """`value` itself if it is short text, else its length and hash. Chunks are always hashed."""
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return value
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return {"length": len(value), "sha256": hashlib.sha256(raw).hexdigest()[:16]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args().check
    made = all_files()
    present = {
        str(path.relative_to(HERE))
        for pattern in ("wellformed/*.mrc", "malformed/*.mrc")
        for path in HERE.glob(pattern)
    }
    stale = [f"{name} (no longer made)" for name in sorted(present - made.keys())]
    for name, content in made.items():
        path = HERE / name
        if path.exists() and path.read_bytes() == content:
            continue
        stale.append(name)
        if not only_check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    for name in stale:
        print(name)
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
