"""What a turn calls up from lorebooks: indexes kept as long as their books stay the same, scanned within a budget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from companion.domain.character import Character, Lorebook
from companion.domain.lore import LoreIndex, RegexSearcher, Scan, Scene
from companion.text.folding import fold_search

CountTokens = Callable[[Sequence[str]], list[int]]


def recall(
    index: LoreIndex, scene: Scene, count: CountTokens, *, token_cap: int, regex: RegexSearcher
) -> Scan:
    """Return the lore that the scene fires, within each book's budget and `token_cap`."""
    return index.scan(scene, regex, count, budget=token_cap)


class LoreIndexes:
    """The indexes of the characters talked with lately; thread-safe. An index is made anew when its books change."""

    def __init__(self, *, limit: int = 4) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str, str], tuple[tuple[Lorebook, ...], LoreIndex]] = OrderedDict()
        self._lock = Lock()

    def of(self, character: Character, attached: Sequence[Lorebook] = (), *, user: str = "") -> LoreIndex:
        """Return the index over the character's own book, then the `attached` ones."""
        books = (character.lore, *attached)
        place = (character.id, character.shown_name, user)
        with self._lock:
            kept = self._kept.get(place)
            if kept is None or not _same(kept[0], books):
                kept = (books, LoreIndex(books, fold_search, char=character.shown_name, user=user))
            self._kept[place] = kept
            self._kept.move_to_end(place)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
            return kept[1]


def _same(left: Sequence[Lorebook], right: Sequence[Lorebook]) -> bool:
    return len(left) == len(right) and all(a is b or a == b for a, b in zip(left, right, strict=True))
