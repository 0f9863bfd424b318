"""How a body lives: breath, sway, blinks, gaze. Pure functions of time; no Qt.

Angles are degrees, lengths canvas pixels, times seconds on the monotonic clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Final

BREATH_S: Final = 4.0
BLEND_S: Final = 0.15
_BLINK: Final = ((0.045, 1), (0.115, 2), (0.165, 1))
_GAZE_REACH: Final = 7.0
_TURN_REACH: Final = 1.1


@dataclass(frozen=True, slots=True)
class Pose:
    """Where everything stands. `breath` is 0 to 1, `lids` 0 open, 1 half, 2 shut."""

    breath: float = 0.0
    head_angle: float = 0.0
    head_x: float = 0.0
    head_y: float = 0.0
    hair_x: float = 0.0
    hair_angle: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    lids: int = 0

    def rounded(self, scale: float) -> Pose:
        """Return the pose in steps of a quarter of a screen pixel: equal poses give equal pictures."""
        step = 0.25 / max(scale, 1e-3)

        def snap(value: float, unit: float) -> float:
            return round(value / unit) * unit

        return Pose(
            snap(self.breath, step / 6.0),
            snap(self.head_angle, step / 9.0),
            snap(self.head_x, step),
            snap(self.head_y, step),
            snap(self.hair_x, step),
            snap(self.hair_angle, step / 9.0),
            snap(self.gaze_x, step * 2),
            snap(self.gaze_y, step * 2),
            self.lids,
        )


STILL: Final = Pose()


def breath(seconds: float) -> float:
    """Return how full the chest is, 0 to 1: in a little faster than out, 4 s a breath."""
    phase = (seconds % BREATH_S) / BREATH_S
    if phase < 0.42:
        return 0.5 - 0.5 * math.cos(math.pi * phase / 0.42)
    return 0.5 + 0.5 * math.cos(math.pi * (phase - 0.42) / 0.58)


def sway(seconds: float) -> float:
    """Return the idle turn of the head in degrees: two slow waves that never quite repeat."""
    return 0.55 * math.sin(seconds * 0.47) + 0.3 * math.sin(seconds * 0.211 + 1.3)


def toward(dx: float, dy: float, reach: float) -> tuple[float, float]:
    """Return a look of at most 1 in each direction at a point `dx`, `dy` away; `reach` is a half look."""
    return dx / (abs(dx) + reach), dy / (abs(dy) + reach)


def ease(share: float) -> float:
    """Return a smooth 0 to 1."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


class Blinker:
    """Decides when the lids close: every 3 to 6 s, one time in seven twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._next = -1.0
        self._again = False

    def lids(self, now: float) -> int:
        """Return 0 open, 1 half, 2 shut at `now`; call with ascending times."""
        if self._next < 0:
            self._next = now + self._random.uniform(1.0, 3.0)
        since = now - self._next
        if since < 0:
            return 0
        for end, lids in _BLINK:
            if since < end:
                return lids
        self._plan(now)
        return 0

    def _plan(self, now: float) -> None:
        twice = not self._again and self._random.random() < 1 / 7
        self._again = twice
        self._next = now + (0.12 if twice else self._random.uniform(3.0, 6.0))


@dataclass(slots=True)
class Spring:
    """A value that follows its target without overshoot (critically damped), `stiffness` in 1/s."""

    stiffness: float
    value: float = 0.0
    speed: float = 0.0

    def follow(self, target: float, step_s: float) -> float:
        """Move for `step_s` towards `target` and return where it stands."""
        k = self.stiffness
        distance = self.value - target
        pull = (self.speed + k * distance) * step_s
        fade = math.exp(-k * step_s)
        self.speed = (self.speed - k * pull) * fade
        self.value = target + (distance + pull) * fade
        return self.value

    @property
    def is_still(self) -> bool:
        return abs(self.speed) < 0.05


@dataclass(frozen=True, slots=True)
class Attention:
    """What the head answers to: a look in -1..1, the feeling's own gaze and tilt, a nod and sound."""

    look: tuple[float, float] = (0.0, 0.0)
    gaze: tuple[float, float] = (0.0, 0.0)
    tilt: float = 0.0
    lean: float = 0.0
    speech: float = 0.0


@dataclass(slots=True)
class Life:
    """Springs and clocks of one body; `advance` gives the pose at a time."""

    random: Random
    blinker: Blinker = field(init=False)
    _gaze_x: Spring = field(default_factory=lambda: Spring(14.0))
    _gaze_y: Spring = field(default_factory=lambda: Spring(14.0))
    _angle: Spring = field(default_factory=lambda: Spring(6.0))
    _lean: Spring = field(default_factory=lambda: Spring(7.0))
    _hair: Spring = field(default_factory=lambda: Spring(4.5))
    _last: float = -1.0

    def __post_init__(self) -> None:
        self.blinker = Blinker(self.random)

    def advance(self, now: float, attention: Attention) -> Pose:
        """Return the pose at `now`; gaps of more than 0.1 s count as 0.1 s."""
        step = min(0.1, max(0.0, now - self._last)) if self._last >= 0 else 0.0
        self._last = now
        fill = breath(now)
        beat = attention.speech * (0.5 * math.sin(now * 5.1) + 0.35 * math.sin(now * 2.3))
        wish = sway(now) + attention.tilt + attention.look[0] * _TURN_REACH + beat
        angle = self._angle.follow(wish, step)
        lean = self._lean.follow(attention.lean + attention.speech * 1.2 * math.sin(now * 3.7), step)
        lag = self._hair.follow(angle, step)
        return Pose(
            breath=fill,
            head_angle=angle,
            head_x=self._gaze_x.value * 0.5,
            head_y=lean - fill * 5.0,
            hair_x=(lag - angle) * 5.0 + 1.2 * math.sin(now * 0.9),
            hair_angle=(lag - angle) * 1.4 + 0.3 * math.sin(now * 0.9 + 0.6),
            gaze_x=self._gaze_x.follow(attention.gaze[0] + attention.look[0] * _GAZE_REACH, step),
            gaze_y=self._gaze_y.follow(attention.gaze[1] + attention.look[1] * _GAZE_REACH * 0.6, step),
            lids=self.blinker.lids(now),
        )

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing but breath and sway moves."""
        return (
            self._gaze_x.is_still
            and self._gaze_y.is_still
            and abs(self._angle.speed) < 1.0
            and self._lean.is_still
        )
