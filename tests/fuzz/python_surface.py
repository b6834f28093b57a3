"""Fuzzes what users see from Python: any bytes read by rapidmarc and by pymarc, compared in full.

    python -m tests.fuzz.python_surface CORPUS SEEDS -max_total_time=60     (libFuzzer's options)

The first byte chooses backend and options; a difference in any step, note or exception, or in what
a record says of itself, ends the run. Needs atheris; `make fuzz` starts it.
"""

import io
import logging
import sys
import warnings
from typing import Any

import atheris

with atheris.instrument_imports(include=["rapidmarc", "pymarc"]):
    import pymarc

    import rapidmarc

from tests import roads
from tests.parity import compare

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"to_unicode": False},
    {"force_utf8": True, "utf8_handling": "replace"},
    {"file_encoding": "latin-1", "hide_utf8_warnings": True},
)
BACKENDS = ("record", "batched", "memory")  # native: the file would be all that is measured


def check(content: bytes) -> None:
    choice, data = content[:1] or b"\0", content[1:]
    options = OPTIONS[choice[0] % len(OPTIONS)]
    backend = BACKENDS[choice[0] // len(OPTIONS) % len(BACKENDS)]
    target = data if backend == "memory" else roads.OnlyRead(data)
    expected = compare.run(pymarc.MARCReader(io.BytesIO(data), **options))
    actual = compare.run(rapidmarc.MARCReader(target, backend=backend, **options))
    found = compare.differences(expected, actual)
    if found:
        raise AssertionError(f"{backend} {options}\n{found}")


if __name__ == "__main__":
    logging.raiseExceptions = False
    warnings.simplefilter("always")
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
