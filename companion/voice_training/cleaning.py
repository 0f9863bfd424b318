"""Taking noise out of a clip, kept only where the voice does not suffer.

With the program `deep-filter` of DeepFilterNet where that is installed, else with a spectral gate. An offer: nothing
here is done unless the user wants it.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.audio.wav import read_wav, write_wav
from companion.domain.audio import AudioClip
from companion.errors import AudioError
from companion.voice_training.clip import ANALYSIS_HZ, CLIP_HZ
from companion.voice_training.cutting import Cut
from companion.voice_training.faults import Scorer, needs_cleaning, with_sound_faults
from companion.voice_training.loudness import levelled
from companion.voice_training.outline import frame_levels

F32 = NDArray[np.float32]
Denoise = Callable[[F32, int], F32]

_MOST_SIG_LOSS: Final = 0.1
_LEAST_BAK_GAIN: Final = 0.15
_N_FFT: Final = 1024
_HOP_LENGTH: Final = 256
_QUIET_SHARE: Final = 0.12
_LEAST_GAIN: Final = 0.08
_OVER: Final = 1.6
_SMOOTH: Final = 0.9
_DEEP_HZ: Final = 48_000
_DEEP_S: Final = 120.0


def cleaned(one: Cut, score: Scorer, denoise: Denoise | None = None) -> Cut:
    """Return `one` with less noise, flagged `cleaned`, or `one` itself where that did not help.

    It must lie 0.15 higher in BAK and not more than 0.1 lower in SIG. A clip that was dropped as noise comes back if
    it now passes. `score` is `naturalness`; without `denoise` the best that is installed is taken.
    """
    if not needs_cleaning(one.clip):
        return one
    sound = (denoise or best_denoiser())(one.speech, CLIP_HZ)
    level = levelled(sound, CLIP_HZ)
    analysis = resample(AudioClip(level.samples, CLIP_HZ), ANALYSIS_HZ).samples
    before, after = score(one.analysis, ANALYSIS_HZ), score(analysis, ANALYSIS_HZ)
    if after.sig < before.sig - _MOST_SIG_LOSS or after.bak < before.bak + _LEAST_BAK_GAIN:
        return one
    snr = one.clip.figures.get("snr_db", 0.0) + _gained_db(one.analysis, analysis)
    kept = [flag for flag in one.clip.flags if flag != "noisy"]
    fresh = dataclasses.replace(one.clip, dropped=None, detail="", flags=tuple(kept)).measured(snr_db=snr)
    judged = with_sound_faults(fresh, analysis, ANALYSIS_HZ, score)
    if judged.dropped is not None:
        return one
    return Cut(judged.doubt("cleaned"), level.samples, analysis)


def best_denoiser() -> Denoise:
    """Return DeepFilterNet where its program is installed, else the gate."""
    return deep_filter if shutil.which("deep-filter") else spectral_gate


def spectral_gate(samples: F32, rate_hz: int) -> F32:
    """Return `samples` with steady noise turned down by up to 22 dB, same shape.

    The noise is what the quietest eighth of the clip sounds like; the gain follows Wiener's, smoothed over time
    (Ephraim & Malah 1984, decision-directed).
    """
    if len(samples) < 4 * _N_FFT:
        return samples
    padded = np.pad(samples, _N_FFT)
    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP_LENGTH]
    spectrum = np.fft.rfft(frames * window, axis=1)
    power = np.square(np.abs(spectrum))
    # The padding is no part of the room.
    inside = power[4:-4]
    n_quiet = max(4, int(_QUIET_SHARE * len(inside)))
    quiet = np.argsort(inside.sum(axis=1))[:n_quiet]
    noise = inside[quiet].mean(axis=0) * _OVER + 1e-12
    gains = _gains(power, noise)
    return _overlapped(spectrum * gains, window, len(padded))[_N_FFT : _N_FFT + len(samples)]


def deep_filter(samples: F32, rate_hz: int) -> F32:
    """Return `samples` as DeepFilterNet leaves them; unchanged where its program fails."""
    program = shutil.which("deep-filter")
    with tempfile.TemporaryDirectory(prefix="companion-") as folder:
        source, target = Path(folder, "clip.wav"), Path(folder, "out")
        write_wav(source, resample(AudioClip(samples, rate_hz), _DEEP_HZ).samples, _DEEP_HZ)
        command = [program or "deep-filter", "-D", "-o", str(target), str(source)]
        try:
            subprocess.run(
                command,
                check=True,
                timeout=_DEEP_S,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            sound = resample(read_wav(target / source.name), rate_hz).samples
        except (OSError, subprocess.SubprocessError, AudioError):
            return samples
    return np.pad(sound, (0, max(0, len(samples) - len(sound))))[: len(samples)]


def _gains(power: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    gains = np.empty_like(power)
    before = np.zeros(power.shape[1])
    for frame, now in enumerate(power):
        prior = _SMOOTH * before + (1 - _SMOOTH) * np.maximum(now / noise - 1, 0.0)
        gains[frame] = np.maximum(prior / (1 + prior), _LEAST_GAIN)
        before = np.square(gains[frame]) * now / noise
    return gains


def _overlapped(spectrum: NDArray[np.complex128], window: F32, n_samples: int) -> F32:
    pieces = np.fft.irfft(spectrum, axis=1) * window
    sound, weight = np.zeros(n_samples), np.zeros(n_samples)
    for number, piece in enumerate(pieces):
        at = number * _HOP_LENGTH
        sound[at : at + _N_FFT] += piece
        weight[at : at + _N_FFT] += np.square(window)
    return np.asarray(sound / np.maximum(weight, 1e-3), np.float32)


def _gained_db(before: F32, after: F32) -> float:
    """Return by how much more the quiet frames fell than the loud ones, dB."""
    old, new = frame_levels(before), frame_levels(after)
    if not len(old) or not len(new):
        return 0.0
    quiet = float(np.percentile(old, 15) - np.percentile(new, 15))
    return quiet - float(np.percentile(old, 85) - np.percentile(new, 85))
