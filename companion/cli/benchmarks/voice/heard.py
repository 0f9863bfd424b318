"""Whether the history holds what was heard: her recorded voice recognised and laid against the stored text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from companion.text.pinyin import toneless

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class HeardError:
    """`edits` is the distance between the recognised and the stored text, `end` by how much their ends differ.

    Both in characters. What the recogniser mishears counts in `edits`, hardly in `end`.
    """

    edits: int
    end: int


def heard_error(recognised: str, stored: str, unheard: str, language: str) -> HeardError:
    """Compare what was recognised with `stored`, after which `unheard` would have come; all as spoken."""
    heard, kept, rest = (_units(text, language) for text in (recognised, stored, unheard))
    whole = [*kept, *rest]
    costs = _prefix_costs(heard, whole, language)
    best = min(range(len(whole) + 1), key=lambda n: (costs[n], abs(n - len(kept))))
    low, high = sorted((best, len(kept)))
    return HeardError(costs[len(kept)], sum(_size(unit, language) for unit in whole[low:high]))


def _units(text: str, language: str) -> list[str]:
    if language == "zh":
        return toneless(text)
    return [match.group().lower() for match in _WORD.finditer(text)]


def _size(unit: str, language: str) -> int:
    """Return how many characters a unit is worth: a syllable of Chinese is one."""
    return 1 if language == "zh" else len(unit) + 1


def _prefix_costs(heard: Sequence[str], whole: Sequence[str], language: str) -> list[int]:
    """Return, for each beginning of `whole`, the edits in characters that make `heard` of it."""
    row = [0]
    for unit in whole:
        row.append(row[-1] + _size(unit, language))
    for heard_unit in heard:
        above, row[0] = row[0], row[0] + _size(heard_unit, language)
        for n, unit in enumerate(whole, 1):
            change = 0 if unit == heard_unit else max(_size(unit, language), _size(heard_unit, language))
            above, row[n] = (
                row[n],
                min(row[n] + _size(heard_unit, language), row[n - 1] + _size(unit, language), above + change),
            )
    return row
