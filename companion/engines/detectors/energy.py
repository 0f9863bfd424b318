"""Speech by loudness over an adaptive noise floor: no weights, for the demo and as a last resort."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_START_DB: Final = -60.0
_LOWEST_DB: Final = -75.0
_HIGHEST_FLOOR_DB: Final = -30.0
_MIDDLE_DB: Final = 12.0
_SLOPE_PER_DB: Final = 0.45
_RISE: Final = 0.01
_FALL: Final = 0.3


class Energy:
    """Satisfies `ports.SpeechDetector`. The floor follows silence quickly downwards and slowly upwards."""

    def __init__(self) -> None:
        self._floor_db = _START_DB

    @classmethod
    def load(cls) -> Energy:
        """Return the detector, ready at once."""
        return cls()

    @property
    def rate_hz(self) -> int:
        return 16_000

    @property
    def frame_samples(self) -> int:
        return 512

    def probability(self, frame: NDArray[np.float32]) -> float:
        """Return 0.5 at 12 dB above the noise floor, more above it; `frame` has shape (512,), float32."""
        power = float(np.mean(np.square(np.nan_to_num(frame), dtype=np.float64)))
        level_db = max(_LOWEST_DB, 10.0 * float(np.log10(max(power, 1e-12))))
        above_db = level_db - self._floor_db
        step = _FALL if above_db < 0 else _RISE
        self._floor_db = min(_HIGHEST_FLOOR_DB, self._floor_db + step * above_db)
        return float(1.0 / (1.0 + np.exp(-_SLOPE_PER_DB * (above_db - _MIDDLE_DB))))

    def reset(self) -> None:
        self._floor_db = _START_DB
