"""Sounds made for the tests of clips: a buzz that is spoken-like enough for everything but a recogniser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.naturalness import Naturalness

F32 = NDArray[np.float32]


def speechlike(seconds: float, rate_hz: int, *, hertz: float = 160.0, seed: int = 0) -> F32:
    """Return syllables of a gliding buzz with formants that move, peak 0.5, shape (n,)."""
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * rate_hz)
    time = np.arange(n_samples) / rate_hz
    corners = np.linspace(0, seconds, max(3, int(seconds * 4)))
    pitch = hertz * np.interp(time, corners, 2 ** rng.uniform(-0.35, 0.35, len(corners)))
    formants = [
        np.interp(time, corners, rng.uniform(*band, len(corners))) for band in ((300, 900), (900, 2400))
    ]
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    sound = np.zeros(n_samples)
    for partial in range(1, 24):
        at = partial * pitch
        loud = sum(np.exp(-np.square((at - formant) / 180.0)) for formant in formants) + 0.02
        sound += np.where(at < rate_hz / 2.2, loud, 0.0) * np.sin(partial * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4.1 * time + rng.uniform(0, 6)) + 0.6, 0.0, 1.0)
    sound = sound * syllables + rng.normal(0, 1e-4, n_samples)
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def fine(samples: F32, rate_hz: int) -> Naturalness:
    """Stand for the network where its judgement is not the matter."""
    return Naturalness(3.5, 4.1, 3.2)


def dirty(samples: F32, rate_hz: int) -> Naturalness:
    return Naturalness(3.3, 2.0, 2.1)
