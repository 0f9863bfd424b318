from __future__ import annotations

import numpy as np
import pytest

from companion.text.phonemes import Language
from companion.voice_training.pace import n_syllables, pace, spoken_seconds

pytestmark = pytest.mark.unit


def buzz(seconds: float) -> np.ndarray:
    return (0.2 * np.sin(np.arange(int(seconds * 16_000)) * 0.1)).astype(np.float32)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("今天天气好。", "zh", 5),
        ("我有12个。", "zh", 5),
        ("我喜欢music。", "zh", 5),
        ("The beautiful garden.", "en", 6),
        ("Yes.", "en", 1),
        ("", "zh", 0),
    ],
)
def test_syllables_are_counted_as_spoken(text: str, language: Language, expected: int) -> None:
    assert n_syllables(text, language) == expected


def test_pauses_are_no_speech_but_the_closure_of_a_consonant_is() -> None:
    gap, pause = np.zeros(1_600, np.float32), np.zeros(16_000, np.float32)
    assert spoken_seconds(np.concatenate([buzz(1.0), gap, buzz(1.0)]), 16_000) == pytest.approx(2.1, abs=0.05)
    assert spoken_seconds(np.concatenate([pause, buzz(1.0), pause, buzz(1.0)]), 16_000) == pytest.approx(
        2.0, abs=0.05
    )
    assert spoken_seconds(pause, 16_000) == 0.0
    assert spoken_seconds(np.zeros(0, np.float32), 16_000) == 0.0


def test_pace_is_syllables_a_second_of_speech() -> None:
    sound = np.concatenate([buzz(1.0), np.zeros(16_000, np.float32)])
    assert pace("今天天气好", "zh", sound, 16_000) == pytest.approx(5.0, rel=0.05)
    assert pace("今天天气好", "zh", np.zeros(16_000, np.float32), 16_000) == 0.0
