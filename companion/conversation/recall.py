"""What a turn calls up from lorebooks: indexes kept as long as their books stay the same, scanned within a budget."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from companion.domain.character import Character, Lorebook
from companion.domain.lore import Fired, LoreIndex, RegexSearcher, Scan, Scene, fired, within
from companion.text.folding import fold_search

_log = logging.getLogger(__name__)
_REGEX_TIMEOUT_S = 0.05
_MAX_PATTERN = 500

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


class BoundedRegex:
    """Regular expressions of cards, 50 ms for one search; a slow one never matches again and is a culprit."""

    def __init__(self) -> None:
        self._culprits: dict[str, None] = {}

    @property
    def culprits(self) -> tuple[str, ...]:
        return tuple(self._culprits)

    def begin(self) -> None: ...

    def search(self, pattern: str, text: str, case_sensitive: bool) -> bool:
        import regex  # a twentieth of a second that few characters need

        body, _, flags = pattern.strip().removeprefix("/").rpartition("/")
        if pattern in self._culprits or not 0 < len(body) <= _MAX_PATTERN:
            return False
        mode = regex.IGNORECASE if "i" in flags or not case_sensitive else regex.UNICODE
        try:
            return regex.search(body, text, flags=mode, timeout=_REGEX_TIMEOUT_S) is not None
        except regex.error:
            return False
        except TimeoutError:
            self._culprits[pattern] = None
            return False


# ---- TODO(#4): goes when prompts are built from LoreIndex


def search(pattern: str, text: str, case_sensitive: bool) -> bool:
    """Tell whether a card's regex matches, within 50 ms; a bad or slow pattern never matches."""
    import regex  # a twentieth of a second that few characters need

    body, flags = pattern.strip(), regex.UNICODE if case_sensitive else regex.IGNORECASE
    if body.startswith("/") and body.rfind("/") > 0:
        end = body.rfind("/")
        flags = regex.IGNORECASE if "i" in body[end:] else regex.UNICODE
        body = body[1:end]
    if not body or len(body) > _MAX_PATTERN:
        return False
    try:
        return regex.search(body, text, flags=flags, timeout=_REGEX_TIMEOUT_S) is not None
    except (regex.error, TimeoutError):
        _log.warning("a lorebook regex of %d characters is invalid or too slow", len(body))
        return False


def recall_texts(
    character: Character,
    recent: Sequence[str],
    count: Callable[[Sequence[str]], list[int]],
    *,
    token_cap: int,
) -> list[Fired]:
    """Return the lore that the newest texts fire, within the book's budget and `token_cap`."""
    hits = fired(character.lore, recent, search)
    if not hits:
        return []
    costs = count([hit.entry.content for hit in hits])
    return within(hits, costs, min(character.lore.token_budget, token_cap))
