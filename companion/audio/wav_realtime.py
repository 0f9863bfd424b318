"""The whole conversation from files: WAV files speak, in real time, and all that is heard is recorded.

The recording has two channels at 24 kHz, left the user, right what left the loudspeaker. Both run on one
sample clock, and nothing is ever played before the moment at which it was enqueued: latencies may be
measured in it. The loudspeaker of a usual device, 60 ms behind, is part of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ
from companion.audio.resample import resample
from companion.audio.signals import SignalQueue
from companion.audio.simulated import MIC_STEP, OUTPUT_RATE_HZ, OUTPUT_STEP, STEP_S, SimulatedDevice
from companion.audio.wav import read_wav, write_wav
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.errors import AudioError
from companion.ports import (
    AudioPlan,
    AudioSignal,
    DeviceLost,
    PlaybackEnded,
    PlaybackStarted,
    SpeechDetector,
    UtteranceEnded,
)

_log = logging.getLogger(__name__)

DEVICE_LATENCY_S = 0.06
_NAME = "wav"
_JOIN_S = 5.0


class WavScript:
    """Which file speaks when: the first at once, each later one `gap_s` after the reply to the one before.

    With `barge_in_s` a later one speaks so long after that reply has begun, into it. A file in which nothing is
    recognised as speech is passed over after 3 s; a reply that does not come after `reply_timeout_s` is not waited
    for.
    """

    _NOTHING_SAID_S = 3.0

    def __init__(
        self,
        clips: Sequence[AudioClip],
        *,
        gap_s: float,
        reply_timeout_s: float,
        barge_in_s: float | None = None,
    ) -> None:
        self._mic = [_whole_steps(clip, RATE_HZ, MIC_STEP) for clip in clips]
        self._record = [_whole_steps(clip, OUTPUT_RATE_HZ, OUTPUT_STEP) for clip in clips]
        self._gap_s = gap_s
        self._reply_timeout_s = reply_timeout_s
        self._barge_in_s = barge_in_s
        self._begun_s: float | None = None
        self._file = -1
        self._step = 0
        self._quiet_from_s: float | None = None
        self._said_s: float | None = None
        self._answered_s: float | None = None

    def note(self, signal: AudioSignal, now_s: float) -> None:
        """Take notice of what the device told."""
        match signal:
            case UtteranceEnded():
                self._said_s, self._answered_s = now_s, None
            case PlaybackStarted():
                self._begun_s = now_s
            case PlaybackEnded(stopped=False):
                self._answered_s = now_s

    def is_over(self, now_s: float, *, has_speech: bool) -> bool:
        """Tell whether the last file has spoken and been answered."""
        return self._file == len(self._mic) - 1 and self._may_go_on(now_s, has_speech=has_speech)

    def next_step(
        self, now_s: float, *, mic_is_open: bool, has_speech: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the next 10 ms of the user at the microphone's and at the recording's rate."""
        if self._file < len(self._mic) - 1 and mic_is_open and self._may_go_on(now_s, has_speech=has_speech):
            self._file, self._step = self._file + 1, 0
            self._quiet_from_s = self._said_s = self._answered_s = self._begun_s = None
        if self._file < 0 or self._step >= len(self._mic[self._file]):
            if self._quiet_from_s is None:
                self._quiet_from_s = now_s
            return np.zeros(MIC_STEP, np.float32), np.zeros(OUTPUT_STEP, np.float32)
        step, self._step = self._step, self._step + 1
        return self._mic[self._file][step], self._record[self._file][step]

    def _may_go_on(self, now_s: float, *, has_speech: bool) -> bool:
        if self._is_time_to_barge_in(now_s):
            return True
        if self._quiet_from_s is None or has_speech:
            return False
        if self._file < 0:
            return now_s - self._quiet_from_s >= self._gap_s
        if self._said_s is None:
            return now_s - self._quiet_from_s >= self._NOTHING_SAID_S
        if self._answered_s is not None:
            return now_s - max(self._answered_s, self._quiet_from_s) >= self._gap_s
        return now_s - max(self._said_s, self._quiet_from_s) >= self._reply_timeout_s

    def _is_time_to_barge_in(self, now_s: float) -> bool:
        if self._barge_in_s is None or self._begun_s is None or self._file == len(self._mic) - 1:
            return False
        return self._file >= 0 and now_s - self._begun_s >= self._barge_in_s


class WavAudio:
    """Satisfies `ports.AudioIO`. The signals end by themselves once the last file has been answered.

    All times are seconds of the recording's clock, which is the monotonic clock at speed 1. The recording is
    written when the signals end or at `close`, whichever comes first.
    """

    def __init__(
        self, script: WavScript, output: Path, detector: SpeechDetector, *, speed: float, latency_s: float
    ) -> None:
        self._script = script
        self._output = output
        self._speed = speed
        self._signals = SignalQueue()
        self._origin_s = time.monotonic()
        self._now_s = self._origin_s
        self._user: list[NDArray[np.float32]] = []
        self._character: list[NDArray[np.float32]] = []
        self._device = SimulatedDevice(_NAME, detector, self._tell, self._clock, latency_s=latency_s)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audio-wav")
        self._thread.start()

    @classmethod
    def load(
        cls,
        inputs: Sequence[str | Path],
        output: str | Path,
        *,
        detector: SpeechDetector,
        speed: float = 1.0,
        gap_s: float = 0.6,
        reply_timeout_s: float = 120.0,
        latency_s: float = DEVICE_LATENCY_S,
        barge_in_s: float | None = None,
    ) -> WavAudio:
        """Read `inputs` and begin. Raises AudioError for a file that cannot be read or a folder that is not there."""
        target = Path(output)
        if not os.access(target.parent, os.W_OK):
            raise AudioError(f"Nothing can be written beside {target.name}.", "Choose another folder.")
        script = WavScript(
            [read_wav(Path(path)) for path in inputs],
            gap_s=gap_s,
            reply_timeout_s=reply_timeout_s,
            barge_in_s=barge_in_s,
        )
        return cls(script, target, detector, speed=speed, latency_s=latency_s)

    @property
    def done(self) -> bool:
        """Whether the last reply has been played and the recording is written."""
        return self._done.is_set()

    @property
    def started_s(self) -> float:
        """The clock's time of the recording's first sample."""
        return self._origin_s

    @property
    def now_s(self) -> float:
        """The recording's clock."""
        return self._clock()

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
        """End at once; what was recorded so far is written."""
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _clock(self) -> float:
        return self._origin_s + (time.monotonic() - self._origin_s) * self._speed

    def _tell(self, signal: AudioSignal) -> None:
        self._script.note(signal, self._now_s)
        self._signals.put(signal)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                end_s = self._origin_s + (len(self._user) + 1) * STEP_S
                early_s = (end_s - self._clock()) / self._speed
                if early_s > 0 and self._closing.wait(early_s):
                    break
                self._take_step(end_s)
                if self._script.is_over(end_s, has_speech=self._device.playback.has_speech):
                    break
            self._write()
        except Exception as error:  # noqa: BLE001 thread top: whoever waits for signals must come to an end
            _log.exception("the recording broke off")
            self._signals.put(DeviceLost("output", _NAME, str(error), reopening=False))
        finally:
            self._device.playback.close()
            self._done.set()
            self._signals.close()

    def _take_step(self, end_s: float) -> None:
        with self._lock:
            self._now_s = end_s
            mic, user = self._script.next_step(
                end_s - STEP_S,
                mic_is_open=self._device.mic_is_open,
                has_speech=self._device.playback.has_speech,
            )
            self._user.append(user)
            self._character.append(self._device.step(mic, end_s))

    def _write(self) -> None:
        empty = [np.zeros(0, np.float32)]
        both = np.stack((np.concatenate(empty + self._user), np.concatenate(empty + self._character)), axis=1)
        write_wav(self._output, both, OUTPUT_RATE_HZ)


def _whole_steps(clip: AudioClip, rate_hz: int, step: int) -> NDArray[np.float32]:
    """Return the clip at `rate_hz` in rows of one step, as many at any rate; the last is filled up."""
    n_steps = -(-len(clip.samples) * 100 // clip.rate_hz)
    samples = resample(clip, rate_hz).samples[: n_steps * step]
    return np.pad(samples, (0, n_steps * step - len(samples))).reshape(n_steps, step)
