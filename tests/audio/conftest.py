"""A loudness detector, tones, a collector of signals and a private sound server."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.domain.audio import AudioClip, Speech
from companion.ports import AudioIO, AudioSignal


class LoudDetector:
    """Takes for speech what is louder than -34 dBFS."""

    rate_hz = 16_000
    frame_samples = 512

    def probability(self, frame: NDArray[np.float32]) -> float:
        return 0.97 if float(np.sqrt(np.mean(frame * frame))) > 0.02 else 0.02

    def reset(self) -> None:
        return


def tone(seconds: float, *, rate_hz: int = 24_000, hertz: float = 1000.0, peak: float = 0.5) -> AudioClip:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return AudioClip((peak * np.sin(2 * np.pi * hertz * t)).astype(np.float32), rate_hz)


def speech(seconds: float, *, rate_hz: int = 24_000) -> Speech:
    return Speech(tone(seconds, rate_hz=rate_hz), "la")


class Collector:
    """Takes all signals of an adapter in a thread and lets tests wait for one."""

    def __init__(self, audio: AudioIO) -> None:
        self.signals: list[AudioSignal] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(audio,))
        self._thread.start()

    def _run(self, audio: AudioIO) -> None:
        for signal in audio.signals():
            with self._changed:
                self.signals.append(signal)
                self._changed.notify_all()

    def of(self, kind: type) -> list:
        with self._changed:
            return [signal for signal in self.signals if isinstance(signal, kind)]

    def wait(
        self, kind: type, *, n: int = 1, timeout_s: float = 20.0, having: Callable[..., bool] | None = None
    ):
        """Return the n-th signal of a kind, waiting for it."""
        having = having or (lambda signal: True)
        found: list[AudioSignal] = []

        def is_there() -> bool:
            found[:] = [each for each in self.signals if isinstance(each, kind) and having(each)]
            return len(found) >= n

        with self._changed:
            assert self._changed.wait_for(is_there, timeout_s), (
                f"no {kind.__name__} among {self.signals[-8:]}"
            )
        return found[n - 1]

    def join(self) -> None:
        self._thread.join(10.0)
        assert not self._thread.is_alive()


class PulseServer:
    """PulseAudio with its own folder and socket and two null sinks; what virt_spk plays its monitor records."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "native"
        self.env = {
            **os.environ,
            "HOME": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_SERVER": f"unix:{self._socket}",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self._folder / "run").mkdir(mode=0o700, exist_ok=True)
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        for module in (
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            "module-null-sink norewinds=1 sink_name=virt_spk sink_properties=device.description=virt_spk",
            "module-null-sink norewinds=1 sink_name=virt_mic sink_properties=device.description=virt_mic",
        ):
            command += ["-L", module]
        self._process = subprocess.Popen(
            command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10.0
        while "virt_mic.monitor" not in self.pactl("list", "short", "sources"):
            assert time.monotonic() < deadline, "pulseaudio did not come up"

    def pactl(self, *words: str) -> str:
        done = subprocess.run(
            ["pactl", *words], env=self.env, capture_output=True, text=True, timeout=10, check=False
        )
        return done.stdout

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(5.0)
            self._process = None
        self._socket.unlink(missing_ok=True)


@pytest.fixture
def detector() -> LoudDetector:
    return LoudDetector()


@pytest.fixture
def make_tone() -> Callable[..., AudioClip]:
    return tone


@pytest.fixture
def make_speech() -> Callable[..., Speech]:
    return speech


@pytest.fixture
def collect() -> Callable[[AudioIO], Collector]:
    return Collector


@pytest.fixture
def no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulseServer:
    """A sound server that is not running yet, and to which alone the libraries will turn."""
    if not (shutil.which("pulseaudio") and shutil.which("pactl")):
        pytest.skip("pulseaudio and pactl are not installed")
    server = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.env["PULSE_SERVER"])
    monkeypatch.setenv("HOME", str(tmp_path))
    return server


@pytest.fixture
def server(no_server: PulseServer) -> Iterator[PulseServer]:
    no_server.start()
    yield no_server
    no_server.kill()
