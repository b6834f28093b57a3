"""The process whose instructions are counted: `python -m harness.counted WORKLOAD FILE`.

It imports little and reads one file once. What it prints proves that the work was done, and names
the road that vector instructions took: under valgrind that is not always the host's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from harness.engines.rapidmarc import BACKENDS
from harness.engines.workloads import (
    Loop,
    as_dict,
    as_json,
    change_all,
    extract,
    read,
    roundtrip,
    title,
)


def change(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        record["245"]["a"] = "Another title"
        record.as_marc()
    return count


def change_and_write(reader: Iterable[Any]) -> int:
    import rapidmarc

    return change_all(reader, rapidmarc.MARCWriter(os.devnull, num_threads=1))


#: Name for people, the backend, what is done with its records. All on one thread.
WORKLOADS: dict[str, tuple[str, Loop]] = {
    "read, native": ("rapidmarc/native", read),
    "read, batched": ("rapidmarc/batched", read),
    "read, record": ("rapidmarc/record", read),
    "title": ("rapidmarc/native", title),
    "every value": ("rapidmarc/native", extract),
    "as_marc": ("rapidmarc/native", roundtrip),
    "change, as_marc": ("rapidmarc/native", change),
    "change, write": ("rapidmarc/native", change_and_write),
    "as_dict": ("rapidmarc/native", as_dict),
    "as_json": ("rapidmarc/native", as_json),
}


def main(workload: str, path: str) -> None:
    name, loop = WORKLOADS[workload]
    engine = BACKENDS[name]
    with open(path, "rb") as file:
        reader = engine.open(file if "open" in engine.sources else path, {})
        records = loop(reader)
        engine.close(reader)
    print(json.dumps({"records": records, "simd": engine.module()._core._text_scan_road()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
