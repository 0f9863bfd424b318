"""The chapters of a character's documents on one timeline, and where words of a query stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from companion.domain.passages import Passage
from companion.text.language import HAN
from companion.text.search_tokens import search_tokens

_HAN: Final = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of a document: where it begins there, and the last `order` of its passages."""

    document: str
    book: str
    title: str
    start: int
    last: int


def chapters_of(passages: Sequence[Passage]) -> tuple[Chapter, ...]:
    """Return the chapters in the order of the story; passages that hold at any time (order 0) belong to none."""
    found: dict[tuple[str, int, str], Chapter] = {}
    for one in sorted(passages, key=lambda one: one.order):
        if one.order <= 0:
            continue
        key = (one.document, one.chapter_number, one.chapter)
        known = found.get(key)
        start = min(known.start, one.start) if known is not None else one.start
        found[key] = Chapter(one.document, one.book or one.file, one.chapter, start, one.order)
    return tuple(found.values())


def marks(text: str, query: str) -> tuple[tuple[int, int], ...]:
    """Return where words of `query` stand in `text`, as (start, end), apart and in order. Loads the word list."""
    words = {one for one in search_tokens(query) if len(one) > (1 if _HAN.match(one) else 2)}
    lowered = text.lower()
    # A few letters change their length with their case; places would be wrong then.
    lowered = lowered if len(lowered) == len(text) else text
    taken = bytearray(len(text))
    for word in words:
        at = lowered.find(word)
        while at >= 0:
            taken[at : at + len(word)] = b"\1" * len(word)
            at = lowered.find(word, at + len(word))
    return tuple(_runs(taken))


def _runs(taken: bytearray) -> list[tuple[int, int]]:
    runs, at = [], taken.find(1)
    while at >= 0:
        end = taken.find(0, at)
        end = len(taken) if end < 0 else end
        runs.append((at, end))
        at = taken.find(1, end)
    return runs
