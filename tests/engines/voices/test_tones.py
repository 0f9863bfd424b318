from __future__ import annotations

import numpy as np
import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.tones import Tones, syllables_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "n_notes"),
    [
        ("你好。", 2),
        ("今天天气很好", 6),
        ("Hello there", 4),
        ("我用iPhone", 5),
        ("3 天", 2),
        ("……", 0),
        ("", 0),
    ],
)
def test_each_syllable_is_one_note(text: str, n_notes: int) -> None:
    assert sum(bool(syllable.vowel) for syllable in syllables_of(text)) == n_notes


def test_marks_lie_exactly_where_notes_begin() -> None:
    (speech,) = Tones.load().synthesise("你好，小满", CancelToken(), voice=VoiceSpec(engine="tones"))
    assert [mark.char for mark in speech.marks] == [0, 1, 2, 3, 4]
    third = speech.marks[2].sample
    assert speech.exact
    assert np.abs(speech.clip.samples[third + 500 : third + 2000]).max() < 1e-3
    assert np.abs(speech.clip.samples[speech.marks[3].sample :][:3000]).max() > 0.1


def test_same_text_sounds_the_same_and_another_one_does_not() -> None:
    def sound(text: str) -> bytes:
        (speech,) = Tones.load().synthesise(text, CancelToken(), voice=VoiceSpec(engine="tones"))
        return speech.clip.samples.tobytes()

    assert sound("晚安。") == sound("晚安。")
    assert sound("晚安。") != sound("早安。")


def test_speed_and_pitch_are_heard() -> None:
    def sound(voice: VoiceSpec) -> np.ndarray:
        return next(Tones.load().synthesise("啊", CancelToken(), voice=voice)).clip.samples

    assert len(sound(VoiceSpec(speed=2.0))) < len(sound(VoiceSpec()))
    low, high = (period(sound(VoiceSpec(pitch=pitch))) for pitch in (-6.0, 6.0))
    assert 1.7 < low / high < 2.3


def period(samples: np.ndarray) -> int:
    middle = samples[1000:3000].astype(np.float64)
    correlation = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    return 30 + int(np.argmax(correlation[30:260]))
