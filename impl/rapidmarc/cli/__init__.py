"""The command line, built with click; a module for each group of commands.

`run` is the program. A command's module is loaded when the command is, so that none waits for the
packages of another.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import warnings
from importlib import import_module
from typing import Any, NoReturn

import click

from rapidmarc._entry import INTERRUPTED
from rapidmarc._version import __version__
from rapidmarc.cli import exits
from rapidmarc.exceptions import BadSubfieldCodeWarning

# Where each command lives, in the order of the help.
_COMMANDS = {
    "count": "counting",
    "head": "showing",
    "show": "showing",
    "select": "converting",
    "convert": "converting",
    "split": "rearranging",
    "merge": "rearranging",
    "grep": "searching",
    "validate": "checking",
    "audit": "checking",
    "repair": "rearranging",
    "stats": "statistics",
    "index": "indexing",
}

OPTIONAL = ("fsspec", "pyarrow", "zstandard")
"""Packages that only some inputs and outputs need."""


class _Commands(click.Group):
    """Loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"rapidmarc.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NobodyReads from error  # click would make an error of it


class _NobodyReads(Exception):
    """Whoever reads our output has closed it."""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rapidmarc")
def commands() -> None:
    """Look at MARC records, and do things with them.

    FILE is a path, a pattern, a URL, or "-" for standard input. Compression (gzip, xz, bzip2, zstd)
    and format (ISO 2709, MARCXML, MARC-in-JSON, MARCMaker) are told by the first bytes.

    \b
    Exit codes: 0  all is well
                1  records were broken or did not pass; grep: nothing was found
                2  the command was not understood
                3  a file could not be opened, read or written
    """


def _terminate(number: int, frame: object) -> NoReturn:
    """End as after an error, so that no half-written file is left behind."""
    sys.exit(128 + number)


def run(words: list[str] | None = None) -> NoReturn:
    """Run the command in `words` (None: in ``sys.argv``); ends the process."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # what records are written in, whatever the locale
    # What is odd about records that can be read is not what any command tells.
    warnings.simplefilter("ignore", BadSubfieldCodeWarning)
    logging.getLogger("pymarc").setLevel(logging.ERROR)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _terminate)
    try:
        result: Any = commands.main(words, prog_name="rapidmarc", standalone_mode=False)
        code = result if isinstance(result, int) else exits.FINE
        sys.stdout.flush()
    except (_NobodyReads, BrokenPipeError):
        # It has seen enough. Python shall not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 128 + signal.SIGPIPE
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        print(f"rapidmarc: {error}", file=sys.stderr)
        code = exits.FILE
    except ValueError as error:  # what was asked for does not go together
        print(f"rapidmarc: {error}", file=sys.stderr)
        code = exits.USAGE
    except OSError as error:
        print(f"rapidmarc: {exits.describe(error)}", file=sys.stderr)
        code = exits.FILE
    sys.exit(code)
