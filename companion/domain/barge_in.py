"""Does somebody speak into her turn: a state machine fed with frames of cleaned sound, without a clock.

speaking -> ducked -> paused. What a pause leads to is decided elsewhere; here it is only noticed.
Positions are samples since the first frame that was fed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_FIRST_FLOOR_DB = -70.0
_FALL = 0.3  # of the way down to a quieter frame
_RISE_DB_PER_S = 2.0
_RISE_IN_SPEECH_DB_PER_S = 0.5
_MAYBE = 0.2  # a probability from which on it may be speech

State = Literal["speaking", "ducked", "paused"]


@dataclass(frozen=True, slots=True)
class BargeInRules:
    """A frame is voiced above `probability` and `above_floor_db` over the quietest sound of late.

    Cleaned speech is torn where she speaks too, and its probability low: what is left of her own voice hardly ever
    reaches a quarter. `duck_ms` of certain speech, or more that is less certain, duck her; so long after its onset
    that `pause_ms` are over it pauses her, if `voiced_share` of the time since was voiced. Gaps of up to `bridge_ms`
    are bridged.
    `release_ms` without voiced sound take a duck back. In the first `cold_ms` of her sound nothing pauses her, for
    the echo canceller has yet to converge, and until `warm_up_ms` only `sure_ms` of speech do. After a pause that
    ended in going on she is left alone until `rest_ms` without voiced sound, or after a decision at the latest for
    `insist_ms`.
    """

    rate_hz: int = 16_000
    probability: float = 0.25
    above_floor_db: float = 6.0
    duck_ms: int = 16
    pause_ms: int = 160
    voiced_share: float = 0.7
    bridge_ms: int = 64
    release_ms: int = 160
    soft_end_ms: int = 128
    partial_ms: int = 250
    cold_ms: int = 800
    sure_ms: int = 384
    warm_up_ms: int = 3000
    rest_ms: int = 200
    insist_ms: int = 1000

    def samples(self, ms: float) -> int:
        return int(ms * self.rate_hz / 1000)


@dataclass(frozen=True, slots=True)
class Duck:
    """Speech may have begun at `onset`."""

    onset: int


@dataclass(frozen=True, slots=True)
class Release:
    """It was nothing: back to full volume."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Speech began at `onset` and goes on."""

    onset: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Speech into the pause: samples `onset` to `until` so far; `final` at its soft end."""

    onset: int
    until: int
    final: bool


Step = Duck | Release | Pause | Heard


class BargeInWatch:
    """Feed frames in order while the ears are open; each call returns the steps that the frame brought."""

    def __init__(self, rules: BargeInRules | None = None) -> None:
        self.rules = rules or BargeInRules()
        self.state: State = "speaking"
        self.floor_db = _FIRST_FLOOR_DB
        self._played = 0
        self._onset = 0
        self._voiced = 0
        self._certain = 0.0
        self._quiet = 0
        self._told = 0
        self._is_final = False
        self._rests = False
        self._left_alone: int | None = None

    @property
    def is_warm(self) -> bool:
        """Whether enough of her was played for the canceller to have converged."""
        return self._played >= self.rules.samples(self.rules.warm_up_ms)

    def feed(
        self, probability: float, n_samples: int, until: int, *, level_db: float, is_playing: bool
    ) -> list[Step]:
        """Take one frame that ends at position `until`; `is_playing`: her turn sounds and is not held."""
        is_voiced = self._is_voiced(probability, level_db)
        self._follow_floor(probability, level_db, n_samples)
        if self.state == "paused":
            self._count(is_voiced, probability, n_samples, until)
            return self._into_pause(until)
        if not is_playing:
            return self.release()
        self._played += n_samples
        self._count(is_voiced, probability, n_samples, until)
        if self._rests:
            self._rest(n_samples)
            return []
        return self._ducked(until) if self.state == "ducked" else self._speaking()

    def release(self) -> list[Step]:
        """Forget what was heard; a duck is taken back."""
        steps: list[Step] = [Release()] if self.state == "ducked" else []
        self.state = "speaking"
        self._voiced = self._quiet = 0
        self._certain = 0.0
        return steps

    def doubt(self) -> None:
        """Take back a pause that was just asked for: she stays ducked, and the next frame may ask again."""
        self.state = "ducked"

    def resumed(self, *, by_decision: bool) -> None:
        """She goes on after a pause, or her turn is over."""
        self.release()
        self._rests = True
        self._left_alone = self.rules.samples(self.rules.insist_ms) if by_decision else None

    def _speaking(self) -> list[Step]:
        rules = self.rules
        if self._quiet > rules.samples(rules.bridge_ms):
            self._voiced, self._certain = 0, 0.0
        if self._certain < rules.samples(rules.duck_ms):
            return []
        self.state = "ducked"
        return [Duck(self._onset)]

    def _ducked(self, until: int) -> list[Step]:
        rules = self.rules
        if self._quiet >= rules.samples(rules.release_ms):
            return self.release()
        past = until - self._onset
        needed = rules.samples(rules.pause_ms if self.is_warm else rules.sure_ms)
        is_speech = past >= needed and self._voiced >= rules.voiced_share * past
        is_cold = self._played < rules.samples(rules.cold_ms)
        if is_cold or self._quiet or not is_speech:
            return []
        self.state = "paused"
        self._told, self._is_final = self._voiced, False
        return [Pause(self._onset), Heard(self._onset, until, final=False)]

    def _into_pause(self, until: int) -> list[Step]:
        rules = self.rules
        if self._quiet == 0:
            self._is_final = False
            if self._voiced - self._told >= rules.samples(rules.partial_ms):
                self._told = self._voiced
                return [Heard(self._onset, until, final=False)]
        elif self._quiet >= rules.samples(rules.soft_end_ms) and not self._is_final:
            self._is_final = True
            return [Heard(self._onset, until, final=True)]
        return []

    def _rest(self, n_samples: int) -> None:
        if self._left_alone is not None:
            self._left_alone -= n_samples
        is_over = self._left_alone is not None and self._left_alone <= 0
        if is_over or self._quiet >= self.rules.samples(self.rules.rest_ms):
            self._rests = False
            self._voiced, self._certain = 0, 0.0

    def _count(self, is_voiced: bool, probability: float, n_samples: int, until: int) -> None:
        if not is_voiced:
            self._quiet += n_samples
            return
        if self._voiced == 0:
            self._onset = until - n_samples
        self._voiced += n_samples
        self._certain += n_samples * probability
        self._quiet = 0

    def _is_voiced(self, probability: float, level_db: float) -> bool:
        rules = self.rules
        return probability > rules.probability and level_db > self.floor_db + rules.above_floor_db

    def _follow_floor(self, probability: float, level_db: float, n_samples: int) -> None:
        if level_db < self.floor_db:
            self.floor_db += _FALL * (level_db - self.floor_db)
            return
        rise = _RISE_DB_PER_S if probability < _MAYBE else _RISE_IN_SPEECH_DB_PER_S
        self.floor_db = min(level_db, self.floor_db + rise * n_samples / self.rules.rate_hz)
