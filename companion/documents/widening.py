"""From single passages to what a reader needs: neighbours joined, and as much of the scene as fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from companion.documents.scenes import weight_of
from companion.documents.search import Candidate, Shelf

WIDEST: Final = 560
"""Characters of Chinese text that a widened passage has at most; English ones count less, see `scenes`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places `first` to `last` of a shelf, one scene, found by `best`."""

    best: Candidate
    first: int
    last: int


def joined(
    candidates: Sequence[Candidate], shelf: Shelf, limit: int, *, widest: int, allowed: Callable[[int], bool]
) -> list[Stretch]:
    """Return the `limit` best stretches; neighbours among the candidates count as one.

    Each grows by the passages after and before it in its scene while it stays under `widest`; places that are not
    `allowed` are left out.
    """
    found: list[Stretch] = []
    for one in candidates:
        place = shelf.places[one.passage.id]
        near = next((i for i, other in enumerate(found) if _touches(shelf, other, place)), None)
        if near is not None:
            other = found[near]
            found[near] = Stretch(other.best, min(other.first, place), max(other.last, place))
        elif len(found) == limit:
            break
        else:
            found.append(Stretch(one, place, place))
    taken = {place for one in found for place in range(one.first, one.last + 1)}
    return [_widened(one, shelf, taken, widest, allowed) for one in found]


def _touches(shelf: Shelf, stretch: Stretch, place: int) -> bool:
    same = shelf.passages[place].parent == stretch.best.passage.parent
    return same and stretch.first - 1 <= place <= stretch.last + 1


def _widened(
    one: Stretch, shelf: Shelf, taken: set[int], widest: int, allowed: Callable[[int], bool]
) -> Stretch:
    first, last = one.first, one.last
    passages = shelf.passages
    weight = weight_of(one.best.passage.text)

    def fits(place: int) -> bool:
        if not 0 <= place < len(passages) or place in taken or not allowed(place):
            return False
        if passages[place].parent != one.best.passage.parent:
            return False
        start, end = passages[min(first, place)].start, passages[max(last, place)].end
        return (end - start) * weight <= widest

    while True:
        if fits(last + 1):
            last += 1
        elif fits(first - 1):
            first -= 1
        else:
            break
        taken.update((first, last))
    return Stretch(one.best, first, last)
