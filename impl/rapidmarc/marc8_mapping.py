"""The code tables of MARC-8 as pymarc has them: `CODESETS`, `ODD_MAP` and `CHARSET_31` and so on.

`CODESETS[set][code]` is `(character, 1 for a combining mark or 0)`. The dictionaries are made from
the native tables when they are first asked for; importing this module costs nothing.
"""

from rapidmarc import _core

_SETS = (0x34, 0x45, 0x33, 0x32, 0x31, 0x70, 0x51, 0x53, 0x42, 0x62, 0x67, 0x4E)
_CHARSETS = {f"CHARSET_{number:X}": number for number in _SETS}

CODESETS: dict[int, dict[int, tuple[int, int]]]
ODD_MAP: dict[int, int]
CHARSET_34: dict[int, tuple[int, int]]
CHARSET_45: dict[int, tuple[int, int]]
CHARSET_33: dict[int, tuple[int, int]]
CHARSET_32: dict[int, tuple[int, int]]
CHARSET_31: dict[int, tuple[int, int]]
CHARSET_70: dict[int, tuple[int, int]]
CHARSET_51: dict[int, tuple[int, int]]
CHARSET_53: dict[int, tuple[int, int]]
CHARSET_42: dict[int, tuple[int, int]]
CHARSET_62: dict[int, tuple[int, int]]
CHARSET_67: dict[int, tuple[int, int]]
CHARSET_4E: dict[int, tuple[int, int]]

__all__ = [
    "CHARSET_4E",
    "CHARSET_31",
    "CHARSET_32",
    "CHARSET_33",
    "CHARSET_34",
    "CHARSET_42",
    "CHARSET_45",
    "CHARSET_51",
    "CHARSET_53",
    "CHARSET_62",
    "CHARSET_67",
    "CHARSET_70",
    "CODESETS",
    "ODD_MAP",
]


def __getattr__(name: str) -> object:
    value: object
    if name in _CHARSETS:
        value = _core._marc8_code_set(_CHARSETS[name])
    elif name == "CODESETS":
        value = {number: _charset(key) for key, number in _CHARSETS.items()}
    elif name == "ODD_MAP":
        value = _core._marc8_odd_map()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Whoever comes second, in another thread too, must get the same dictionary.
    return globals().setdefault(name, value)


def _charset(name: str) -> object:
    return globals().get(name) or __getattr__(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
