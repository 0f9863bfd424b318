"""From what a model computed to a clip that follows the previous one without a click or a hole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.text.phonemes import Phone

_SILENCE_DBFS: Final = -44.0
_WINDOW_S: Final = 0.005
_LEAD_S: Final = 0.03
_TAIL_S: Final = 0.05
_FADE_IN_S: Final = 0.005
_FADE_OUT_S: Final = 0.01
_CEILING: Final = 0.98
_PAUSES_S: Final = (("。！？!?…", 0.26), (".；;—\n", 0.22), ("，、,：:", 0.1))
_CLOSING: Final = "”’」』）)】]\"' \t"
_VOWELS: Final = frozenset("aeiouyæɑɐɒɔəɚɛɜɤɨɪɯøœʊʌᵻAIOQWY")
_MARKS_OF_TONE: Final = frozenset("ˈˌːʰʲ↓→↗↘12345̃")


def empty_speech(text: str, rate_hz: int) -> Speech:
    """Return what a voice yields for a clause without anything to say."""
    return Speech(AudioClip(np.zeros(0, np.float32), rate_hz), text, exact=True)


def shaped(
    samples: NDArray[np.float32],
    rate_hz: int,
    text: str,
    marks: Sequence[SpeechMark],
    *,
    exact: bool,
    pause_s: float,
    last: bool = True,
) -> Speech:
    """Return `samples` with the silence at both ends cut, short fades and `pause_s` of silence after them.

    Silence is below -44 dBFS in windows of 5 ms; 30 ms before and 50 ms after the sound are kept.
    """
    start, end = _bounds(samples, rate_hz)
    body = np.nan_to_num(samples[start:end]).astype(np.float32, copy=True)
    peak = float(np.abs(body).max(initial=0.0))
    if peak > _CEILING:
        body *= _CEILING / peak
    _fade(body, rate_hz)
    clip = np.concatenate([body, np.zeros(int(pause_s * rate_hz), np.float32)])
    moved = tuple(
        SpeechMark(min(max(mark.sample - start, 0), max(len(body) - 1, 0)), mark.char, mark.phoneme)
        for mark in marks
    )
    return Speech(AudioClip(clip, rate_hz), text, moved, exact, last)


def pause_after(text: str) -> float:
    """Return the seconds of silence that the last mark of `text` asks for."""
    ending = text.rstrip(_CLOSING)[-1:]
    return next((seconds for marks, seconds in _PAUSES_S if ending and ending in marks), 0.04)


def marks_from_durations(phones: Sequence[Phone], lengths: Sequence[int], lead: int = 0) -> list[SpeechMark]:
    """Return one mark for each phone; `lengths` are its samples, `lead` those before the first one."""
    position, marks = lead, []
    for phone, length in zip(phones, lengths, strict=True):
        marks.append(SpeechMark(position, phone.char, phone.symbol))
        position += int(length)
    return marks


def estimated_marks(phones: Sequence[Phone], samples: NDArray[np.float32], rate_hz: int) -> list[SpeechMark]:
    """Return marks spread over the sound in proportion to what phonemes of each class usually last."""
    start, end = _bounds(samples, rate_hz)
    weights = np.array([_weight(phone.symbol) for phone in phones], np.float64)
    total = float(weights.sum()) or 1.0
    ends = np.cumsum(weights) * ((end - start) / total)
    begins = np.concatenate([[0.0], ends[:-1]]) if len(phones) else ends
    return [
        SpeechMark(start + int(begin), phone.char, phone.symbol)
        for phone, begin in zip(phones, begins, strict=True)
    ]


def is_spoken(symbol: str) -> bool:
    """Tell whether a symbol is a sound, not a gap, a punctuation mark, a stress or a tone."""
    return any(char.isalpha() and char not in _MARKS_OF_TONE for char in symbol)


def _weight(symbol: str) -> float:
    if any(char in _VOWELS for char in symbol):
        return 1.6
    if is_spoken(symbol):
        return 1.0
    return 0.0 if symbol in _MARKS_OF_TONE else 0.8


def _bounds(samples: NDArray[np.float32], rate_hz: int) -> tuple[int, int]:
    window = max(1, int(_WINDOW_S * rate_hz))
    n_windows = len(samples) // window
    power = np.square(samples[: n_windows * window].reshape(n_windows, window)).mean(axis=1)
    loud = np.flatnonzero(power > 10 ** (_SILENCE_DBFS / 10))
    if not len(loud):
        return 0, 0
    start = max(0, int(loud[0]) * window - int(_LEAD_S * rate_hz))
    end = min(len(samples), (int(loud[-1]) + 1) * window + int(_TAIL_S * rate_hz))
    return start, end


def _fade(body: NDArray[np.float32], rate_hz: int) -> None:
    rise = min(int(_FADE_IN_S * rate_hz), len(body) // 2)
    fall = min(int(_FADE_OUT_S * rate_hz), len(body) // 2)
    if rise and fall:
        body[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
        body[-fall:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
