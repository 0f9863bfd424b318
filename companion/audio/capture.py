"""From microphone samples at 16 kHz to levels and utterances; the clock is the caller's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from companion.audio.ring import History
from companion.domain.audio import AudioClip
from companion.domain.listening import (
    Began,
    Completed,
    Decision,
    Listener,
    ListenRules,
    Ongoing,
    Paused,
    Resumed,
)
from companion.errors import AudioError
from companion.ports import (
    AudioSignal,
    Level,
    SoftEnd,
    SpeechDetector,
    SpeechResumed,
    SpeechStarted,
    StillSpeaking,
    UtteranceEnded,
)

RATE_HZ = 16_000
SILENT_DB = -96.0
_LEVEL_SAMPLES = RATE_HZ // 20
_KEPT_BEYOND_LONGEST_S = 5.0

Watch = Callable[[float, float, int, int], None]


class Capture:
    """One stream of microphone sound; one thread feeds it.

    `emit` gets the signals, `watch` each frame that was listened to: its probability of speech, level in dB, length
    and the position of its end. Raises AudioError when the detector does not work at 16 kHz.
    """

    def __init__(
        self, detector: SpeechDetector, emit: Callable[[AudioSignal], None], rules: ListenRules | None = None
    ) -> None:
        if detector.rate_hz != RATE_HZ:
            raise AudioError(f"The speech detector works at {detector.rate_hz} Hz, not at {RATE_HZ} Hz.")
        self._detector = detector
        self._emit = emit
        self.watch: Watch | None = None
        self._is_muted = False
        self._pending = np.zeros(0, dtype=np.float32)
        self._probability = 0.0
        self._meter_sum = 0.0
        self._meter_n = 0
        self._end_s = 0.0
        self.set_rules(rules or ListenRules())

    @property
    def is_hearing(self) -> bool:
        """Whether an utterance is open."""
        return self._listener.is_open

    def set_rules(self, rules: ListenRules) -> None:
        """Take new times and thresholds; an open utterance is forgotten."""
        self._listener = Listener(rules)
        self._history = History(int((rules.longest_s + _KEPT_BEYOND_LONGEST_S) * RATE_HZ))
        self._pending = self._pending[:0]

    def feed(self, block: NDArray[np.float32], end_s: float) -> None:
        """Take a block, shape (n,), whose last sample reached the microphone at `end_s` (monotonic seconds)."""
        block = np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
        self._measure(block)
        self._end_s = end_s
        if self._is_muted:
            return
        self._pending = np.concatenate((self._pending, block))
        size = self._detector.frame_samples
        while len(self._pending) >= size:
            frame, self._pending = self._pending[:size], self._pending[size:]
            self._history.append(frame)
            self._probability = self._detector.probability(frame)
            level_db = _level_db(frame)
            self._tell(self._listener.feed(self._probability, size, level_db=level_db))
            if self.watch is not None:
                self.watch(self._probability, level_db, size, self._listener.position)

    def mute(self, muted: bool) -> None:
        """Close or open the ears; levels go on. An open utterance ends with what was heard of it."""
        if muted == self._is_muted:
            return
        self._is_muted = muted
        if muted:
            self._tell(self._listener.cut())
        self._refresh()

    def press(self) -> None:
        """Push-to-talk key down; an open utterance ends, and what came before does not belong to the next."""
        self._tell(self._listener.cut())
        self._refresh()
        self._listener.press()

    def release(self) -> None:
        """Push-to-talk key up: the utterance ends with all that was fed."""
        self._tell(self._listener.release())
        self._refresh()

    def end_after(self, silence_ms: int) -> None:
        """Let the open utterance be over after this silence; at once where it has already lasted so long."""
        self._tell(self._listener.end_after(silence_ms))

    def cut(self) -> None:
        """The stream broke off: an open utterance ends with what was heard of it."""
        self._tell(self._listener.cut())
        self._refresh()

    def reset(self) -> None:
        """Forget everything, an open utterance included."""
        self._refresh()
        self._history.drop_before(self._history.end)

    def time_of(self, position: int) -> float:
        """Return when the sample at `position` reached the microphone."""
        behind = self._listener.position + len(self._pending) - position
        return self._end_s - behind / RATE_HZ

    def clip(self, first: int, until: int) -> AudioClip:
        """Return the samples `first` to `until`, as far as they are kept."""
        return AudioClip(self._history.slice(first, until), RATE_HZ)

    def _refresh(self) -> None:
        self._listener.reset()
        self._detector.reset()
        self._pending = self._pending[:0]
        self._probability = 0.0

    def _measure(self, block: NDArray[np.float32]) -> None:
        while len(block):
            part, block = np.split(block, [_LEVEL_SAMPLES - self._meter_n])
            self._meter_sum += float(part @ part)
            self._meter_n += len(part)
            if self._meter_n == _LEVEL_SAMPLES:
                level_db = _decibel(self._meter_sum / self._meter_n)
                self._emit(Level(level_db, 0.0 if self._is_muted else self._probability))
                self._meter_sum, self._meter_n = 0.0, 0

    def _tell(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Began(at):
                    self._emit(SpeechStarted(self.time_of(at)))
                case Ongoing(first, until):
                    self._emit(StillSpeaking(self.clip(first, until), self.time_of(until)))
                case Paused(first, end, until):
                    self._emit(SoftEnd(self.clip(first, until), self.time_of(end)))
                case Resumed(at):
                    self._emit(SpeechResumed(self.time_of(at)))
                case Completed(first, end, until, same_as_pause):
                    self._emit(UtteranceEnded(self.clip(first, until), self.time_of(end), same_as_pause))


def _level_db(frame: NDArray[np.float32]) -> float:
    return _decibel(float(frame @ frame) / max(1, len(frame)))


def _decibel(power: float) -> float:
    return max(SILENT_DB, 10.0 * float(np.log10(power + 1e-12)))
