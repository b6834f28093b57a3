"""The exit codes of all commands, and what is said about a file that fails."""

FINE = 0
BROKEN = 1
"""Records could not be read or did not pass; or nothing was found."""
USAGE = 2
"""click's own."""
FILE = 3


def describe(error: OSError) -> str:
    """One line about a file that could not be opened, read or written."""
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
