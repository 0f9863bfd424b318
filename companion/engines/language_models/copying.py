"""Make it harder to go on with a passage that stands in the context already: DRY ("don't repeat yourself").

A small model with example dialogues in its prompt answers with the examples, word for word. The penalty grows with the
length of the passage, so that names and turns of phrase stay free (p-e-w, text-generation-webui #5677, 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MULTIPLIER: Final = 0.8
_BASE: Final = 1.75
_FREE: Final = 6
_LONGEST: Final = 24


def copy_penalties(past: Sequence[int], exempt: range = range(0)) -> dict[int, float]:
    """Return what to take off the logits of tokens that would continue a passage of `past`.

    A passage of up to 6 tokens costs nothing, nor does one that stands in `exempt` places: facts told for this turn are
    there to be said.
    """
    if len(past) <= _FREE:
        return {}
    tokens = np.asarray(past, dtype=np.int64)
    penalties: dict[int, float] = {}
    for at in np.flatnonzero(tokens[:-1] == tokens[-1]):
        if at + 1 in exempt:
            continue
        following = int(tokens[at + 1])
        length = _match_length(tokens, int(at))
        if length > _FREE:
            cost = _MULTIPLIER * _BASE ** (length - _FREE)
            penalties[following] = max(cost, penalties.get(following, 0.0))
    return penalties


def _match_length(tokens: NDArray[np.int64], at: int) -> int:
    """Return how many tokens before and at `at` equal those before and at the end."""
    longest = min(at + 1, _LONGEST)
    here = tokens[at + 1 - longest : at + 1][::-1]
    end = tokens[len(tokens) - longest :][::-1]
    differ = np.flatnonzero(here != end)
    return int(differ[0]) if len(differ) else longest
