"""Files with one defect each, named after it; a good record stands on either side of the bad one.

What follows from each defect is in expected.json, not here.
"""

from tests.data import malformed_fields
from tests.data.encode import (
    RECORD_END,
    between,
    control,
    data,
    entries,
    plain,
    record,
    sized_field,
    sized_record,
)

FIELDS = [
    control("001", "bad"),
    control("003", "XxXxX"),
    data("245", "10", "aThe title :", "bof it."),
    data("500", "  ", "aA note."),
]
WHOLE = record(FIELDS)
SIZE = len(WHOLE)


def _lengths() -> dict[str, bytes]:
    def stated(length: bytes) -> bytes:
        return between(record(FIELDS, length=length))

    short = b"00020nam a2200000  " + RECORD_END
    return {
        "length-too-short": stated(b"%05d" % (SIZE - 5)),
        "length-one-too-short": stated(b"%05d" % (SIZE - 1)),
        "length-too-long": stated(b"%05d" % (SIZE + 5)),
        "length-one-too-long": stated(b"%05d" % (SIZE + 1)),
        "length-too-long-at-the-end": plain("before") + record(FIELDS, length=b"%05d" % (SIZE + 5)),
        "length-of-two-records": plain("before")
        + record(FIELDS, length=b"%05d" % (2 * SIZE))
        + WHOLE,
        "length-huge": stated(b"99999"),
        "length-blank": stated(b"     "),
        "length-zero": stated(b"00000"),
        "length-non-digit": stated(b"abcde"),
        "length-one-letter": stated(b"0012O"),
        "length-decimal": stated(b"123.4"),
        "length-hexadecimal": stated(b"0x0ff"),
        "length-signed": stated(b"+%04d" % SIZE),
        "length-negative": stated(b"-0005"),
        "length-underscore": stated(b"0_%d" % SIZE),
        "length-two-underscores": stated(b"1__23"),
        "length-blank-before": stated(b"  %d" % SIZE),
        "length-blank-behind": stated(b"%d  " % SIZE),
        "length-other-blanks": stated(b"\t%d\n" % SIZE),
        "length-separator-as-blank": stated(b"\x1f0%d" % SIZE),
        "length-with-nul": stated(b"0%d\x00" % SIZE),
        "length-arabic-digits": stated("٠1٢".encode()),
        "length-below-24": between(short),
        "length-of-leader-alone": between(b"00024nam a2200024   450" + RECORD_END),
        "length-of-25": between(b"00025nam a2200024   4500" + RECORD_END),
        "length-below-5": stated(b"00003"),
        "length-4": stated(b"00004"),
        "length-5": stated(b"00005"),
        "length-below-5-at-the-end": plain("before") + record(FIELDS, length=b"00003"),
    }


def _junk() -> dict[str, bytes]:
    kinds = {
        "lf": b"\n",
        "crlf": b"\r\n",
        "nul": b"\x00",
        "substitute": b"\x1a",
        "bom": b"\xef\xbb\xbf",
        "blank": b" ",
        "five-blanks": b"     ",
        "record-terminator": RECORD_END,
        "text": b"-- next record --",
    }
    made = {}
    for name, junk in kinds.items():
        made[f"{name}-between"] = plain("before") + junk + plain("after") + plain("last")
        made[f"{name}-at-the-start"] = junk + plain("first") + plain("second")
        made[f"{name}-at-the-end"] = plain("first") + plain("last") + junk
        made[f"{name}-alone"] = junk
    return made | {
        "empty": b"",
        "text-file": b"This is no MARC file.\nIt is read all the same.\n",
        "xml-file": b'<?xml version="1.0"?><collection xmlns="http://www.loc.gov/MARC21/slim"/>\n',
        "number-and-text": b"00042 is the answer, and so it goes on and on.\n",
    }


def _leader() -> dict[str, bytes]:
    def based(base: bytes) -> bytes:
        return between(record(FIELDS, base=base))

    true_base = WHOLE.index(b"\x1e") + 1
    return {
        "base-zero": based(b"00000"),
        "base-negative": based(b"-0001"),
        "base-blank": based(b"     "),
        "base-non-digit": based(b"0o123"),
        "base-non-ascii": based(b"00\xb973"),
        "base-signed": based(b"+%04d" % true_base),
        "base-underscore": based(b"0_0%d" % true_base),
        "base-blank-before": based(b"   %d" % true_base),
        "base-past-the-end": based(b"99999"),
        "base-at-the-end": based(b"%05d" % SIZE),
        "base-last-byte": based(b"%05d" % (SIZE - 1)),
        "base-below-24": based(b"00012"),
        "base-24": based(b"00024"),
        "base-25": based(b"00025"),
        "base-one": based(b"00001"),
        "base-one-too-small": based(b"%05d" % (true_base - 1)),
        "base-one-too-large": based(b"%05d" % (true_base + 1)),
        "base-one-entry-too-small": based(b"%05d" % (true_base - 12)),
        "base-one-entry-too-large": based(b"%05d" % (true_base + 12)),
        "leader-non-ascii": between(WHOLE[:6] + b"\xe9" + WHOLE[7:]),
        "leader-nul": between(WHOLE[:5] + b"\x00\x00\x00\x00" + WHOLE[9:]),
        "leader-counts-odd": between(WHOLE[:10] + b"99" + WHOLE[12:20] + b"xyzw" + WHOLE[24:]),
    }


def _directory() -> dict[str, bytes]:
    listed = entries(FIELDS)

    def directed(directory: bytes | list[bytes], **more: bytes) -> bytes:
        joined = directory if isinstance(directory, bytes) else b"".join(directory)
        return between(record(FIELDS, directory=joined, **more))

    def changed(number: int, entry: bytes) -> bytes:
        return directed([*listed[:number], entry, *listed[number + 1 :]])

    title = listed[2]
    return {
        "directory-empty": directed(b""),
        "directory-length-not-a-multiple-of-12": directed(b"".join(listed)[:-3]),
        "directory-one-byte-more": directed([*listed, b"0"]),
        "directory-non-ascii": changed(3, b"\xe900000900000"),
        "directory-end-missing": directed(listed, directory_end=b" "),
        "directory-end-absent": directed(listed, directory_end=b""),
        "directory-terminator-inside": changed(3, b"\x1e" * 12),
        "entry-length-non-digit": changed(2, b"24500X100010"),
        "entry-offset-non-digit": changed(2, b"245001000O10"),
        "entry-length-blank": changed(2, b"245    00010"),
        "entry-length-blank-before": changed(2, b"245  20" + title[7:]),
        "entry-length-separator-as-blank": changed(2, b"245\x1f024" + title[7:]),
        "entry-length-signed": changed(2, b"245+020" + title[7:]),
        "entry-length-underscore": changed(2, b"2450_20" + title[7:]),
        "entry-length-negative": changed(2, b"245-005" + title[7:]),
        "entry-length-zero": changed(2, b"2450000" + title[7:]),
        "entry-length-one": changed(2, b"2450001" + title[7:]),
        "entry-length-one-too-small": changed(
            2, b"%s%04d%s" % (title[:3], int(title[3:7]) - 1, title[7:])
        ),
        "entry-length-one-too-large": changed(
            2, b"%s%04d%s" % (title[:3], int(title[3:7]) + 1, title[7:])
        ),
        "entry-length-past-the-end": changed(3, b"5009999" + listed[3][7:]),
        "entry-offset-past-the-end": changed(3, b"500001099999"),
        "entry-offset-at-the-end": changed(3, listed[3][:7] + b"%05d" % (SIZE - 24 - 49)),
        "entry-offset-negative": changed(2, title[:7] + b"-0030"),
        "entry-offset-far-negative": changed(2, title[:7] + b"-0200"),
        "entry-offset-signed": changed(2, title[:7] + b"+%04d" % int(title[7:])),
        "entries-overlap": directed([*listed, b"246" + title[3:]]),
        "entries-overlap-in-part": changed(3, b"500%04d%05d" % (20, int(title[7:]) + 4)),
        "entries-out-of-order": directed(listed[::-1]),
        "entries-repeated": directed(listed * 2),
        "entries-too-few": directed(listed[:2]),
        "entry-tag-blank": changed(2, b"   " + title[3:]),
        "entry-tag-letters": changed(2, b"abc" + title[3:]),
        "entry-tag-control-bytes": changed(2, b"\x00\x01\x1f" + title[3:]),
        "entry-tag-000": changed(2, b"000" + title[3:]),
        "entry-tag-009": changed(2, b"009" + title[3:]),
        "entry-tag-control-read-as-data": changed(0, b"010" + listed[0][3:]),
    }


def _truncations() -> dict[str, bytes]:
    base = WHOLE.index(b"\x1e") + 1
    places = {
        "in-the-length": 3,
        "behind-the-length": 5,
        "in-the-leader": 15,
        "behind-the-leader": 24,
        "in-the-directory": 31,
        "before-the-directory-end": base - 1,
        "behind-the-directory": base,
        "in-a-control-field": base + 2,
        "in-a-value": SIZE - 12,
        "before-the-last-field-end": SIZE - 2,
        "before-the-record-end": SIZE - 1,
    }
    cut = {f"truncated-{name}": plain("before") + WHOLE[:place] for name, place in places.items()}
    return cut | {
        "record-end-missing": between(record(FIELDS, end=b" ")),
        "record-end-absent": between(record(FIELDS, end=b"")),
        "record-end-in-a-value": between(
            record([control("001", "bad"), data("245", "10", "aA\x1dB")])
        ),
        "two-record-ends": between(WHOLE + RECORD_END),
    }


def _sizes() -> dict[str, bytes]:
    def clipped(size: int, stated: bytes) -> bytes:
        fields = [control("001", "x"), sized_field(size), data("650", " 0", "aBehind it")]
        listed = entries(fields)
        listed[1] = b"520" + stated + listed[1][-5:]
        return record(fields, directory=b"".join(listed)) + plain("after")

    made = {}
    for size in (10_000, 10_001):
        # A careless writer lets the number grow by a digit; a careful one has to lie.
        made[f"field-{size}-bytes"] = record([control("001", "x"), sized_field(size)]) + plain(
            "after"
        )
        made[f"field-{size}-bytes-stated-as-9999"] = clipped(size, b"9999")
        made[f"field-{size}-bytes-stated-as-0000"] = clipped(size, b"0000")
    for size in (100_000, 100_001):
        fields = sized_record(size)
        made[f"record-{size}-bytes"] = record(fields) + plain("after")
        made[f"record-{size}-bytes-stated-as-99999"] = record(fields, length=b"99999") + plain(
            "after"
        )
    return made


def files() -> dict[str, bytes]:
    """Every malformed file by the name of its defect."""
    parts = [_lengths(), _junk(), _leader(), _directory(), _truncations(), _sizes()]
    parts.append(malformed_fields.files())
    return {name: content for part in parts for name, content in part.items()}
