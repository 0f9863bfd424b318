"""What a turn calls up beside the history: triggered lore."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from companion.domain.character import Character
from companion.domain.lore import Fired, fired, within

_log = logging.getLogger(__name__)
_REGEX_TIMEOUT_S = 0.05
_MAX_PATTERN = 500


def search(pattern: str, text: str, case_sensitive: bool) -> bool:
    """Tell whether a card's regex matches, within 50 ms; a bad or slow pattern never matches."""
    import regex  # a twentieth of a second that few characters need

    body, flags = pattern.strip(), regex.NOFLAG if case_sensitive else regex.IGNORECASE
    if body.startswith("/") and body.rfind("/") > 0:
        end = body.rfind("/")
        flags = regex.IGNORECASE if "i" in body[end:] else regex.NOFLAG
        body = body[1:end]
    if not body or len(body) > _MAX_PATTERN:
        return False
    try:
        return regex.search(body, text, flags=flags, timeout=_REGEX_TIMEOUT_S) is not None
    except (regex.error, TimeoutError):
        _log.warning("a lorebook regex of %d characters is invalid or too slow", len(body))
        return False


def recall(
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
