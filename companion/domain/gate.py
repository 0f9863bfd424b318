"""How long after the end of speech a reply must wait before it may be heard: evidence in, milliseconds out.

No fixed silence is both quick and polite. A turn whose words and melody sound complete waits 450 ms, one that
tells nothing 700 ms, one that hangs in the air 1.5 to 2 s, each moved by the pauses this user makes inside turns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from companion.domain.completeness import completeness
from companion.domain.state import ListenMode

SHORTEST_MS: Final = 400
LONGEST_MS: Final = 2200

# Probability of completeness and the wait it asks for; straight lines between.
_WAITS: Final = (
    (0.0, 2000.0),
    (0.12, 1800.0),
    (0.3, 1300.0),
    (0.45, 800.0),
    (0.6, 680.0),
    (0.8, 450.0),
    (1.0, 450.0),
)
# Set on 80 sentences of four Kokoro voices, whole and cut at a pause, recognised by whisper-base: area under the
# ROC curve 0.89 by words, 0.90 by Smart Turn after 160 ms of silence, 0.95 by both with weights of 0.2 to 0.4.
_TEXT_WEIGHT: Final = 1.0
_TURN_WEIGHT: Final = 0.3
_SUREST: Final = 0.02
_USUAL_MS: Final = 480.0
_KEEP: Final = 0.9
_TRUST_AFTER: Final = 8
_MOST_SHIFT_MS: Final = 300.0
_LEAST_SHIFT_MS: Final = -80.0
_PAUSE_MS: Final = (100.0, 3000.0)


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of a user after which they went on: mean and mean deviation, ms, of `n`; kept between launches.

    `share` is how often a pause was followed by more, 0.0 to 1.0.
    """

    mean_ms: float = 360.0
    spread_ms: float = 120.0
    share: float = 0.3
    n: int = 0

    def learn(self, pause_ms: float, went_on: bool) -> Pauses:
        """Take in one pause: with `went_on` the user spoke again after it, be it that a reply had begun by then.

        A pause that ended the turn tells only how rare the others are; its length is the listener's, not the user's.
        """
        share = _KEEP * self.share + (1.0 - _KEEP) * float(went_on)
        if not went_on or not math.isfinite(pause_ms):
            return Pauses(self.mean_ms, self.spread_ms, share, self.n)
        pause_ms = min(max(pause_ms, _PAUSE_MS[0]), _PAUSE_MS[1])
        deviation = abs(pause_ms - self.mean_ms)
        return Pauses(
            _KEEP * self.mean_ms + (1.0 - _KEEP) * pause_ms,
            _KEEP * self.spread_ms + (1.0 - _KEEP) * deviation,
            share,
            self.n + 1,
        )

    @property
    def shift_ms(self) -> float:
        """How much longer, or shorter if negative, than others this user must be waited for."""
        trust = self.n / (self.n + _TRUST_AFTER)
        often = 0.5 + min(1.0, self.share / 0.5) * 0.5
        shift = (self.mean_ms + self.spread_ms - _USUAL_MS) * trust
        return min(max(shift * often if shift > 0 else shift, _LEAST_SHIFT_MS), _MOST_SHIFT_MS)

    def as_plain(self) -> dict[str, float]:
        """Return what `from_plain` takes, JSON values only."""
        return {"mean_ms": self.mean_ms, "spread_ms": self.spread_ms, "share": self.share, "n": float(self.n)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Pauses:
        """Return what `as_plain` gave; a value that is missing or out of range counts as never learnt."""
        low, high = _PAUSE_MS
        mean, spread = _number(plain, "mean_ms", low, high), _number(plain, "spread_ms", 0.0, high)
        share, n = _number(plain, "share", 0.0, 1.0), _number(plain, "n", 0.0, 1e9)
        if mean is None or spread is None or share is None or n is None:
            return cls()
        return cls(mean, spread, share, int(n))


def silence_ms(
    text: str,
    language: str,
    pauses: Pauses,
    *,
    turn_probability: float | None = None,
    mode: ListenMode = "hands_free",
) -> int:
    """Return how many ms of silence after the last sound must pass until a reply may be heard, 400 to 2,200.

    `turn_probability` is what a turn detector makes of the sound. Push-to-talk ends with the key: 0.
    """
    if mode == "push_to_talk":
        return 0
    likely = whole(completeness(text, language), turn_probability)
    # A user with long pauses makes them where a sentence is open, hardly after a whole one.
    shift = pauses.shift_ms * (0.4 + 0.6 * (1.0 - likely))
    return round(min(max(wait_ms(likely) + shift, SHORTEST_MS), LONGEST_MS))


def whole(text_probability: float, turn_probability: float | None) -> float:
    """Return how likely the turn is complete, by its words and, where there is one, by its sound."""
    if turn_probability is None:
        return text_probability
    odds = _TEXT_WEIGHT * _log_odds(text_probability) + _TURN_WEIGHT * _log_odds(turn_probability)
    return 1.0 / (1.0 + math.exp(-odds))


def wait_ms(likely: float) -> float:
    """Return the wait for a turn that is complete with probability `likely`, for a user nothing is known of."""
    likely = min(max(likely, 0.0), 1.0)
    for (left, high), (right, low) in pairwise(_WAITS):
        if likely <= right:
            return high + (low - high) * (likely - left) / (right - left)
    return _WAITS[-1][1]


def _log_odds(probability: float) -> float:
    probability = min(max(probability, _SUREST), 1.0 - _SUREST)
    return math.log(probability / (1.0 - probability))


def _number(plain: Mapping[str, object], name: str, low: float, high: float) -> float | None:
    number = plain.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return float(number) if math.isfinite(number) and low <= number <= high else None
