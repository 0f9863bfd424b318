"""Whether what is left after cancelling is still her voice: it resembles what was played, somebody else's does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.audio.ring import History

_WINDOW_S = 0.25
_LONGEST_LAG_S = 0.5
_ALIKE = (
    0.16  # measured: speech of others 0.04 to 0.14 and once 0.27, echo after a jump of the delay 0.12 to 0.43
)


class Residue:
    """Fed with frames of what was played and what is left, at `rate_hz`; one thread."""

    def __init__(self, rate_hz: int) -> None:
        self._n = int(_WINDOW_S * rate_hz)
        self._n_lags = int(_LONGEST_LAG_S * rate_hz)
        self._played = History(2 * (self._n + self._n_lags))
        self._left = History(2 * self._n)

    def feed(self, played: NDArray[np.float32], left: NDArray[np.float32]) -> None:
        """Take a frame of both, shape (n,)."""
        self._played.append(played)
        self._left.append(left)

    @property
    def level_db(self) -> float:
        """How loud the latest is that is left, in dBFS."""
        left = self._left.slice(self._left.end - self._n, self._left.end)
        return 10.0 * float(np.log10(left @ left / self._n + 1e-12))

    def resembles_echo(self) -> bool:
        """Tell whether the latest is like something played within half a second before (costs about 1 ms)."""
        left = _whitened(self._left.slice(self._left.end - self._n, self._left.end))
        played = _whitened(self._played.slice(self._played.end - self._n - self._n_lags, self._played.end))
        if len(left) < self._n or len(played) <= len(left):
            return False
        size = 1 << (len(played) + len(left)).bit_length()
        cross = np.fft.irfft(np.fft.rfft(played, size) * np.conj(np.fft.rfft(left, size)), size)
        power = np.concatenate(([0.0], np.cumsum(played.astype(np.float64) ** 2)))
        scale = np.sqrt((power[len(left) :] - power[: -len(left)]) * float(left @ left)) + 1e-6
        return bool(np.max(np.abs(cross[: len(scale)]) / scale) > _ALIKE)


def _whitened(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the samples with the low tones, that all voices share, softened."""
    return np.diff(samples, prepend=samples[:1]) + 0.05 * samples
