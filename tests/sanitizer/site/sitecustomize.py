"""Run by every interpreter that `make sanitize` starts, before anything else.

NumPy, and pyarrow and pandas with it, leave a few kilobytes of what importing them makes to the end
of the process. LeakSanitizer is told not to watch while these are imported; what is done with them
afterwards it watches, and none of them imports anything of ours.
"""

import ctypes
import os
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

FOREIGN = ("numpy", "pandas", "pyarrow")

runtime = ctypes.CDLL(None)


class Unwatched:
    """Finds their modules as the interpreter would, and has them executed unwatched."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in FOREIGN:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_unwatched(module: ModuleType) -> None:
                runtime["__lsan_disable"]()
                try:
                    execute(module)
                finally:
                    runtime["__lsan_enable"]()

            spec.loader.exec_module = execute_unwatched  # type: ignore[method-assign]
        return spec


def note_command() -> None:
    """Beside where this process will report: LeakSanitizer does not say which command it was."""
    place = re.search(r"log_path=([^:]+)", os.environ.get("ASAN_OPTIONS", ""))
    if place:
        with open(f"{place[1]}-command.{os.getpid()}", "w", encoding="utf-8") as file:
            file.write(shlex.join(sys.orig_argv))


note_command()
if hasattr(runtime, "__lsan_disable"):
    sys.meta_path.insert(0, Unwatched())
