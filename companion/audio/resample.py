"""Change of sampling rate, whole clips and streams (soxr)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip

_EMPTY = np.zeros(0, dtype=np.float32)


def resample(clip: AudioClip, rate_hz: int) -> AudioClip:
    """Return `clip` at `rate_hz`; the same object where nothing is to be done."""
    if clip.rate_hz == rate_hz:
        return clip
    if not len(clip.samples):
        return AudioClip(_EMPTY, rate_hz)
    import soxr

    samples: NDArray[np.float32] = soxr.resample(clip.samples, clip.rate_hz, rate_hz, quality="HQ")
    return AudioClip(np.ascontiguousarray(samples, dtype=np.float32), rate_hz)


class StreamResampler:
    """Resample a stream of blocks without seams; output sample n lies at n / `rate_out_hz` of the input's time.

    A few milliseconds stay inside until `flush`.
    """

    def __init__(self, rate_in_hz: int, rate_out_hz: int) -> None:
        self.rate_in_hz = rate_in_hz
        self.rate_out_hz = rate_out_hz
        self._stream: Any = None
        if rate_in_hz != rate_out_hz:
            import soxr

            self._stream = soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32", quality="HQ")

    def feed(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the block, shape (n,), float32, brought out; may be empty."""
        if self._stream is None:
            return block
        return self._run(block, last=False)

    def flush(self) -> NDArray[np.float32]:
        """Return the rest and begin anew."""
        if self._stream is None:
            return _EMPTY
        rest = self._run(_EMPTY, last=True)
        self._stream.clear()
        return rest

    def _run(self, block: NDArray[np.float32], *, last: bool) -> NDArray[np.float32]:
        out: NDArray[np.float32] = self._stream.resample_chunk(np.ascontiguousarray(block), last=last)
        return out
