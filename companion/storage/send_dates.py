"""The dates in SillyTavern's chats, which had many shapes over the years."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_LATEST = 1e11
_OLD = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@ ?(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s(?: ?(\d{1,3})ms)?")


def to_send_date(at: float) -> str:
    """Return Unix seconds as ISO 8601 in UTC, to the millisecond; times out of its range as 1970."""
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_send_date(value: object) -> float | None:
    """Return Unix seconds of a date in any known shape, None for others. Dates without a zone count as UTC.

    Known: ISO 8601, `June 19, 2023 2:20pm`, `2023-6-19 @14h 20m 30s 123ms`, milliseconds since 1970.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000
        return seconds if abs(seconds) < _LATEST else None
    if not isinstance(value, str):
        return None
    text = value.strip()[:64]
    if text.isdecimal():
        return from_send_date(int(text))
    moment = _iso(text) or _american(text) or _old(text)
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_AMERICAN = re.compile(r"([A-Za-z]+) (\d{1,2}), (\d{4}) (\d{1,2}):(\d{2}) ?([ap]m)", re.IGNORECASE)


def _american(text: str) -> datetime | None:
    # Not strptime: its month names follow the user's locale.
    found = _AMERICAN.fullmatch(text)
    if found is None or found[1].lower() not in _MONTHS:
        return None
    hour = int(found[4]) % 12 + (12 if found[6].lower() == "pm" else 0)
    return _moment(int(found[3]), _MONTHS.index(found[1].lower()) + 1, int(found[2]), hour, int(found[5]))


def _old(text: str) -> datetime | None:
    found = _OLD.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(one) for one in found.groups()[:6])
    return _moment(year, month, day, hour, minute, second, int(found[7] or 0) * 1000)


def _moment(
    year: int, month: int, day: int, hour: int, minute: int, second: int = 0, microsecond: int = 0
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return None
