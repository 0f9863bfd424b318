"""How far the mouth is from the sound: both as curves over time, compared without any recogniser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip

FRAME_S: Final = 0.005
_SMOOTH_S: Final = 0.02
_LOUD: Final = 0.1
_QUIET: Final = 0.06
_PAUSE_S: Final = 0.15
_REACH_S: Final = 0.4
_MOST_LAG: Final = 40
_OPENNESS: Final = {"rest": 0.0, "closed": 0.05, "f": 0.2, "i": 0.5, "u": 0.5, "e": 0.7, "o": 0.8, "a": 1.0}

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LipsyncOffsets:
    """Seconds by which the mouth is late (positive) or early; a movement that never comes counts as 0.4 s.

    `starts` and `ends` are those of sound between pauses of at least 150 ms against the mouth's leaving and
    taking rest; `lag` is the shift at which openness follows loudness best, over all clips together.
    """

    starts: tuple[float, ...]
    ends: tuple[float, ...]
    lag: float

    @property
    def edges(self) -> list[float]:
        """Return the sizes of all offsets of starts and ends."""
        return [abs(offset) for offset in (*self.starts, *self.ends)]


def lipsync_offsets(clips: Iterable[tuple[AudioClip, Curve]]) -> LipsyncOffsets:
    """Compare each clip with the mouth shown with it, an `openness_curve`."""
    starts: list[float] = []
    ends: list[float] = []
    scores = np.zeros(2 * _MOST_LAG + 1)
    for clip, openness in clips:
        loudness = _loudness(clip)
        n_frames = min(len(loudness), len(openness))
        loudness, openness = loudness[:n_frames], openness[:n_frames]
        if not n_frames or not loudness.any():
            continue
        for sounds, shown, into in ((0, 0, starts), (1, 1, ends)):
            edges = _stretches(loudness, _LOUD, _QUIET)
            moved = _stretches(openness, 0.01, 0.01)
            into += [_nearest(edge[sounds], [one[shown] for one in moved]) for edge in edges]
        scores += _correlation(loudness, openness)
    return LipsyncOffsets(tuple(starts), tuple(ends), (int(np.argmax(scores)) - _MOST_LAG) * FRAME_S)


def openness_curve(viseme_at: Callable[[float], str], seconds: float) -> Curve:
    """Return how far the mouth is open at the middle of each 5 ms, 0 to 1; `viseme_at` is `MouthTrack.at`."""
    times = (np.arange(int(seconds / FRAME_S)) + 0.5) * FRAME_S
    return np.array([_OPENNESS.get(viseme_at(float(at)), 0.5) for at in times])


def _loudness(clip: AudioClip) -> Curve:
    """Return the RMS around each 5 ms, in a window of 20 ms, relative to the clip's loud parts."""
    frame = clip.rate_hz * FRAME_S
    n_frames = int(len(clip.samples) / frame)
    half = int(clip.rate_hz * _SMOOTH_S / 2)
    power = np.concatenate([[0.0], np.cumsum(np.square(clip.samples, dtype=np.float64))])
    middles = ((np.arange(n_frames) + 0.5) * frame).astype(int)
    first, after = np.clip(middles - half, 0, None), np.clip(middles + half, None, len(clip.samples))
    rms: Curve = np.sqrt((power[after] - power[first]) / np.maximum(after - first, 1))
    return rms / max(float(np.percentile(rms, 92)) if n_frames else 0.0, 1e-3)


def _stretches(curve: Curve, on: float, off: float) -> list[tuple[int, int]]:
    """Return frames [start, end) where `curve` is above `on`, through pauses shorter than 150 ms below `off`."""
    found: list[list[int]] = []
    shortest = _PAUSE_S / FRAME_S
    last_loud = -1
    for frame in np.flatnonzero(curve > off):
        if found and frame - last_loud - 1 < shortest:
            found[-1][1] = int(frame) + 1
        elif curve[frame] > on or (curve[frame : frame + 6] > on).any():
            found.append([int(frame), int(frame) + 1])
        else:
            continue
        last_loud = int(frame)
    return [(start, end) for start, end in found]


def _nearest(sound: int, mouth: Sequence[int]) -> float:
    distances = [(one - sound) * FRAME_S for one in mouth]
    return min((one for one in distances if abs(one) < _REACH_S), key=abs, default=_REACH_S)


def _correlation(loudness: Curve, openness: Curve) -> Curve:
    """Return how well `openness` follows `loudness` when it is taken from 0.2 s earlier to 0.2 s later."""
    kernel = np.hanning(17) / np.hanning(17).sum()
    sound, mouth = (np.convolve(curve, kernel, "same") for curve in (np.minimum(loudness, 1.2), openness))
    padded = np.pad(mouth - mouth.mean(), _MOST_LAG)
    sound = sound - sound.mean()
    shifts = range(2 * _MOST_LAG + 1)
    return np.array([float(sound @ padded[shift : shift + len(sound)]) for shift in shifts])
