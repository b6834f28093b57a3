"""The two small values of which data fields are made: `Subfield` and `Indicators`.

They live apart from `rapidmarc.field`, where users find them, because the native module needs them
while it is being loaded: nothing here may import it. What type checkers see is in `_values.pyi`.
"""

from collections import namedtuple

# Pickles and reprs name the public home.
Subfield = namedtuple("Subfield", ("code", "value"), module="rapidmarc.field")
Subfield.__annotations__ = {"code": str, "value": str}
Subfield.__doc__ = """One subfield: its code and its text.

    A real tuple, so that ``for code, value in field`` works. Being one, it is replaced and not
    changed:

    >>> subfield = Subfield("a", "Moby Dick")
    >>> subfield._replace(value="Moby-Dick")
    Subfield(code='a', value='Moby-Dick')
    """

Indicators = namedtuple("Indicators", ("first", "second"), module="rapidmarc.field")
Indicators.__annotations__ = {"first": str, "second": str}
Indicators.__doc__ = """The two indicators of a data field; a blank stands for "undefined".

    >>> Indicators("1", "0").second
    '0'
    """
