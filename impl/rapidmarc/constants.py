"""The five numbers and characters on which the MARC 21 transmission format rests.

They are ``str`` and ``int``, as programs written for pymarc expect, not ``bytes``.
"""

LEADER_LEN = 24
DIRECTORY_ENTRY_LEN = 12
SUBFIELD_INDICATOR = "\x1f"
END_OF_FIELD = "\x1e"
END_OF_RECORD = "\x1d"
