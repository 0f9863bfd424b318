"""Which entry of an inclusion group takes part: one of each group, as in SillyTavern."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from companion.domain.lore_entries import Prepared


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """An entry that matched. `score` is the number of its keys that did; `holds` that it is sticky now."""

    entry: Prepared
    score: int = 0
    holds: bool = False


def losers(contenders: Sequence[Contender], taken: Collection[str], *, seed: int) -> dict[int, str]:
    """Return the entry numbers that a group leaves out, each with its group; `taken` groups have their entry.

    A sticky entry wins; then the best score where scores count; then the highest insertion order among those
    that override; else a draw by weight, fixed by `seed`.
    """
    lost: dict[int, str] = {}
    for group in dict.fromkeys(name for one in contenders for name in one.entry.groups):
        members = [one for one in contenders if group in one.entry.groups and one.entry.number not in lost]
        kept = _kept(members, group in taken, f"{seed}:{group}")
        lost.update((one.entry.number, group) for one in members if one not in kept)
    return lost


def _kept(members: Sequence[Contender], is_taken: bool, draw: str) -> Sequence[Contender]:
    if holding := [one for one in members if one.holds]:
        return holding
    if is_taken:
        return ()
    best = max((one.score for one in members), default=0)
    members = [one for one in members if one.score == best or not one.entry.entry.use_group_scoring]
    if len(members) < 2:
        return members
    overriding = [one for one in members if one.entry.entry.group_override]
    if overriding:
        return [max(overriding, key=lambda one: one.entry.entry.insertion_order)]
    return [_drawn(members, random.Random(draw))]


def _drawn(members: Sequence[Contender], draw: random.Random) -> Contender:
    weights = [max(0.0, one.entry.entry.group_weight) for one in members]
    if not sum(weights) > 0:
        return members[0]
    return draw.choices(members, weights)[0]
