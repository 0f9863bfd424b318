"""Notice that a reply goes round in circles."""

from __future__ import annotations

from collections import Counter, deque

import numpy as np

MAX_PERIOD = 256
_SHORTEST_RUN = 24
_LONGEST_RUN = 160
_WINDOW = 128
_FEWEST_TRIGRAMS = 28


class LoopDetector:
    """Fed with the tokens of one reply; tells when it repeats itself instead of going on.

    Two signs: the end of the reply is periodic (one character, one word, a paragraph over and over), or the last 128
    tokens are made of fewer than 28 different triples. A loop is noticed at most 160 tokens after it began.
    """

    def __init__(self) -> None:
        self._recent = np.full(MAX_PERIOD, -1, dtype=np.int64)
        self._runs = np.zeros(MAX_PERIOD, dtype=np.int64)
        periods = np.arange(1, MAX_PERIOD + 1)
        self._limits = np.clip(2 * periods, _SHORTEST_RUN, _LONGEST_RUN)
        self._last: deque[int] = deque(maxlen=3)
        self._trigrams: deque[tuple[int, ...]] = deque()
        self._counts: Counter[tuple[int, ...]] = Counter()

    def feed(self, token: int) -> bool:
        """Return True when the reply should be stopped; `token` is any non-negative id."""
        self._runs = np.where(self._recent == token, self._runs + 1, 0)
        self._recent[1:] = self._recent[:-1].copy()
        self._recent[0] = token
        return bool((self._runs >= self._limits).any()) or self._is_poor(token)

    def _is_poor(self, token: int) -> bool:
        self._last.append(token)
        if len(self._last) < 3:
            return False
        trigram = tuple(self._last)
        self._trigrams.append(trigram)
        self._counts[trigram] += 1
        if len(self._trigrams) <= _WINDOW:
            return False
        oldest = self._trigrams.popleft()
        self._counts[oldest] -= 1
        if not self._counts[oldest]:
            del self._counts[oldest]
        return len(self._counts) < _FEWEST_TRIGRAMS
