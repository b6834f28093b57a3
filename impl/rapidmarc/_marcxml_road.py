"""The fast road through MARCXML: `FastRoad` is a parser that reads few of the records itself.

It asks for the document piece by piece. Right behind a record that the parser has read, the native
scanner reads the records that follow and look like it. At the first thing that the scanner does not
take, the parser goes on, up to the end of the next record, as if what was spared it were not there.
So whatever is odd, and every error, is the parser's, and a document is well-formed or not by its
judgement alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.expatreader import ExpatLocator, ExpatParser
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import prepare_input_source
from xml.sax.xmlreader import InputSource

from rapidmarc._core import _scan_marcxml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.sax.xmlreader import AttributesNSImpl, Locator

    from rapidmarc.marcxml import XmlHandler, _Name

_BLOCK = 1 << 16  # bytes or characters read at once
_HEAD = 1024  # bytes in which an encoding may be declared
_LONGEST = 1 << 20  # bytes of a record that the scanner waits for
_END = re.compile(rb"</([\w.-]+:)?record>")
_START = re.compile(rb"<([\w.-]+:)?record(?:\s[^<>]*)?(?<!/)>")
# Where a comment, a section, a declaration or an instruction begins or ends: what looks like a tag
# may be none.
_NOT_ONLY_TAGS = re.compile(rb"<[!?]|[-?\]]>")
_DOCUMENT_TYPE = b"<!DOCTYPE"
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)""")


class FastRoad(ExpatParser):
    """Hands the records of a document to `XmlHandler.process_record`, in their order."""

    def __init__(self, handler: XmlHandler) -> None:
        super().__init__(namespaceHandling=1)
        self._watch = _Watch(handler)
        self._spared = _Spared()
        self.setContentHandler(self._watch)

    def parse(self, source: Any) -> None:
        """Read a document."""
        document: InputSource = prepare_input_source(source)
        characters = document.getCharacterStream()
        if characters is not None:
            document.setCharacterStream(_Pieces(characters, self, textual=True))
        elif (document.getEncoding() or "utf-8").lower() == "utf-8":
            document.setByteStream(_Pieces(document.getByteStream(), self, textual=False))
        super().parse(document)

    def pieces(self, file: Any, name: str) -> Iterator[None]:
        """Read a document that gives bytes, a piece at each step; the handler has the records of
        that piece then."""
        source = InputSource(name)
        source.setByteStream(_Pieces(file, self, textual=False))
        self._source = source
        self.reset()
        self.getContentHandler().setDocumentLocator(ExpatLocator(self))
        self.prepareParser(source)
        document: Any = source.getByteStream()
        while piece := document.read(_BLOCK):
            self.feed(piece)
            yield
        super().close()
        yield

    # Where the parser stands in the document, for its messages.

    def getLineNumber(self) -> int:
        return super().getLineNumber() + self._spared.lines

    def getColumnNumber(self) -> int | None:
        column = super().getColumnNumber()
        if column is None or super().getLineNumber() != self._spared.line:
            return column
        return column + self._spared.columns


class _Spared:
    """How far what the parser counts is behind the document."""

    def __init__(self) -> None:
        self.line = 1  # of the parser: the one it stands in
        self.column = 0  # of the parser
        self.lines = 0  # to add to those of the parser
        self.columns = 0  # to add in that line

    def parsed(self, text: bytes) -> None:
        """The parser gets `text`."""
        lines, columns = _extent(text)
        if lines:
            self.line += lines
            self.column = self.columns = 0
        self.column += columns

    def spare(self, text: bytes) -> None:
        """The parser does not get `text`."""
        lines, columns = _extent(text)
        if lines:
            self.lines += lines
            self.columns = -self.column
        self.columns += columns


def _extent(text: bytes) -> tuple[int, int]:
    """The number of line ends in a text, and of characters behind the last."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    last = text[text.rfind(b"\n") + 1 :]
    return text.count(b"\n"), len(last.decode(errors="replace"))


class _Watch(ContentHandler):
    """Hands the events on that `XmlHandler` looks at, and notes where the parser stands."""

    def __init__(self, handler: XmlHandler) -> None:
        super().__init__()
        self.handler = handler
        self.depth = 0
        self.behind_record = False  # nothing came since a record ended, inside of another element

    def setDocumentLocator(self, locator: Locator) -> None:
        self.handler.setDocumentLocator(locator)

    def startElementNS(self, name: _Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        self.depth += 1
        self.behind_record = False
        self.handler.startElementNS(name, qname, attrs)

    def characters(self, content: str) -> None:
        self.handler.characters(content)

    def endElementNS(self, name: _Name, qname: str | None) -> None:
        handler = self.handler
        self.depth -= 1
        self.behind_record = False
        was_open = handler._record is not None
        handler.endElementNS(name, qname)
        self.behind_record = (
            was_open
            and handler._record is None
            and handler._field is None
            and not handler._subfield_code
            and self.depth > 0
        )


class _Pieces:
    """The document as the parser is to see it; a file with `read` and `close`."""

    def __init__(self, stream: Any, parser: FastRoad, textual: bool) -> None:
        self._stream = stream
        self._parser = parser
        self._watch = parser._watch
        self._textual = textual
        self._text = b""  # what was read
        self._position = 0  # of the first byte in it that is not dealt with
        self._at_end = False
        self._plain = True  # the scanner may read this document
        self._is_first = True
        self._record = (b"", b"")  # start tag and prefix of the record that the parser reads

    def read(self, size: int = -1) -> Any:
        """Return the next piece; nothing at the end."""
        if self._is_first:
            while len(self._text) < _HEAD and self._more():
                pass
            declared = _ENCODING.match(self._text)
            self._plain = self._textual or not declared or declared[1].lower() == b"utf-8"
            self._is_first = False
        elif self._record[0]:
            self._settle()
            if self._watch.behind_record:
                self._scan()
        piece = self._next_piece()
        self._parser._spared.parsed(piece)
        return piece.decode(errors="surrogatepass") if self._textual else piece

    def close(self) -> None:
        """Close the document."""
        self._stream.close()

    def _more(self) -> bool:
        """Read on; false at the end of the document."""
        block = self._stream.read(_BLOCK)
        self._at_end = not block
        if self._textual:
            block = block.encode(errors="surrogatepass")
        self._text = self._text[self._position :] + block
        self._position = 0
        return not self._at_end

    def _settle(self) -> None:
        # Newer parsers may put off what they were given; then the events are not there yet.
        flush = getattr(self._parser, "flush", None)
        if flush is not None:
            flush()

    def _scan(self) -> None:
        """Let the handler have the records that the scanner takes."""
        handler = self._watch.handler
        ascii_only = handler.normalize_form is not None  # of ASCII there is but one form
        while True:
            start = self._position
            records, self._position, incomplete = _scan_marcxml(
                self._text, start, *self._record, ascii_only
            )
            if records:
                self._parser._spared.spare(self._text[start : self._position])
                for record in records:
                    handler.process_record(record)
            waiting = len(self._text) - self._position
            if not incomplete or waiting > _LONGEST or not self._more():
                return

    def _next_piece(self) -> bytes:
        """A piece of the document itself, up to the end of a record if there is one."""
        end = _END.search(self._text, self._position) if self._plain else None
        while end is None and len(self._text) - self._position < _BLOCK and not self._at_end:
            self._more()
            end = _END.search(self._text, self._position) if self._plain else None
        start = self._position
        self._position = end.end() if end else len(self._text)
        piece = self._text[start : self._position]
        self._watch.behind_record = False
        self._record = (b"", b"")
        if _NOT_ONLY_TAGS.search(piece):
            # A document type may change what references and attributes stand for.
            self._plain = self._plain and _DOCUMENT_TYPE not in piece
        elif end:
            tags = list(_START.finditer(piece))
            if tags and tags[-1][1] == end[1]:
                self._record = (tags[-1][0], tags[-1][1] or b"")
        return piece
