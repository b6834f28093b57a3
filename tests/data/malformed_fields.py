"""Defects inside a field: indicators, subfield codes, empty parts, bytes of a wrong encoding."""

from tests.data.encode import MARC8, UTF8, between, control, data, record


def _with(field: tuple[str, bytes], coding: str = UTF8) -> bytes:
    return between(record([control("001", "bad"), field, data("500", "  ", "aBehind it.")], coding))


def _title(value: bytes, coding: str = UTF8) -> bytes:
    return _with(data("245", "10", b"a" + value, "cBehind it."), coding)


def _indicators() -> dict[str, bytes]:
    return {
        "indicators-missing": _with(data("245", "", "aTitle")),
        "indicators-one": _with(data("245", "1", "aTitle")),
        "indicators-three": _with(data("245", "10x", "aTitle")),
        "indicators-many": _with(data("245", "1 0 of them", "aTitle")),
        "indicators-non-ascii": _with(data("245", b"1\xe9", "aTitle")),
        "indicators-utf8": _with(data("245", "é", "aTitle")),
        "indicators-control-bytes": _with(data("245", b"\x00\x1b", "aTitle")),
        "indicators-and-no-subfield": _with(data("245", "10")),
        "indicators-and-a-delimiter": _with(data("245", "10", "")),
        "no-delimiter": _with(("245", b"Title without any delimiter")),
        "no-delimiter-non-ascii": _with(("245", "Títle".encode())),
    }


def _parts() -> dict[str, bytes]:
    return {
        "field-empty-control": _with(control("003", "")),
        "field-empty-data": _with(("245", b"")),
        "field-blank-data": _with(("245", b" ")),
        "field-of-one-delimiter": _with(("245", b"\x1f")),
        "field-delimiter-in-control": _with(control("003", "\x1faXx\x1fbYy")),
        "field-terminator-inside": _with(data("245", "10", "aA\x1eB")),
        "subfield-empty": _with(data("245", "10", "aA", "", "bB")),
        "subfield-empty-last": _with(data("245", "10", "aA", "")),
        "subfields-all-empty": _with(data("245", "10", "", "", "")),
        "subfield-without-value": _with(data("245", "10", "a", "b", "cC")),
        "subfield-code-blank": _with(data("245", "10", " A")),
        "subfield-code-control": _with(data("245", "10", "\x01A", "\x00B", "\x7fC")),
        "subfield-code-escape": _with(data("245", "10", b"\x1b(NA"), MARC8),
    }


def _codes() -> dict[str, bytes]:
    return {
        "code-latin1": _with(data("245", "10", b"\xe9Title")),
        "code-latin1-in-marc8": _with(data("245", "10", b"\xe9Title"), MARC8),
        "code-utf8": _with(data("245", "10", "éTitle")),
        "code-utf8-in-marc8": _with(data("245", "10", "éTitle"), MARC8),
        "code-decomposed": _with(data("245", "10", "\u0301aTitle")),
        "code-ligature": _with(data("245", "10", "ﬁTitle")),
        "code-full-width": _with(data("245", "10", "ａTitle")),
        "code-chinese-then-ascii": _with(data("245", "10", "中Title")),
        "code-chinese-alone": _with(data("245", "10", "中文")),
        "code-emoji": _with(data("245", "10", "😀Title")),
        "code-no-letter-at-all": _with(data("245", "10", b"\xd7")),
        "code-utf8-with-invalid-value": _with(data("245", "10", b"\xc3\xa9Ti\xfftle")),
        "code-continuation-byte": _with(data("245", "10", b"\xa9Title")),
        "code-several": _with(data("245", "10", b"\xe9A", "öB", "cC", b"\xfcD")),
        "code-fault-and-indicator-fault": _with(data("245", "1", b"\xe9A", "bB")),
    }


def _utf8() -> dict[str, bytes]:
    values = {
        "lone-byte": b"A\xffB",
        "continuation-first": b"A\x80B",
        "cut-at-the-end": b"A\xe4\xb8",
        "cut-inside": b"A\xe4\xb8B",
        "overlong": b"A\xc0\xafB",
        "surrogate": b"A\xed\xa0\x80B",
        "beyond-unicode": b"A\xf4\x90\x80\x80B",
        "latin1": b"Caf\xe9",
        "several-faults": b"\xffA\xfeB\xe4\xb8",
    }
    made = {f"utf8-invalid-{name}": _title(value) for name, value in values.items()}
    return made | {
        "utf8-invalid-control-field": _with(control("003", b"A\xffB")),
        "utf8-cut-control-field": _with(control("003", b"A\xe4\xb8")),
        "utf8-invalid-second-subfield": _with(data("245", "10", "aÉ", b"b\xff", b"c\xfe")),
        "utf8-invalid-behind-indicator-fault": _with(data("245", "1", b"a\xff")),
        "coding-says-utf8-is-latin1": _with(data("245", "10", b"aCaf\xe9 \xfcber")),
        "coding-says-utf8-is-marc8": _with(data("245", "10", b"aCaf\xe2e")),
        "coding-says-marc8-is-utf8": _title("Café 中文".encode(), MARC8),
        "coding-says-marc8-is-latin1": _title(b"Caf\xe9 \xfcber", MARC8),
        "coding-says-marc8-control-is-utf8": _with(control("003", "Café"), MARC8),
        "coding-letter-unknown": _title("Café".encode(), "x"),
        "coding-letter-upper": _title("Café".encode(), "A"),
    }


def _marc8() -> dict[str, bytes]:
    values = {
        "escape-at-the-end": b"Title\x1b",
        "escape-alone": b"\x1b",
        "escape-short-low": b"Title\x1b(",
        "escape-short-high": b"Title\x1b)",
        "escape-short-dollar": b"Title\x1b$",
        "escape-short-comma-form": b"Title\x1b$,",
        "escape-dollar-high": b"\x1b$)1!0!\x1b(BTitle",
        "escape-dollar-minus": b"\x1b$-1!0!\x1b(BTitle",
        "escape-unknown": b"A\x1bXB\x1b[C",
        "escape-unknown-set": b"A\x1b(ZB\x1b(BC",
        "escape-unknown-high-set": b"A\x1b)Z\xe1B",
        "escape-non-ascii": b"A\x1b\xffB",
        "greek-at-the-end": b"A\x1bg",
        "subscript-at-the-end": b"A\x1bb",
        "back-to-latin-at-the-end": b"A\x1bs",
        "short-form-east-asian": b"A\x1b1!0!",
        "short-form-east-asian-at-the-end": b"A\x1b1",
        "east-asian-incomplete": b"\x1b$1!0!!0",
        "east-asian-unknown": b"\x1b$1~~~!0!\x1b(B",
        "east-asian-and-odd": b"\x1b$1!0!   \x1b(B",
        "east-asian-never-left": b"\x1b$1!0!abcdefgh",
        "unknown-byte": b"A\xafB\xbbC\xfeD",
        "unknown-low-byte": b"\x1b(2\x7e\x40\x1b(B",
        "mark-at-the-end": b"Title\xe2",
        "mark-alone": b"\xe2",
        "marks-before-an-unknown": b"\xe2\xafx",
        "marks-before-an-escape": b"\xe2\x1b(Nab",
        "non-sorting-marks": b"\x88The \x89title\x8d\x8e",
        "control-bytes": b"A\x00\x01\x1aB\x7fC\x80D\xa0E\xffF",
        "character-reference": b"&#x4E2D;&#22269;",
    }
    return {f"marc8-{name}": _title(value, MARC8) for name, value in values.items()}


def files() -> dict[str, bytes]:
    """Every file whose defect lies inside a field."""
    return {**_indicators(), **_parts(), **_codes(), **_utf8(), **_marc8()}
