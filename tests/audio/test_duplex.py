"""Real devices: a private PulseAudio server with null sinks, through both sound libraries."""

from __future__ import annotations

import time

import numpy as np
import pytest

from companion.audio.devices import choose, list_devices, load_backend
from companion.audio.duplex import DuplexAudio
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import (
    AudioPlan,
    DeviceLost,
    DeviceOpened,
    MicClosed,
    MicOpened,
    PlaybackEnded,
    PlaybackStarted,
    Played,
    UtteranceEnded,
)

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

BACKENDS = ("portaudio", "miniaudio")


@pytest.fixture
def audio(request, no_server, detector, collect):
    """The adapter and its collector; started in the test by `request.param`'s library."""
    try:
        backend = load_backend(request.param)
    except AudioError as error:
        pytest.skip(str(error))
    backend.refresh()
    duplex = DuplexAudio.load(backend=request.param, detector=detector, is_plain=True)
    collector = collect(duplex)
    collector.backend = request.param
    yield duplex, collector
    duplex.close()
    collector.join()


@pytest.fixture
def running(server, audio):
    """The adapter with a server behind it and its loudspeaker open."""
    duplex, signals = audio
    duplex.open(AudioPlan(duplex="full", end_silence_ms=1500))
    signals.wait(DeviceOpened, having=lambda each: each.direction == "output")
    return duplex, signals, server


def both_libraries(test):
    return pytest.mark.parametrize("audio", BACKENDS, indirect=True)(test)


def frequency(samples, rate_hz):
    windowed = samples * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(windowed, 8 * len(samples)))
    return np.argmax(spectrum) * rate_hz / (8 * len(samples))


def longest_run(clip):
    """Return the longest stretch without a gap; a busy computer may leave gaps between stretches."""
    loud = np.flatnonzero(np.abs(clip.samples) > 0.05)
    stretches = np.split(loud, np.flatnonzero(np.diff(loud) > 32) + 1)
    longest = max(stretches, key=len)
    return clip.samples[longest[0] : longest[-1] + 1]


def seconds_of_tone(clip):
    """Return how much of the tone is in the clip, from its energy: gaps do not count."""
    return float(np.sum(clip.samples**2)) / (0.5**2 / 2) / clip.rate_hz


@both_libraries
def test_tone_comes_back_at_its_pitch_and_length_from_every_rate(running, make_speech):
    audio, signals, _ = running
    audio.listen("hands_free")
    signals.wait(MicOpened)
    for n, rate_hz in enumerate((8_000, 16_000, 22_050, 24_000, 44_100, 48_000), start=1):
        audio.enqueue(TurnId(n), make_speech(1.0, rate_hz=rate_hz))
        audio.finish(TurnId(n))
        ended = signals.wait(PlaybackEnded, n=n)
        heard = signals.wait(UtteranceEnded, n=n).clip
        assert ended.seconds == pytest.approx(1.0, abs=0.01)
        assert frequency(longest_run(heard), 16_000) == pytest.approx(1000.0, rel=0.005)
        assert seconds_of_tone(heard) == pytest.approx(1.0, rel=0.01)


@both_libraries
def test_positions_grow_up_to_what_was_recorded(running, make_speech):
    audio, signals, _ = running
    audio.listen("hands_free")
    audio.enqueue(TurnId(1), make_speech(1.5))
    audio.finish(TurnId(1))
    ended = signals.wait(PlaybackEnded)
    positions = [each.seconds for each in signals.of(Played)]
    assert positions == sorted(positions)
    assert len(positions) > 10
    assert (
        positions[-1]
        <= ended.seconds
        == pytest.approx(seconds_of_tone(signals.wait(UtteranceEnded).clip), abs=0.03)
    )


@both_libraries
def test_stopped_turn_tells_how_much_of_it_was_recorded(running, make_speech):
    audio, signals, _ = running
    audio.listen("hands_free")
    audio.enqueue(TurnId(1), make_speech(10.0))
    signals.wait(Played, having=lambda each: each.seconds > 0.6)
    audio.stop(TurnId(1))
    ended = signals.wait(PlaybackEnded)
    recorded = seconds_of_tone(signals.wait(UtteranceEnded).clip)
    assert ended.stopped
    assert recorded == pytest.approx(ended.seconds, abs=0.03)


@both_libraries
def test_microphone_is_open_only_while_listening(running):
    audio, signals, server = running
    assert server.pactl("list", "source-outputs", "short") == ""
    audio.listen("hands_free")
    signals.wait(MicOpened)
    assert server.pactl("list", "source-outputs", "short") != ""  # the control: an open one is seen
    audio.listen("push_to_talk")
    signals.wait(MicClosed)
    assert server.pactl("list", "source-outputs", "short") == ""
    audio.talk(True)
    signals.wait(MicOpened, n=2)
    assert server.pactl("list", "source-outputs", "short") != ""
    audio.talk(False)
    signals.wait(MicClosed, n=2)
    assert server.pactl("list", "source-outputs", "short") == ""


@both_libraries
def test_suspended_loudspeaker_is_noticed_and_comes_back(running, make_speech):
    audio, signals, server = running
    server.pactl("suspend-sink", "virt_spk", "1")
    lost = signals.wait(DeviceLost, timeout_s=10)
    assert (lost.direction, lost.reopening) == ("output", True)
    audio.enqueue(TurnId(1), make_speech(0.5))
    audio.finish(TurnId(1))
    signals.wait(PlaybackEnded)
    server.pactl("suspend-sink", "virt_spk", "0")
    signals.wait(DeviceOpened, n=2, timeout_s=30)
    assert len(signals.of(DeviceLost)) == 1


def test_suspended_loudspeaker_is_silent_about_it(server):
    """The control: without the watchdog PortAudio would go on saying that all is well; miniaudio does report it."""
    try:
        backend = load_backend("portaudio")
    except AudioError as error:
        pytest.skip(str(error))
    backend.refresh()
    stream, ring = backend.open_output(choose(backend.devices("output"), ""))
    server.pactl("suspend-sink", "virt_spk", "1")
    deadline = time.monotonic() + 10
    beats, since = -1, time.monotonic()
    while time.monotonic() - since < 1.0 and time.monotonic() < deadline:
        if ring.beats != beats:
            beats, since = ring.beats, time.monotonic()
    says_active = stream.is_active
    server.pactl("suspend-sink", "virt_spk", "0")
    stream.close()
    assert time.monotonic() - since >= 1.0
    assert says_active


@both_libraries
def test_speech_is_heard_again_after_the_server_came_back(running, make_speech):
    audio, signals, server = running
    audio.listen("hands_free")
    signals.wait(DeviceOpened, having=lambda each: each.direction == "input")
    server.kill()
    signals.wait(DeviceLost, having=lambda each: each.direction == "output")
    signals.wait(DeviceLost, having=lambda each: each.direction == "input")
    signals.wait(MicClosed)
    server.start()
    signals.wait(DeviceOpened, n=2, timeout_s=30, having=lambda each: each.direction == "output")
    signals.wait(DeviceOpened, n=2, timeout_s=30, having=lambda each: each.direction == "input")
    audio.enqueue(TurnId(1), make_speech(1.0))
    audio.finish(TurnId(1))
    assert frequency(longest_run(signals.wait(UtteranceEnded).clip), 16_000) == pytest.approx(
        1000.0, rel=0.005
    )


@pytest.mark.parametrize("audio", ["portaudio", "miniaudio", "auto"], indirect=True)
def test_without_any_sound_system_speech_ends_in_time(audio, make_speech):
    duplex, signals = audio
    duplex.open(AudioPlan())
    duplex.listen("hands_free")
    signals.wait(DeviceLost, having=lambda each: each.direction == "output")
    duplex.enqueue(TurnId(1), make_speech(0.7))
    duplex.finish(TurnId(1))
    begun = signals.wait(PlaybackStarted)
    ended = signals.wait(PlaybackEnded)
    assert (ended.seconds, ended.stopped) == (pytest.approx(0.7, abs=0.01), False)
    assert time.monotonic() - begun.at_s > 0.65
    duplex.enqueue(TurnId(2), make_speech(60.0))
    signals.wait(PlaybackStarted, n=2)
    duplex.stop(TurnId(2))
    assert signals.wait(PlaybackEnded, n=2).stopped
    assert [each.direction for each in signals.of(DeviceLost)].count("output") == 1
    assert signals.of(MicOpened) == []


@both_libraries
def test_missing_device_is_replaced_by_the_default_and_named(server, audio):
    duplex, signals = audio
    duplex.open(AudioPlan(output_name="Gone Headset"))
    lost = signals.wait(DeviceLost)
    signals.wait(DeviceOpened)
    assert (lost.name, lost.reopening) == ("Gone Headset", False)
    assert "Gone Headset" in lost.why


@pytest.mark.parametrize(
    ("audio", "name"), [("portaudio", "pulse"), ("miniaudio", "virt_mic")], indirect=["audio"]
)
def test_device_is_found_by_name_though_it_is_not_the_default(server, audio, name):
    duplex, signals = audio
    default = choose(list_devices("output", backend=signals.backend), "")
    duplex.open(AudioPlan(output_name=name))
    assert signals.wait(DeviceOpened).name == name != default.name
