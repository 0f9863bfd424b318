"""What was played, at the microphone's rate and on the microphone's clock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.audio.ring import History

_KEPT_S = 3.0
_WORTH_PPM = 50.0  # a smaller drift is left to the canceller
_REFINED_PPM = 15.0  # and so is what is left after a correction
_MOST_PPM = 1000.0


class Reference:
    """A stream of what left for the loudspeaker, resampled to `rate_hz`; positions grow for ever."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.drift_ppm = 0.0
        self.end_s: float | None = None
        self._source_hz = rate_hz
        self._stream: Any = None
        self._due = 0.0  # samples of the present stream, what is held back included
        self._given = 0.0
        self._history = History(int(_KEPT_S * rate_hz))

    @property
    def end(self) -> int:
        """The position after the last sample that is there; the one before `due` left at `end_s`."""
        return self._history.end

    @property
    def due(self) -> float:
        """The position after the last sample that was taken, what the resampler holds back included."""
        return self._history.end + self._due - self._given

    def follow(self, source_hz: int) -> None:
        """Expect another stream, at `source_hz`."""
        self._source_hz = source_hz
        self._stream = None
        self._due = self._given = 0.0
        self.end_s = None

    def append(self, block: NDArray[np.float32], end_s: float) -> None:
        """Take what left, shape (n,), its last sample at `end_s`."""
        if not len(block):
            return
        resampled = self._resampler().resample_chunk(np.ascontiguousarray(block))
        self._history.append(np.asarray(resampled, dtype=np.float32))
        self._due += len(block) / self._ratio()
        self._given += len(resampled)
        self.end_s = end_s

    def frame(self, first: int, n: int) -> NDArray[np.float32]:
        """Return samples `first` to `first + n`, silence where there are none, shape (n,)."""
        found = self._history.slice(first, first + n)
        if len(found) == n:
            return found
        out = np.zeros(n, dtype=np.float32)
        at = max(0, min(n, self._history.first - first))
        out[at : at + len(found)] = found
        return out

    def correct(self, drift_ppm: float) -> bool:
        """Let the stream grow by `drift_ppm` more than so far; tell whether it was worth it."""
        worth = _REFINED_PPM if self.drift_ppm else _WORTH_PPM
        if abs(drift_ppm) < worth:
            return False
        self.drift_ppm = min(_MOST_PPM, max(-_MOST_PPM, self.drift_ppm + drift_ppm))
        if self._stream is not None:
            self._stream.set_io_ratio(self._ratio(), 1.0, 0)
        return True

    def _resampler(self) -> Any:
        if self._stream is None:
            import soxr

            # The greatest ratio that will ever be asked for has to be named here.
            most = self._source_hz * (1 + 2 * _MOST_PPM / 1e6)
            self._stream = soxr.ResampleStream(most, self.rate_hz, 1, dtype="float32", quality="HQ", vr=True)
            self._stream.set_io_ratio(self._ratio(), 1.0, 0)
        return self._stream

    def _ratio(self) -> float:
        return self._source_hz / self.rate_hz / (1 + self.drift_ppm / 1e6)
