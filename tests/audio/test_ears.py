"""Half duplex, push-to-talk and the microphone's state, on the virtual clock."""

from __future__ import annotations

import pytest

from companion.audio.virtual_clock import VirtualAudio
from companion.domain.messages import TurnId
from companion.ports import (
    AudioPlan,
    Level,
    MicClosed,
    MicOpened,
    PlaybackEnded,
    SpeechStarted,
    UtteranceEnded,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def audio(detector):
    virtual = VirtualAudio(detector, latency_s=0.06)
    virtual.open(AudioPlan())
    return virtual


def of(signals, *kinds):
    return [type(each) for each in signals if isinstance(each, kinds)]


def test_half_duplex_does_not_hear_its_own_voice_nor_its_echo(audio, make_speech, make_tone):
    audio.listen("hands_free")
    audio.advance(0.5)
    audio.enqueue(TurnId(1), make_speech(1.0))
    audio.finish(TurnId(1))
    audio.speak(make_tone(1.2), in_s=0.06)
    audio.advance(3.0)
    signals = audio.drain()
    assert of(signals, SpeechStarted, PlaybackEnded) == [PlaybackEnded]
    assert len(of(signals, Level)) == pytest.approx(70, abs=2)


def test_full_duplex_hears_while_speaking(detector, make_speech, make_tone):
    audio = VirtualAudio(detector)
    audio.open(AudioPlan(duplex="full"))
    audio.listen("hands_free")
    audio.advance(0.1)
    audio.enqueue(TurnId(1), make_speech(3.0))
    audio.speak(make_tone(0.5), in_s=0.5)
    audio.advance(2.0)
    assert of(audio.drain(), SpeechStarted, UtteranceEnded) == [SpeechStarted, UtteranceEnded]


def test_user_is_heard_again_after_the_tail(audio, make_speech, make_tone):
    audio.listen("hands_free")
    audio.enqueue(TurnId(1), make_speech(0.5))
    audio.finish(TurnId(1))
    audio.advance(1.0)
    audio.speak(make_tone(0.5))
    audio.advance(1.5)
    assert of(audio.drain(), UtteranceEnded) == [UtteranceEnded]


def test_held_key_is_heard_even_while_she_speaks(audio, make_speech, make_tone):
    audio.listen("push_to_talk")
    audio.enqueue(TurnId(1), make_speech(5.0))
    audio.advance(1.0)
    audio.talk(True)
    audio.advance(0.02)
    audio.speak(make_tone(0.5))
    audio.advance(0.6)
    audio.talk(False)
    audio.advance(0.02)
    ended = [each for each in audio.drain() if isinstance(each, UtteranceEnded)]
    assert [each.clip.seconds for each in ended] == [pytest.approx(0.6, abs=0.07)]


def test_microphone_follows_mode_and_key(audio):
    audio.listen("push_to_talk")
    audio.advance(0.1)
    assert of(audio.drain(), MicOpened, MicClosed) == []
    for step in (lambda: audio.talk(True), lambda: audio.talk(False), lambda: audio.listen("hands_free")):
        step()
        audio.advance(0.1)
    audio.listen("off")
    audio.advance(0.1)
    signals = audio.drain()
    assert of(signals, MicOpened, MicClosed) == [MicOpened, MicClosed, MicOpened, MicClosed]
    audio.advance(1.0)
    assert of(audio.drain(), Level) == []


def test_short_tap_of_the_key_is_neither_lost_nor_an_utterance(audio):
    audio.listen("push_to_talk")
    audio.talk(True)
    audio.talk(False)
    audio.advance(0.2)
    assert of(audio.drain(), UtteranceEnded, SpeechStarted) == []


def test_microphone_switched_off_forgets_the_open_utterance(audio, make_tone):
    audio.listen("hands_free")
    audio.advance(0.1)
    audio.speak(make_tone(5.0))
    audio.advance(1.0)
    audio.listen("off")
    audio.advance(1.0)
    assert of(audio.drain(), SpeechStarted, UtteranceEnded, MicClosed) == [SpeechStarted, MicClosed]
