"""Watchdog, backoff and what is told about a device, on a clock of our own."""

from __future__ import annotations

import pytest

from companion.audio.connection import Connection
from companion.audio.devices import DeviceInfo, choose
from companion.errors import AudioError
from companion.ports import DeviceLost, DeviceOpened

pytestmark = pytest.mark.unit

SPEAKER = DeviceInfo("Speaker", "ALSA", True, 48_000)
HEADSET = DeviceInfo("耳机", "ALSA", False, 48_000)


class Sound:
    """Devices that can be pulled out, freeze or refuse; every open stream beats each tick unless frozen."""

    def __init__(self):
        self.devices = [SPEAKER, HEADSET]
        self.refuses = False
        self.frozen = False
        self.opened_at_s = []
        self.open_streams = []
        self.now_s = 10.0
        self.signals = []
        self.connection = Connection(
            "output", "fake", lambda: self.devices, self.connect, self.signals.append
        )

    def connect(self, device):
        self.opened_at_s.append(self.now_s)
        if self.refuses:
            raise AudioError(f"{device.name} cannot be opened.")
        stream = FakeStream(self, device)
        self.open_streams.append(stream)
        return stream, stream

    def run(self, seconds, *, wanted=True):
        for _ in range(round(seconds * 20)):
            self.now_s += 0.05
            if not self.frozen:
                for stream in self.open_streams:
                    stream.beats += 1
            self.connection.tick(self.now_s, wanted=wanted)


class FakeStream:
    def __init__(self, sound, device):
        self.sound = sound
        self.device = device
        self.beats = 0
        self.is_active = True

    def close(self):
        self.sound.open_streams.remove(self)


@pytest.fixture
def sound():
    return Sound()


def test_device_is_told_once_it_runs(sound):
    sound.run(1.0)
    assert sound.signals == [DeviceOpened("output", "Speaker", "fake")]
    assert sound.connection.state == "running"


def test_standing_callback_is_a_loss_within_a_second_and_a_half(sound):
    sound.run(5.0)
    sound.frozen = True
    sound.run(1.4)
    assert sound.connection.state == "running"
    sound.run(0.2)
    assert sound.connection.state == "lost"
    assert [type(each) for each in sound.signals] == [DeviceOpened, DeviceLost]
    assert sound.open_streams == []


def test_frozen_device_is_told_lost_once_and_opened_when_it_moves(sound):
    sound.run(5.0)
    sound.frozen = True
    sound.run(60.0)
    sound.frozen = False
    sound.run(6.0)
    assert [type(each) for each in sound.signals] == [DeviceOpened, DeviceLost, DeviceOpened]


def test_fresh_stream_may_rest_before_it_runs(sound):
    sound.run(0.1)
    sound.frozen = True
    sound.run(2.0)
    sound.frozen = False
    sound.run(1.0)
    assert sound.signals == [DeviceOpened("output", "Speaker", "fake")]


def test_disconnected_stream_is_opened_again(sound):
    sound.run(1.0)
    sound.open_streams[0].is_active = False
    sound.run(2.0)
    assert [type(each) for each in sound.signals] == [DeviceOpened, DeviceLost, DeviceOpened]
    assert len(sound.open_streams) == 1


def test_attempts_become_rarer(sound):
    sound.refuses = True
    sound.run(30.0)
    gaps = [late - early for early, late in zip(sound.opened_at_s, sound.opened_at_s[1:], strict=False)]
    assert gaps[:6] == pytest.approx([0.5, 1.0, 2.0, 4.0, 5.0, 5.0], abs=0.06)
    assert len(sound.signals) == 1


def test_loss_is_logged_at_most_once_a_minute(sound, caplog):
    sound.refuses = True
    sound.run(170.0)
    assert len(caplog.records) == 3


def test_no_device_at_all_is_told_and_waited_for(sound):
    sound.devices = []
    sound.run(20.0)
    assert [(type(each), each.reopening) for each in sound.signals] == [(DeviceLost, True)]
    sound.devices = [SPEAKER]
    sound.run(6.0)
    assert isinstance(sound.signals[-1], DeviceOpened)


def test_device_not_wanted_is_closed_and_says_nothing(sound):
    sound.run(1.0)
    sound.run(0.1, wanted=False)
    assert sound.open_streams == []
    assert len(sound.signals) == 1


def test_right_device_is_opened_though_the_order_changed(sound):
    sound.connection.want("耳机")
    for _ in range(20):
        sound.devices.reverse()
        sound.run(1.0)
        assert [stream.device for stream in sound.open_streams] == [HEADSET]
        sound.connection.drop()


def test_missing_device_is_replaced_and_told_once(sound):
    sound.connection.want("USB 麦克风")
    sound.run(1.0)
    sound.connection.drop()
    sound.run(1.0)
    lost = [each for each in sound.signals if isinstance(each, DeviceLost)]
    assert [(each.name, each.reopening) for each in lost] == [("USB 麦克风", False)]
    assert sound.open_streams[0].device == SPEAKER


def test_changed_wish_moves_to_the_other_device(sound):
    sound.run(1.0)
    sound.connection.want("耳机, ALSA")
    sound.run(1.0)
    assert [stream.device for stream in sound.open_streams] == [HEADSET]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "Speaker"),
        ("耳机", "耳机"),
        ("耳机, ALSA", "耳机"),
        ("gone", "Speaker"),
        ("Microphone Array (Some Very Long Vendor Name)", "Microphone Array (Some Very Lon"),
    ],
)
def test_device_is_chosen_by_name_label_or_beginning(wanted, expected):
    cut_off = DeviceInfo("Microphone Array (Some Very Lon", "MME", False, 44_100)
    assert choose([HEADSET, SPEAKER, cut_off], wanted).name == expected


def test_nothing_is_chosen_from_nothing():
    assert choose([], "Speaker") is None
