"""Runs one canary through Python: `python canaries.py NAME`.

Exit codes: the sanitizer's own when it reported the race, 0 when the race went unseen, anything
else when the canary could not be staged.
"""

from __future__ import annotations

import sys
import threading

import rapidmarc_canaries  # type: ignore[import-not-found]
from loaded_libraries import require_sanitizer_build

# As in canaries_main.cpp.
ROUNDS = 5


def two_threads_without_gil() -> None:
    """The first call waits, without the GIL, until the second one has come."""
    other = threading.Thread(target=rapidmarc_canaries.without_gil)
    other.start()
    rapidmarc_canaries.without_gil()
    other.join()


def main() -> None:
    require_sanitizer_build(rapidmarc_canaries)
    name = sys.argv[1]
    for _ in range(ROUNDS):
        if name == "without_gil":
            two_threads_without_gil()
        else:
            getattr(rapidmarc_canaries, name)()


if __name__ == "__main__":
    main()
