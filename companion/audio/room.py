"""A room on a virtual clock: what leaves the loudspeaker comes back into the microphone.

Loudspeaker -> converter with its own clock -> delay -> walls -> microphone, with noise, people who speak, and
clipping. All is derived from the played samples, so that every rule of listening while she speaks can be tested
faster than real time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ
from companion.audio.echo import EchoCanceller, EchoState
from companion.audio.echo_test import EchoProbe
from companion.audio.resample import resample
from companion.audio.signals import SignalQueue
from companion.audio.simulated import MIC_STEP, OUTPUT_RATE_HZ, STEP_S, SimulatedDevice, sounds_at
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.errors import AudioError
from companion.ports import AudioPlan, AudioSignal, EchoTest, SpeechDetector

_EARLY = (0.0, 0.0023, 0.0041, 0.0067, 0.0093, 0.0131)  # seconds of the first walls


@dataclass(frozen=True, slots=True)
class Room:
    """How sound comes back.

    `delay_ms`: from leaving the program to the microphone, devices and air together, `latency_ms` of it before the
    sound is audible; at least 20 ms more. `echo_gain_db`: energy of the echo over what was played; None:
    headphones. `reverb_s`: time in which the sound of the walls falls by 60 dB. `drift_ppm`: how much faster the
    microphone's clock is. `noise_db`: level of the noise in dBFS. Sound beyond `clip_at` is clipped at the
    loudspeaker, and beyond 1 at the microphone.
    """

    delay_ms: float = 80.0
    latency_ms: float = 20.0
    echo_gain_db: float | None = -10.0
    reverb_s: float = 0.15
    drift_ppm: float = 0.0
    noise_db: float = -65.0
    clip_at: float = 1.0
    seed: int = 1


class EchoPath:
    """Turns what leaves the loudspeaker into what of it reaches the microphone, step by step."""

    def __init__(self, room: Room) -> None:
        import soxr

        self._room = room
        self._response = _impulse_response(room)
        self._before = np.zeros(len(self._response) - 1, dtype=np.float32)
        ratio = OUTPUT_RATE_HZ / RATE_HZ
        self._stream: Any = soxr.ResampleStream(1.01 * ratio, 1.0, 1, dtype="float32", quality="HQ", vr=True)
        self._stream.set_io_ratio(ratio / (1 + room.drift_ppm / 1e6), 1.0, 0)
        # What the resampler holds back is hidden by the delay.
        self._waiting = np.zeros(round((room.delay_ms - room.latency_ms) * RATE_HZ / 1000), dtype=np.float32)

    def stumble(self, ms: float) -> None:
        """Let all that comes from now on come so much later."""
        self._waiting = np.concatenate((self._waiting, np.zeros(round(ms * RATE_HZ / 1000), np.float32)))

    def carry(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take 10 ms at the output's rate and return 10 ms at the microphone's, shape (MIC_STEP,)."""
        limit = self._room.clip_at
        dry = np.concatenate((self._before, self._stream.resample_chunk(np.clip(block, -limit, limit))))
        self._before = dry[len(dry) - len(self._before) :]
        if len(dry) >= len(self._response):
            wet = np.convolve(dry, self._response, mode="valid").astype(np.float32)
            self._waiting = np.concatenate((self._waiting, wet))
        out = np.zeros(MIC_STEP, dtype=np.float32)
        n = min(MIC_STEP, len(self._waiting))
        out[:n], self._waiting = self._waiting[:n], self._waiting[n:]
        return out


class RoomSimulator:
    """Satisfies `ports.AudioIO` and `EchoTester`; `advance` is the clock, and all signals are stamped with `now_s`.

    `cancels` puts the echo canceller between room and listener; without it her voice is heard as it comes.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        room: Room | None = None,
        *,
        cancels: bool = True,
        start_s: float = 1000.0,
    ) -> None:
        self.room = room or Room()
        self._signals = SignalQueue()
        self._lock = threading.Lock()
        self._start_s = start_s
        self._n_steps = 0
        self._debt_s = 0.0
        self._path = EchoPath(self.room)
        self._random = np.random.default_rng(self.room.seed)
        self._sounds: list[tuple[int, NDArray[np.float32]]] = []
        self._played: list[NDArray[np.float32]] = []
        self._heard: list[NDArray[np.float32]] = []
        self._canceller = EchoCanceller.load() if cancels else EchoCanceller(None)
        self._device = SimulatedDevice(
            "room",
            detector,
            self._signals.put,
            lambda: self.now_s,
            latency_s=self.room.latency_ms / 1000,
            canceller=self._canceller,
        )

    @property
    def now_s(self) -> float:
        return self._start_s + self._n_steps * STEP_S

    @property
    def echo(self) -> EchoState:
        """How well her voice is kept out of the microphone."""
        return self._canceller.state

    @property
    def played(self) -> AudioClip:
        """All that left the loudspeaker since the beginning, silence included."""
        return AudioClip(np.concatenate([np.zeros(0, np.float32), *self._played]), OUTPUT_RATE_HZ)

    @property
    def heard(self) -> AudioClip:
        """All that reached the microphone since the beginning."""
        return AudioClip(np.concatenate([np.zeros(0, np.float32), *self._heard]), RATE_HZ)

    def speak(self, clip: AudioClip, *, in_s: float = 0.0) -> None:
        """Let `clip` sound before the microphone, beginning `in_s` from now; any number may sound at once."""
        first = self._n_steps * MIC_STEP + round(in_s * RATE_HZ)
        self._sounds.append((first, resample(clip, RATE_HZ).samples))

    def stumble(self, ms: float) -> None:
        """Let the loudspeaker lose step: what it plays from now on is heard so much later."""
        with self._lock:
            self._path.stumble(ms)

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps of 10 ms; what is left of a step is kept for the next call."""
        with self._lock:
            self._debt_s += seconds
            while self._debt_s >= STEP_S - 1e-9:
                self._debt_s -= STEP_S
                self._step()

    def drain(self) -> list[AudioSignal]:
        """Return and remove the signals that nobody has taken."""
        return self._signals.drain()

    def open(self, plan: AudioPlan) -> None:
        with self._lock:
            self._device.open(plan)

    def listen(self, mode: ListenMode) -> None:
        self._device.ears.listen(mode)

    def talk(self, held: bool) -> None:
        self._device.ears.talk(held)

    def signals(self) -> Iterator[AudioSignal]:
        return iter(self._signals)

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        self._device.playback.enqueue(turn, speech)

    def finish(self, turn: TurnId) -> None:
        self._device.playback.finish(turn)

    def stop(self, turn: TurnId) -> None:
        self._device.playback.stop(turn)

    def resume(self, turn: TurnId) -> None:
        self._device.resume(turn)

    def end_after(self, silence_ms: int) -> None:
        self._device.ears.end_after(silence_ms)

    def set_volume(self, volume: float) -> None:
        self._device.playback.set_volume(volume)

    def test_echo(self) -> EchoTest:
        """Do the echo test, and let the time pass that it takes. Raises AudioError, code `busy`, while she speaks."""
        if self._device.playback.has_speech:
            raise AudioError("She is speaking.", "Try again when she is silent.", code="busy")
        probe = self._device.probe = EchoProbe(OUTPUT_RATE_HZ)
        while not probe.over.is_set():
            self.advance(STEP_S)
        self._device.probe = None
        return probe.result(self.echo)

    def close(self) -> None:
        self._device.playback.close()
        self._signals.close()

    def _step(self) -> None:
        near = sounds_at(self._sounds, self._n_steps * MIC_STEP)
        self._n_steps += 1
        out = self._device.play(self.now_s)
        noise = self._random.standard_normal(MIC_STEP) * 10 ** (self.room.noise_db / 20)
        mic = np.clip(near + self._path.carry(out) + noise, -1.0, 1.0).astype(np.float32)
        self._device.hear(mic, self.now_s)
        self._played.append(out)
        self._heard.append(mic)


def _impulse_response(room: Room) -> NDArray[np.float32]:
    """Return a direct path, a few early reflections and a decaying tail, of the energy that the room asks for."""
    response = np.zeros(max(2, int(max(room.reverb_s, _EARLY[-1] + 0.001) * RATE_HZ)))
    if room.echo_gain_db is None:
        return response.astype(np.float32)
    random = np.random.default_rng(room.seed)
    for n, at_s in enumerate(_EARLY):
        response[int(at_s * RATE_HZ)] += 0.7**n * (1 if n % 2 == 0 else -1)
    t = np.arange(len(response)) / RATE_HZ
    response += 0.08 * random.standard_normal(len(t)) * 10 ** (-3 * t / room.reverb_s)
    response *= 10 ** (room.echo_gain_db / 20) / np.sqrt(np.sum(response**2))
    return response.astype(np.float32)
