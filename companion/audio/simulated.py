"""A microphone and a loudspeaker without hardware, on one sample clock that the owner advances."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ, Capture
from companion.audio.ears import Ears
from companion.audio.echo import EchoCanceller, is_half
from companion.audio.echo_test import EchoProbe
from companion.audio.gain import DUCK, Gain
from companion.audio.playback import Playback
from companion.audio.reflex import Reflex
from companion.domain.listening import ListenRules
from companion.domain.messages import TurnId
from companion.ports import (
    AudioPlan,
    AudioSignal,
    DeviceOpened,
    MicClosed,
    MicOpened,
    SpeechDetector,
)

STEP_S = 0.01
MIC_STEP = int(RATE_HZ * STEP_S)
OUTPUT_RATE_HZ = 24_000
OUTPUT_STEP = int(OUTPUT_RATE_HZ * STEP_S)


class SimulatedDevice:
    """Capture and playback in steps of 10 ms; what is pulled leaves the loudspeaker `latency_s` later.

    `name` stands in the device signals. `step`, or `play` and then `hear`, belong to one thread, and so does `probe`;
    `ears` and `playback` say what belongs to which. Without a canceller there is taken to be no echo.
    """

    def __init__(
        self,
        name: str,
        detector: SpeechDetector,
        emit: Callable[[AudioSignal], None],
        clock: Callable[[], float],
        *,
        latency_s: float = 0.0,
        canceller: EchoCanceller | None = None,
    ) -> None:
        self._name = name
        self._emit = emit
        self._half_duplex = True
        self._mic_is_open = False
        self._capture = Capture(detector, emit)
        self._canceller = canceller
        if canceller is not None:
            canceller.follow(OUTPUT_RATE_HZ)
        self._gain = Gain(OUTPUT_RATE_HZ)
        self.ears = Ears(self._capture)
        self.playback = Playback(OUTPUT_RATE_HZ, emit, clock=clock)
        self.reflex = Reflex(
            self._capture, self.playback, emit, duck=self._duck, pause=self._pause, is_echo=self._is_echo
        )
        self._on_the_way = deque([(0, np.zeros(OUTPUT_STEP, np.float32))] * round(latency_s / STEP_S))
        self._pulled = 0
        self.probe: EchoProbe | None = None

    @property
    def mic_is_open(self) -> bool:
        return self._mic_is_open

    def open(self, plan: AudioPlan) -> None:
        """Take up times and volume; the device is always there."""
        self._half_duplex = is_half(plan.duplex)
        self._capture.set_rules(rules_for(plan))
        self.playback.set_volume(plan.volume)
        self._emit(DeviceOpened("output", self._name, "simulated"))

    def resume(self, turn: TurnId) -> None:
        """Go on with a ducked or paused turn."""
        self.reflex.resume(turn)
        self.playback.resume(turn)

    def step(self, mic: NDArray[np.float32], end_s: float) -> NDArray[np.float32]:
        """Hear `mic`, shape (MIC_STEP,), until `end_s` and return what left the loudspeaker, shape (OUTPUT_STEP,)."""
        out = self.play(end_s)
        self.hear(mic, end_s)
        return out

    def play(self, end_s: float) -> NDArray[np.float32]:
        """Return what leaves the loudspeaker until `end_s`, shape (OUTPUT_STEP,)."""
        pulled = self._pull(end_s)
        self._pulled += len(pulled)
        block = np.zeros(OUTPUT_STEP, dtype=np.float32)
        block[: len(pulled)] = pulled
        self._gain.apply(block)
        if self._canceller is not None:
            self._canceller.play(block, end_s)
        self._on_the_way.append((self._pulled, block))
        heard, block = self._on_the_way.popleft()
        self.playback.heard(heard, end_s)
        return block

    def hear(self, mic: NDArray[np.float32], end_s: float) -> None:
        """Take what the microphone heard until `end_s`, shape (MIC_STEP,)."""
        if self._mic_is_open or self.probe is not None:
            raw = mic
            if self._canceller is not None and (self.probe is not None or not self._half_duplex):
                mic = self._canceller.clean(mic, end_s)
                end_s -= self._canceller.pending / RATE_HZ
            if self.probe is not None:
                self.probe.take(raw, mic)
            else:
                self._capture.feed(mic, end_s)
        self.ears.update(is_playing=self.playback.is_playing, half_duplex=self._half_duplex, now_s=end_s)
        self.reflex.turn_on(not self._half_duplex and self._mic_is_open)
        self.reflex.update(end_s)
        self._open_or_close_mic()

    def _pull(self, end_s: float) -> NDArray[np.float32]:
        if self.probe is None:
            return self.playback.pull(OUTPUT_STEP, before_s=end_s - STEP_S)
        block = self.probe.pull(OUTPUT_STEP)
        self.playback.skip(len(block))
        return block

    def _duck(self, is_soft: bool) -> None:
        self._gain.target = DUCK if is_soft else 1.0

    def _pause(self) -> None:
        self.playback.pause()

    def _is_echo(self) -> bool:
        return self._canceller is not None and self._canceller.resembles_echo()

    def _open_or_close_mic(self) -> None:
        wanted = self.ears.want_input
        if wanted and not self._mic_is_open:
            self._emit(DeviceOpened("input", self._name, "simulated"))
            self._emit(MicOpened(self._name))
        elif self._mic_is_open and not wanted:
            self._emit(MicClosed())
        self._mic_is_open = wanted


def rules_for(plan: AudioPlan) -> ListenRules:
    """Return the listening rules that the plan asks for."""
    return ListenRules(
        soft_end_ms=plan.soft_end_ms, end_silence_ms=max(plan.end_silence_ms, plan.soft_end_ms)
    )


def sounds_at(sounds: list[tuple[int, NDArray[np.float32]]], first: int) -> NDArray[np.float32]:
    """Return the step at microphone sample `first` of all sounds that begin at their own; those over are removed."""
    block = np.zeros(MIC_STEP, dtype=np.float32)
    for begin, samples in sounds:
        low, high = max(first, begin), min(first + MIC_STEP, begin + len(samples))
        if low < high:
            block[low - first : high - first] += samples[low - begin : high - begin]
    sounds[:] = [(begin, samples) for begin, samples in sounds if begin + len(samples) > first]
    return block
