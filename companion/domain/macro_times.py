"""Times of day and lengths of time as macros write them, in Chinese and English."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Literal

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_STEPS = (
    (31_536_000, "年", "year"),
    (2_592_000, "个月", "month"),
    (86_400, "天", "day"),
    (3_600, "小时", "hour"),
    (60, "分钟", "minute"),
)
_IN_ZONE = re.compile(r"time_?\s*utc\s*([+-]\d{1,2})", re.IGNORECASE)


def time_of(name: str, now: float, language: Literal["zh", "en"], utc_offset_s: int | None) -> str | None:
    """Return what the time macro `name` says at `now`, seconds since 1970; None if it is no time macro."""
    zoned = _IN_ZONE.fullmatch(name)
    if zoned:
        utc_offset_s = max(-14, min(14, int(zoned.group(1)))) * 3_600
    try:
        moment = _moment(now, utc_offset_s)
    except (OverflowError, ValueError, OSError):
        return None
    if zoned or name in ("time", "isotime"):
        return f"{moment:%H:%M}"
    if name == "isodate":
        return f"{moment:%Y-%m-%d}"
    if name == "date":
        if language == "zh":
            return f"{moment.year}年{moment.month}月{moment.day}日"
        return f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    if name == "weekday":
        return f"星期{'一二三四五六日'[moment.weekday()]}" if language == "zh" else _DAYS[moment.weekday()]
    return None


def duration(seconds: float, language: Literal["zh", "en"]) -> str:
    """Return a length of time in its largest unit, such as `3小时` or `2 days`."""
    for size, zh, en in _STEPS:
        if seconds >= size:
            n = int(seconds // size)
            return f"{n}{zh}" if language == "zh" else f"{n} {en}{'s' if n > 1 else ''}"
    return "片刻" if language == "zh" else "a moment"


def _moment(now: float, utc_offset_s: int | None) -> datetime:
    if utc_offset_s is None:
        return datetime.fromtimestamp(now).astimezone()
    return datetime.fromtimestamp(now, timezone(timedelta(seconds=utc_offset_s)))
