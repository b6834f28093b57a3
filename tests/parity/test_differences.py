"""The differences that docs/migrating.md lists: each is one, and is as it says.

A line of the table without a test here fails, and so does a test without a line.
"""

import array
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException

import pymarc
import pytest

import rapidmarc
from tests.data import wellformed
from tests.parity.test_text_formats import LEADER, ending

GUIDE = Path(__file__).parents[2] / "docs" / "migrating.md"
pytestmark = pytest.mark.checkout
ONE = wellformed.files()["one"]
HUNDRED = wellformed.files()["hundred"]
SHORT = json.dumps({"leader": LEADER, "fields": []})
LONG = "[" + ",".join([SHORT] * 2000)


class Trickle(io.RawIOBase):
    """Gives at most seven bytes at once."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self.data.read(min(size, 7) if size >= 0 else size)


def closed() -> io.BytesIO:
    file = io.BytesIO(ONE)
    file.close()
    return file


def tell_after_one(package: Any) -> int:
    file = io.BytesIO(HUNDRED)
    reader = package.MARCReader(file)
    next(reader)
    return file.tell()


def titles(package: Any, source: Any) -> list[Any]:
    return [record.title for record in package.MARCReader(source)]


def first_and_error(package: Any, source: Any) -> Any:
    reader = package.MARCReader(source)
    return next(reader) is None, type(reader.current_exception).__name__


def written(package: Any, size: int, times: int = 1) -> int:
    subfields = [package.Subfield("a", "x" * size)]
    fields = [package.Field("500", None, subfields) for _ in range(times)]
    return len(package.Record(fields=fields).as_marc())


def copied(package: Any, path: Path) -> bool:
    """Whether a record that is written to a path arrives there."""
    source = path.read_bytes()
    writer = package.MARCWriter(path)
    for record in package.MARCReader(source):
        writer.write(record)
    writer.close()
    return path.read_bytes() == source


def set_one_indicator(package: Any) -> None:
    package.Field("245").indicators = ["1"]


def rounds(package: Any) -> list[int]:
    """How often loops over two fields go round that ask for a form of the record inside."""
    forms = (lambda r: r.as_dict(), lambda r: r.as_json(), package.record_to_xml)
    counts = []
    for form in forms:
        record = package.Record(fields=[package.Field("001", data="x") for _ in range(2)])
        counts.append(sum(1 for _ in record if form(record) is not None))
    return counts


def forget_leader(package: Any) -> None:
    del package.Record().leader


def closed_too_early(package: Any) -> int:
    file = io.StringIO(LONG + "]")
    reader = package.JSONReader(file)
    file.close()
    return len(list(reader))


def is_closed_at_the_end(package: Any, path: Path) -> bool:
    path.write_text(SHORT, encoding="utf-8")
    reader = package.JSONReader(str(path))
    list(reader)
    is_closed: bool = reader.file_handle.closed
    reader.file_handle.close()
    return is_closed


def maker(package: Any, source: Any) -> list[str]:
    return [str(record).split("\n", 1)[1] for record in package.MARCMakerReader(source)]


def line_inside(package: Any) -> int:
    source = io.BytesIO(b"<c>" + b"<record>\n</record>" * 9 + b"</d>")
    with pytest.raises(SAXParseException) as caught:
        package.parse_xml_to_array(source)
    assert caught.value.getLineNumber() == 10
    inner: Any = caught.value.getException()
    return int(inner.lineno)


Work = Callable[[Any, Path], Any]
# What is done, how it ends in pymarc, and how here. Of an error only its name is compared, unless
# there is more to say; `Ellipsis` is any other end.
DIFFERENCES: dict[str, tuple[Work, Any, Any]] = {
    "handle between records": (lambda package, _: tell_after_one(package), 151, ...),
    "a path or `PathLike` for `MARCReader`": (
        lambda package, path: titles(package, path),
        "AttributeError",
        ["A plain record : called one."],
    ),
    "a path or `PathLike` for `MARCWriter`": (copied, "AttributeError", True),
    "`bytearray`, `memoryview`, `mmap`": (
        lambda package, _: titles(package, array.array("B", ONE)),
        "AttributeError",
        ["A plain record : called one."],
    ),
    "anything else for `MARCReader`": (
        lambda package, _: titles(package, 5),
        "AttributeError",
        "TypeError",
    ),
    "a file in text mode": (
        lambda package, _: first_and_error(package, io.StringIO(ONE.decode())),
        (True, "EndOfRecordNotFound"),
        "TypeError",
    ),
    "a closed file": (lambda package, _: bool(package.MARCReader(closed())), True, "ValueError"),
    "a short read of a socket or pipe": (
        lambda package, _: first_and_error(package, Trickle(ONE)),
        (True, "TruncatedRecord"),
        (False, "NoneType"),
    ),
    "`file_handle` for bytes and paths": (
        lambda package, _: package.MARCReader(ONE).file_handle.read(5),
        b"00141",
        "AttributeError",
    ),
    "a field over 9,999 bytes, `as_marc()`": (
        lambda package, _: written(package, 10_000),
        10_044,
        "ValueError",
    ),
    "a record over 99,999 bytes, `as_marc()`": (
        lambda package, _: written(package, 9_000, 12),
        108_231,
        "ValueError",
    ),
    "flat list of strings for subfields": (
        lambda package, _: package.Field("245", None, ["a", "b"]),
        "ValueError",
        "ValueError",
    ),
    "indicators that are not two": (
        lambda package, _: set_one_indicator(package),
        "ValueError",
        "ValueError",
    ),
    "`next(field)` before `iter(field)`": (
        lambda package, _: next(package.Field("245")),
        "AttributeError",
        "AttributeError",
    ),
    "`as_dict()`, `as_json()`, XML of the record a loop runs over": (
        lambda package, _: rounds(package),
        [1, 1, 1],
        [2, 2, 2],
    ),
    "deleting an attribute of `Record` or `Field`": (
        lambda package, _: forget_leader(package),
        None,
        "TypeError",
    ),
    "`RawField.as_marc21`": (
        lambda package, _: package.RawField("001", data=b"x").as_marc21(),
        "TypeError",
        b"x\x1e",
    ),
    "`JSONReader` on a long array": (
        lambda package, _: closed_too_early(package),
        2000,
        "ValueError",
    ),
    "an error late in a long JSON array": (
        lambda package, _: str(next(iter(package.JSONReader(LONG + ", x]"))).leader),
        "JSONDecodeError",
        LEADER,
    ),
    "`JSONReader` given a path": (is_closed_at_the_end, False, True),
    "`next(JSONReader(…))` before `iter`": (
        lambda package, _: str(next(package.JSONReader(SHORT)).leader),
        "AttributeError",
        LEADER,
    ),
    "`PathLike`, and binary files, for the text readers": (
        lambda package, _: maker(package, io.BytesIO(b"=001  x\n")),
        "TypeError",
        ["=001  x\n"],
    ),
    "MARCMaker: empty lines at the end, or more than one": (
        lambda package, _: maker(package, "=001  x\n\n\n=001  y\n\n"),
        "PymarcException",
        ["=001  x\n", "=001  y\n"],
    ),
    "MARCMaker: form feed, U+0085, U+2028 and the like in a value": (
        lambda package, _: maker(package, "=245  00$ax\u2028y\x85z\x0c!\n"),
        "PymarcException",
        ["=245  00$ax\u2028y\x85z\x0c!\n"],
    ),
    "MARCMaker: line ends of Windows in text": (
        lambda package, _: len(maker(package, "=001  x\r\n\r\n=001  y\r\n")),
        "PymarcException",
        2,
    ),
    "malformed XML: `error.getException()`": (
        lambda package, _: line_inside(package),
        10,
        ...,
    ),
    "`with`": (
        lambda package, _: hasattr(package.MARCWriter(io.BytesIO()), "__enter__"),
        False,
        True,
    ),
    "`__version__`": (lambda package, _: hasattr(package, "__version__"), False, True),
    "names of the standard library in the package (`ET`, `BytesIO`, …)": (
        lambda package, _: hasattr(package, "ET") or hasattr(package, "BytesIO"),
        True,
        False,
    ),
    "errors of a reader": (
        lambda package, _: hasattr(package.TruncatedRecord(), "located"),
        False,
        True,
    ),
}


def lines_of_the_guide() -> list[str]:
    rows = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    return [row.split(" | ")[0].removeprefix("| ") for row in rows[1:]]


def test_each_line_of_the_guide_is_tested() -> None:
    assert lines_of_the_guide() == list(DIFFERENCES)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_difference_is_what_the_guide_says(name: str, tmp_path: Path) -> None:
    work, theirs, ours = DIFFERENCES[name]
    path = tmp_path / "file"
    ends = []
    for package, expected in ((pymarc, theirs), (rapidmarc, ours)):
        path.write_bytes(ONE)
        end = ending(lambda: work(package, path))  # noqa: B023
        # A failure is its name and its text.
        failed = isinstance(end, tuple) and isinstance(expected, str)
        if expected is not ...:
            assert (end[0] if failed else end) == expected
        ends.append(end)
    assert ends[0] != ends[1]


def test_the_example_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("books.mrc").write_bytes(HUNDRED + ONE)
    example = GUIDE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["record"]["001"].data == "one"
    assert names["index"]["one"] == len(HUNDRED)


def test_the_handle_is_put_back_as_the_guide_says() -> None:
    for leave in ("detach", "with", "free", "end"):
        file = io.BytesIO(HUNDRED)
        reader = rapidmarc.MARCReader(file)
        first = next(reader)
        assert first is not None
        assert (reader.tell(), first.offset) == (first.length, 0)
        if leave == "detach":
            assert reader.detach() is file
        elif leave == "with":
            with reader:
                pass
        elif leave == "end":
            assert sum(1 for _ in reader) == 99
        del reader
        assert not file.closed
        assert file.tell() == (len(HUNDRED) if leave == "end" else first.length)
    exact = io.BytesIO(HUNDRED)
    next(rapidmarc.MARCReader(exact, backend="record"))
    assert exact.tell() == first.length
