"""From signals to one utterance; and whether one may still come."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import numpy as np
import pytest

from companion.conversation.ears import Ears, Interruption, Obeyed, Understood, Utterance
from companion.conversation.hearing import Heard
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.events import Event, UserPaused
from companion.domain.messages import TurnId
from companion.engines.recognisers.scripted import ScriptedRecogniser
from companion.ports import (
    BargeIn,
    MicClosed,
    MicOpened,
    SoftEnd,
    SpeechResumed,
    SpeechStarted,
    UtteranceEnded,
)

pytestmark = pytest.mark.unit

CLIP = AudioClip(np.full(8_000, 0.3, np.float32), 16_000)


class Hall:
    """Ears, what they publish and what they recognised."""

    def __init__(self) -> None:
        self.engines = Engines()
        self.events: list[Event] = []
        self.heard: queue.Queue[Heard] = queue.Queue()
        self.hers = ""
        self.ears = Ears(self.engines, self.events.append, self.heard.put, said_lately=lambda: self.hers)
        self.ears.on_signal(MicOpened("mic"), None, "zh")


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall()
    made.engines.recogniser.put(ScriptedRecogniser.load(["一", "二"]))
    yield made
    made.ears.close()


def test_an_utterance_recognised_at_the_soft_end_is_not_recognised_again(hall: Hall) -> None:
    hall.ears.on_signal(SoftEnd(CLIP, 1.0), None, "zh")
    assert hall.ears.on_heard(hall.heard.get(timeout=10)) == Understood("一", 1.0)
    utterance = hall.ears.on_signal(UtteranceEnded(CLIP, 1.0, same_as_soft_end=True), None, "zh")
    assert utterance is not None
    assert (utterance.text, utterance.ended_s) == ("一", 1.0)


def test_speech_that_resumes_takes_the_early_recognition_back(hall: Hall) -> None:
    hall.ears.on_signal(SoftEnd(CLIP, 1.0), None, "zh")
    early = hall.heard.get(timeout=10)
    hall.ears.on_signal(SpeechResumed(1.2), None, "zh")
    assert hall.ears.on_heard(early) is None
    assert hall.ears.on_signal(UtteranceEnded(CLIP, 2.0, same_as_soft_end=False), None, "zh") is None
    utterance = hall.ears.on_heard(hall.heard.get(timeout=10))
    assert utterance is not None
    assert utterance.text == "二"


def test_nothing_more_comes_from_a_microphone_that_was_lost_in_the_middle(hall: Hall) -> None:
    hall.ears.on_signal(SoftEnd(CLIP, 1.0), None, "zh")
    assert hall.ears.may_hear
    hall.ears.on_signal(MicClosed("unplugged"), None, "zh")
    assert not hall.ears.may_hear


def test_what_was_said_before_the_key_went_up_is_still_heard(hall: Hall) -> None:
    hall.ears.on_signal(UtteranceEnded(CLIP, 1.0, same_as_soft_end=False), None, "zh")
    hall.ears.on_signal(MicClosed(), None, "zh")
    assert hall.ears.may_hear
    utterance = hall.ears.on_heard(hall.heard.get(timeout=10))
    assert utterance is not None
    assert utterance.text == "一"
    assert not hall.ears.may_hear


# ---- while she speaks


def clip(seconds: float) -> AudioClip:
    return AudioClip(np.full(int(seconds * 16_000), 0.3, np.float32), 16_000)


def said_into_her_speech(hall: Hall, line: str, *, seconds: float = 1.3) -> object:
    """Let her be told `line` while she speaks, to its end; return what became of it."""
    hall.engines.recogniser.put(ScriptedRecogniser.load([line]))
    hall.hers = "从前有一座山。"
    hall.ears.on_signal(SpeechStarted(1.0), None, "zh")
    hall.ears.on_signal(BargeIn(TurnId(1), clip(seconds), True), None, "zh")
    hall.ears.on_signal(SoftEnd(clip(seconds), 1.9), None, "zh")
    if hall.ears.on_heard(hall.heard.get(timeout=10)) != Interruption():
        return None
    hall.hers = ""
    hall.ears.go_on(None, "zh")
    return hall.ears.on_signal(UtteranceEnded(clip(seconds), 1.9, same_as_soft_end=True), None, "zh")


@pytest.mark.parametrize("line", ["停，别说了。", "等一下", "Stop!", "Hold on."])
def test_who_only_wants_silence_is_obeyed(hall: Hall, line: str) -> None:
    assert said_into_her_speech(hall, line) == Obeyed()
    assert UserPaused() in hall.events


def test_a_stop_with_a_message_is_an_utterance(hall: Hall) -> None:
    assert said_into_her_speech(hall, "停，说说猫") == Utterance("停，说说猫", 1.9)


@pytest.mark.parametrize(
    ("line", "at_s", "whole"),
    [
        ("等一下。", 4.0, "等一下，你多大？"),
        ("Hold on.", 4.0, "Hold on，你多大？"),
        ("等一下。", 9.0, "你多大？"),
        ("停。", 4.0, "你多大？"),
    ],
)
def test_what_follows_a_wait_soon_belongs_to_it(hall: Hall, line: str, at_s: float, whole: str) -> None:
    said_into_her_speech(hall, line)
    hall.engines.recogniser.put(ScriptedRecogniser.load(["你多大？"]))
    hall.ears.on_signal(SpeechStarted(at_s), None, "zh")
    hall.ears.on_signal(SoftEnd(CLIP, at_s + 1), None, "zh")
    assert hall.ears.on_heard(hall.heard.get(timeout=10)) == Understood(whole, at_s + 1)
    ended = hall.ears.on_signal(UtteranceEnded(CLIP, at_s + 1, same_as_soft_end=True), None, "zh")
    assert ended == Utterance(whole, at_s + 1)


def test_the_first_syllable_is_not_judged_before_there_is_more(hall: Hall) -> None:
    hall.hers = "从前有一座山。"
    hall.ears.on_signal(SpeechStarted(1.0), None, "zh")
    hall.ears.on_signal(BargeIn(TurnId(1), clip(0.5), False), None, "zh")
    hall.ears.on_signal(BargeIn(TurnId(1), clip(0.75), False), None, "zh")
    hall.ears.on_signal(BargeIn(TurnId(1), clip(1.0), False), None, "zh")
    first = hall.heard.get(timeout=10)
    assert (first.job, first.transcript and first.transcript.text) == (1, "一")


def test_a_murmur_taken_for_words_lets_her_go_on(hall: Hall) -> None:
    assert said_into_her_speech(hall, "您呢", seconds=0.3 + 0.4 + 0.128) is None
    assert said_into_her_speech(hall, "您呢", seconds=0.3 + 0.9 + 0.128) == Utterance("您呢", 1.9)
