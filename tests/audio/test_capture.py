"""Microphone samples become levels and utterances, with clips and times."""

from __future__ import annotations

import numpy as np
import pytest

from companion.audio.capture import Capture
from companion.domain.audio import AudioClip
from companion.errors import AudioError
from companion.ports import Level, SoftEnd, SpeechResumed, SpeechStarted, UtteranceEnded

pytestmark = pytest.mark.unit

RATE = 16_000


class Microphone:
    """Feeds sound in odd blocks, with the clock at 50 s when it begins."""

    def __init__(self, detector, block=370):
        self.signals = []
        self.capture = Capture(detector, self.signals.append)
        self.block = block
        self.n = 0

    def hear(self, *clips):
        samples = np.concatenate([clip.samples for clip in clips])
        for part in np.split(samples, range(self.block, len(samples), self.block)):
            self.n += len(part)
            self.capture.feed(part, 50.0 + self.n / RATE)

    def spoken(self):
        return [each for each in self.signals if not isinstance(each, Level)]


@pytest.fixture
def microphone(detector):
    return Microphone(detector)


@pytest.fixture
def sound(make_tone):
    return lambda seconds, peak=0.5: make_tone(seconds, rate_hz=RATE, hertz=300.0, peak=peak)


def test_utterance_comes_with_its_lead_in_and_times(microphone, sound):
    microphone.hear(sound(1.0, 0.001), sound(0.8), sound(1.0, 0.001))
    started, soft, ended = microphone.spoken()
    assert isinstance(started, SpeechStarted)
    assert started.at_s == pytest.approx(51.0, abs=0.033)
    assert isinstance(soft, SoftEnd)
    assert soft.at_s == pytest.approx(51.8, abs=0.033)
    assert isinstance(ended, UtteranceEnded)
    assert ended.speech_end_s == pytest.approx(soft.at_s)
    assert ended.same_as_soft_end
    assert np.array_equal(ended.clip.samples, soft.clip.samples)
    assert ended.clip.seconds == pytest.approx(0.35 + 0.8 + 0.16, abs=0.07)
    loud = np.flatnonzero(np.abs(ended.clip.samples) > 0.1)
    assert (loud[-1] - loud[0]) / RATE == pytest.approx(0.8, abs=0.01)


def test_resumed_utterance_holds_both_parts(microphone, sound):
    microphone.hear(sound(0.5, 0), sound(0.5), sound(0.3, 0), sound(0.5), sound(1.0, 0))
    kinds = [type(each) for each in microphone.spoken()]
    assert kinds == [SpeechStarted, SoftEnd, SpeechResumed, SoftEnd, UtteranceEnded]
    assert microphone.spoken()[-1].clip.seconds == pytest.approx(0.35 + 1.3 + 0.16, abs=0.07)


def test_levels_come_twenty_times_a_second_with_the_right_height(microphone, sound):
    microphone.hear(sound(1.0))
    levels = [each for each in microphone.signals if isinstance(each, Level)]
    assert len(levels) == 20
    assert levels[5].level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.2)
    assert levels[-1].speech > 0.9


def test_muted_ears_hear_nothing_but_show_levels(microphone, sound):
    microphone.capture.mute(True)
    microphone.hear(sound(1.0), sound(1.0, 0))
    assert microphone.spoken() == []
    assert len(microphone.signals) == 40
    assert {each.speech for each in microphone.signals} == {0.0}


def test_utterance_that_is_muted_keeps_what_was_heard(microphone, sound):
    microphone.hear(sound(0.5, 0), sound(0.5))
    microphone.capture.mute(True)
    assert isinstance(microphone.spoken()[-1], UtteranceEnded)


def test_sound_from_before_the_mute_is_not_part_of_the_next_utterance(microphone, sound):
    microphone.hear(sound(1.0, 0.015))
    microphone.capture.mute(True)
    microphone.capture.mute(False)
    microphone.hear(sound(0.5), sound(1.0, 0))
    assert microphone.spoken()[-1].clip.seconds == pytest.approx(0.5 + 0.16, abs=0.07)


def test_key_up_ends_with_what_was_said_under_the_key(microphone, sound):
    microphone.hear(sound(1.0))
    microphone.capture.press()
    microphone.hear(sound(0.4))
    microphone.capture.release()
    assert microphone.spoken()[-1].clip.seconds == pytest.approx(0.4, abs=0.033)


def test_broken_samples_are_taken_as_silence(microphone):
    bad = np.full(RATE, np.nan, np.float32)
    microphone.hear(AudioClip(bad, RATE), AudioClip(np.zeros(0, np.float32), RATE), AudioClip(bad[:1], RATE))
    assert microphone.spoken() == []
    assert all(np.isfinite(each.level_db) for each in microphone.signals)


def test_ten_minutes_of_speech_come_in_pieces_of_a_minute(detector, sound):
    microphone = Microphone(detector, block=16_000)
    for _ in range(600):
        microphone.hear(sound(1.0))
    ended = [each for each in microphone.spoken() if isinstance(each, UtteranceEnded)]
    assert len(ended) == 10
    assert max(each.clip.seconds for each in ended) <= 60.1


def test_detector_of_another_rate_is_refused(detector):
    detector.rate_hz = 8_000
    with pytest.raises(AudioError, match="8000"):
        Capture(detector, lambda signal: None)
