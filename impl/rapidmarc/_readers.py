"""The class that all readers have in common.

It lives apart from `rapidmarc.reader`, where users find it, because `MARCReader` needs it before
that module is complete.
"""


class Reader:
    """Base of all readers: ``isinstance(x, Reader)`` holds for each of them."""


Reader.__module__ = "rapidmarc.reader"
