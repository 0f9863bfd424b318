"""What is wrong with the sound of a clip: clipping, silence, music, noise; each told by a figure.

The limits were set on recordings with planted faults, see `planted.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.clip import Clip
from companion.voice_training.naturalness import Naturalness
from companion.voice_training.outline import FRAME_S, Outline

F32 = NDArray[np.float32]
Scorer = Callable[[F32, int], Naturalness]

_SURROUNDING_S: Final = 1.5
_MOST_SNR_DB: Final = 80.0
_DIGITAL_SILENCE_DB: Final = -95.0
_N_FFT: Final = 1024
_HOP_LENGTH: Final = 256
_LOWEST_HZ: Final = 250.0
_HIGHEST_HZ: Final = 4_000.0
_PROMINENT: Final = 4.0
_STEADY_S: Final = 0.35

_CLIPPED: Final = 0.2
_SILENT_DBFS: Final = -50.0
_LEAST_SPEECH: Final = 0.15
_MUSIC_SURE: Final = 0.15
_MUSIC: Final = 0.02
_MUSIC_BAK: Final = 3.3
_NOISE_SNR_DB: Final = 15.0
_NOISE_BAK: Final = 2.9
_CLEAN_BAK: Final = 3.7
# A clip whose pauses are quiet is noise only if the network is surer of it.
_QUIET_SNR_DB: Final = 25.0
_QUIET_BAK: Final = 2.4
_NOISY_SNR_DB: Final = 20.0
_NOISY_BAK: Final = 3.4
_DULL_SIG: Final = 2.8


def with_sound_faults(clip: Clip, samples: F32, rate_hz: int, score: Scorer) -> Clip:
    """Return `clip` with its figures, and dropped where the sound itself is bad; shape (n,), at the analysis rate.

    `clip` comes from `cutting`, with the figures measured there. `score` is `naturalness`.
    """
    figures = clip.figures
    level = float(figures.get("level_dbfs", -120.0))
    share = figures.get("speech_s", 0.0) / max(0.1, clip.seconds)
    scored = score(samples, rate_hz)
    steady = steady_share(samples, rate_hz)
    clip = clip.measured(sig=scored.sig, bak=scored.bak, ovrl=scored.ovrl, steady=steady)
    snr, clipped = figures.get("snr_db", _MOST_SNR_DB), figures.get("clipped", 0.0)
    if level < _SILENT_DBFS or (share < _LEAST_SPEECH and steady < _MUSIC and level < _SILENT_DBFS + 10):
        return clip.drop("silence", f"{share:.0%} speech at {level:.0f} dBFS")
    if clipped > _CLIPPED and share >= _LEAST_SPEECH:
        return clip.drop("clipping", f"{clipped:.0%} of the loud samples at the top")
    if steady > _MUSIC_SURE or (steady > _MUSIC and (scored.bak < _MUSIC_BAK or share < _LEAST_SPEECH)):
        return clip.drop("music", f"{steady:.0%} steady tones, BAK {scored.bak:.1f}")
    # Speech that the detector missed counts as a loud pause, so the network must agree.
    noisy = snr < _NOISE_SNR_DB and scored.bak < _CLEAN_BAK
    if noisy or scored.bak < _least_bak(snr) or share < _LEAST_SPEECH:
        return clip.drop("noise", f"SNR {snr:.0f} dB, BAK {scored.bak:.1f}")
    return clip.doubt(*_doubts(snr, scored.bak, scored.sig, steady))


def needs_cleaning(clip: Clip) -> bool:
    """Tell whether the noise of a clip is worth an attempt to take it out."""
    figures = clip.figures
    noisy = figures.get("snr_db", 99.0) < _NOISY_SNR_DB or figures.get("bak", 5.0) < _NOISY_BAK
    return noisy and clip.dropped in (None, "noise") and figures.get("speech_s", 0.0) > 0.5


def _least_bak(snr: float) -> float:
    """Return the BAK below which a clip is noise; an SNR at the top was measured without pauses and tells nothing."""
    return _QUIET_BAK if _QUIET_SNR_DB <= snr < _MOST_SNR_DB else _NOISE_BAK


def _doubts(snr: float, bak: float, sig: float, steady: float) -> list[str]:
    doubts = {
        "noisy": snr < _NOISY_SNR_DB or bak < _NOISY_BAK,
        "music_behind": steady > _MUSIC,
        "dull": sig < _DULL_SIG,
    }
    return [name for name, is_so in doubts.items() if is_so]


def snr_db(heard: Outline, start_s: float, end_s: float) -> float:
    """Return how far the speech between two times lies above the pauses in and around it, dB, at most 80."""
    first, last = int(start_s / FRAME_S), int(np.ceil(end_s / FRAME_S))
    margin = int(_SURROUNDING_S / FRAME_S)
    near = slice(max(0, first - margin), last + margin)
    speech = heard.level_db[first:last][heard.speech[first:last] >= 0.5]
    pauses = heard.level_db[near][heard.speech[near] < 0.15]
    pauses = pauses[pauses > _DIGITAL_SILENCE_DB]
    if not len(speech):
        return 0.0
    if len(pauses) < 4:
        return _MOST_SNR_DB
    noise = 10 ** (float(np.percentile(pauses, 40)) / 10)
    power = float(np.mean(10 ** (speech.astype(np.float64) / 10)))
    return float(np.clip(10 * np.log10(max(power - noise, 1e-12) / noise), -10.0, _MOST_SNR_DB))


def clipped_share(samples: F32) -> float:
    """Return how many of the loud samples lie at the very top, 0 to 1; `samples` at the rate they were recorded at.

    Natural speech thins out towards its peak; clipped speech heaps up there, even when it was made quieter later.
    """
    loud = np.abs(samples)
    top = float(np.percentile(loud, 99.9)) if len(loud) else 0.0
    if top <= 1e-6:
        return 0.0
    return float(np.count_nonzero(loud > 0.85 * top) / np.count_nonzero(loud > 0.4 * top))


def steady_share(samples: F32, rate_hz: int) -> float:
    """Return how much of the sound's tones stand still for 0.35 s and more, as notes do and voices do not, 0 to 1."""
    if len(samples) < 2 * _N_FFT:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(samples, _N_FFT)[::_HOP_LENGTH]
    power = np.square(np.abs(np.fft.rfft(windows * np.hanning(_N_FFT).astype(np.float32), axis=1)))
    low, high = (round(hertz * _N_FFT / rate_hz) for hertz in (_LOWEST_HZ, _HIGHEST_HZ))
    power = (power[:, low:high] + 1e-12).astype(np.float32)
    context = _smoothed(power, 15)
    tops = (
        (power > np.roll(power, 1, axis=1))
        & (power > np.roll(power, -1, axis=1))
        & (power > _PROMINENT * context)
    )
    # What is 40 dB below the loudest tone of the clip does not count as heard.
    tops &= power > 1e-4 * power.max()
    n_steady = round(_STEADY_S * rate_hz / _HOP_LENGTH)
    steady = _in_runs(tops, n_steady)
    return float(np.sum(steady)) / max(1.0, float(np.sum(tops)))


def flatness(samples: F32) -> float:
    """Return the spectral flatness, 0 for tones to 1 for white noise (Johnston 1988)."""
    n_fft = 512
    if len(samples) < n_fft:
        return 0.0
    windows = samples[: len(samples) // n_fft * n_fft].reshape(-1, n_fft)
    power = np.square(np.abs(np.fft.rfft(windows * np.hanning(n_fft), axis=1))).mean(axis=0)[4:] + 1e-15
    return float(np.exp(np.mean(np.log(power))) / np.mean(power))


def _smoothed(power: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    total = np.cumsum(
        np.pad(power, ((0, 0), (width // 2 + 1, width // 2)), mode="edge"), axis=1, dtype=np.float64
    )
    return np.asarray((total[:, width:] - total[:, :-width]) / width, np.float32)


def _in_runs(tops: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Return which tops belong to a run of at least `least` frames; a gap of one frame does not end it."""
    bridged = tops | (np.roll(tops, 1, axis=0) & np.roll(tops, -1, axis=0))
    padded = np.pad(bridged.astype(np.int32), ((1, 1), (0, 0)))
    edges = np.diff(padded, axis=0)
    steady = np.zeros_like(tops)
    for column in np.flatnonzero(tops.any(axis=0)):
        starts, ends = np.flatnonzero(edges[:, column] == 1), np.flatnonzero(edges[:, column] == -1)
        for start, end in zip(starts, ends, strict=True):
            if end - start >= least:
                steady[start:end, column] = True
    return steady & tops
