"""Where the program `rapidmarc` starts: counts at once, or hands over to `rapidmarc.cli`.

Counting takes less time than loading the packages of a command line. So a plain file of faultless
records is counted before that; all other files, options and complaints are left to the commands.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from typing import NoReturn


INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def main() -> NoReturn:
    """Run the command line in ``sys.argv``; ends the process."""
    try:
        _main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _main() -> NoReturn:
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "count" and not words[1].startswith("-"):
        records = count_at_once(words[1])
        if records is not None:
            try:
                print(records, flush=True)
                os._exit(0)  # nothing is left to be put in order
            except OSError:
                pass  # the command will meet it again, and tell of it
    try:
        from rapidmarc.cli import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f"rapidmarc: this needs the package {error.name}: pip install 'rapidmarc[cli]'")
    run()


def count_at_once(path: str) -> int | None:
    """The number of records in a regular file, each of which `MARCReader` can deliver; None if the
    file is anything else, which takes longer to tell."""
    import stat

    from rapidmarc import MARCReader

    try:
        with open(path, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not file.read(5).isdigit():
                return None
        with MARCReader(path, hide_utf8_warnings=True) as reader:
            records, at_end = reader._pass_over()
    except OSError:
        return None
    return records if at_end else None
