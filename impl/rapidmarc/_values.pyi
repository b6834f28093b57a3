"""The types of `_values.py`: the named tuples of which fields are made."""

from typing import NamedTuple

class Subfield(NamedTuple):
    code: str
    value: str

class Indicators(NamedTuple):
    first: str
    second: str
