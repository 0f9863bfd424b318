"""What every AudioIO does, whatever stands behind it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from companion.audio.devices import NoBackend
from companion.audio.duplex import DuplexAudio
from companion.audio.room import Room, RoomSimulator
from companion.audio.virtual_clock import VirtualAudio
from companion.audio.wav import write_wav
from companion.audio.wav_realtime import WavAudio
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.errors import CompanionError
from companion.ports import (
    AudioIO,
    AudioPlan,
    BargeIn,
    Ducked,
    Paused,
    PlaybackEnded,
    PlaybackStarted,
    Played,
    Resumed,
    UtteranceEnded,
)

pytestmark = pytest.mark.unit

ONE, TWO = TurnId(1), TurnId(1, 1)


class Quiet:
    rate_hz = 16_000
    frame_samples = 512

    def probability(self, frame):
        return 0.0

    def reset(self):
        return


class Loud(Quiet):
    def probability(self, frame):
        return 0.97 if float(np.sqrt(np.mean(frame * frame))) > 0.02 else 0.02


class Bench:
    """An adapter whose signals are collected, and whose clock runs by itself."""

    def __init__(self, audio: AudioIO, plan: AudioPlan | None = None):
        self.audio = audio
        self.signals = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._closing = threading.Event()
        self._clock = threading.Thread(target=self._advance)
        if isinstance(audio, VirtualAudio | RoomSimulator):
            self._clock.start()
        audio.open(plan or AudioPlan())

    def _read(self):
        for signal in self.audio.signals():
            with self._changed:
                self.signals.append(signal)
                self._changed.notify_all()

    def _advance(self):
        while not self._closing.is_set():
            self.audio.advance(0.05)

    def wait(self, kind, n=1):
        def found():
            return [each for each in self.signals if isinstance(each, kind)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= n, 20.0), self.signals[-5:]
        return found()[n - 1]

    def count(self, kind):
        return len([each for each in self.signals if isinstance(each, kind)])

    def close(self):
        self._closing.set()
        if self._clock.ident:
            self._clock.join(5.0)
        self.audio.close()
        self._reader.join(5.0)
        assert not self._reader.is_alive()


@pytest.fixture(params=["virtual", "wav", "no device", "room"])
def bench(request, tmp_path):
    match request.param:
        case "virtual":
            audio = VirtualAudio(Quiet(), latency_s=0.06)
        case "room":
            audio = RoomSimulator(Quiet(), cancels=False)
        case "wav":
            write_wav(tmp_path / "in.wav", np.zeros(1600, np.float32), 16_000)
            audio = WavAudio.load([tmp_path / "in.wav"], tmp_path / "out.wav", detector=Quiet(), speed=4.0)
        case _:
            audio = DuplexAudio.started(NoBackend(), Quiet())
    bench = Bench(audio)
    yield bench
    bench.close()


def speech(seconds, rate_hz=22_050):
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return Speech(AudioClip((0.3 * np.sin(2 * np.pi * 300 * t)).astype(np.float32), rate_hz), "啦")


def tone(seconds):
    t = np.arange(round(seconds * 16_000)) / 16_000
    return AudioClip((0.3 * np.sin(2 * np.pi * 700 * t)).astype(np.float32), 16_000)


def test_turn_starts_moves_and_ends_with_its_length(bench):
    bench.audio.enqueue(ONE, speech(0.3))
    bench.audio.enqueue(ONE, speech(0.3))
    bench.audio.finish(ONE)
    assert bench.wait(PlaybackStarted).turn == ONE
    assert bench.wait(Played).turn == ONE
    ended = bench.wait(PlaybackEnded)
    assert (ended.turn, ended.stopped) == (ONE, False)
    assert ended.seconds == pytest.approx(0.6, abs=0.01)


def test_stopped_turn_tells_what_was_heard_and_the_next_one_plays(bench):
    bench.audio.enqueue(ONE, speech(20.0))
    bench.wait(Played, n=3)
    bench.audio.stop(ONE)
    ended = bench.wait(PlaybackEnded)
    assert ended.stopped
    assert 0.0 < ended.seconds < 20.0
    bench.audio.enqueue(ONE, speech(0.2))
    bench.audio.enqueue(TWO, speech(0.2))
    bench.audio.finish(TWO)
    second = bench.wait(PlaybackEnded, n=2)
    assert (second.turn, second.stopped) == (TWO, False)
    assert second.seconds == pytest.approx(0.2, abs=0.01)


def test_finished_turn_without_speech_ends(bench):
    bench.audio.finish(ONE)
    assert bench.wait(PlaybackEnded) == PlaybackEnded(ONE, 0.0, False)


def test_turn_stopped_before_it_began_ends_once(bench):
    bench.audio.stop(ONE)
    bench.audio.stop(ONE)
    assert bench.wait(PlaybackEnded) == PlaybackEnded(ONE, 0.0, True)
    bench.audio.finish(TWO)
    bench.wait(PlaybackEnded, n=2)
    assert bench.count(PlaybackEnded) == 2


def test_positions_only_grow(bench):
    bench.audio.enqueue(ONE, speech(1.0))
    bench.audio.finish(ONE)
    bench.wait(PlaybackEnded)
    positions = [each.seconds for each in bench.signals if isinstance(each, Played)]
    assert positions == sorted(positions)
    assert len(positions) >= 20


def test_a_turn_that_is_not_paused_is_not_disturbed_by_resume(bench):
    bench.audio.resume(ONE)
    bench.audio.enqueue(ONE, speech(0.5))
    bench.audio.finish(ONE)
    bench.wait(Played)
    bench.audio.resume(ONE)
    bench.audio.resume(TWO)
    ended = bench.wait(PlaybackEnded)
    assert (ended.stopped, ended.seconds) == (False, pytest.approx(0.5, abs=0.01))
    bench.audio.resume(ONE)
    assert bench.count(Resumed) == 0


def test_without_an_utterance_there_is_none_to_end(bench):
    bench.audio.listen("hands_free")
    bench.audio.end_after(0)
    bench.audio.enqueue(ONE, speech(0.3))
    bench.audio.finish(ONE)
    bench.wait(PlaybackEnded)
    assert bench.count(UtteranceEnded) == 0


class Steps:
    """An adapter whose clock passes only while a test waits."""

    def __init__(self, audio):
        self.audio = audio
        self.signals = []

    def wait(self, kind):
        for _ in range(600):
            found = [each for each in self.signals if isinstance(each, kind)]
            if found:
                return found[0]
            self.audio.advance(0.05)
            self.signals += self.audio.drain()
        raise AssertionError(self.signals[-5:])

    def close(self):
        self.audio.close()


def crowded(audio):
    audio.open(AudioPlan(duplex="full"))
    audio.listen("hands_free")
    audio.speak(tone(0.8), in_s=4.5)
    return Steps(audio)


def crowded_files(folder):
    for name in ("first", "second"):
        write_wav(folder / f"{name}.wav", tone(0.8).samples, 16_000)
    audio = WavAudio.load(
        [folder / "first.wav", folder / "second.wav"],
        folder / "out.wav",
        detector=Loud(),
        speed=2.0,
        gap_s=0.1,
        barge_in_s=4.0,
    )
    bench = Bench(audio, AudioPlan(duplex="full"))
    audio.listen("hands_free")
    bench.wait(UtteranceEnded)
    return bench


@pytest.fixture(params=["virtual", "wav", "room"])
def crowd(request, tmp_path):
    """An adapter with open ears, in which somebody speaks into her turn after some 4 s."""
    match request.param:
        case "virtual":
            bench = crowded(VirtualAudio(Loud()))
        case "room":
            bench = crowded(RoomSimulator(Loud(), Room(echo_gain_db=None), cancels=False))
        case _:
            bench = crowded_files(tmp_path)
    bench.audio.enqueue(ONE, speech(7.0))
    bench.audio.finish(ONE)
    yield bench
    bench.close()


def test_speech_into_her_turn_pauses_it_until_it_is_resumed(crowd):
    paused = crowd.wait(Paused)
    clip = crowd.wait(BargeIn).clip
    crowd.audio.resume(ONE)
    crowd.wait(Resumed)
    ended = crowd.wait(PlaybackEnded)
    order = [type(each) for each in crowd.signals if isinstance(each, Ducked | Paused | BargeIn | Resumed)]
    assert order[:3] == [Ducked, Paused, BargeIn]
    assert order[-1] is Resumed
    assert (ended.stopped, ended.seconds) == (False, pytest.approx(7.0, abs=0.01))
    assert 3.0 < paused.seconds < 6.0
    assert clip.rate_hz == 16_000


def test_a_paused_turn_can_be_stopped(crowd):
    paused = crowd.wait(Paused)
    crowd.audio.stop(ONE)
    ended = crowd.wait(PlaybackEnded)
    assert (ended.stopped, ended.seconds) == (True, pytest.approx(paused.seconds, abs=0.01))


def test_nobody_need_decide_about_a_pause(crowd):
    crowd.wait(Paused)
    crowd.wait(Resumed)
    assert not crowd.wait(PlaybackEnded).stopped


def test_after_close_signals_end_and_speech_is_refused(bench):
    bench.close()
    with pytest.raises(CompanionError):
        bench.audio.enqueue(ONE, speech(0.1))
