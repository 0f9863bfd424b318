"""The echo canceller beside the library: clocks, drift, delay, headphones, and a library that is not there."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest

from companion.audio.delay import DelayMeter
from companion.audio.echo import EchoCanceller, can_cancel, is_half
from companion.audio.echo_presence import EchoPresence
from companion.audio.gain import DUCK, Gain
from companion.audio.reference import Reference
from companion.audio.ring import PlayRing

pytestmark = pytest.mark.unit

RATE = 16_000


def noise(seconds, seed=1):
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


class Perfect:
    """A processor that knows the delay and takes off exactly what was played; notes what it was told."""

    def __init__(self, delay=0):
        self.played = np.zeros(delay, np.float32)
        self.hints = []

    def play(self, frame):
        self.played = np.concatenate((self.played, frame))

    def clean(self, frame):
        out, self.played = frame - self.played[: len(frame)], self.played[len(frame) :]
        return out

    def hint_delay(self, delay_ms):
        self.hints.append(delay_ms)


def meter_of(played, heard):
    meter = DelayMeter(RATE)
    for at in range(0, min(len(played), len(heard)) - 159, 160):
        meter.feed(played[at : at + 160], heard[at : at + 160], is_audible=True)
    return meter


def drifted(samples, ppm):
    at = np.arange(len(samples)) * (1 - ppm / 1e6)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


@pytest.mark.parametrize("delay_ms", [0, 40, 300, 600])
def test_delay_is_measured(delay_ms):
    played = noise(4.0)
    heard = np.concatenate((np.zeros(delay_ms * 16, np.float32), played))
    assert meter_of(played, 0.3 * heard).steady_delay_ms == pytest.approx(delay_ms, abs=0.1)


def test_two_sounds_that_have_nothing_to_do_with_each_other_have_no_delay():
    meter = meter_of(noise(4.0), noise(4.0, seed=2))
    assert meter.delay_ms is None
    assert meter.drift_ppm is None


def test_a_delay_is_forgotten_when_the_echo_is_gone():
    played = noise(12.0)
    heard = np.concatenate((played[: 4 * RATE], noise(8.0, seed=2)))
    assert meter_of(played[: 4 * RATE], heard[: 4 * RATE]).delay_ms is not None  # the control
    assert meter_of(played, heard).delay_ms is None


@pytest.mark.parametrize("ppm", [-100, 0, 60, 300])
def test_drift_is_measured(ppm):
    played = noise(10.0)
    heard = np.concatenate((np.zeros(800, np.float32), drifted(played, ppm)))
    assert meter_of(played, heard).drift_ppm == pytest.approx(ppm, abs=10)


def test_drift_worth_it_is_taken_out_of_what_was_played():
    reference = Reference(RATE)
    reference.follow(24_000)
    assert not reference.correct(40.0)
    assert reference.correct(100.0)
    for _ in range(1000):
        reference.append(np.zeros(240, np.float32), 0.0)
    assert reference.due == pytest.approx(160_016, abs=2)
    assert 0 <= reference.due - reference.end < 300


def test_reference_is_silent_where_nothing_was_played():
    reference = Reference(RATE)
    reference.follow(RATE)
    for _ in range(5):
        reference.append(np.ones(160, np.float32), 0.0)
    assert list(reference.frame(-160, 160)) == [0.0] * 160
    assert list(reference.frame(reference.end, 160)) == [0.0] * 160
    assert reference.frame(reference.end - 80, 160)[-80:].any() == np.False_
    assert reference.frame(reference.end - 80, 160)[:80].all()


def run(canceller, played, heard, *, jitter_s=None, start_s=50.0):
    """Play and hear in steps of 10 ms, the times of both streams on one clock; return what is left."""
    left = []
    for n in range(len(heard) // 160):
        end_s = start_s + (n + 1) * 0.01
        wobble = jitter_s[n] if jitter_s is not None else 0.0
        canceller.play(played[n * 160 : (n + 1) * 160], end_s + wobble)
        left.append(canceller.clean(heard[n * 160 : (n + 1) * 160], end_s))
    return np.concatenate(left)


def test_what_was_played_meets_what_came_in_at_the_same_time():
    played = noise(3.0)
    processor = Perfect()
    canceller = EchoCanceller(processor)
    canceller.follow(RATE)
    left = run(canceller, played, np.zeros_like(played))
    lag = meter_of(played, -left[: len(played)])
    assert lag.delay_ms == pytest.approx(15.0, abs=0.2)  # what the resampler may hold back


def test_times_that_wobble_do_not_move_the_reference():
    played = noise(5.0)
    wobble = np.random.default_rng(4).uniform(-0.01, 0.01, 500)
    canceller = EchoCanceller(Perfect())
    canceller.follow(RATE)
    left = run(canceller, played, np.zeros_like(played), jitter_s=wobble)
    meter = meter_of(played[: len(left)], -left)
    assert meter.steady_delay_ms == pytest.approx(15.0, abs=10.0)
    assert meter.drift_ppm == pytest.approx(0.0, abs=1)


def test_what_came_in_waits_for_what_is_played_at_most_forty_ms():
    canceller = EchoCanceller(Perfect())
    canceller.follow(RATE)
    run(canceller, noise(0.5), noise(0.5, seed=2))
    for _ in range(20):  # the loudspeaker has stopped
        canceller.clean(np.zeros(160, np.float32), 51.0)
        assert canceller.pending <= 4 * 160


def test_a_measured_delay_is_told_to_the_library():
    played = noise(5.0)
    processor = Perfect()
    canceller = EchoCanceller(processor)
    canceller.follow(RATE)
    run(canceller, played, np.concatenate((np.zeros(1600, np.float32), 0.5 * played))[: len(played)])
    assert processor.hints
    assert canceller.state.delay_ms == pytest.approx(100, abs=0.5)
    assert processor.hints[-1] == pytest.approx(85, abs=10)


class Nothing(Perfect):
    """Leaves nothing."""

    def clean(self, frame):
        return np.zeros_like(frame)


class Useless(Perfect):
    def clean(self, frame):
        return frame.copy()


@pytest.mark.parametrize(("kind", "doubtful"), [(Useless, True), (Nothing, False)])
def test_where_cancelling_does_not_work_all_may_be_echo(kind, doubtful):
    played = noise(6.0)
    played[:RATE] = 0.0
    heard = np.concatenate((np.zeros(640, np.float32), played))[: len(played)]
    heard += 0.01 * noise(6.0, seed=2)
    canceller = EchoCanceller(kind())
    canceller.follow(RATE)
    run(canceller, played, heard)
    assert canceller.resembles_echo() is doubtful


def test_after_a_jump_of_the_delay_all_may_be_echo_for_three_seconds():
    played = noise(16.0)
    late = np.concatenate((np.zeros(480, np.float32), played))[: len(played)]
    later = np.concatenate((np.zeros(1600, np.float32), played))[: len(played)]
    heard = np.concatenate((late[: 8 * RATE], later[8 * RATE :]))
    canceller = EchoCanceller(Nothing())
    canceller.follow(RATE)
    doubts = []
    for second in range(16):
        at = slice(second * RATE, (second + 1) * RATE)
        run(canceller, played[at], heard[at], start_s=50.0 + second)
        doubts.append(canceller.resembles_echo())
    assert doubts[3:8] == [False] * 5
    assert doubts[9:12] == [True] * 3
    assert doubts[-1] is False


def test_without_the_library_sound_passes_and_the_log_says_so(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "livekit", None)
    with caplog.at_level(logging.WARNING):
        canceller = EchoCanceller.load()
    assert "echo is not cancelled" in caplog.text
    assert not canceller.state.is_cancelling
    canceller.follow(RATE)
    heard = noise(1.0)
    assert np.array_equal(run(canceller, noise(1.0, seed=2), heard), heard)


def test_ears_are_closed_where_nothing_can_be_cancelled(monkeypatch):
    assert (is_half("half"), is_half("full")) == (True, False)
    assert is_half("auto") is not can_cancel()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert is_half("auto")
    assert not is_half("full")


def hear(presence, level_db, n, *, audible, has_delay=False):
    for _ in range(n):
        presence.feed(level_db, is_audible=audible, is_silent=not audible, has_delay=has_delay)


def test_headphones_are_known_by_a_microphone_that_grows_no_louder():
    presence = EchoPresence()
    hear(presence, -65.0, 100, audible=False)
    hear(presence, -64.0, 90, audible=True)
    assert not presence.is_absent  # too soon to tell
    hear(presence, -64.0, 60, audible=True)
    assert presence.is_absent
    hear(presence, -40.0, 300, audible=True)
    assert not presence.is_absent


def test_an_echo_below_the_noise_is_an_echo():
    presence = EchoPresence()
    hear(presence, -65.0, 100, audible=False)
    hear(presence, -65.0, 200, audible=True, has_delay=True)
    assert not presence.is_absent


def test_speech_into_hers_does_not_make_headphones_a_loudspeaker():
    presence = EchoPresence()
    hear(presence, -65.0, 100, audible=False)
    hear(presence, -65.0, 300, audible=True)
    hear(presence, -25.0, 120, audible=True)
    assert presence.is_absent


def test_gain_moves_within_twenty_ms_and_stays():
    gain = Gain(24_000)
    gain.target = DUCK
    blocks = [np.ones(100, np.float32) for _ in range(10)]
    for block in blocks:
        gain.apply(block)
    sound = np.concatenate(blocks)
    assert np.abs(np.diff(sound)).max() < 0.01
    assert 20 * np.log10(sound[-1]) == pytest.approx(-14.0, abs=0.01)
    assert np.flatnonzero(sound == sound[-1])[0] <= 480
    gain.target = 1.0
    for block in (first := np.ones(480, np.float32), last := np.ones(100, np.float32)):
        gain.apply(block)
    assert first[0] < 0.3
    assert last.min() == 1.0


def test_ring_tells_what_left_it_with_silence_and_after_the_gain():
    ring = PlayRing(1000)
    ring.gain.target = 0.5
    ring.write(np.ones(150, np.float32))
    out = np.zeros(100, np.float32)
    ring.fill_out(out, 5.0, left_s=4.0)
    ring.fill_out(out, 5.1, left_s=4.1)
    left, end_s = ring.take_left()
    assert len(left) == 200
    assert list(left[50:150]) == [0.5] * 100
    assert not left[150:].any()
    assert end_s == pytest.approx(4.1, abs=0.01)
    assert len(ring.take_left()[0]) == 0
