"""The two small values of which data fields are made: `Subfield` and `Indicators`.

They live apart from `rapidmarc.field`, where users find them, because the native module needs them
while it is being loaded: nothing here may import it.
"""

from typing import NamedTuple


class Subfield(NamedTuple):
    """One subfield: its code and its text.

    A real tuple, so that ``for code, value in field`` works. Being one, it is replaced and not
    changed:

    >>> subfield = Subfield("a", "Moby Dick")
    >>> subfield._replace(value="Moby-Dick")
    Subfield(code='a', value='Moby-Dick')
    """

    code: str
    value: str


class Indicators(NamedTuple):
    """The two indicators of a data field; a blank stands for "undefined".

    >>> Indicators("1", "0").second
    '0'
    """

    first: str
    second: str


# Pickles and reprs name the public home.
Subfield.__module__ = Indicators.__module__ = "rapidmarc.field"
