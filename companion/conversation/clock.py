"""The hour, told in a turn that touches on time, and how long ago the last talk was."""

from __future__ import annotations

import re
import time
from datetime import date

_HOURS_ZH = ((5, "凌晨"), (8, "清晨"), (12, "上午"), (14, "中午"), (18, "下午"), (23, "晚上"), (24, "深夜"))
_DAYS_ZH = "一二三四五六日"
_DIGITS_ZH = "零一二三四五六七八九"
_PAUSE_S = 3 * 3600

_ABOUT_TIME = re.compile(
    r"几点|时间|时候|星期|礼拜|周[一二三四五六日末]|今天|今晚|明天|昨天|早上|早安|早啊|中午|下午|晚上|晚安|夜|睡|"
    r"\b(?:time|clock|today|tonight|tomorrow|yesterday|morning|noon|afternoon|evening|night|late|early|sleep|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)


def background(language: str, now: float, said: str, *, last_at: float | None = None) -> str:
    """Return one short line in the character's language, or nothing.

    It tells weekday and hour if what was `said` touches on time, and on the first turn after a pause how long it
    was; `last_at` is when the character was last talked with. Elsewhere it would cost time in every turn and lead
    a small model astray.
    """
    gap = since(language, now, last_at)
    if not gap and not _ABOUT_TIME.search(said[:2_000]):
        return ""
    hour = _hour(language, now)
    return f"{gap}{hour}" if language == "zh" else f"{gap} {hour}".strip()


def since(language: str, now: float, last_at: float | None) -> str:
    """Return how long ago the last talk was, as a sentence; empty within three hours of it."""
    if last_at is None or now - last_at < _PAUSE_S:
        return ""
    then, today = date.fromtimestamp(last_at), date.fromtimestamp(now)
    days = (today - then).days
    hours = int((now - last_at) // 3600)
    if language == "zh":
        return f"距上次聊天已经过了{_duration_zh(days, hours)}。"
    return f"It is {_duration_en(days, hours)} since they last talked."


def _hour(language: str, now: float) -> str:
    local = time.localtime(now)
    if language == "zh":
        part = next(word for until, word in _HOURS_ZH if local.tm_hour < until)
        return f"现在是星期{_DAYS_ZH[local.tm_wday]}{part}{local.tm_hour % 12 or 12}点左右。"
    part = "morning" if local.tm_hour < 12 else "afternoon" if local.tm_hour < 18 else "evening"
    return time.strftime("It is %A %%s, about %I o'clock.", local).replace("%s", part).replace(" 0", " ")


def _duration_zh(days: int, hours: int) -> str:
    if days < 1 or hours < 12:
        return f"{_number_zh(hours)}个小时"
    if days < 14:
        return f"{_number_zh(days)}天"
    if days < 60:
        return f"{_number_zh(days // 7)}个星期"
    return f"{_number_zh(days // 30)}个月" if days < 365 else f"{_number_zh(days // 365)}年"


def _number_zh(n: int) -> str:
    """Return a number below 100 as it is said before a measure word."""
    if n == 2:
        return "两"
    tens, ones = divmod(min(n, 99), 10)
    ten = "" if not tens else "十" if tens == 1 else f"{_DIGITS_ZH[tens]}十"
    return f"{ten}{_DIGITS_ZH[ones] if ones else ''}"


def _duration_en(days: int, hours: int) -> str:
    if days < 1 or hours < 12:
        return _counted(hours, "hour")
    if days < 14:
        return _counted(days, "day")
    if days < 60:
        return _counted(days // 7, "week")
    return _counted(days // 30, "month") if days < 365 else _counted(days // 365, "year")


def _counted(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
