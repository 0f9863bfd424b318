"""Values of cards as their makers really write them: numbers as text, lists as text, flags as 0 and 1."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[str, str], None]
"""(where, what): notes something that is wrong but not fatal."""

# A key such as /a{1,2}/i holds its commas; both the Latin and the Chinese comma part the others.
_LISTED = re.compile(r"\s*(/(?:\\.|[^/\\\n])+/[a-z]*(?=\s*(?:[,，]|$))|[^,，]*)\s*(?:[,，]|$)")


def number(value: Any, default: float, *, low: float = -1e9, high: float = 1e9) -> float:
    """Return a number between `low` and `high`; text that is a number counts, anything else is `default`."""
    if isinstance(value, str) and len(value) <= 40:
        value = _parsed(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return default
    try:
        found = float(value)
    except OverflowError:
        return high if value > 0 else low
    return min(high, max(low, found)) if math.isfinite(found) else default


def whole(value: Any, default: int, *, low: int = 0, high: int = 1_000_000) -> int:
    """Return a whole number between `low` and `high`."""
    return int(number(value, default, low=low, high=high))


def flag(value: Any, default: bool) -> bool:
    """Return a truth value: true and false, 1 and 0, also as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    return words.get(value.strip().lower(), default) if isinstance(value, str) else default


def text(holder: Mapping[str, Any], key: str, report: Report, where: str = "") -> str:
    """Return `holder[key]` as text with plain line ends; a missing one is empty."""
    value = holder.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key != "character_version" or not is_number:
        report(where or key, f"should be text, is {type_name(value)}")
    return str(value) if is_number else ""


def strings(value: Any, where: str, report: Report) -> tuple[str, ...]:
    """Return a list of texts; one text is a list with commas between."""
    if value is None:
        return ()
    if isinstance(value, str):
        return listed(value)
    if not isinstance(value, list):
        report(where, f"should be a list, is {type_name(value)}")
        return ()
    kept = tuple(str(item) for item in value if isinstance(item, str | int | float))
    if len(kept) < len(value):
        report(where, "holds something that is not text; it is ignored")
    return kept


def listed(value: str) -> tuple[str, ...]:
    """Cut a text at its commas, Latin or Chinese, outside /regular expressions/."""
    parts, at = [], 0
    while at < len(value):
        match = _LISTED.match(value, at)
        if match is None or match.end() == at:
            break
        parts.append(match.group(1).strip())
        at = match.end()
    return tuple(part for part in parts if part)


def type_name(value: Any) -> str:
    """Return how JSON calls the type of `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def _parsed(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
