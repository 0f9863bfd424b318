"""Order, blocking, stopping, volume and position of speech before a loudspeaker."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from companion.audio.playback import Playback
from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import Paused, PlaybackEnded, PlaybackStarted, Played, Resumed

pytestmark = pytest.mark.unit

RATE = 24_000
ONE, TWO = TurnId(1), TurnId(2)


class Speaker:
    """Pulls in blocks of 10 ms and hears them at once."""

    def __init__(self, **options):
        self.signals = []
        self.now_s = 100.0
        self.playback = Playback(RATE, self.signals.append, clock=lambda: self.now_s, **options)
        self.samples = np.zeros(0, np.float32)
        self.pulled = 0

    def run(self, seconds):
        for _ in range(round(seconds * 100)):
            block = self.playback.pull(RATE // 100)
            self.pulled += len(block)
            self.now_s += 0.01
            self.samples = np.concatenate((self.samples, block))
            self.playback.heard(self.pulled, self.now_s)

    def of(self, kind):
        return [each for each in self.signals if isinstance(each, kind)]


@pytest.fixture
def speaker():
    return Speaker()


def flat(seconds, value=0.5, rate_hz=RATE):
    return Speech(AudioClip(np.full(round(seconds * rate_hz), value, np.float32), rate_hz), "la")


def test_turn_starts_moves_and_ends(speaker):
    speaker.playback.enqueue(ONE, flat(0.5))
    speaker.playback.finish(ONE)
    speaker.run(1.0)
    assert speaker.of(PlaybackStarted) == [PlaybackStarted(ONE, pytest.approx(100.0))]
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, 0.5, False)]
    assert 10 <= len(speaker.of(Played)) <= 16


def test_played_comes_about_thirty_times_a_second(speaker):
    speaker.playback.enqueue(ONE, flat(2.0))
    speaker.run(1.0)
    assert 24 <= len(speaker.of(Played)) <= 34


def test_unfinished_turn_waits_for_more(speaker):
    speaker.playback.enqueue(ONE, flat(0.2))
    speaker.run(1.0)
    assert speaker.of(PlaybackEnded) == []
    assert speaker.playback.is_playing
    speaker.playback.enqueue(ONE, flat(0.2))
    speaker.playback.finish(ONE)
    speaker.run(1.0)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(0.4), False)]


def test_turns_follow_one_another(speaker):
    for turn, value in ((ONE, 0.25), (TWO, 0.5)):
        speaker.playback.enqueue(turn, flat(0.2, value))
        speaker.playback.finish(turn)
    speaker.run(1.0)
    assert [each.turn for each in speaker.of(PlaybackEnded)] == [ONE, TWO]
    assert np.array_equal(np.unique(speaker.samples), np.float32([0.25, 0.5]))


def test_chunks_of_one_turn_join_without_seam_though_resampled(speaker):
    rate = 22_050
    whole = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    for part in np.split(whole, [5_000, 11_111]):
        speaker.playback.enqueue(ONE, Speech(AudioClip(part, rate), "la"))
    speaker.playback.finish(ONE)
    speaker.run(1.5)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert len(speaker.samples) == pytest.approx(RATE, abs=2)
    assert np.abs(speaker.samples[500:-500] - expected[500 : len(speaker.samples) - 500]).max() < 0.01


def test_stop_fades_within_five_ms_and_tells_the_position(speaker):
    speaker.playback.enqueue(ONE, flat(2.0))
    speaker.run(0.5)
    speaker.playback.stop(ONE)
    speaker.run(0.5)
    ended = speaker.of(PlaybackEnded)
    assert ended == [PlaybackEnded(ONE, pytest.approx(0.505), True)]
    assert np.abs(np.diff(speaker.samples[-120:])).max() < 0.01
    assert speaker.samples[-1] == 0.0


def test_stopped_and_ended_turns_take_nothing_more(speaker):
    speaker.playback.enqueue(ONE, flat(0.2))
    speaker.run(0.1)
    speaker.playback.stop(ONE)
    speaker.playback.enqueue(ONE, flat(0.2))
    speaker.run(0.5)
    speaker.playback.enqueue(ONE, flat(0.2))
    speaker.playback.finish(ONE)
    speaker.playback.stop(ONE)
    speaker.run(0.5)
    assert len(speaker.of(PlaybackEnded)) == 1
    assert not speaker.playback.has_speech


@pytest.mark.parametrize("action", ["stop", "finish"])
def test_turn_without_any_sound_ends_too(speaker, action):
    getattr(speaker.playback, action)(ONE)
    speaker.run(0.05)
    assert speaker.signals == [PlaybackEnded(ONE, 0.0, action == "stop")]


def test_waiting_turn_can_be_stopped_without_disturbing_the_playing_one(speaker):
    speaker.playback.enqueue(ONE, flat(0.3))
    speaker.playback.finish(ONE)
    speaker.playback.enqueue(TWO, flat(0.3))
    speaker.run(0.1)
    speaker.playback.stop(TWO)
    speaker.run(0.5)
    assert [(each.turn, each.stopped) for each in speaker.of(PlaybackEnded)] == [(TWO, True), (ONE, False)]


def test_full_queue_holds_the_caller_until_there_is_room(speaker):
    speaker.playback.enqueue(ONE, flat(31.0, rate_hz=8_000))
    waiting = threading.Thread(target=speaker.playback.enqueue, args=(ONE, flat(0.1)))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    speaker.run(0.02)
    waiting.join(5.0)
    assert not waiting.is_alive()


@pytest.mark.parametrize("release", ["stop", "close"])
def test_caller_held_by_a_full_queue_is_released(speaker, release):
    failures = []

    def enqueue():
        try:
            speaker.playback.enqueue(ONE, flat(0.1))
        except AudioError as error:
            failures.append(error.code)

    speaker.playback.enqueue(ONE, flat(31.0, rate_hz=8_000))
    waiting = threading.Thread(target=enqueue)
    waiting.start()
    speaker.playback.stop(ONE) if release == "stop" else speaker.playback.close()
    waiting.join(5.0)
    assert not waiting.is_alive()
    assert failures == ([] if release == "stop" else ["closed"])


def test_nothing_is_played_before_it_was_enqueued(speaker):
    speaker.now_s = 100.5
    speaker.playback.enqueue(ONE, flat(0.5))
    assert len(speaker.playback.pull(240, before_s=100.49)) == 0
    assert len(speaker.playback.pull(240, before_s=100.51)) == 240


def test_volume_moves_without_a_jump(speaker):
    speaker.playback.enqueue(ONE, flat(1.0))
    speaker.run(0.1)
    speaker.playback.set_volume(0.0)
    speaker.run(0.2)
    assert np.abs(np.diff(speaker.samples)).max() < 0.01
    assert speaker.samples[-1] == 0.0


def test_too_loud_and_broken_samples_are_tamed(speaker):
    samples = np.float32([2.0, np.nan, np.inf, -np.inf, -3.0] * 100)
    speaker.playback.enqueue(ONE, Speech(AudioClip(samples, RATE), "la"))
    speaker.run(0.1)
    assert np.isfinite(speaker.samples).all()
    assert np.abs(speaker.samples).max() <= 1.0


def test_position_goes_on_when_the_output_is_reopened_at_another_rate(speaker):
    speaker.playback.enqueue(ONE, flat(1.0))
    speaker.playback.finish(ONE)
    speaker.run(0.4)
    speaker.playback.reopen(48_000, heard=speaker.pulled)
    speaker.pulled = 0
    for _ in range(200):
        speaker.pulled += len(speaker.playback.pull(480))
        speaker.now_s += 0.01
        speaker.playback.heard(speaker.pulled, speaker.now_s)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(1.0, abs=0.002), False)]
    assert len(speaker.of(PlaybackStarted)) == 1


def test_what_was_cut_off_on_its_way_does_not_count_as_heard():
    speaker = Speaker(fades=False)
    speaker.playback.enqueue(ONE, flat(1.0))
    pulled = len(speaker.playback.pull(2400))
    speaker.playback.heard(1000, 100.1)
    assert speaker.playback.stop(ONE)
    assert len(speaker.playback.pull(2400)) == 0
    speaker.playback.cut_at(1200)
    speaker.playback.heard(pulled, 100.2)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, 0.05, True)]


def ramp(seconds, *marks):
    """Speech whose every sample tells its place, with marks at these seconds."""
    n = round(seconds * RATE)
    samples = np.linspace(0.1, 0.9, n, endpoint=False, dtype=np.float32)
    return Speech(
        AudioClip(samples, RATE), "啦", tuple(SpeechMark(round(at_s * RATE), 0, "a") for at_s in marks)
    )


def place(value, seconds):
    return float((value - 0.1) / 0.8 * seconds)


def test_paused_turn_holds_at_a_sample_and_goes_on_from_there(speaker):
    speaker.playback.enqueue(ONE, ramp(2.0))
    speaker.playback.finish(ONE)
    speaker.run(0.5)
    assert speaker.playback.pause() == ONE
    speaker.run(0.3)
    held = speaker.of(Paused)
    assert held == [Paused(ONE, pytest.approx(0.505, abs=0.001))]
    n_before = len(speaker.samples)
    positions = len(speaker.of(Played))
    speaker.run(0.2)
    assert len(speaker.samples) == n_before
    assert len(speaker.of(Played)) == positions
    speaker.playback.resume(ONE)
    speaker.run(3.0)
    assert speaker.of(Resumed) == [Resumed(ONE)]
    assert len(speaker.samples) == 2 * RATE  # nothing dropped, nothing twice
    whole = ramp(2.0).clip.samples
    after = n_before + round(0.03 * RATE)
    assert np.array_equal(speaker.samples[after:], whole[after:])
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(2.0), False)]


def test_going_on_begins_softly(speaker):
    speaker.playback.enqueue(ONE, flat(2.0))
    speaker.run(0.5)
    speaker.playback.pause()
    speaker.run(0.1)
    n = len(speaker.samples)
    speaker.playback.resume(ONE)
    speaker.run(0.1)
    fade = speaker.samples[n : n + round(0.03 * RATE)]
    assert fade[0] < 0.01
    assert np.abs(np.diff(fade)).max() < 0.01
    assert speaker.samples[-1] == 0.5


@pytest.mark.parametrize(("mark_s", "from_s"), [(0.42, 0.42), (0.3, 0.505), (0.6, 0.505)])
def test_going_on_backs_up_to_the_last_mark_that_is_near(speaker, mark_s, from_s):
    speaker.playback.enqueue(ONE, ramp(2.0, mark_s))
    speaker.run(0.5)
    speaker.playback.pause()
    speaker.run(0.1)
    n = len(speaker.samples)
    speaker.playback.resume(ONE)
    speaker.run(0.1)
    begun = n + round(0.04 * RATE)
    assert place(speaker.samples[begun], 2.0) - 0.04 == pytest.approx(from_s, abs=0.001)


def test_positions_never_go_back_though_she_backs_up(speaker):
    speaker.playback.enqueue(ONE, ramp(2.0, 0.42))
    speaker.playback.finish(ONE)
    speaker.run(0.5)
    speaker.playback.pause()
    speaker.run(0.1)
    speaker.playback.resume(ONE)
    speaker.run(2.0)
    positions = [each.seconds for each in speaker.of(Played)]
    assert positions == sorted(positions)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(2.0), False)]


def test_held_turn_goes_on_by_itself_when_nothing_is_decided(speaker):
    speaker.playback.enqueue(ONE, flat(3.0))
    speaker.run(0.5)
    speaker.playback.pause()
    speaker.run(1.1)
    assert speaker.of(Resumed) == []
    speaker.run(0.2)
    assert speaker.of(Resumed) == [Resumed(ONE)]
    assert speaker.playback.sounding == ONE


def test_held_turn_that_is_stopped_ends_where_it_was_held(speaker):
    speaker.playback.enqueue(ONE, flat(3.0))
    speaker.run(0.5)
    speaker.playback.pause()
    speaker.run(0.3)
    n = len(speaker.samples)
    speaker.playback.stop(ONE)
    speaker.run(0.1)
    assert len(speaker.samples) == n
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(0.505, abs=0.001), True)]


def test_turn_held_at_its_very_end_ends_only_after_going_on(speaker):
    speaker.playback.enqueue(ONE, flat(0.5))
    speaker.playback.finish(ONE)
    speaker.run(0.49)
    speaker.playback.pause()
    speaker.run(0.5)
    assert speaker.of(PlaybackEnded) == []
    speaker.playback.resume(ONE)
    speaker.run(0.1)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(0.5), False)]


def test_only_the_turn_that_sounds_is_held(speaker):
    assert speaker.playback.pause() is None
    speaker.playback.enqueue(ONE, flat(0.5))
    assert speaker.playback.pause() is None
    speaker.run(0.1)
    speaker.playback.resume(ONE)
    speaker.playback.resume(TWO)
    speaker.playback.stop(ONE)
    assert speaker.playback.pause() is None
    speaker.run(0.1)
    assert speaker.of(Paused) == speaker.of(Resumed) == []


def test_what_was_pulled_beyond_the_place_of_a_pause_is_played_again():
    speaker = Speaker(fades=False)
    speaker.playback.enqueue(ONE, ramp(1.0))
    speaker.playback.pull(9600)
    speaker.playback.heard(4800, 100.1)
    assert speaker.playback.pause() == ONE
    assert len(speaker.playback.pull(480)) == 0
    speaker.playback.cut_at(7440)
    assert speaker.of(Paused) == [Paused(ONE, pytest.approx(0.31))]
    speaker.playback.resume(ONE)
    again = speaker.playback.pull(1440)[720:]
    assert np.array_equal(again, ramp(1.0).clip.samples[7440 + 720 : 7440 + 1440])
    speaker.playback.heard(9600 + 240, 100.3)
    assert speaker.of(Played)[-1].seconds == pytest.approx(0.32)


def test_going_on_may_be_asked_for_before_the_place_is_known():
    speaker = Speaker(fades=False)
    speaker.playback.enqueue(ONE, ramp(1.0))
    speaker.playback.pull(4800)
    speaker.playback.pause()
    speaker.playback.resume(ONE)
    assert speaker.of(Resumed) == []
    speaker.playback.cut_at(2640)
    assert [type(each) for each in speaker.signals] == [Paused, Resumed]


def test_held_turn_survives_another_output(speaker):
    speaker.playback.enqueue(ONE, flat(1.0))
    speaker.playback.finish(ONE)
    speaker.run(0.4)
    speaker.playback.pause()
    speaker.playback.reopen(48_000, heard=speaker.pulled)
    speaker.pulled = 0
    assert speaker.of(Paused) == [Paused(ONE, pytest.approx(0.4))]
    speaker.playback.resume(ONE)
    for _ in range(100):
        speaker.pulled += len(speaker.playback.pull(480))
        speaker.now_s += 0.01
        speaker.playback.heard(speaker.pulled, speaker.now_s)
    assert speaker.of(PlaybackEnded) == [PlaybackEnded(ONE, pytest.approx(1.0, abs=0.002), False)]
