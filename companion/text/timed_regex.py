"""Regular expressions that strangers wrote: each search, and each scan of many, ends in time.

A pattern that was too slow once is not tried again by the same object; `culprits` names those that did nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

MAX_PATTERN = 500
MAX_COMPILED = 4_096
_FLAGS = {"i": "IGNORECASE", "m": "MULTILINE", "s": "DOTALL", "x": "VERBOSE"}
_IGNORED = frozenset("gudyv")
# The engine looks at the time only now and then.
_PROMPT = 0.8
_SPARE = 0.95


def literal(pattern: str) -> tuple[str, str] | None:
    """Return body and flags of `/body/flags`, or None if `pattern` is not written so."""
    text = pattern.strip()
    end = text.rfind("/")
    flags = text[end + 1 :]
    if len(text) < 3 or not text.startswith("/") or end < 2 or set(flags) - set(_FLAGS) - _IGNORED:
        return None
    return text[1:end], flags


def compiled(pattern: str, *, case_sensitive: bool) -> regex.Pattern[str] | None:
    """Return the pattern of `/body/flags` or of a bare body; None if it is empty, too long or invalid.

    The flag `i` makes any pattern insensitive; without it `/.../` is sensitive and a bare body as stated.
    """
    import regex  # a twentieth of a second that few characters need

    body, flags = literal(pattern) or (pattern.strip(), "" if case_sensitive else "i")
    if not body or len(body) > MAX_PATTERN:
        return None
    value = regex.V0
    for flag in flags:
        value |= getattr(regex, _FLAGS[flag]) if flag in _FLAGS else regex.V0
    try:
        return regex.compile(body, value, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, ValueError, IndexError, KeyError):
        return None


class TimedRegex:
    """Searches with `budget_s` for each pattern and `total_s` for a scan, which `begin` starts. Thread-safe.

    A slow pattern is out for the life of the object. One that came too late in a scan is out for that scan.
    """

    def __init__(
        self, budget_s: float = 0.05, total_s: float = 0.1, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._budget_s, self._total_s, self._clock = budget_s, total_s, clock
        self._lock = threading.Lock()
        self._compiled: dict[tuple[str, bool], regex.Pattern[str] | None] = {}
        self._slow: dict[str, None] = {}
        self._skipped: dict[str, None] = {}
        self._spent_s = 0.0

    def begin(self) -> None:
        """Start a scan: its whole budget is there again."""
        with self._lock:
            self._spent_s = 0.0
            self._skipped.clear()

    def search(self, pattern: str, text: str, case_sensitive: bool) -> bool:
        """Tell whether the pattern matches somewhere; an invalid, slow or late one never does."""
        with self._lock:
            left_s = self._total_s * _SPARE - self._spent_s
            if pattern in self._slow:
                return False
            if left_s <= 0:
                self._skipped[pattern] = None
                return False
            import regex  # noqa: F401  # before the clock starts: its import takes longer than a pattern may

            began = self._clock()
            try:
                return self._matches(pattern, text, case_sensitive, min(self._budget_s, left_s))
            finally:
                self._spent_s += self._clock() - began

    @property
    def culprits(self) -> tuple[str, ...]:
        """The patterns that were too slow, then those that the present scan had no time for."""
        with self._lock:
            return (*self._slow, *(one for one in self._skipped if one not in self._slow))

    @property
    def slow_patterns(self) -> tuple[str, ...]:
        """The patterns that are not tried any more."""
        with self._lock:
            return tuple(self._slow)

    def _matches(self, pattern: str, text: str, case_sensitive: bool, timeout_s: float) -> bool:
        key = (pattern, case_sensitive)
        began = self._clock()
        if key not in self._compiled:
            if len(self._compiled) >= MAX_COMPILED:
                self._compiled.clear()
            self._compiled[key] = compiled(pattern, case_sensitive=case_sensitive)
        found, left_s = self._compiled[key], timeout_s - (self._clock() - began)
        if found is None:
            return False
        try:
            if left_s > 0:
                return found.search(text, timeout=left_s * _PROMPT) is not None
            raise TimeoutError
        except TimeoutError:
            full = timeout_s >= self._budget_s
            (self._slow if full else self._skipped)[pattern] = None
            return False
        except (MemoryError, RecursionError):
            self._slow[pattern] = None
            return False
