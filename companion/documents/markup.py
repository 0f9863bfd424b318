"""HTML and XHTML to blocks of text: headings, paragraphs; no scripts, navigation or ruby readings."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from companion.documents.document import Block

_DROPPED_TEXT: Final = (
    "script style nav noscript template svg math button select iframe object rt rp footer aside"
)
_BLOCKS_TEXT: Final = (
    "p div section article main header h1 h2 h3 h4 h5 h6 li ul ol dl dt dd table tr td th blockquote pre figure "
    "figcaption body hr address details summary form"
)
_DROPPED: Final = frozenset(_DROPPED_TEXT.split(" "))
_BLOCKS: Final = frozenset(_BLOCKS_TEXT.split(" "))
_VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source"}
)
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
# Between two Chinese or Japanese characters a line break of the source is no space.
_BREAK_IN_CJK: Final = re.compile(
    r"(?<=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])"
)


def blocks_of(markup: str) -> tuple[str, list[Block]]:
    """Return the title and the blocks of a page; entities are resolved, what is not closed ends with the page."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    reader.flush()
    return " ".join(reader.title.split()), reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._level = 0
        self._dropped: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        # Inside what is dropped only its own tags count, so that a void or unclosed one cannot swallow the page.
        if tag in _DROPPED and (not self._dropped or tag == self._dropped[-1]):
            self._dropped.append(tag)
        if self._dropped:
            if tag == "body":
                self._dropped.clear()
            return
        if tag == "br":
            self._parts.append("\x01")
        if tag in _BLOCKS:
            self.flush()
            self._level = int(tag[1]) if re.fullmatch("h[1-6]", tag) else 0
        if tag == "hr":
            self.blocks.append(Block("***"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if self._dropped:
            if tag == self._dropped[-1]:
                self._dropped.pop()
            return
        if tag in _BLOCKS:
            self.flush()
            self._level = 0

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._dropped:
            self._parts.append(data)

    def flush(self) -> None:
        """End the block that is being read."""
        text = _SPACES.sub(" ", _BREAK_IN_CJK.sub("", "".join(self._parts)))
        lines = [line.strip() for line in text.split("\x01")]
        text = "\n".join(line for line in lines if line)
        self._parts.clear()
        if text:
            self.blocks.append(Block(text, level=self._level))
