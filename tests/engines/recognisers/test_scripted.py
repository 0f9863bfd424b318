from __future__ import annotations

import numpy as np
import pytest

from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.engines.recognisers.scripted import ScriptedRecogniser

pytestmark = pytest.mark.unit


def hear(recogniser: ScriptedRecogniser, seconds: float) -> str:
    noise = np.random.default_rng(1).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)
    return recogniser.transcribe(AudioClip(noise, 16_000), CancelToken()).text


def test_lines_come_in_turn_and_begin_anew() -> None:
    recogniser = ScriptedRecogniser.load(["你好", "Hello"])
    assert [hear(recogniser, 1.0) for _ in range(3)] == ["你好", "Hello", "你好"]


def test_a_click_uses_up_no_line() -> None:
    recogniser = ScriptedRecogniser.load(["你好", "Hello"])
    assert [hear(recogniser, 0.05), hear(recogniser, 1.0)] == ["", "你好"]


def test_language_follows_the_line() -> None:
    recogniser = ScriptedRecogniser.load(["你好", "Hello"])
    clip = AudioClip(np.full(16_000, 0.1, np.float32), 16_000)
    assert [recogniser.transcribe(clip, CancelToken()).language for _ in range(2)] == ["zh", "en"]
