"""What a scan of lorebooks looks at: the chat so far and which entries took part earlier on its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from companion.domain.messages import Message


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scan looks at; nothing else is remembered between turns.

    `messages` oldest first, the user's newest included. `past` are the ids (`book:entry`) that took part in each
    earlier reply of this path, oldest first; the last belongs to the last reply in `messages`. `greeting` 0 is
    `first_mes`. `off` are ids that the user switched off. `seed` fixes what is drawn in this turn.
    """

    messages: Sequence[Message]
    past: Sequence[frozenset[str]] = ()
    greeting: int | None = None
    user_icon: str = ""
    off: frozenset[str] = frozenset()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Ids of the timed entries that still hold, that must rest, and that ever took part on this path."""

    sticky: frozenset[str] = frozenset()
    cooling: frozenset[str] = frozenset()
    ever: frozenset[str] = frozenset()


def timing(scene: Scene, timed: Mapping[str, tuple[int, int]]) -> Timing:
    """Return which of the `timed` entries, id -> (sticky, cooldown) in messages, hold or rest now.

    An entry that took part when the chat had n messages holds until it has n + sticky, then rests until
    n + sticky + cooldown; taking part while it holds prolongs nothing (as in SillyTavern).
    """
    began: dict[str, int] = {}
    ever: set[str] = set()
    for length, ids in zip(_lengths(scene), scene.past, strict=True):
        for one in ids & timed.keys():
            ever.add(one)
            if one not in began or length >= began[one] + timed[one][0]:
                began[one] = length
    now = len(scene.messages)
    sticky = {one for one, start in began.items() if now < start + timed[one][0]}
    cooling = {one for one, start in began.items() if one not in sticky and now < start + sum(timed[one])}
    return Timing(frozenset(sticky), frozenset(cooling), frozenset(ever))


def _lengths(scene: Scene) -> list[int]:
    """Return how many messages stood before each reply of `past`; two a reply where they are not given."""
    replies = [i for i, message in enumerate(scene.messages) if message.role == "assistant"]
    known = replies[max(0, len(replies) - len(scene.past)) :]
    first = known[0] if known else len(scene.messages)
    n_unknown = len(scene.past) - len(known)
    return [first - 2 * (n_unknown - i) for i in range(n_unknown)] + known
