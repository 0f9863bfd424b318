"""Manner: which lines sound most like one speaker, beside all the others'."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from companion.forge.noise import folded

_GRAMS: Final = (1, 2, 3)
_PRIOR: Final = 50.0
_LEAST_LETTERS: Final = 6


def typicality(hers: Iterable[str], others: Iterable[str]) -> Callable[[str], float]:
    """Return a score of a line: the mean z of its character 1- to 3-grams in `hers` against `others`.

    Log-odds with an informative prior (Monroe, Colaresi & Quinn 2008, section 3.5.1). Lines of fewer than six letters
    score 0.
    """
    mine, theirs = Counter(_grams_of(hers)), Counter(_grams_of(others))
    both = mine + theirs
    n_mine, n_theirs, n_both = mine.total(), theirs.total(), max(1, both.total())

    def z(gram: str) -> float:
        prior = _PRIOR * len(both) * both[gram] / n_both / len(both) + 0.01
        a, b = mine[gram] + prior, theirs[gram] + prior
        odds = math.log(a / max(1e-9, n_mine + _PRIOR - a)) - math.log(b / max(1e-9, n_theirs + _PRIOR - b))
        return odds / math.sqrt(1 / a + 1 / b)

    known = {gram: z(gram) for gram in mine}

    def score(line: str) -> float:
        grams = list(_grams(line))
        if len(folded(line)) < _LEAST_LETTERS or not grams:
            return 0.0
        return sum(known.get(gram, 0.0) for gram in grams) / len(grams)

    return score


def _grams_of(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from _grams(line)


def _grams(line: str) -> Iterator[str]:
    text = folded(line)
    for n in _GRAMS:
        for at in range(len(text) - n + 1):
            yield text[at : at + n]
