from typing import NamedTuple

class Subfield(NamedTuple):
    code: str
    value: str

class Indicators(NamedTuple):
    first: str
    second: str
