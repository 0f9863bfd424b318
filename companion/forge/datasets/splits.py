"""Which chapters are learnt from and which are kept for testing, and lines that stand in both."""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from companion.forge.datasets.rows import Row, Split
from companion.forge.noise import folded

TEST_SHARE: Final = 0.1
VAL_SHARE: Final = 0.06
_GRAM: Final = 3
_SKETCH: Final = 16
_LEAST_GRAMS: Final = 8
SAME: Final = 0.6
MOST_REPEATS: Final = 3

Unit = tuple[int, int]
"""A chapter and, where a work has too few chapters, a scene in it; else 0."""


def splits_of(lines: Mapping[Unit, int]) -> dict[Unit, Split]:
    """Return the split of each unit by how many lines it holds: the last tenth of the lines is `test`.

    Whole units only, in the order of the story; before the test stand some of `val`. A single unit is learnt from.
    """
    order = sorted(unit for unit, n in lines.items() if n)
    total = sum(lines[unit] for unit in order)
    wanted: dict[Split, int] = {
        "test": math.ceil(TEST_SHARE * total),
        "val": math.ceil(VAL_SHARE * total),
    }
    out: dict[Unit, Split] = {}
    rest = list(order)
    for split in ("test", "val"):
        n = 0
        while len(rest) > 1 and n < wanted[split]:
            unit = rest.pop()
            out[unit] = split
            n += lines[unit]
    return {**dict.fromkeys(rest, "train"), **out}


def without_shared(rows: Sequence[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """Return `rows` without those to learn from that hold a line of a held-out row, and these with the reason.

    Two lines are the same if at least 0.6 of their character 3-grams are; short ones are left alone. A line stays at
    most three times in what is learnt.
    """
    held = _Sketches()
    for row in rows:
        if row.split in ("val", "test"):
            held.add_all(row.lines)
    kept: list[Row] = []
    dropped: list[tuple[Row, str]] = []
    seen: Counter[str] = Counter()
    for row in rows:
        keys = [folded(line) for line in row.lines]
        if row.split == "train" and any(held.has(line) for line in row.lines):
            dropped.append((row, "in_held_out"))
        elif row.split == "train" and keys and all(seen[key] >= MOST_REPEATS for key in keys):
            dropped.append((row, "repeated"))
        else:
            kept.append(row)
            seen.update(keys)
    return kept, dropped


class _Sketches:
    """Lines by the least of their 3-gram hashes; a line that shares one is compared in full."""

    def __init__(self) -> None:
        self._grams: list[frozenset[str]] = []
        self._places: defaultdict[int, list[int]] = defaultdict(list)

    def add_all(self, lines: Sequence[str]) -> None:
        for line in lines:
            grams = _grams(line)
            if len(grams) >= _LEAST_GRAMS:
                for value in _least(grams):
                    self._places[value].append(len(self._grams))
                self._grams.append(grams)

    def has(self, line: str) -> bool:
        grams = _grams(line)
        if len(grams) < _LEAST_GRAMS:
            return False
        near = {number for value in _least(grams) for number in self._places.get(value, ())}
        return any(_jaccard(grams, self._grams[number]) >= SAME for number in near)


def _grams(line: str) -> frozenset[str]:
    text = folded(line)
    return frozenset(text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1))


def _least(grams: frozenset[str]) -> list[int]:
    return sorted(zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams)[:_SKETCH]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
