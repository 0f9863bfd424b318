"""From what a model computed to a clip that follows the previous one without a click or a hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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


class ShapedStream:
    """Shapes the sound of one clause as it comes: `push` each piece, `finish` with the final one.

    Silence is below -44 dBFS in windows of 5 ms; 30 ms before and 50 ms after the sound are kept, the ends are
    faded, and `pause_s` of silence follows. `marks` are those of the whole clause, `sample` counted from the
    first sample pushed. The clips joined are those of the whole clause shaped at once.
    """

    def __init__(
        self, rate_hz: int, text: str, marks: Sequence[SpeechMark], *, exact: bool, pause_s: float
    ) -> None:
        self._rate_hz = rate_hz
        self._text = text
        self._marks = marks
        self._exact = exact
        self._pause_s = pause_s
        self._held = np.zeros(0, np.float32)
        self._origin = 0
        self._started = False
        self._gain = 1.0

    def push(self, samples: NDArray[np.float32]) -> Speech | None:
        """Return what can be played now, or None; silence is held back until sound follows it."""
        self._hold(samples)
        loud = _loud(self._held, self._rate_hz)
        if loud is None:
            return None
        start = 0 if self._started else max(0, loud[0] - int(_LEAD_S * self._rate_hz))
        return self._speech(start, loud[1], last=False)

    def finish(self, samples: NDArray[np.float32]) -> Speech:
        """Return the end of the clause, which is `samples` and what was held back."""
        self._hold(samples)
        loud = _loud(self._held, self._rate_hz)
        if loud is None:
            loud = (0, 0)
        start = 0 if self._started else max(0, loud[0] - int(_LEAD_S * self._rate_hz))
        tail = int(_TAIL_S * self._rate_hz) if loud[1] or self._started else 0
        return self._speech(start, min(len(self._held), loud[1] + tail), last=True)

    def _hold(self, samples: NDArray[np.float32]) -> None:
        self._held = np.concatenate([self._held, np.nan_to_num(samples).astype(np.float32, copy=False)])

    def _speech(self, start: int, end: int, *, last: bool) -> Speech:
        body = self._tamed(self._held[start:end].copy())
        if not self._started:
            _fade_in(body, self._rate_hz)
        if last:
            _fade_out(body, self._rate_hz)
            body = np.concatenate([body, np.zeros(int(self._pause_s * self._rate_hz), np.float32)])
        marks = self._marks_within(self._origin + start, self._origin + end, last=last)
        self._held, self._origin = self._held[end:], self._origin + end
        self._started = True
        return Speech(AudioClip(body, self._rate_hz), self._text, marks, self._exact, last)

    def _tamed(self, body: NDArray[np.float32]) -> NDArray[np.float32]:
        peak = float(np.abs(body).max(initial=0.0))
        before, self._gain = self._gain, min(self._gain, _CEILING / max(peak, _CEILING))
        body *= np.float32(self._gain)
        if self._started and before > self._gain:
            ramp = min(int(_FADE_IN_S * self._rate_hz), len(body))
            body[:ramp] *= np.linspace(before / self._gain, 1.0, ramp, dtype=np.float32)
            np.clip(body, -1.0, 1.0, out=body)
        return body

    def _marks_within(self, start: int, end: int, *, last: bool) -> tuple[SpeechMark, ...]:
        """Return the marks that begin in a clip, after the one of the phoneme that it begins in the middle of."""
        inside = [mark for mark in self._marks if start <= mark.sample and (last or mark.sample < end)]
        before = [mark for mark in self._marks if mark.sample < start]
        if self._started:
            before = before[-1:] if not inside or inside[0].sample > start else []
        most = max(end - start - 1, 0)
        return tuple(
            SpeechMark(min(max(mark.sample - start, 0), most), mark.char, mark.phoneme)
            for mark in [*before, *inside]
        )


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
    """Return `samples` with the silence at both ends cut, short fades and `pause_s` of silence after them."""
    speech = ShapedStream(rate_hz, text, marks, exact=exact, pause_s=pause_s).finish(samples)
    return speech if last else replace(speech, last=False)


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
    loud = _loud(samples, rate_hz)
    if loud is None:
        return 0, 0
    start, end = loud
    return max(0, start - int(_LEAD_S * rate_hz)), min(len(samples), end + int(_TAIL_S * rate_hz))


def _loud(samples: NDArray[np.float32], rate_hz: int) -> tuple[int, int] | None:
    """Return where the first window that is not silent begins and the last one ends, or None."""
    window = max(1, int(_WINDOW_S * rate_hz))
    n_windows = len(samples) // window
    power = np.square(samples[: n_windows * window].reshape(n_windows, window)).mean(axis=1)
    loud = np.flatnonzero(power > 10 ** (_SILENCE_DBFS / 10))
    return (int(loud[0]) * window, (int(loud[-1]) + 1) * window) if len(loud) else None


def _fade_in(body: NDArray[np.float32], rate_hz: int) -> None:
    rise = min(int(_FADE_IN_S * rate_hz), len(body) // 2)
    body[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)


def _fade_out(body: NDArray[np.float32], rate_hz: int) -> None:
    fall = min(int(_FADE_OUT_S * rate_hz), len(body))
    body[len(body) - fall :] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
