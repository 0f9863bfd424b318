"""What a turn calls up beside the history: triggered lore and the hour."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence

from companion.domain.character import Character
from companion.domain.lore import Fired, fired, within

_log = logging.getLogger(__name__)
_REGEX_TIMEOUT_S = 0.05
_MAX_PATTERN = 500

_HOURS_ZH = ((5, "凌晨"), (8, "清晨"), (12, "上午"), (14, "中午"), (18, "下午"), (23, "晚上"), (24, "深夜"))
_DAYS_ZH = "一二三四五六日"


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


_ABOUT_TIME = re.compile(
    r"几点|时间|时候|星期|礼拜|周[一二三四五六日末]|今天|今晚|明天|昨天|早上|早安|早啊|中午|下午|晚上|晚安|夜|睡|"
    r"\b(?:time|clock|today|tonight|tomorrow|yesterday|morning|noon|afternoon|evening|night|late|early|sleep|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)


def background(language: str, now: float, said: str) -> str:
    """Return one short line with weekday and hour if what was `said` touches on time, in the character's language.

    Elsewhere it would cost time in every turn and lead a small model astray.
    """
    if not _ABOUT_TIME.search(said[:2_000]):
        return ""
    local = time.localtime(now)
    if language == "zh":
        part = next(word for until, word in _HOURS_ZH if local.tm_hour < until)
        return f"现在是星期{_DAYS_ZH[local.tm_wday]}{part}{local.tm_hour % 12 or 12}点左右。"
    part = "morning" if local.tm_hour < 12 else "afternoon" if local.tm_hour < 18 else "evening"
    return time.strftime("It is %A %%s, about %I o'clock.", local).replace("%s", part).replace(" 0", " ")
