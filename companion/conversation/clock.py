"""The hour, told in a turn that touches on time."""

from __future__ import annotations

import re
import time

_HOURS_ZH = ((5, "凌晨"), (8, "清晨"), (12, "上午"), (14, "中午"), (18, "下午"), (23, "晚上"), (24, "深夜"))
_DAYS_ZH = "一二三四五六日"

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
