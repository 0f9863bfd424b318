"""The melody of a voice: median pitch, how much it moves, and its curve.

Source: SwiftF0 0.3.0 (Nieradzik 2025, arXiv 2508.18440): pitch and confidence every 16 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.measuring import at_rate, measuring_net

_RATE_HZ: Final = 16_000
FRAME_S: Final = 256 / _RATE_HZ
_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 650.0
_VOICED: Final = 0.5
_HOP: Final = 256
# Frames whose sound peaks lower are digital silence, which the network takes for voices at random.
_SILENT_PEAK: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Pitch:
    """`median_hz` is 0 without voice; `log_sd` is of the natural logarithm; `voiced` the share of frames, 0 to 1."""

    median_hz: float
    log_sd: float
    voiced: float


def pitch(samples: NDArray[np.float32], rate: int) -> Pitch:
    """Return the pitch of `samples`. Raises ModelError, code `missing` or `onnx`."""
    curve = pitch_curve(samples, rate)
    voiced = np.log(curve[~np.isnan(curve)])
    if not len(voiced):
        return Pitch(0.0, 0.0, 0.0)
    middle = float(np.median(voiced))
    # Further than an octave from the middle it is an error of an octave.
    near = voiced[np.abs(voiced - middle) < np.log(2.0)]
    return Pitch(float(np.exp(middle)), float(np.std(near)), len(voiced) / len(curve))


def pitch_curve(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the pitch every 16 ms in Hz, NaN where there is no voice, shape (frames,)."""
    sound = at_rate(samples, rate, _RATE_HZ)
    if len(sound) < _HOP:
        return np.full(0, np.nan)
    net = measuring_net("swift-f0", "swift-f0.onnx")
    feeds = {
        "audio": sound[np.newaxis],
        "fmin": np.asarray(_LOWEST_HZ, np.float32),
        "fmax": np.asarray(_HIGHEST_HZ, np.float32),
    }
    hertz, confidence = net.run(("pitch", "confidence"), feeds)
    n_frames = confidence.shape[1]
    hops = sound[: n_frames * _HOP]
    peaks = np.abs(np.pad(hops, (0, n_frames * _HOP - len(hops)))).reshape(n_frames, _HOP).max(axis=1)
    voiced = (confidence[0] >= _VOICED) & (peaks >= _SILENT_PEAK)
    return np.where(voiced, hertz[0], np.nan).astype(np.float64)


def semitones(one_hz: float, other_hz: float) -> float:
    """Return how far `one_hz` lies above `other_hz`; NaN where one of them is 0."""
    return 12.0 * float(np.log2(one_hz / other_hz)) if one_hz > 0 and other_hz > 0 else float("nan")
