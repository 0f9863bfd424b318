"""How fast somebody speaks: syllables in a second of speech, pauses left out."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.text.frontend import phonemise
from companion.text.phonemes import Language
from companion.voice_training.intelligibility import tokens

_VOWELS: Final = re.compile("[AIOQWYaæɑɒɔəɛɜɪʊʌiueᵊᵻ]")
_FRAME_S: Final = 0.02
_PAUSE_DB: Final = 35.0
# Shorter gaps are closures of consonants.
_LEAST_PAUSE_S: Final = 0.16


def pace(text: str, language: Language, samples: NDArray[np.float32], rate: int) -> float:
    """Return syllables a second; 0 where nothing is said."""
    seconds = spoken_seconds(samples, rate)
    return n_syllables(text, language) / seconds if seconds > 0 else 0.0


@cache
def n_syllables(text: str, language: Language) -> int:
    """Return the syllables that speaking `text` takes; English ones are its vowels."""
    if language == "en":
        return len(_VOWELS.findall(phonemise(text, language="en").symbols))
    latin = " ".join(token for token in re.findall("[A-Za-z']+", text))
    chinese = sum(not _spelt_latin(token, latin) for token in tokens(text, "zh"))
    return chinese + (n_syllables(latin, "en") if latin else 0)


def spoken_seconds(samples: NDArray[np.float32], rate: int) -> float:
    """Return how long there is speech in `samples`; pauses of 0.16 s and more do not count."""
    size = max(1, round(rate * _FRAME_S))
    frames = np.ravel(samples)[: len(samples) // size * size].reshape(-1, size)
    if not len(frames):
        return 0.0
    level_db = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-12)
    if level_db.max() < -70.0:
        return 0.0
    loud = level_db > np.percentile(level_db, 95) - _PAUSE_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    gaps_s = (begins[1:] - ends[:-1]) * _FRAME_S
    short = float(gaps_s[gaps_s < _LEAST_PAUSE_S].sum())
    return float((ends - begins).sum()) * _FRAME_S + short


def _spelt_latin(token: str, latin: str) -> bool:
    return bool(latin) and token in latin.lower().split(" ")
