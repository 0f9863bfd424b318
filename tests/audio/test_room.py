"""Listening while she speaks, in a simulated room: echo, barge-in, headphones, and the test of two seconds."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from companion.audio.echo_test import probe_sound
from companion.audio.room import Room, RoomSimulator
from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import (
    AudioPlan,
    BargeIn,
    Ducked,
    Paused,
    PlaybackEnded,
    Played,
    Resumed,
    SoftEnd,
    SpeechStarted,
    UtteranceEnded,
)

pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(
        importlib.util.find_spec("livekit") is None, reason="livekit is not installed; it cancels the echo"
    ),
]

ONE, TWO = TurnId(1), TurnId(2)
WARM_S = 4.0


def talk(seconds: float, *, seed: int = 1, level: float = 0.12, rate_hz: int = 24_000) -> AudioClip:
    """Return a voice that hums and breathes without end, RMS `level`; each seed breathes differently."""
    n = round(seconds * rate_hz)
    hum = probe_sound(rate_hz)
    hum = hum[np.flatnonzero(hum)[0] : np.flatnonzero(hum)[-1]]
    noise = np.random.default_rng(seed).standard_normal(n)
    t = np.arange(n) / rate_hz
    sound = np.resize(np.roll(hum, 997 * seed), n) / np.std(hum) + 0.5 * noise
    sound *= 0.6 + 0.4 * np.sin(2 * np.pi * (2.1 + 0.3 * seed) * t)
    return AudioClip((level * sound / np.std(sound)).astype(np.float32), rate_hz)


def hiss(seconds: float) -> AudioClip:
    """Return noise at 16 kHz, as loud as `talk`: it is like nothing else."""
    samples = 0.12 * np.random.default_rng(5).standard_normal(round(seconds * 16_000))
    return AudioClip(samples.astype(np.float32), 16_000)


@pytest.fixture
def enter(detector):
    """A room with the ears open; with `plays` she speaks as long as that."""

    def build(room=None, *, plays=0.0, cancels=True, plan=None):
        audio = RoomSimulator(detector, room, cancels=cancels)
        audio.open(plan or AudioPlan(duplex="full"))
        audio.listen("hands_free")
        audio.advance(1.0)
        audio.drain()
        if plays:
            audio.enqueue(ONE, Speech(talk(plays), "啦"))
            audio.finish(ONE)
        return audio

    return build


def of(signals, *kinds):
    return [type(each) for each in signals if isinstance(each, kinds)]


@pytest.mark.parametrize("delay_ms", [40, 150, 300])
@pytest.mark.parametrize("drift_ppm", [0, 100])
def test_she_does_not_hear_herself(enter, delay_ms, drift_ppm):
    audio = enter(Room(delay_ms=delay_ms, drift_ppm=drift_ppm), plays=30.0)
    audio.advance(2.0)
    audio.drain()
    audio.advance(30.0)
    assert of(audio.drain(), SpeechStarted, Ducked, Paused) == []
    state = audio.echo
    assert state.erle_db > 20.0
    assert state.delay_ms == pytest.approx(delay_ms, abs=12)
    assert state.drift_ppm == pytest.approx(drift_ppm, abs=20)


def test_without_the_canceller_she_would_hear_herself(enter):
    """The control of the test above."""
    audio = enter(plays=10.0, cancels=False)
    audio.advance(10.0)
    assert {SpeechStarted, Ducked} <= set(of(audio.drain(), SpeechStarted, Ducked))


def test_what_was_learnt_of_the_room_holds_for_the_next_turn(enter):
    audio = enter(plays=6.0)
    audio.advance(10.0)
    audio.drain()
    audio.enqueue(TWO, Speech(talk(3.0, seed=3), "啦"))
    audio.advance(3.0)
    assert of(audio.drain(), SpeechStarted, Ducked) == []


def test_speech_ducks_and_pauses_her_and_comes_along_as_a_clip(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    begin_s = audio.now_s
    audio.speak(talk(0.9, seed=2), in_s=0.0)
    audio.advance(1.1)
    signals = audio.drain()
    assert of(signals, Ducked, Paused, BargeIn)[:3] == [Ducked, Paused, BargeIn]
    ducked = next(each for each in signals if isinstance(each, Ducked))
    assert ducked.at_s - begin_s == pytest.approx(0.0, abs=0.1)
    clips = [each for each in signals if isinstance(each, BargeIn)]
    assert [each.final for each in clips] == [False] * (len(clips) - 1) + [True]
    assert len(clips) >= 3
    lengths = [each.clip.seconds for each in clips]
    assert lengths == sorted(lengths)
    assert lengths[0] == pytest.approx(0.3 + 0.2, abs=0.08)
    assert lengths[-1] == pytest.approx(0.3 + 0.9 + 0.13, abs=0.15)
    assert clips[0].clip.rate_hz == 16_000


def test_the_clip_holds_the_speech_and_not_her_voice(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    near = hiss(0.8)
    audio.speak(near)
    audio.advance(1.1)
    clip = [each for each in audio.drain() if isinstance(each, BargeIn)][-1].clip.samples
    lead_in = clip[: int(0.2 * 16_000)]
    assert np.sqrt(np.mean(lead_in**2)) < 0.1 * np.sqrt(np.mean(near.samples**2))
    fit = np.correlate(clip, near.samples[:8000], mode="valid")
    best = clip[np.argmax(fit) :][:8000]
    assert np.corrcoef(best, near.samples[: len(best)])[0, 1] > 0.6


def test_the_usual_signals_of_an_utterance_come_as_well(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    audio.speak(talk(0.9, seed=2))
    audio.advance(1.6)
    assert of(audio.drain(), SpeechStarted, SoftEnd, UtteranceEnded) == [
        SpeechStarted,
        SoftEnd,
        UtteranceEnded,
    ]


def test_her_voice_falls_by_fourteen_decibel_and_rests_in_a_pause(enter):
    audio = enter(Room(echo_gain_db=None), plays=20.0)
    audio.advance(2.0)
    audio.speak(talk(0.3, seed=2))
    audio.advance(1.5)
    signals = audio.drain()
    assert of(signals, Ducked, Paused, Resumed) == [Ducked, Resumed]
    level = np.abs(audio.played.samples[: len(audio.played.samples) // 240 * 240].reshape(-1, 240)).max(
        axis=1
    )
    expected = np.abs(talk(20.0).samples).reshape(-1, 240).max(axis=1)
    # The turn is enqueued at 1 s and leaves 20 ms later.
    ratio = level[102 : 102 + 340] / expected[:340]
    assert 20 * np.log10(ratio.min()) == pytest.approx(-14.0, abs=0.2)
    assert ratio[-20:] == pytest.approx(1.0, abs=0.01)


def test_at_the_beginning_speech_ducks_her_only(enter):
    audio = enter(plays=20.0)
    audio.speak(talk(0.7, seed=2))
    audio.advance(2.8)
    assert set(of(audio.drain(), Ducked, Paused)) == {Ducked}


def test_soon_after_the_beginning_speech_that_lasts_pauses_her(enter):
    audio = enter(plays=20.0)
    audio.advance(2.6)  # a second and a half of her
    audio.drain()
    begin_s = audio.now_s
    audio.speak(talk(1.2, seed=2))
    audio.advance(0.7)
    assert Paused in of(audio.drain(), Ducked, Paused)
    assert audio.now_s - begin_s < 0.75


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_her_own_voice_never_pauses_her_while_the_canceller_learns(enter, seed):
    audio = enter(Room(seed=seed), plays=6.0)
    audio.advance(7.5)
    assert of(audio.drain(), Paused) == []


@pytest.mark.parametrize(("seconds", "at_s"), [(0.4, 1.15), (1.5, 2.85)])
def test_for_the_words_of_a_murmur_she_does_not_wait_long(enter, seconds, at_s):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    audio.speak(talk(seconds, seed=2))
    begin_s, resumed = audio.now_s, False
    while not resumed and audio.now_s < begin_s + 3.0:
        audio.advance(0.02)
        resumed = Resumed in of(audio.drain(), Resumed)
    assert audio.now_s - begin_s == pytest.approx(at_s, abs=0.1)


def test_a_short_noise_ducks_her_at_most(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    audio.speak(talk(0.1, seed=2))
    audio.advance(1.5)
    signals = audio.drain()
    assert of(signals, Ducked, Paused, Resumed) in ([Ducked, Resumed], [])
    assert of(signals, PlaybackEnded) == []


@pytest.mark.parametrize("ms", [10, 40])
def test_a_loudspeaker_that_loses_step_does_not_pause_her(enter, ms):
    audio = enter(plays=20.0)
    audio.advance(6.0)
    audio.drain()
    audio.stumble(ms)
    audio.advance(5.0)
    signals = audio.drain()
    assert of(signals, Paused) == []
    audio.drain()
    audio.advance(5.0)
    assert of(audio.drain(), Ducked, SpeechStarted) == []


def test_a_pause_without_a_decision_ends_by_itself(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    audio.speak(talk(0.6, seed=2))
    audio.advance(0.5)
    paused = [each for each in audio.drain() if isinstance(each, Paused)]
    assert len(paused) == 1
    audio.advance(0.5)
    assert of(audio.drain(), Played, PlaybackEnded, Resumed) == []
    audio.advance(1.0)
    signals = audio.drain()
    assert of(signals, Resumed) == [Resumed]
    assert next(each for each in signals if isinstance(each, Played)).seconds >= paused[0].seconds


def test_going_on_is_decided_and_then_the_same_speech_does_not_pause_her_at_once(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.drain()
    audio.speak(talk(1.2, seed=2))
    audio.advance(0.5)
    audio.resume(ONE)
    audio.advance(0.8)
    assert of(audio.drain(), Paused, Resumed) == [Paused, Resumed]


def test_a_stop_ends_the_pause_and_the_next_turn_is_at_full_volume(enter):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.speak(talk(0.6, seed=2))
    audio.advance(0.6)
    paused = next(each for each in audio.drain() if isinstance(each, Paused))
    audio.stop(ONE)
    audio.advance(0.3)
    ended = next(each for each in audio.drain() if isinstance(each, PlaybackEnded))
    assert (ended.stopped, ended.seconds) == (True, pytest.approx(paused.seconds))
    begin = len(audio.played.samples)
    audio.enqueue(TWO, Speech(AudioClip(np.full(24_000, 0.3, np.float32), 24_000), "啦"))
    audio.advance(0.5)
    assert np.median(audio.played.samples[begin + 4800 :]) == pytest.approx(0.3)


@pytest.mark.parametrize("mode", ["off", "push_to_talk"])
def test_a_closed_microphone_does_not_leave_her_paused(enter, mode):
    audio = enter(plays=20.0)
    audio.advance(WARM_S)
    audio.speak(talk(2.0, seed=2))
    audio.advance(0.6)
    assert Paused in of(audio.drain(), Paused)
    audio.listen(mode)
    audio.advance(0.2)
    assert of(audio.drain(), Resumed) == [Resumed]


def test_with_closed_ears_nobody_is_heard_while_she_speaks(enter):
    audio = enter(plays=8.0, plan=AudioPlan(duplex="half"))
    audio.advance(WARM_S)
    audio.speak(talk(1.0, seed=2))
    audio.advance(2.0)
    assert of(audio.drain(), SpeechStarted, Ducked, Paused) == []


def test_headphones_leave_the_voice_of_the_user_as_it_is(enter):
    audio = enter(Room(echo_gain_db=None), plays=20.0)
    audio.advance(WARM_S)
    assert audio.echo.is_absent
    near = hiss(0.8)
    audio.speak(near)
    audio.advance(1.1)
    clip = [each for each in audio.drain() if isinstance(each, BargeIn)][-1].clip.samples
    at = int(np.argmax(np.correlate(clip, near.samples[:8000], mode="valid")))
    assert np.corrcoef(clip[at : at + 8000], near.samples[:8000])[0, 1] > 0.99


def test_an_utterance_may_be_asked_to_be_over_sooner(enter):
    audio = enter()
    audio.speak(talk(1.0, seed=2, level=0.2))
    audio.advance(1.25)
    assert of(audio.drain(), SoftEnd, UtteranceEnded) == [SoftEnd]
    audio.end_after(200)
    audio.advance(0.1)
    assert of(audio.drain(), UtteranceEnded) == [UtteranceEnded]


@pytest.mark.parametrize(
    ("room", "cancels", "verdict"),
    [
        (Room(), True, "good"),
        (Room(delay_ms=300, drift_ppm=100), True, "good"),
        (Room(echo_gain_db=None), True, "no_echo"),
        (Room(), False, "unavailable"),
    ],
)
def test_two_seconds_tell_how_well_echo_is_kept_out(enter, room, cancels, verdict):
    audio = enter(room, cancels=cancels)
    result = audio.test_echo()
    assert result.verdict == verdict
    if verdict == "good":
        assert result.erle_db > 12
        assert result.delay_ms == pytest.approx(room.delay_ms, abs=12)
    assert of(audio.drain(), SpeechStarted, Played, PlaybackEnded) == []


def test_echo_is_not_tested_while_she_speaks_and_she_speaks_as_ever_after_it(enter):
    audio = enter(plays=1.0)
    with pytest.raises(AudioError) as refused:
        audio.test_echo()
    assert refused.value.code == "busy"
    audio.advance(2.0)
    audio.test_echo()
    audio.drain()
    audio.enqueue(TWO, Speech(talk(1.0), "啦", (SpeechMark(0, 0, "l"),)))
    audio.finish(TWO)
    audio.advance(1.5)
    assert [each for each in audio.drain() if isinstance(each, PlaybackEnded)] == [
        PlaybackEnded(TWO, pytest.approx(1.0), False)
    ]
