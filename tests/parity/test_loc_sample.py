"""Ten thousand records of the Library of Congress, chosen by a seed, through each backend.

Where the large file is not at hand, as many records are drawn from the files of our own.
`python -m tests.parity` compares all of them.
"""

import functools
import random
from pathlib import Path

from tests import corpora, reference, roads
from tests.parity import pymarc_side

SEED = 2709
RECORDS = 10_000


@functools.cache
def sample() -> bytes:
    """The chosen records, one behind the other, in the order of the file."""
    found = corpora.lc_file()
    if found is None:
        return _own_sample()
    data = found.read_bytes()
    places = []
    position = 0
    while position < len(data):
        length = int(data[position : position + 5])
        places.append((position, position + length))
        position += length
    chosen = sorted(random.Random(SEED).sample(range(len(places)), RECORDS))
    return b"".join(data[slice(*places[number])] for number in chosen)


def _own_sample() -> bytes:
    records = [
        outcome.chunk
        for path in sorted(corpora.WELLFORMED.glob("*.mrc"))
        for outcome in reference.read(path.read_bytes())
        # The largest would make up most of the sample.
        if len(outcome.chunk) < 5_000
    ]
    return b"".join(random.Random(SEED).choices(records, k=RECORDS))


def test_the_sample_has_its_size() -> None:
    assert len(pymarc_side.digests(sample())) == RECORDS + 1


def test_a_seeded_sample_is_read_alike(backend: str, tmp_path: Path) -> None:
    def open_again():  # type: ignore[no-untyped-def]
        return roads.reader_for(backend, sample(), tmp_path)

    with open_again() as reader:
        actual = pymarc_side.digests_of(reader).digests
    found = pymarc_side.first_difference(sample(), actual, open_again)
    assert not found, f"{backend}: {found}"
