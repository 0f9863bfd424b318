"""Speech into her turn ducks and pauses it within the worker; what follows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from companion.audio.capture import RATE_HZ, Capture
from companion.audio.playback import Playback
from companion.domain.barge_in import BargeInRules, BargeInWatch, Duck, Heard, Pause, Release, Step
from companion.domain.messages import TurnId
from companion.ports import AudioSignal, BargeIn, Ducked, Resumed

_LEAD_IN = int(0.3 * RATE_HZ)
_NO_FRAMES_S = 0.5
# A murmur is most likely agreement: she need not wait long for its words, which may stop her afterwards, too.
_MURMUR = int(0.7 * RATE_HZ)
_MURMUR_WAIT_S = 0.6


class Reflex:
    """Watches one capture and acts on one playback; one thread calls all but `resume`.

    `duck` lowers or lifts what leaves the loudspeaker, `pause` holds the turn that sounds, `is_echo` tells whether
    what was heard just now may be what is left of her own voice.
    """

    def __init__(
        self,
        capture: Capture,
        playback: Playback,
        emit: Callable[[AudioSignal], None],
        *,
        duck: Callable[[bool], None],
        pause: Callable[[], None],
        is_echo: Callable[[], bool],
        rules: BargeInRules | None = None,
    ) -> None:
        self._capture = capture
        self._playback = playback
        self._emit = emit
        self._duck = duck
        self._pause = pause
        self._is_echo = is_echo
        self._watch = BargeInWatch(rules)
        self._is_on = False
        self._turn: TurnId | None = None
        self._wanted: TurnId | None = None
        self._until = 0
        self._is_fresh = False
        self._heard_s = 0.0
        self._untold: Heard | None = None
        self._murmured = False
        self._murmured_s: float | None = None
        capture.watch = self._take

    @property
    def is_warm(self) -> bool:
        """Whether enough of her was played for the canceller to have converged."""
        return self._watch.is_warm

    def turn_on(self, is_on: bool) -> None:
        """Let speech duck and pause her, or not."""
        self._is_on = is_on

    def resume(self, turn: TurnId) -> None:
        """The decision about the turn: she goes on."""
        self._wanted = turn

    def update(self, now_s: float) -> None:
        """Take notice of what became of the turn; to be called each 10 ms, frames or not."""
        if self._is_fresh:
            self._is_fresh, self._heard_s = False, now_s
        if self._watch.state == "speaking":
            self._wanted = None
            return
        wanted, self._wanted = self._wanted, None
        is_decided = wanted is not None and wanted == self._turn
        if self._watch.state == "paused":
            self._end_murmur(now_s)
            self._look_at_pause(is_decided=is_decided)
        elif not self._is_on or is_decided or now_s - self._heard_s > _NO_FRAMES_S:
            self._act(self._watch.release())

    def _take(self, probability: float, level_db: float, n_samples: int, until: int) -> None:
        self._is_fresh = True
        if until < self._until:  # the capture has begun anew
            self._act(self._watch.release())
        self._until = until
        if not self._is_on:
            return
        sounding = self._playback.sounding
        if self._watch.state == "ducked" and sounding != self._turn:
            self._act(self._watch.release())
        steps = self._watch.feed(
            probability, n_samples, until, level_db=level_db, is_playing=sounding is not None
        )
        if self._watch.state != "speaking" and steps and isinstance(steps[0], Duck):
            self._turn = sounding
        self._act(steps)

    def _act(self, steps: list[Step]) -> None:
        for step in steps:
            match step:
                case Duck(onset):
                    self._duck(True)
                    if self._turn is not None:
                        self._emit(Ducked(self._turn, self._capture.time_of(onset)))
                case Release():
                    self._duck(False)
                    if self._turn is not None and self._playback.sounding == self._turn:
                        self._emit(Resumed(self._turn))
                case Pause():
                    if self._is_echo():
                        self._watch.doubt()
                        return
                    self._pause()
                case Heard():
                    # Told by `update`, after Paused, which comes once the place is known.
                    self._untold = step
                    self._tell()

    def _end_murmur(self, now_s: float) -> None:
        if not self._murmured or self._turn is None:
            self._murmured_s = None
            return
        if self._murmured_s is None:
            self._murmured_s = now_s
        if now_s - self._murmured_s >= _MURMUR_WAIT_S:
            self._murmured = False
            self._playback.resume(self._turn)

    def _look_at_pause(self, *, is_decided: bool) -> None:
        if self._playback.held == self._turn and self._is_on:
            self._tell()
            return
        if not self._is_on and self._turn is not None:
            self._playback.resume(self._turn)
        self._untold, self._murmured = None, False
        self._duck(False)
        self._watch.resumed(by_decision=is_decided)

    def _tell(self) -> None:
        heard = self._untold
        if heard is None or self._turn is None or not self._playback.is_held:
            return
        self._untold = None
        is_short = heard.until - heard.onset <= _MURMUR
        self._murmured = heard.final and is_short
        if not is_short:  # nobody speaks on under speech that lasts, however long its words are in coming
            self._playback.hold_on(self._turn)
        clip = self._capture.clip(heard.onset - _LEAD_IN, heard.until)
        self._emit(BargeIn(self._turn, clip, heard.final))
