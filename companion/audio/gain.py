"""Loudness of what is being played, moved without a jump."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DUCK = 10 ** (-14 / 20)
_RAMP_S = 0.02


class Gain:
    """One thread sets `target`, another applies it; the way from 0 to 1 takes 20 ms."""

    def __init__(self, rate_hz: int) -> None:
        self.target = 1.0
        self._now = 1.0
        self._step = 1.0 / (rate_hz * _RAMP_S)

    def apply(self, block: NDArray[np.float32]) -> None:
        """Amplify `block`, shape (n,), in place."""
        target = self.target
        if self._now == target:
            if target != 1.0:
                block *= target
            return
        way = target - self._now
        n = max(1, round(abs(way) / self._step))
        gains = self._now + way * np.minimum(np.arange(1, len(block) + 1) / n, 1.0)
        block *= gains.astype(np.float32)
        if len(block):
            self._now = target if len(block) >= n else float(gains[-1])
