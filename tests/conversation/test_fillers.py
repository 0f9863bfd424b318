"""Sounds of thinking: made once for a voice, and not too often."""

from __future__ import annotations

from typing import Literal

import pytest

from companion.conversation.fillers import Fillers
from companion.conversation.slots import Engines
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.bank import VoiceBank

pytestmark = pytest.mark.unit

TONES = VoiceSpec("tones")


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def made(clock: Clock, language: Literal["zh", "en"] = "zh") -> Fillers:
    engines = Engines()
    engines.voice.put(VoiceBank.load())
    fillers = Fillers(clock)
    fillers.make(engines, TONES, language, CancelToken())
    return fillers


def text_of(fillers: Fillers) -> str:
    return "".join(dict.fromkeys(speech.text for speech in fillers.offer(TONES)()))


def test_before_they_are_made_there_are_none() -> None:
    fillers = Fillers()
    assert not fillers.has(TONES)
    assert fillers.offer(TONES)() == ()


@pytest.mark.parametrize(
    ("language", "first", "second"), [("zh", "嗯……", "让我想想。"), ("en", "Hmm.", "Let me think.")]
)
def test_never_the_same_twice_running(language: Literal["zh", "en"], first: str, second: str) -> None:
    clock = Clock()
    fillers = made(clock, language)
    assert fillers.has(TONES)
    assert text_of(fillers) == first
    clock.now_s += 30.0
    assert text_of(fillers) == second


def test_not_twice_in_twenty_seconds() -> None:
    clock = Clock()
    fillers = made(clock)
    assert text_of(fillers)
    clock.now_s += 19.0
    assert not text_of(fillers)
    clock.now_s += 2.0
    assert text_of(fillers)


def test_another_voice_does_not_speak_with_this_one() -> None:
    assert made(Clock()).offer(VoiceSpec("tones", speed=1.5))() == ()
