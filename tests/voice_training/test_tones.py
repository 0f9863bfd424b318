from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from companion.domain.audio import SpeechMark
from companion.voice_training.tones import N_FEATURES, share_of_unmet_voices, syllable_shapes, tones_heard

pytestmark = pytest.mark.unit

RATE_HZ = 16_000
DATA = Path(__file__).parents[2] / "companion" / "voice_training" / "data" / "tones.json"
# Semitones from the middle of the voice, at the beginning, the middle and the end of a syllable.
SHAPES = {1: (4.0, 4.0, 4.0), 2: (-3.0, -2.0, 3.0), 3: (0.0, -6.0, -8.0), 4: (5.0, 1.0, -4.0)}


def sung(tones: list[int], seconds: float = 0.25) -> tuple[np.ndarray, list[SpeechMark]]:
    """Return a buzz with a curve for each tone, and a mark for each syllable at the character of its number."""
    curves, marks = [], []
    size = int(seconds * RATE_HZ)
    for char, tone in enumerate(tones):
        curves.append(np.interp(np.linspace(0, 2, size), [0, 1, 2], SHAPES[tone]))
        marks.append(SpeechMark(char * size, char, "a"))
    phase = 2 * np.pi * np.cumsum(180 * 2 ** (np.concatenate(curves) / 12)) / RATE_HZ
    sound = sum(np.sin(partial * phase) / partial for partial in range(1, 12))
    return (0.1 * np.asarray(sound)).astype(np.float32), marks


def test_tones_as_written_in_books_are_heard() -> None:
    text, tones = "大家来跑步", [4, 1, 2, 3, 4]
    samples, marks = sung(tones)
    assert tones_heard(text, samples, RATE_HZ, marks) == [(tone, tone) for tone in tones]


def test_a_wrong_tone_is_heard_as_what_it_is() -> None:
    samples, marks = sung([4, 1, 2, 3, 1])
    assert tones_heard("大家来跑步", samples, RATE_HZ, marks)[-1] == (4, 1)


def test_a_voice_that_speaks_on_one_note_is_not_understood() -> None:
    samples, marks = sung([1, 1, 1, 1, 1])
    found = tones_heard("大家来跑步", samples, RATE_HZ, marks)
    assert len({heard for _, heard in found}) == 1


def test_neutral_tones_and_numbers_of_several_syllables_are_not_judged() -> None:
    samples, marks = sung([4, 1, 2, 3, 4])
    meant, shapes = syllable_shapes("爸爸有3%", samples, RATE_HZ, marks)
    # Before 百 the third tone of 有 becomes a second one.
    assert meant == [4, 2]
    assert shapes.shape == (2, N_FEATURES)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(16_000, np.float32)])
def test_silence_has_no_tones(samples: np.ndarray) -> None:
    marks = [SpeechMark(0, 0, "a")]
    assert tones_heard("大", samples, RATE_HZ, marks) == []
    assert tones_heard("Hello", samples, RATE_HZ, marks) == []


def test_the_classifier_says_how_often_it_is_right_on_voices_that_it_has_not_met() -> None:
    described = json.loads(DATA.read_text(encoding="utf-8"))
    assert np.array(described["weights"]).shape == (N_FEATURES, 4)
    assert len(described["right"]) >= 5
    assert min(described["right"].values()) > 0.6
    assert share_of_unmet_voices() > 0.7


def test_the_tones_of_another_dialect_are_not_taken_for_these() -> None:
    described = json.loads(DATA.read_text(encoding="utf-8"))
    assert max(described["right_in_dialect"].values()) < 0.4
