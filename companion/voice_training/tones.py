"""Whether the tones of spoken Mandarin can be heard: the pitch of each syllable, classed by its shape.

A recogniser writes the word that makes sense, whatever the tone, so tones are judged by pitch alone. The classifier is
linear: eight points of a syllable's curve beside the pitch of the whole line, and where the syllable before it ended.
packaging/fit_tones.py fitted it to the stock voices and says how often it is right on one that it has not met; a voice
of another dialect falls far below. A figure means something beside those only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import SpeechMark
from companion.text.aligned import Aligned
from companion.text.language import HAN
from companion.text.mandarin import read_mandarin
from companion.text.normalise import normalised
from companion.voice_training.pitch import FRAME_S, pitch_curve

N_TONES: Final = 4
_CHINESE: Final = re.compile(f"[{HAN}]+")
_N_POINTS: Final = 8
N_FEATURES: Final = _N_POINTS + 2
_LEAST_FRAMES: Final = 4
_LEAST_SPREAD: Final = 0.5
_OCTAVE: Final = 11.0
# The voice's pitch follows its mouth: of 0, 30, 60 and 100 ms the delay at which most tones are heard.
_DELAY_S: Final = 0.03

F64 = NDArray[np.float64]


def tones_heard(
    text: str, samples: NDArray[np.float32], rate: int, marks: Sequence[SpeechMark]
) -> list[tuple[int, int]]:
    """Return (meant, heard) for each syllable of `text` with a full tone that is long enough to be judged.

    `marks` are those of the whole sound, their `char` a place in `text`. Raises ModelError, code `missing` or `onnx`.
    """
    meant, features = syllable_shapes(text, samples, rate, marks)
    heard = np.argmax(features @ _weights(), axis=1) + 1
    return list(zip(meant, heard.tolist(), strict=True))


def share_of_unmet_voices() -> float:
    """Return how many tones of stock voices, each unknown to its classifier, are heard as they were meant, 0 to 1."""
    right: Mapping[str, float] = _described()["right"]
    return float(np.mean(list(right.values())))


def syllable_shapes(
    text: str, samples: NDArray[np.float32], rate: int, marks: Sequence[SpeechMark]
) -> tuple[list[int], F64]:
    """Return the tones of `text`, 1 to 4, and what the classifier sees of each, shape (n, 10).

    Curves are in deviations of the line's pitch from its median.
    """
    curve = _evened(12.0 * np.log2(pitch_curve(samples, rate)))
    tones = _tones(text)
    meant: list[int] = []
    features: list[F64] = []
    before = 0.0
    for char, (begin, end) in _spans(marks, len(samples)).items():
        first, last = ((at / rate + _DELAY_S) / FRAME_S for at in (begin, end))
        part = curve[int(first) : int(last) + 1]
        places = np.flatnonzero(~np.isnan(part))
        if len(places) < _LEAST_FRAMES:
            continue
        shape = np.interp(np.linspace(places[0], places[-1], _N_POINTS), places, part[places])
        if char in tones:
            meant.append(tones[char])
            features.append(np.concatenate([shape, [before, 1.0]]))
        before = float(shape[-1])
    return meant, np.array(features).reshape(-1, N_FEATURES)


def _evened(semitones: F64) -> F64:
    """Return the curve around its median in units of its spread, without jumps of an octave; NaN where no voice is."""
    if np.isnan(semitones).all():
        return semitones
    near = np.where(np.abs(semitones - np.nanmedian(semitones)) > _OCTAVE, np.nan, semitones)
    low, middle, high = np.nanpercentile(near, (16, 50, 84))
    return np.asarray((near - middle) / max(_LEAST_SPREAD, (high - low) / 2))


def _tones(text: str) -> dict[int, int]:
    """Return the full tones as spoken, by character; one that stands for several syllables is left out."""
    spoken = normalised(Aligned.of(text), "zh")
    found: dict[int, int] = {}
    counted: Counter[int] = Counter()
    for match in _CHINESE.finditer(spoken.text):
        for word in read_mandarin(spoken.slice(*match.span())):
            for syllable in word:
                counted[syllable.char] += 1
                found[syllable.char] = syllable.tone
    return {char: tone for char, tone in found.items() if counted[char] == 1 and tone <= N_TONES}


def _spans(marks: Sequence[SpeechMark], n_samples: int) -> dict[int, tuple[int, int]]:
    spans: dict[int, tuple[int, int]] = {}
    for place, mark in enumerate(marks):
        if not mark.phoneme.strip():
            continue
        end = marks[place + 1].sample if place + 1 < len(marks) else n_samples
        begin = spans[mark.char][0] if mark.char in spans else mark.sample
        spans[mark.char] = begin, end
    return spans


def _weights() -> F64:
    """Return the classifier, shape (10, 4): features to tones."""
    return np.array(_described()["weights"], np.float64)


@cache
def _described() -> dict[str, Any]:
    text = files("companion.voice_training.data").joinpath("tones.json").read_text("utf-8")
    described: dict[str, Any] = json.loads(text)
    return described
