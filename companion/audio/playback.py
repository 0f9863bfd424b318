"""The queue of speech before a loudspeaker: order, volume, fade, and what of it was heard.

Positions are samples at the output's rate since the beginning. Only one turn's sound is ever between `pull` and
the loudspeaker: the next turn waits until the one before has been heard to its end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import StreamResampler, resample
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import AudioSignal, PlaybackEnded, PlaybackStarted, Played

LONGEST_QUEUE_S = 30.0
_FADE_S = 0.005
_RAMP_S = 0.02
_PLAYED_EVERY_S = 1 / 30
_REMEMBERED_TURNS = 1024
_NEVER_S = float("inf")
_ALL_S = 1e18  # later than all that happens, earlier than never
_EMPTY = np.zeros(0, dtype=np.float32)


@dataclass(slots=True)
class _Turn:
    turn: TurnId
    clips: deque[tuple[float, AudioClip]] = field(default_factory=deque)
    block: NDArray[np.float32] = field(default_factory=lambda: _EMPTY)
    resampler: StreamResampler | None = None
    finished_s: float = _NEVER_S
    stopped_s: float = _NEVER_S
    begun: int | None = None  # position of the first sample since the output was opened
    end: int | None = None  # position after the last sample, once that is known
    seconds_before: float = 0.0  # heard before the output was opened
    told_s: float | None = None  # when a signal last told how far it is

    @property
    def queued_s(self) -> float:
        return sum(clip.seconds for _, clip in self.clips)


class Playback:
    """`emit` gets the signals, `clock` gives monotonic seconds.

    With `fades` a stopped turn is faded out by `pull`; without it the owner cuts what it has already pulled.
    `enqueue`, `finish`, `stop` may be called from any thread, `pull`, `heard`, `cut_at`, `reopen` from one.
    """

    def __init__(
        self,
        rate_hz: int,
        emit: Callable[[AudioSignal], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        fades: bool = True,
    ) -> None:
        self.rate_hz = rate_hz
        self._emit = emit
        self._clock = clock
        self._fades = fades
        self._changed = threading.Condition()
        self._turns: dict[TurnId, _Turn] = {}
        self._over: dict[TurnId, None] = {}
        self._pulled = 0
        self._volume = self._gain = 1.0
        self._closed = False

    @property
    def is_playing(self) -> bool:
        """Whether sound of a turn has been pulled and the turn is not over."""
        with self._changed:
            turn = self._active()
            return turn is not None and (turn.begun is not None or turn.seconds_before > 0)

    @property
    def has_speech(self) -> bool:
        """Whether a turn is queued or playing."""
        with self._changed:
            return bool(self._turns)

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        """Play `speech` after what is queued; blocks while more than 30 s are queued.

        Turns that were stopped or are over are ignored. Raises AudioError after `close`.
        """
        with self._changed:
            while not self._closed and self._is_welcome(turn) and self._queued_s() > LONGEST_QUEUE_S:
                self._changed.wait()
            if self._closed:
                raise AudioError("The audio devices were closed.", code="closed")
            if not self._is_welcome(turn):
                return
            entry = self._turns.setdefault(turn, _Turn(turn))
            if len(speech.clip.samples):
                entry.clips.append((self._clock(), speech.clip))

    def finish(self, turn: TurnId) -> None:
        """No more speech comes for this turn."""
        with self._changed:
            if self._is_welcome(turn):
                entry = self._turns.setdefault(turn, _Turn(turn))
                entry.finished_s = min(entry.finished_s, self._clock())

    def stop(self, turn: TurnId) -> bool:
        """Let nothing more of the turn be pulled; return whether some of it may be on its way to the loudspeaker."""
        with self._changed:
            if turn in self._over:
                return False
            entry = self._turns.setdefault(turn, _Turn(turn))
            entry.stopped_s = min(entry.stopped_s, self._clock())
            self._changed.notify_all()
            if self._active() is not entry:
                self._end(entry, 0.0, stopped=True)
                return False
            return entry.begun is not None

    def set_volume(self, volume: float) -> None:
        """Go to a volume of 0 to 1 within 20 ms."""
        self._volume = min(1.0, max(0.0, volume))

    def pull(self, n: int, *, before_s: float = _ALL_S) -> NDArray[np.float32]:
        """Return at most `n` samples of the active turn, shape (<= n,), that were enqueued by `before_s`."""
        with self._changed:
            entry = self._active()
            if entry is None or entry.end is not None:
                return _EMPTY
            block = (
                self._pull_stopped(entry) if entry.stopped_s <= before_s else self._pull(entry, n, before_s)
            )
            if len(block) and entry.begun is None:
                entry.begun = self._pulled
            self._pulled += len(block)
            if entry.stopped_s <= before_s or self._is_dry(entry, before_s):
                entry.end = self._pulled
            self._changed.notify_all()
            return block

    def heard(self, position: int, at_s: float) -> None:
        """All samples before `position` had left the loudspeaker at `at_s`; tells Started, Played and Ended."""
        with self._changed:
            entry = self._active()
            if entry is None:
                return
            seconds = self._seconds(entry, position)
            if entry.begun is not None and position > entry.begun and entry.told_s is None:
                started_s = at_s - (position - entry.begun) / self.rate_hz
                entry.told_s = started_s
                self._emit(PlaybackStarted(entry.turn, started_s))
            if entry.end is not None and position >= entry.end:
                self._end(entry, seconds, stopped=entry.stopped_s < _NEVER_S)
            elif entry.told_s is not None and at_s - entry.told_s >= _PLAYED_EVERY_S:
                entry.told_s = at_s
                self._emit(Played(entry.turn, seconds))

    def cut_at(self, position: int) -> None:
        """What was pulled of the stopped turn after `position` was dropped and will never be heard."""
        with self._changed:
            entry = self._active()
            if entry is not None and entry.stopped_s < _NEVER_S:
                entry.end = position

    def reopen(self, rate_hz: int, *, heard: int) -> None:
        """Go on at another rate from position 0; what was pulled after `heard` is lost."""
        with self._changed:
            for entry in self._turns.values():
                entry.seconds_before = self._seconds(entry, heard)
                entry.block = resample(AudioClip(entry.block, self.rate_hz), rate_hz).samples
                entry.begun, entry.resampler = None, None
                if entry.end is not None:
                    entry.end = 0
            self._pulled = 0
            self.rate_hz = rate_hz

    def close(self) -> None:
        """Release whoever waits in `enqueue`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _active(self) -> _Turn | None:
        return next(iter(self._turns.values()), None)

    def _is_welcome(self, turn: TurnId) -> bool:
        entry = self._turns.get(turn)
        return turn not in self._over and (entry is None or entry.stopped_s == _NEVER_S)

    def _queued_s(self) -> float:
        return sum(entry.queued_s for entry in self._turns.values())

    def _pull(self, entry: _Turn, n: int, before_s: float) -> NDArray[np.float32]:
        while len(entry.block) < n and entry.clips and entry.clips[0][0] <= before_s:
            entry.block = np.concatenate((entry.block, self._resampled(entry, entry.clips.popleft()[1])))
        if len(entry.block) < n and not entry.clips and entry.finished_s <= before_s and entry.resampler:
            entry.block = np.concatenate((entry.block, entry.resampler.flush()))
            entry.resampler = None
        block, entry.block = entry.block[:n], entry.block[n:]
        return self._amplify(block)

    def _pull_stopped(self, entry: _Turn) -> NDArray[np.float32]:
        entry.clips.clear()
        block = (
            entry.block[: int(self.rate_hz * _FADE_S)] if self._fades and entry.begun is not None else _EMPTY
        )
        entry.block = _EMPTY
        faded: NDArray[np.float32] = self._amplify(block) * np.linspace(
            1.0, 0.0, len(block), dtype=np.float32
        )
        return faded

    def _is_dry(self, entry: _Turn, before_s: float) -> bool:
        return not entry.clips and not len(entry.block) and entry.finished_s <= before_s

    def _resampled(self, entry: _Turn, clip: AudioClip) -> NDArray[np.float32]:
        rest = _EMPTY
        if entry.resampler is None or entry.resampler.rate_in_hz != clip.rate_hz:
            rest = entry.resampler.flush() if entry.resampler else _EMPTY
            entry.resampler = StreamResampler(clip.rate_hz, self.rate_hz)
        samples = np.nan_to_num(clip.samples.astype(np.float32, copy=False))
        return np.concatenate((rest, entry.resampler.feed(samples)))

    def _amplify(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        start, self._gain = self._gain, self._volume
        if start == self._gain == 1.0 or not len(block):
            return np.clip(block, -1.0, 1.0)
        gain = np.full(len(block), self._gain, dtype=np.float32)
        n = min(len(block), int(self.rate_hz * _RAMP_S))
        gain[:n] = np.linspace(start, self._gain, n, dtype=np.float32)
        louder: NDArray[np.float32] = np.clip(block * gain, -1.0, 1.0)
        return louder

    def _seconds(self, entry: _Turn, position: int) -> float:
        if entry.begun is None:
            return entry.seconds_before
        until = position if entry.end is None else min(position, entry.end)
        return entry.seconds_before + max(0, until - entry.begun) / self.rate_hz

    def _end(self, entry: _Turn, seconds: float, *, stopped: bool) -> None:
        del self._turns[entry.turn]
        self._over[entry.turn] = None
        if len(self._over) > _REMEMBERED_TURNS:
            del self._over[next(iter(self._over))]
        self._changed.notify_all()
        self._emit(PlaybackEnded(entry.turn, seconds, stopped))
