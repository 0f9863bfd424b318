"""Clips that are the same sound twice, at whatever level, rate or format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.clip import Clip

F32 = NDArray[np.float32]

_N_FFT: Final = 1024
_HOP_LENGTH: Final = 256
_N_BANDS: Final = 24
_N_FRAMES: Final = 48
_LOWEST_HZ: Final = 150.0
_HIGHEST_HZ: Final = 5_000.0
# Copies have .9 and more, seldom .7; other sentences of one voice at most .5.
_SAME: Final = 0.65
_EDGE: Final = 3e-3
_SAME_S: Final = 0.15


def fingerprint(samples: F32, rate_hz: int) -> F32:
    """Return a unit vector of the sound's shape over time and pitch, shape (1152,); zeros for silence."""
    if len(samples) < _N_FFT:
        return np.zeros(_N_BANDS * _N_FRAMES, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::_HOP_LENGTH]
    power = np.square(np.abs(np.fft.rfft(windows * np.hanning(_N_FFT).astype(np.float32), axis=1)))
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _N_BANDS + 1) * _N_FFT / rate_hz
    bands = np.add.reduceat(power, np.unique(np.round(edges).astype(int)), axis=1)[:, :_N_BANDS]
    # The ends of a clip depend on where a recording was cut, those of its speech do not.
    loud = np.flatnonzero(bands.sum(axis=1) > _EDGE * bands.sum(axis=1).max())
    bands = bands[loud[0] : loud[-1] + 1] if len(loud) else bands
    # 50 dB below the top it is the recorder that makes the difference.
    shape = np.log10(bands + 1e-5 * bands.max() + 1e-12)
    places = np.linspace(0, len(shape), _N_FRAMES + 1).astype(int)
    pooled = np.stack(
        [shape[start : max(end, start + 1)].mean(axis=0) for start, end in pairwise(places.tolist())]
    )
    pooled -= pooled.mean(axis=0)
    flat = np.zeros(_N_BANDS * _N_FRAMES, np.float32)
    flat[: pooled.size] = pooled.ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-6 else np.zeros_like(flat)


def without_duplicates(clips: Sequence[Clip], fingerprints: Mapping[str, F32]) -> list[Clip]:
    """Drop each clip that sounds the same as one before it; dropped clips are no originals."""
    order = sorted(range(len(clips)), key=lambda at: clips[at].seconds)
    twins: dict[int, str] = {}
    for place, at in enumerate(order):
        one = clips[at]
        if one.dropped is not None or one.name not in fingerprints:
            continue
        for other_at in order[place + 1 :]:
            other = clips[other_at]
            if other.seconds - one.seconds > _SAME_S:
                break
            if other.dropped is None and other.name in fingerprints:
                alike = float(fingerprints[one.name] @ fingerprints[other.name])
                if alike > _SAME and max(at, other_at) not in twins:
                    twins[max(at, other_at)] = clips[min(at, other_at)].name
    return [
        clip.drop("duplicate", f"the same as clip {twins[at]}") if at in twins else clip
        for at, clip in enumerate(clips)
    ]
