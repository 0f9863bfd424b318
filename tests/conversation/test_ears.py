"""From signals to one utterance; and whether one may still come."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import numpy as np
import pytest

from companion.conversation.ears import Ears, Understood
from companion.conversation.hearing import Heard
from companion.conversation.slots import Engines
from companion.domain.audio import AudioClip
from companion.domain.events import Event
from companion.engines.recognisers.scripted import ScriptedRecogniser
from companion.ports import MicClosed, MicOpened, SoftEnd, SpeechResumed, UtteranceEnded

pytestmark = pytest.mark.unit

CLIP = AudioClip(np.full(8_000, 0.3, np.float32), 16_000)


class Hall:
    """Ears, what they publish and what they recognised."""

    def __init__(self) -> None:
        self.engines = Engines()
        self.events: list[Event] = []
        self.heard: queue.Queue[Heard] = queue.Queue()
        self.ears = Ears(self.engines, self.events.append, self.heard.put)
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
