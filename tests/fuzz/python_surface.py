"""Fuzzes what users see from Python: any bytes read by rapidmarc and by pymarc, compared in full.

    python -m tests.fuzz.python_surface CORPUS SEEDS -max_total_time=60     (libFuzzer's options)

The first byte chooses backend and options; a difference in any step, note or exception, or in what
a record says of itself, ends the run. The same bytes are read on behind damage, and what becomes of
each is compared with the plain rules of tests/reference. Needs atheris; `make fuzz` starts it.
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

from rapidmarc import _core
from tests import roads
from tests.parity import compare
from tests.reference import recover
from tests.reference.salvage import salvage

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
    check_recovery(target if backend == "memory" else roads.OnlyRead(data), backend, data)


def check_recovery(target: Any, backend: str, data: bytes) -> None:
    """Every byte is in the piece in which the rules have it, and each piece is salvaged by them."""
    reader = rapidmarc.MARCReader(target, backend=backend, on_error="skip", to_unicode=False)
    delivered = [(record.offset, record.offset + record.length) for record in reader]
    pieces = recover.pieces(data)
    whole = [(begin, end) for kind, begin, end in pieces if kind == "record"]
    padding = sum(end - begin for kind, begin, end in pieces if kind == "padding")
    stats = reader.stats
    if stats["bytes_padding"] != padding or not set(delivered) <= set(whole):
        raise AssertionError(f"{backend}: {delivered} of {pieces}")
    if stats["bytes"] + stats["bytes_rejected"] + padding != len(data):
        raise AssertionError(f"{backend}: {stats} of {len(data)}")
    for kind, begin, end in pieces:
        if kind != "padding":
            piece = data[begin:end]
            leader, fields, errors = _core._salvage(piece, 0, begin)
            expected = salvage(piece)
            places = [(error.position, error.tag) for error in errors]
            if (leader, fields, places) != (
                expected.leader,
                expected.fields,
                [(fault.position, fault.tag) for fault in expected.faults],
            ):
                raise AssertionError(f"{piece!r}: {leader, fields, places}, but {expected}")


if __name__ == "__main__":
    logging.raiseExceptions = False
    warnings.simplefilter("always")
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
