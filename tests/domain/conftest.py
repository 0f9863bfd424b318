"""A short way to scan lorebooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import pytest

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import LoreIndex, Scan, Scene
from companion.domain.messages import Message
from companion.text.folding import fold_search


class PlainRegex:
    """Searches with the standard library; `slow` are the patterns that it gives up on."""

    def __init__(self, *slow: str) -> None:
        self._slow, self.culprits = slow, ()
        self.n_begun = 0

    culprits: tuple[str, ...]

    def begin(self) -> None:
        self.n_begun += 1

    def search(self, pattern: str, text: str, case_sensitive: bool) -> bool:
        if pattern in self._slow:
            self.culprits = (*self.culprits, pattern)
            return False
        body, _, flags = pattern.removeprefix("/").rpartition("/")
        ignore = "i" in flags or not case_sensitive
        return re.search(body, text, re.IGNORECASE if ignore else 0) is not None


class Scanner(Protocol):
    def __call__(
        self, entries: Sequence[LoreEntry] | Sequence[Lorebook], *texts: str, **more: Any
    ) -> Scan: ...


def chat(*texts: str) -> list[Message]:
    """Return the texts as turns, the last one the user's."""
    return [Message("user" if (len(texts) - i) % 2 else "assistant", text) for i, text in enumerate(texts)]


@pytest.fixture
def scan() -> Scanner:
    """Scan a book of entries (fields of the book in `book`), or several books; one character is one token."""

    def run(
        entries: Sequence[LoreEntry] | Sequence[Lorebook],
        *texts: str,
        book: dict[str, Any] | None = None,
        budget: int = 10_000,
        regex: PlainRegex | None = None,
        **scene: Any,
    ) -> Scan:
        books = [one for one in entries if isinstance(one, Lorebook)]
        if not books:
            fields = {"token_budget": 10_000, **(book or {})}
            books = [Lorebook(tuple(one for one in entries if isinstance(one, LoreEntry)), **fields)]
        index = LoreIndex(books, fold_search, char="小满", user="阿远")
        scene.setdefault("messages", chat(*texts))
        return index.scan(
            Scene(**scene), regex or PlainRegex(), lambda ts: [len(t) for t in ts], budget=budget
        )

    return run


@pytest.fixture
def regex_with() -> type[PlainRegex]:
    """Make a regex searcher that gives up on the patterns named."""
    return PlainRegex
