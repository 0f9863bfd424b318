"""What a reply may draw on beside the chat itself: lorebooks, documents, memories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from companion.domain.character import Character, Lorebook
from companion.domain.passages import FoundPassage
from companion.ports import Cancel


def _no_books(character: Character, chat: str) -> Sequence[Lorebook]:
    return ()


def _no_passages(character: Character, query: str, cancel: Cancel) -> Sequence[FoundPassage]:
    return ()


def _nothing_off(character: str, kind: Literal["lore", "passage"]) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Each part is optional; its failure is its own affair and never keeps her from answering.

    `books` are those attached to a character or chat beside her own. `passages` searches her documents, best
    first, and answers within a tenth of a second or with nothing. `switched_off` tells what the user took out.
    """

    books: Callable[[Character, str], Sequence[Lorebook]] = _no_books
    passages: Callable[[Character, str, Cancel], Sequence[FoundPassage]] = _no_passages
    switched_off: Callable[[str, Literal["lore", "passage"]], frozenset[str]] = _nothing_off
