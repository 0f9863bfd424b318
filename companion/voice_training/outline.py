"""What a recording is like along its time: speech and level every 32 ms, which is small enough to keep for hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.clip import ANALYSIS_HZ
from companion.voice_training.recordings import Recording, blocks_at

F32 = NDArray[np.float32]

FRAME: Final = 512
FRAME_S: Final = FRAME / ANALYSIS_HZ
_FLOOR_DB: Final = -120.0


class BlockDetector(Protocol):
    """The speech detector, fed many frames at once; `engines.detectors.silero.Silero` is one."""

    def probabilities(self, samples: F32) -> F32: ...
    def reset(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """`speech` is a probability and `level_db` a level in dBFS for each frame of 32 ms, both of shape (n,)."""

    speech: F32
    level_db: F32
    seconds: float


def outline(
    recording: Recording, detector: BlockDetector, progress: Callable[[float], None] | None = None
) -> Outline:
    """Listen to a recording once, block by block; `progress` gets the seconds heard so far.

    Raises AudioError, code `unreadable`, and what `progress` raises.
    """
    detector.reset()
    speech: list[F32] = []
    levels: list[F32] = []
    rest = np.zeros(0, np.float32)
    n_heard = 0
    for block in blocks_at(recording, ANALYSIS_HZ):
        n_heard += len(block)
        rest = np.concatenate([rest, block])
        n_whole = len(rest) // FRAME * FRAME
        if n_whole:
            speech.append(detector.probabilities(np.clip(rest[:n_whole], -1.0, 1.0)))
            levels.append(frame_levels(rest[:n_whole]))
            rest = rest[n_whole:]
        if progress:
            progress(n_heard / ANALYSIS_HZ)
    if len(rest):
        speech.append(detector.probabilities(np.clip(rest, -1.0, 1.0)))
        levels.append(frame_levels(np.pad(rest, (0, FRAME - len(rest)))))
    return Outline(_joined(speech), _joined(levels), n_heard / ANALYSIS_HZ)


def frame_levels(samples: F32) -> F32:
    """Return the level of each whole frame in dBFS, at least -120, shape (n,)."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return np.asarray(np.maximum(_FLOOR_DB, 10 * np.log10(power + 1e-15)), np.float32)


def _joined(parts: list[F32]) -> F32:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
