"""Audio whose time passes only when told: for scenarios that run faster than real time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ
from companion.audio.resample import resample
from companion.audio.signals import SignalQueue
from companion.audio.simulated import MIC_STEP, OUTPUT_RATE_HZ, STEP_S, SimulatedDevice, sounds_at
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.ports import AudioPlan, AudioSignal, SpeechDetector


class VirtualAudio:
    """Satisfies `ports.AudioIO`; `advance` is the clock, and `now_s` what all signals are stamped with.

    What has been played stands in `played`. `start_s` sets the clock's beginning.
    """

    def __init__(self, detector: SpeechDetector, *, latency_s: float = 0.0, start_s: float = 1000.0) -> None:
        self._signals = SignalQueue()
        self._lock = threading.Lock()
        self._start_s = start_s
        self._n_steps = 0
        self._debt_s = 0.0
        self._sounds: list[tuple[int, NDArray[np.float32]]] = []
        self._played: list[NDArray[np.float32]] = []
        self._device = SimulatedDevice(
            "virtual", detector, self._signals.put, lambda: self.now_s, latency_s=latency_s
        )

    @property
    def now_s(self) -> float:
        return self._start_s + self._n_steps * STEP_S

    @property
    def played(self) -> AudioClip:
        """All that left the loudspeaker since the beginning, silence included."""
        return AudioClip(np.concatenate([np.zeros(0, np.float32), *self._played]), OUTPUT_RATE_HZ)

    def speak(self, clip: AudioClip, *, in_s: float = 0.0) -> None:
        """Let `clip` sound before the microphone, beginning `in_s` from now."""
        first = self._n_steps * MIC_STEP + round(in_s * RATE_HZ)
        self._sounds.append((first, resample(clip, RATE_HZ).samples))

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps of 10 ms; what is left of a step is kept for the next call."""
        with self._lock:
            self._debt_s += seconds
            while self._debt_s >= STEP_S - 1e-9:
                self._debt_s -= STEP_S
                mic = sounds_at(self._sounds, self._n_steps * MIC_STEP)
                self._n_steps += 1
                self._played.append(self._device.step(mic, self.now_s))

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

    def close(self) -> None:
        self._device.playback.close()
        self._signals.close()
