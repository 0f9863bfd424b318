"""From documents to passages: pieces of 200 to 300 characters that end with a sentence and know where they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from companion.documents.cast import cast_of, present_in
from companion.documents.chapters import Chapter, chapters
from companion.documents.document import Document
from companion.documents.scenes import Span, scenes, weight_of
from companion.domain.passages import Passage
from companion.text.sentences import sentence_ends

# Lengths in Chinese characters, see `scenes.weight_of`.
_TARGET: Final = 250
_LONGEST: Final = 300
_HARD: Final = 450
_SOFT_MARKS: Final = "，、；：,;: "


def passages_of(documents: Sequence[Document], known: Sequence[str] = ()) -> list[Passage]:
    """Return the passages of all `documents` on one timeline, in reading order.

    `known` are names that count as cast whether or not they speak. Every passage's text is exactly
    `document.text[start:end]`. Entries of a list have `order` 0: they hold at any time.
    """
    cast = cast_of((one.text for one in documents), known)
    out: list[Passage] = []
    last = 0
    for document in documents:
        pieces = _entries(document) if document.entries else _running(document, cast)
        for piece in pieces:
            last += not document.entries
            out.append(_passage(document, *piece, order=0 if document.entries else last))
    return out


def header(passage: Passage, language: str = "zh") -> str:
    """Return the line that tells where a passage stands: book, chapter, scene, who is there."""
    zh = language == "zh"
    book = f"《{passage.book}》" if zh and passage.book else passage.book
    scene = (f"场景{passage.scene}" if zh else f"scene {passage.scene}") if passage.scene else ""
    names = ("、" if zh else ", ").join(passage.present)
    there = ("在场：" if zh else "present: ") + names if names else ""
    return "·".join(
        part
        for part in (book + passage.chapter if zh else book, "" if zh else passage.chapter, scene, there)
        if part
    )


def cut(text: str, start: int, end: int, weight: float = 1.0) -> list[Span]:
    """Return spans of about equal length that cover `text[start:end]`, each ending with a sentence where it can."""
    size = (end - start) * weight
    if size <= _LONGEST:
        return [(start, end)]
    target = size / max(1, round(size / _TARGET)) / weight
    out: list[Span] = []
    begin = last = start
    for stop in _stops(text, start, end, weight):
        if last > begin and (stop - begin) * weight > _LONGEST:
            out.append((begin, last))
            begin = last
        last = stop
        if stop - begin >= target and end - stop >= target / 2:
            out.append((begin, stop))
            begin = stop
    if begin < end:
        out.append((begin, end))
    return [span for span in (_stripped(text, *one) for one in out) if span[0] < span[1]]


def _stops(text: str, start: int, end: int, weight: float) -> Iterator[int]:
    """Yield sentence ends, and within a sentence that is far too long, ends of clauses or of words."""
    begin = start
    for offset in sentence_ends(text[start:end]):
        stop = start + offset
        while (stop - begin) * weight > _HARD:
            limit = begin + int(_LONGEST / weight)
            at = max(text.rfind(mark, begin + int(_TARGET / 2 / weight), limit) for mark in _SOFT_MARKS)
            begin = at + 1 if at > 0 else limit
            yield begin
        yield stop
        begin = stop


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


_Piece = tuple[Chapter, int, Span, Span, tuple[str, ...]]


def _running(document: Document, cast: Sequence[str]) -> Iterator[_Piece]:
    text = document.text
    for chapter in chapters(document):
        weight = weight_of(text[chapter.body : chapter.end])
        for number, scene in enumerate(scenes(text, chapter.body, chapter.end, weight), 1):
            present = present_in(text[scene[0] : scene[1]], cast)
            for span in cut(text, *scene, weight):
                yield chapter, number, scene, span, present


def _entries(document: Document) -> Iterator[_Piece]:
    nowhere = Chapter("", 0, 0, 0, len(document.text))
    for start, end in document.entries:
        for span in cut(document.text, start, end, weight_of(document.text[start:end])):
            yield nowhere, 0, (start, end), span, ()


def _passage(
    document: Document,
    chapter: Chapter,
    scene: int,
    parent: Span,
    span: Span,
    present: tuple[str, ...],
    *,
    order: int,
) -> Passage:
    text = document.text[span[0] : span[1]]
    return Passage(
        id=_sha(f"{document.id}:{span[0]}:{span[1]}:{text}"),
        document=document.id,
        file=document.file,
        start=span[0],
        end=span[1],
        text=text,
        book=document.title,
        chapter=chapter.title,
        chapter_number=chapter.number,
        scene=scene,
        present=present,
        parent=_sha(f"{document.id}:{parent[0]}:{parent[1]}"),
        order=order,
    )


def _sha(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
