"""Sound files whose fields hold whole records that are none: what a search for the beginning of a
record in the middle of a file must not be fooled by."""

import random

from tests.data.encode import control, data, plain, record


def padded(name: str, size: int) -> bytes:
    """A good record of about `size` bytes."""
    return record([control("001", name), data("500", "  ", "a" + "x" * max(1, size - 100))])


def holding(name: str, inner: bytes) -> bytes:
    """A record with whole records in one of its fields."""
    return record([control("001", name), data("500", "  ", b"a" + b"\x1d" + inner)])


def ending_together(name: str, fakes: int) -> bytes:
    """A record that holds a chain of false ones, the last of which ends exactly where it does: so
    that from there on the false chain is the true one."""
    body = b"a\x1d" + b"".join(plain(f"false {number}") for number in range(fakes))
    tail = b"%05dnam a2200049   4500" + b"001000900000\x1efalse 99\x1e" + b"y" * 40
    # The false record takes in the field's terminator and the record's.
    length = len(tail % 0) + 2
    return record([control("001", name), data("500", "  ", body + tail % length)])


def running_over(name: str, size: int, shift: int) -> bytes:
    """One of a row of records of the same size, each with a false one in it that ends in the next
    record, at the next false one: a second chain that never meets the true one."""
    head = record([control("001", name), data("500", "  ", b"a" + b"\x1d")])
    # Everything in front of the false leader has a fixed length, so it comes at the same place.
    fill = b"z" * shift
    body = b"a" + fill + b"\x1d" + b"%05dnam a2200049   4500" % size
    made = record([control("001", name), data("500", "  ", body + b"w" * 60)])
    if len(made) < size:
        body += b"w" * (size - len(made))
        made = record([control("001", name), data("500", "  ", body + b"w" * 60)])
    assert len(made) == size, (len(made), size, len(head))
    return made


def hostile_file(seed: int, size: int) -> bytes:
    """A sound file of at least `size` bytes, all kinds of records mixed."""
    choose = random.Random(seed)
    parts: list[bytes] = []
    total = number = 0
    while total < size:
        name = f"{number:08}"
        kind = choose.randrange(6)
        if kind == 0:
            part = holding(name, b"".join(plain(f"f{k}") for k in range(choose.randrange(1, 40))))
        elif kind == 1:
            part = ending_together(name, choose.randrange(0, 30))
        elif kind == 2:
            part = running_over(name, 900, 50)
        elif kind == 3:
            part = padded(name, choose.randrange(100, 9_000))
        elif kind == 4:
            part = holding(name, b"%05d" % choose.randrange(100_000) + b"\x1d" * 20 + b"00024" * 9)
        else:
            part = plain(name)
        parts.append(part)
        total += len(part)
        number += 1
    return b"".join(parts)


def parallel_chains(records: int) -> bytes:
    """A file with two chains from its beginning to its end."""
    return b"".join(running_over(f"{number:08}", 900, 50) for number in range(records))
