"""The formats that records are read from beside ISO 2709: told by their first bytes, read record by
record."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rapidmarc._core import Field, Record

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MARCMAKER = re.compile(rb"=[0-9A-Za-z]{3}  ")
# What stands for characters that have a meaning of their own in MARCMaker.
_MNEMONICS = {"{dollar}": "$", "{bsol}": "\\", "{lcub}": "{", "{rcub}": "}"}
_MNEMONIC = re.compile("|".join(_MNEMONICS))
_IN_CONTROL_FIELDS = str.maketrans({each: mnemonic for mnemonic, each in _MNEMONICS.items()})
_IN_VALUES = {code: text for code, text in _IN_CONTROL_FIELDS.items() if code != ord("\\")}


def format_of(head: bytes) -> str:
    """What a file that begins with `head` seems to hold: "marcxml", "json" (one object, an array,
    or objects one behind the other), "marcmaker", or else "marc"."""
    if head.startswith(_UTF16_MARKS):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    head = head.removeprefix(_UTF8_MARK).lstrip()
    if head.startswith(b"<"):
        return "marcxml"
    if head.startswith((b"[", b"{")):
        return "json"
    if _MARCMAKER.match(head):
        return "marcmaker"
    return "marc"


def parts_of(file: Any, format: str, name: str) -> Iterator[Callable[[], Record]]:
    """What makes the records of a binary file, one by one: each may raise, and the next be had."""
    return _PARTS[format](file, name)


def _of_marcxml(file: Any, name: str) -> Iterator[Callable[[], Record]]:
    from rapidmarc._marcxml_parts import Parts
    from rapidmarc._marcxml_road import FastRoad

    handler = Parts()
    try:
        for _ in FastRoad(handler).pieces(file, name):
            yield from handler.take()
    except Exception:
        yield from handler.take()  # what came before the fault
        raise


def _of_json(file: Any, name: str) -> Iterator[Callable[[], Record]]:
    from rapidmarc._json_stream import JSONText
    from rapidmarc.reader import record_of_json

    text = JSONText(_WithoutMark(file))
    elements = text.elements() if text.begins_with() == "[" else text.texts()
    for element in elements:
        yield lambda element=element: record_of_json(element)  # type: ignore[misc]


def _of_marcmaker(file: Any, name: str) -> Iterator[Callable[[], Record]]:
    lines: list[str] = []
    with io.TextIOWrapper(file, encoding="utf-8-sig") as text:
        for line in text:
            stripped = line.rstrip("\n")
            if stripped:
                lines.append(stripped)
            elif lines:
                yield lambda lines=tuple(lines): _record_of_lines(lines)  # type: ignore[misc]
                lines.clear()
    if lines:
        yield lambda: _record_of_lines(tuple(lines))


_PARTS: dict[str, Callable[[Any, str], Iterator[Callable[[], Record]]]] = {
    "marcxml": _of_marcxml,
    "json": _of_json,
    "jsonl": _of_json,
    "marcmaker": _of_marcmaker,
}


class _WithoutMark:
    """A binary file less the byte order mark of UTF-8, which JSON may not have."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._is_first = True

    def read(self, size: int) -> bytes:
        block: bytes = self._file.read(size)
        if self._is_first:
            self._is_first = False
            block = block.removeprefix(_UTF8_MARK)
        return block


def _record_of_lines(lines: tuple[str, ...]) -> Record:
    from rapidmarc._values import Indicators, Subfield
    from rapidmarc.reader import MARCMakerReader

    record = next(MARCMakerReader(io.StringIO("\n".join(lines))))
    for field in record.fields:
        if field.control_field:
            field.data = _plain((field.data or "").replace("\\", " "))
            continue
        first, second = field.indicators or "  "
        field.indicators = Indicators(first.replace("\\", " "), second.replace("\\", " "))
        field.subfields = [Subfield(code, _plain(value)) for code, value in field.subfields if code]
    return record


def _plain(text: str) -> str:
    """`text` with characters for mnemonics."""
    return _MNEMONIC.sub(lambda found: _MNEMONICS[found[0]], text) if "{" in text else text


def marcmaker_of(record: Record) -> str:
    """A record in MARCMaker, such that reading gives it back: as ``str(record)``, but with
    mnemonics for characters that have a meaning there. Raises ValueError for what cannot be said:
    line ends, and codes and indicators of another length than one."""
    lines = [f"=LDR  {record.leader}"]
    lines += [f"={field.tag}  {_content_of(field)}" for field in record.fields]
    whole = "\n".join(lines)
    if whole.count("\n") + whole.count("\r") != len(lines) - 1:
        raise ValueError("a line end in a value cannot be said in MARCMaker")
    return whole + "\n"


def _content_of(field: Field) -> str:
    if len(field.tag) != 3 or field.control_field != (field.tag < "010"):
        raise ValueError(f"field {field.tag}: MARCMaker tells the kind of a field by its tag")
    if field.control_field:
        return _with_mnemonics(field.data or "", bsol=True).replace(" ", "\\")
    indicators = [indicator.replace(" ", "\\") for indicator in field.indicators or ()]
    if [len(each) for each in indicators] != [1, 1] or "\\" in (field.indicators or ()):
        raise ValueError(f"field {field.tag}: MARCMaker has one character for each indicator")
    if not all(len(code) == 1 and code != "$" for code, _ in field.subfields):
        raise ValueError(f"field {field.tag}: MARCMaker has one character for each subfield code")
    parts = [f"${code}{_with_mnemonics(value)}" for code, value in field.subfields]
    return "".join([*indicators, *parts])


def _with_mnemonics(text: str, bsol: bool = False) -> str:
    return text.translate(_IN_CONTROL_FIELDS if bsol else _IN_VALUES)
