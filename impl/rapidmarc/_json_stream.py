"""The elements of a JSON array, or texts one behind the other, without loading all of them.

The standard library's decoder reads each element in a window of the text that moves along. Errors
are the decoder's own, with the places they have in the whole text.
"""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

_BLOCK = 1 << 16  # characters or bytes read at once
_BLANKS = " \t\n\r"
# A decoder at the end of a cut text points at most so far back from it, but for a string, where it
# points at the beginning.
_LONGEST_TOKEN = 16
_UNTERMINATED = "Unterminated string"


class JSONText:
    """The text of an open file, in a window.

    `file` has text, or bytes in one of the encodings of JSON. Raises ``json.JSONDecodeError`` for
    what is no JSON.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._decode: codecs.IncrementalDecoder | None = None
        self._decoder = json.JSONDecoder(strict=False)
        self._text = ""
        self._position = 0
        self._at_end = False
        # Of the text before the window: characters, lines, and characters of its last line.
        self._passed = 0
        self._lines = 0
        self._columns = 0

    def is_long_array(self) -> bool:
        """Whether the text is an array that is not at hand as a whole; nothing is read by then."""
        while len(self._text) <= _BLOCK and not self._at_end:
            self._more(_BLOCK)
        return not self._at_end and self._peek() == "["

    def elements(self) -> Iterator[Any]:
        """Yield the elements of the array; nothing of it may have been read yet."""
        self._peek()
        self._position += 1
        if self._peek() != "]":
            yield self._element()
            while self._peek() == ",":
                self._position += 1
                self._peek()
                yield self._element()
        if self._peek() != "]":
            self._fail_like("[0")
        self._position += 1
        if self._peek():
            self._fail("Extra data", self._position)

    def texts(self) -> Iterator[Any]:
        """Yield what stands one behind the other, on lines or not (JSON lines); nothing of it may
        have been read yet."""
        while self._peek():
            yield self._element()

    def begins_with(self) -> str:
        """The first character that is no white space; nothing at the end."""
        return self._peek()

    def _more(self, size: int) -> None:
        """Move the window: drop what was read, read on."""
        passed = self._text[: self._position]
        self._passed += len(passed)
        lines = passed.count("\n")
        self._columns = (
            len(passed) - passed.rfind("\n") - 1 if lines else self._columns + len(passed)
        )
        self._lines += lines
        block = self._file.read(size)
        self._at_end = not block
        self._text = self._text[self._position :] + self._characters(block)
        self._position = 0

    def _characters(self, block: Any) -> str:
        if isinstance(block, str):
            return block
        if not isinstance(block, (bytes, bytearray)):
            raise TypeError(f"read() gave {type(block).__name__}, not text or bytes")
        if self._decode is None:
            encoding = json.detect_encoding(block)
            self._decode = codecs.getincrementaldecoder(encoding)("surrogatepass")
        return self._decode.decode(block, final=self._at_end)

    def _peek(self) -> str:
        """Return the next character that is no white space, nothing at the end."""
        while True:
            while self._position < len(self._text):
                if self._text[self._position] not in _BLANKS:
                    return self._text[self._position]
                self._position += 1
            if self._at_end:
                return ""
            self._more(_BLOCK)

    def _element(self) -> Any:
        while True:
            try:
                element, end = self._decoder.raw_decode(self._text, self._position)
            except RecursionError:
                self._fail("Nested too deeply", self._position)
            except json.JSONDecodeError as error:
                cut = error.pos + _LONGEST_TOKEN >= len(self._text) or error.msg.startswith(
                    _UNTERMINATED
                )
                if self._at_end or not cut:
                    self._fail_like("[0,")
            else:
                # A number may go on.
                if end < len(self._text) or self._at_end:
                    self._position = end
                    return element
            # As much again: the work on one element stays in proportion to its length.
            self._more(max(_BLOCK, len(self._text) - self._position))

    def _fail_like(self, before: str) -> NoReturn:
        """Raise the decoder's own error on the rest of an array, of which `before` was read."""
        try:
            self._decoder.decode(before + self._text[self._position :])
        except json.JSONDecodeError as error:
            self._fail(error.msg, self._position + error.pos - len(before))
        raise AssertionError("the decoder takes what it refused before")

    def _fail(self, message: str, position: int) -> NoReturn:
        """Raise an error at a place in the window, which it names as one in the whole text."""
        error = json.JSONDecodeError(message, self._text, position)
        if error.lineno == 1:
            error.colno += self._columns
        error.lineno += self._lines
        error.pos += self._passed
        error.args = (f"{message}: line {error.lineno} column {error.colno} (char {error.pos})",)
        raise error from None
