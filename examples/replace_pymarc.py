"""A script written for pymarc: who holds what. Its first line is all that was changed.

    python examples/replace_pymarc.py FILE [--pymarc]

Prints, for each record, its control number, the title and the places where copies are (852$b).
`--pymarc` runs the same code on pymarc, so that the outputs can be compared. As a script for pymarc
would, it opens the file itself; handing over the path is faster still.
"""

import sys

import rapidmarc as pymarc  # was: import pymarc


def report(path: str) -> int:
    """Prints a line for each record; gives how many could not be read."""
    unread = 0
    with open(path, "rb") as file:
        reader = pymarc.MARCReader(file, to_unicode=True, force_utf8=False)
        for record in reader:
            if record is None:
                unread += 1
                print("unreadable:", reader.current_exception, file=sys.stderr)
                continue
            number = record["001"].data if "001" in record else "?"
            places = [field["b"] for field in record.get_fields("852") if "b" in field]
            print(number, record.title or "(no title)", ", ".join(places) or "-", sep="\t")
    return unread


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--pymarc" in arguments:
        arguments.remove("--pymarc")
        import pymarc  # the same names, so nothing else changes
    if len(arguments) != 1:
        sys.exit(str(__doc__).splitlines()[2].strip())
    sys.exit(1 if report(arguments[0]) else 0)
