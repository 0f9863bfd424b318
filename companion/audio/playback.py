"""The queue of speech before a loudspeaker: order, volume, fade, and what of it was heard.

Positions are samples at the output's rate since the beginning. Only one turn's sound is ever between `pull` and
the loudspeaker: the next turn waits until the one before has been heard to its end. A held turn has a place in
seconds, not in positions: what was pulled beyond it is put back.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import StreamResampler, resample
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.errors import AudioError
from companion.ports import AudioSignal, Paused, PlaybackEnded, PlaybackStarted, Played, Resumed

LONGEST_QUEUE_S = 30.0
_FADE_S = 0.005
_RAMP_S = 0.02
_FADE_IN_S = 0.03
_BACK_UP_S = 0.12
_KEPT_S = 0.75  # more than a ring holds and a way back to the last mark
LONGEST_HOLD_S = 1.2
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
    enqueued_s: float = 0.0
    marks: deque[float] = field(default_factory=deque)  # seconds of the turn
    kept: NDArray[np.float32] = field(default_factory=lambda: _EMPTY)  # the latest that was pulled
    n_fade_in: int = 0
    hold: Literal["no", "asked", "held"] = "no"
    held_s: float = 0.0  # the farthest place at which it was held
    held_from_s: float | None = None  # when
    resumes: bool = False  # as soon as it is held

    @property
    def queued_s(self) -> float:
        return sum(clip.seconds for _, clip in self.clips)


class Playback:
    """`emit` gets the signals, `clock` gives monotonic seconds.

    With `fades` a stopped turn is faded out by `pull`; without it the owner cuts what it has already pulled.
    `enqueue`, `finish`, `stop`, `pause`, `resume` may be called from any thread, `pull`, `heard`, `cut_at`, `reopen`
    from one. A turn held for 1.2 s goes on by itself, see `hold_on`.
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
    def sounding(self) -> TurnId | None:
        """The turn that is being played and is neither held nor stopped."""
        with self._changed:
            turn = self._active()
            if turn is None or turn.begun is None or turn.hold != "no" or turn.stopped_s < _NEVER_S:
                return None
            return turn.turn

    @property
    def held(self) -> TurnId | None:
        """The turn that is held, or will be."""
        with self._changed:
            turn = self._active()
            return turn.turn if turn is not None and turn.hold != "no" else None

    @property
    def is_held(self) -> bool:
        """Whether a turn is held, and Paused has told where."""
        with self._changed:
            turn = self._active()
            return turn is not None and turn.hold == "held"

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
                rate_hz = speech.clip.rate_hz
                entry.marks.extend(entry.enqueued_s + mark.sample / rate_hz for mark in speech.marks)
                entry.enqueued_s += speech.clip.seconds

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

    def pause(self) -> TurnId | None:
        """Hold the turn that sounds; return it, or None. Without `fades` the owner cuts what he has pulled."""
        with self._changed:
            entry = self._active()
            if entry is None or entry.begun is None or entry.hold != "no" or entry.stopped_s < _NEVER_S:
                return None
            entry.hold, entry.resumes = "asked", False
            return entry.turn

    def hold_on(self, turn: TurnId) -> None:
        """Hold a held turn for another 1.2 s from now."""
        with self._changed:
            entry = self._active()
            if entry is not None and entry.turn == turn and entry.hold == "held":
                entry.held_from_s = None

    def resume(self, turn: TurnId) -> None:
        """Let a held turn go on, from its last mark, at most 120 ms before the place where it was held."""
        with self._changed:
            entry = self._active()
            if entry is None or entry.turn != turn or entry.stopped_s < _NEVER_S:
                return
            if entry.hold == "held":
                self._go_on(entry)
            elif entry.hold == "asked":
                entry.resumes = True

    def set_volume(self, volume: float) -> None:
        """Go to a volume of 0 to 1 within 20 ms."""
        self._volume = min(1.0, max(0.0, volume))

    def pull(self, n: int, *, before_s: float = _ALL_S) -> NDArray[np.float32]:
        """Return at most `n` samples of the active turn, shape (<= n,), that were enqueued by `before_s`."""
        with self._changed:
            entry = self._active()
            if entry is None or entry.end is not None:
                return _EMPTY
            if entry.stopped_s <= before_s:
                block = self._pull_stopped(entry)
            elif entry.hold == "no":
                block = self._pull(entry, n, before_s)
            elif entry.hold == "asked" and self._fades:
                return self._pull_held(entry)
            else:
                return _EMPTY
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
            elif entry.hold == "held":
                entry.held_from_s = at_s if entry.held_from_s is None else entry.held_from_s
                if at_s - entry.held_from_s >= LONGEST_HOLD_S:
                    self._go_on(entry)
            elif entry.told_s is not None and at_s - entry.told_s >= _PLAYED_EVERY_S:
                entry.told_s = at_s
                self._emit(Played(entry.turn, seconds))

    def skip(self, n: int) -> None:
        """Other sound, `n` samples of it, went the same way."""
        with self._changed:
            self._pulled += n

    def cut_at(self, position: int) -> None:
        """What was pulled of the stopped or held turn after `position` was dropped."""
        with self._changed:
            entry = self._active()
            if entry is None:
                return
            if entry.stopped_s < _NEVER_S:
                entry.end = position
            elif entry.hold == "asked":
                self._hold(entry, position)

    def reopen(self, rate_hz: int, *, heard: int) -> None:
        """Go on at another rate from position 0; what was pulled after `heard` is lost."""
        with self._changed:
            for entry in self._turns.values():
                entry.seconds_before = self._seconds(entry, heard)
                entry.block = resample(AudioClip(entry.block, self.rate_hz), rate_hz).samples
                entry.begun, entry.resampler = None, None
                entry.kept = _EMPTY
                if entry.end is not None:
                    entry.end = 0
                if entry.hold == "asked":
                    self._hold(entry, self._pulled)
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
        return self._take(entry, n)

    def _take(self, entry: _Turn, n: int) -> NDArray[np.float32]:
        block, entry.block = entry.block[:n], entry.block[n:]
        entry.kept = np.concatenate((entry.kept, block))[-int(self.rate_hz * _KEPT_S) :]
        block = self._amplify(block)
        if entry.n_fade_in and len(block):
            n_whole = int(self.rate_hz * _FADE_IN_S)
            at = n_whole - entry.n_fade_in + np.arange(1, len(block) + 1)
            block = block * np.minimum(at / n_whole, 1.0).astype(np.float32)
            entry.n_fade_in = max(0, entry.n_fade_in - len(block))
        return block

    def _pull_stopped(self, entry: _Turn) -> NDArray[np.float32]:
        entry.clips.clear()
        sounds = self._fades and entry.begun is not None and entry.hold != "held"
        block = self._fade_out(entry) if sounds else _EMPTY
        entry.block = _EMPTY
        return block

    def _pull_held(self, entry: _Turn) -> NDArray[np.float32]:
        block = self._fade_out(entry)
        self._pulled += len(block)
        self._hold(entry, self._pulled)
        return block

    def _fade_out(self, entry: _Turn) -> NDArray[np.float32]:
        block = self._take(entry, int(self.rate_hz * _FADE_S))
        faded: NDArray[np.float32] = block * np.linspace(1.0, 0.0, len(block), dtype=np.float32)
        return faded

    def _hold(self, entry: _Turn, position: int) -> None:
        entry.held_s = self._seconds(entry, position)
        entry.hold, entry.held_from_s, entry.end = "held", None, None
        self._put_back(entry, self._pulled - position)
        self._emit(Paused(entry.turn, entry.held_s))
        if entry.resumes:
            self._go_on(entry)

    def _go_on(self, entry: _Turn) -> None:
        last = max((mark for mark in entry.marks if mark <= entry.held_s), default=0.0)
        n = round((entry.held_s - last) * self.rate_hz) if entry.held_s - last <= _BACK_UP_S else 0
        entry.seconds_before = entry.held_s - self._put_back(entry, n) / self.rate_hz
        entry.begun = self._pulled
        entry.hold, entry.resumes = "no", False
        entry.n_fade_in = int(self.rate_hz * _FADE_IN_S)
        self._emit(Resumed(entry.turn))

    def _put_back(self, entry: _Turn, n: int) -> int:
        """Take back the last `n` pulled samples, as far as they are kept, and return how many."""
        n = max(0, min(n, len(entry.kept)))
        if n:
            entry.block = np.concatenate((entry.kept[-n:], entry.block))
            entry.kept = entry.kept[:-n]
        return n

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
        if entry.begun is None or entry.hold == "held":
            return max(entry.held_s, entry.seconds_before)
        until = position if entry.end is None else min(position, entry.end)
        return max(entry.held_s, entry.seconds_before + max(0, until - entry.begun) / self.rate_hz)

    def _end(self, entry: _Turn, seconds: float, *, stopped: bool) -> None:
        del self._turns[entry.turn]
        self._over[entry.turn] = None
        if len(self._over) > _REMEMBERED_TURNS:
            del self._over[next(iter(self._over))]
        self._changed.notify_all()
        self._emit(PlaybackEnded(entry.turn, seconds, stopped))
