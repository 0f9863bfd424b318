"""Her own voice, looped into the microphone by a sound server, does not stop her; somebody else's does."""

from __future__ import annotations

import importlib.util
import subprocess

import numpy as np
import pytest

from companion.audio.devices import load_backend
from companion.audio.duplex import DuplexAudio
from companion.audio.echo_test import probe_sound
from companion.audio.wav import write_wav
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import (
    AudioPlan,
    BargeIn,
    DeviceOpened,
    Ducked,
    MicOpened,
    Paused,
    PlaybackEnded,
    Played,
    Resumed,
    SpeechStarted,
)

# `slow`: a computer that is busy otherwise makes the sound server lose step, and with it the echo.
pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(importlib.util.find_spec("livekit") is None, reason="livekit is not installed"),
]


def voice(seconds, seed):
    """Return a voice that hums and breathes, of her loudness."""
    hum = probe_sound(24_000)
    hum = np.roll(np.resize(hum[np.abs(hum) > 0], round(seconds * 24_000)), 4001 * seed)
    noise = np.random.default_rng(seed).standard_normal(len(hum))
    sound = hum / np.std(hum) + 0.5 * noise
    return AudioClip((0.12 * sound / np.std(sound)).astype(np.float32), 24_000)


@pytest.fixture(params=[False, True], ids=["cancelled", "plain"])
def audio(request, server, detector, collect):
    try:
        load_backend("portaudio").refresh()
    except AudioError as error:
        pytest.skip(str(error))
    duplex = DuplexAudio.load(backend="portaudio", detector=detector, is_plain=request.param)
    collector = collect(duplex)
    duplex.open(AudioPlan(duplex="full"))
    duplex.listen("hands_free")
    collector.wait(MicOpened)
    collector.wait(DeviceOpened, having=lambda each: each.direction == "output")
    yield duplex, collector, request.param
    duplex.close()
    collector.join()


def test_her_own_voice_does_not_stop_her_for_a_minute(audio):
    duplex, signals, is_plain = audio
    for n in range(1, 7):
        duplex.enqueue(TurnId(n), Speech(voice(10.0, n), "啦"))
        duplex.finish(TurnId(n))
        ended = signals.wait(PlaybackEnded, n=n)
        assert (ended.stopped, ended.seconds) == (False, pytest.approx(10.0, abs=0.01))
    if is_plain:
        assert signals.of(SpeechStarted)  # the control: she is heard where nothing is cancelled
    else:
        assert signals.of(Paused) == []
        assert duplex.echo.erle_db > 20.0


@pytest.mark.parametrize("audio", [False], indirect=True, ids=["cancelled"])
def test_a_voice_played_in_ducks_and_pauses_her(audio, server, tmp_path):
    duplex, signals, _ = audio
    duplex.enqueue(TurnId(1), Speech(voice(25.0, 1), "啦"))
    signals.wait(Played, having=lambda each: each.seconds > 5.0)
    write_wav(tmp_path / "near.wav", 2.0 * voice(1.5, 9).samples, 24_000)
    subprocess.run(
        ["paplay", "--device=virt_spk", str(tmp_path / "near.wav")], env=server.env, check=True, timeout=20
    )
    paused = signals.wait(Paused)
    signals.wait(BargeIn)
    assert signals.of(Ducked)
    duplex.resume(TurnId(1))
    signals.wait(Resumed)
    signals.wait(Played, having=lambda each: each.seconds > paused.seconds + 1.0)


def test_the_echo_test_hears_the_loop(audio):
    duplex, signals, _ = audio
    result = duplex.test_echo()
    assert result.verdict == "good"
    assert 10 < result.delay_ms < 500
    assert signals.of(SpeechStarted) == []
