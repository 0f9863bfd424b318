"""Passages of documents: where they stand in their source, and what a search found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that retrieval can find.

    `start` and `end` are character offsets into the document's text as read (line ends are one newline, NFC).
    `document` is the document's id, `file` its name, `book`, `chapter` and `scene` (counted from 1 in its
    chapter) make the context header; `present` names who takes part. `parent` is shared by the passages of
    one scene. `order` counts all passages of a character on one timeline.
    """

    id: str
    document: str
    file: str
    start: int
    end: int
    text: str
    book: str = ""
    chapter: str = ""
    chapter_number: int = 0
    scene: int = 0
    present: tuple[str, ...] = ()
    parent: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that answers a query, widened to its neighbours: `text` is the source from `start` to `end`.

    `score` is the fused one, higher is better; ranks count from 1, None where that method did not find it.
    `confident` is False where nothing in the store seems to answer the query.
    """

    passage: Passage
    text: str
    start: int
    end: int
    score: float
    bm25_rank: int | None = None
    dense_rank: int | None = None
    similarity: float = 0.0
    confident: bool = True


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document of a character's lore store. `origin` is `user` or `pack`; `error` tells why it gives nothing."""

    id: str
    file: str
    title: str
    n_chars: int
    n_chapters: int
    n_passages: int
    origin: str = "user"
    error: str = ""
