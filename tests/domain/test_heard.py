"""What was heard at a playback position."""

from __future__ import annotations

import numpy as np
import pytest

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.heard import Spoken, heard_char

pytestmark = pytest.mark.unit

RATE = 1_000


def spoken(start_s: float, start: int, text: str, seconds: float) -> Spoken:
    """Return a clause whose characters last equally long."""
    n = int(seconds * RATE)
    marks = tuple(SpeechMark(i * n // len(text), i, char) for i, char in enumerate(text))
    speech = Speech(AudioClip(np.zeros(n, np.float32), RATE), text, marks, exact=True)
    return Spoken(start_s, speech, start, start + len(text), tuple(range(len(text))))


@pytest.mark.parametrize(
    ("seconds", "heard"), [(0.0, 0), (0.1, 0), (0.26, 1), (0.99, 3), (1.0, 4), (1.3, 5), (9.0, 8)]
)
def test_a_character_is_heard_when_the_next_one_begins(seconds: float, heard: int) -> None:
    assert heard_char([spoken(0.0, 0, "今天下雨", 1.0), spoken(1.0, 4, "我在家里", 1.0)], seconds) == heard


def test_the_end_of_a_clip_is_reached_however_its_length_was_summed_up() -> None:
    assert heard_char([spoken(11.16, 0, "每天早上", 2.26)], 13.419999999999998) == 4
