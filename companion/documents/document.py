"""A document as read: one text in NFC with plain line ends, and the headings that its format marks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the text that the format itself marks as a heading; `level` counts from 1."""

    start: int
    end: int
    level: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """`text` is what every offset refers to. `entries` are spans of texts that stand each for itself and for all
    times, such as lore entries; empty for a running text.
    """

    id: str
    file: str
    title: str
    text: str
    headings: tuple[Heading, ...] = ()
    entries: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document on its way in: a paragraph, or a heading if `level` is not 0."""

    text: str
    level: int = 0
    entry: bool = False


def document_id(file: str, origin: str = "user") -> str:
    """Return the id of the document that came as `file`; the same name replaces the same document."""
    return hashlib.sha256(f"{origin}:{unicodedata.normalize('NFC', file)}".encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """Return `text` in NFC with one newline as line end and without control characters."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def from_blocks(id_: str, file: str, title: str, blocks: Sequence[Block]) -> Document:
    """Return the document whose blocks stand apart by a blank line, headings and entries at their places."""
    parts: list[str] = []
    headings: list[Heading] = []
    entries: list[tuple[int, int]] = []
    at = 0
    for block in blocks:
        text = plain(block.text).strip("\n ")
        if not text:
            continue
        if block.level:
            text = " ".join(text.split())
            headings.append(Heading(at, at + len(text), block.level))
        if block.entry:
            entries.append((at, at + len(text)))
        parts.append(text)
        at += len(text) + 2
    return Document(id_, file, title, "\n\n".join(parts), tuple(headings), tuple(entries))
