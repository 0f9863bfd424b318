"""What every AudioIO does, whatever stands behind it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from companion.audio.devices import NoBackend
from companion.audio.duplex import DuplexAudio
from companion.audio.virtual_clock import VirtualAudio
from companion.audio.wav import write_wav
from companion.audio.wav_realtime import WavAudio
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.errors import CompanionError
from companion.ports import AudioIO, AudioPlan, PlaybackEnded, PlaybackStarted, Played

pytestmark = pytest.mark.unit

ONE, TWO = TurnId(1), TurnId(1, 1)


class Quiet:
    rate_hz = 16_000
    frame_samples = 512

    def probability(self, frame):
        return 0.0

    def reset(self):
        return


class Bench:
    """An adapter whose signals are collected, and whose clock runs by itself."""

    def __init__(self, audio: AudioIO):
        self.audio = audio
        self.signals = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._closing = threading.Event()
        self._clock = threading.Thread(target=self._advance)
        if isinstance(audio, VirtualAudio):
            self._clock.start()
        audio.open(AudioPlan())

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


@pytest.fixture(params=["virtual", "wav", "no device"])
def bench(request, tmp_path):
    match request.param:
        case "virtual":
            audio = VirtualAudio(Quiet(), latency_s=0.06)
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


def test_after_close_signals_end_and_speech_is_refused(bench):
    bench.close()
    with pytest.raises(CompanionError):
        bench.audio.enqueue(ONE, speech(0.1))
