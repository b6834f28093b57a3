"""Finds and mends mojibake: text whose bytes were once read in the wrong encoding.

    python examples/mojibake.py FILE OUT

Two kinds are mended. A leader that denies its record's encoding: the record is read in the one it
has. And text that was converted twice ("KÃ¶ln" for "Köln"): a value is turned back if its letters
are, as bytes, valid UTF-8, which other text is not by chance. Each change is printed, so that
somebody can look at it; OUT is written in UTF-8, with leaders that say so.
"""

import sys
from collections.abc import Iterator

import rapidmarc
from rapidmarc import Field, Subfield


def mended(text: str) -> str:
    """The text before it was converted once too often; as it is, if it was not."""
    for wrong in ("cp1252", "latin-1"):
        try:
            found = text.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
        if found != text:
            return found
    return text


def mend(field: Field) -> Iterator[tuple[str, str]]:
    """Mends the values of a field in place; gives each change as before and after."""
    if field.control_field:
        return
    for place, (code, value) in enumerate(field.subfields):
        if value.isascii():
            continue
        better = mended(value)
        if better != value:
            field.subfields[place] = Subfield(code, better)
            yield value, better


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(str(__doc__).splitlines()[2].strip())
    source, out = sys.argv[1:]
    told = twice = 0
    with (
        rapidmarc.MARCReader(source, encoding="auto", on_error="skip") as reader,
        rapidmarc.MARCWriter(out) as writer,
    ):
        for record in reader:
            number = record["001"].data if "001" in record else f"record {record.index}"
            claimed = "utf-8" if record.leader[9] == "a" else "marc-8"
            if record.encoding != claimed:
                told += 1
                print(f"{number}: the leader says {claimed}, the text is {record.encoding}")
            for field in record.fields:
                for before, after in mend(field):
                    twice += 1
                    print(f"{number} {field.tag}: {before!r} was {after!r}")
            record.leader[9] = "a"  # what is written is UTF-8
            writer.write(record)
        left_out = sum(reader.errors.values())
    print(f"{told} leaders and {twice} values mended; {left_out} records could not be read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
