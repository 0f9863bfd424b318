"""How far the echo lies behind what was played, and how fast that changes.

Generalised cross-correlation with phase transform (Knapp & Carter 1976) over one second, each quarter of it.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

_WINDOW_S = 1.0
_EVERY_S = 0.25
_EARLIEST_MS, _LATEST_MS = -100.0, 700.0
_PROMINENCE = 9.0  # of a peak, over the mean deviation of all lags
_MIN_AUDIBLE = 0.4  # share of the window
_POINTS = 24
_MIN_POINTS = 8
_SCATTER = 2.5  # samples that a measure may lie beside the line
_LOST_AFTER = 12  # windows with sound and without a peak
_CLEAR = 0.8
_MOST = 500e-6  # no two crystals are farther apart
_BAND_HZ = (150.0, 6500.0)


class DelayMeter:
    """Fed with frames of both directions at `rate_hz`; one thread."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._n = int(_WINDOW_S * rate_hz)
        self._every = int(_EVERY_S * rate_hz)
        self._played = np.zeros(self._n, dtype=np.float32)
        self._heard = np.zeros(self._n, dtype=np.float32)
        self._audible: deque[int] = deque()
        self._n_audible = 0
        self._position = 0
        self._fresh = 0
        self._measures: deque[tuple[int, float]] = deque(maxlen=_POINTS)
        self._latest: float | None = None
        self._unfound = 0
        self._size = 1 << (2 * self._n - 1).bit_length()

    @property
    def delay_ms(self) -> float | None:
        """The latest measure, for as long as there is an echo."""
        return None if self._latest is None else self._latest * 1000 / self._rate_hz

    @property
    def steady_delay_ms(self) -> float | None:
        """The delay once three measures running agree."""
        latest = [lag for _, lag in self._measures][-3:]
        if len(latest) < 3 or max(latest) - min(latest) > 0.002 * self._rate_hz:
            return None
        return float(np.median(latest)) * 1000 / self._rate_hz

    @property
    def drift_ppm(self) -> float | None:
        """How much faster the microphone's clock is than the loudspeaker's; None while that is not clear."""
        if len(self._measures) < _MIN_POINTS:
            return None
        at, lag = np.array(self._measures, dtype=np.float64).T
        # Theil-Sen: a wrong peak now and then must not turn the line.
        i, j = np.triu_indices(len(at), 1)
        slope = float(np.median((lag[j] - lag[i]) / (at[j] - at[i])))
        rest = lag - slope * at
        # Within the window the lag moves as well, and the peak may lie anywhere between.
        scatter = _SCATTER + abs(slope) * self._n / 2
        is_clear = np.mean(np.abs(rest - np.median(rest)) < scatter) >= _CLEAR
        return slope * 1e6 if is_clear and abs(slope) < _MOST else None

    def feed(self, played: NDArray[np.float32], heard: NDArray[np.float32], *, is_audible: bool) -> bool:
        """Take a frame of both, shape (n,); return whether there is a new measure."""
        n = len(played)
        at = self._position % self._n
        self._played[at : at + n] = played
        self._heard[at : at + n] = heard
        self._position += n
        self._fresh += n
        self._audible.append(n if is_audible else 0)
        self._n_audible += self._audible[-1]
        if len(self._audible) * n > self._n:
            self._n_audible -= self._audible.popleft()
        if self._fresh < self._every or self._position < self._n:
            return False
        self._fresh = 0
        if self._n_audible < _MIN_AUDIBLE * self._n:
            return False
        lag = self._lag()
        self._unfound = 0 if lag is not None else self._unfound + 1
        if self._unfound >= _LOST_AFTER:
            self._latest = None
        if lag is not None:
            self._measures.append((self._position, lag))
            self._latest = lag
        return lag is not None

    def forget(self) -> None:
        """The relation of the two has changed: begin anew."""
        self._measures.clear()
        self._latest = None
        self._played[:] = 0.0
        self._heard[:] = 0.0
        self._fresh = -self._n

    def forget_drift(self) -> None:
        """The drift was corrected."""
        self._measures.clear()
        self._fresh = -self._n

    def _lag(self) -> float | None:
        at = self._position % self._n
        played = np.fft.rfft(np.roll(self._played, -at), self._size)
        heard = np.fft.rfft(np.roll(self._heard, -at), self._size)
        cross = heard * np.conj(played)
        hertz = np.fft.rfftfreq(self._size, 1 / self._rate_hz)
        cross = np.where((hertz > _BAND_HZ[0]) & (hertz < _BAND_HZ[1]), cross, 0)
        cross /= np.abs(cross) + 1e-9
        earliest, latest = (int(ms * self._rate_hz / 1000) for ms in (_EARLIEST_MS, _LATEST_MS))
        lags = np.arange(earliest, latest)
        values = np.fft.irfft(cross, self._size)[lags]
        best = int(np.argmax(values))
        if not 0 < best < len(values) - 1 or values[best] < _PROMINENCE * np.mean(np.abs(values)):
            return None
        left, top, right = (float(value) for value in values[best - 1 : best + 2])
        bend = left - 2 * top + right
        return float(lags[best]) + (0.5 * (left - right) / bend if bend else 0.0)
