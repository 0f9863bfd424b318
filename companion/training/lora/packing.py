"""Pack conversations behind the prefix they share.

A sequence is `prefix, row 1, row 2, ...`. Each row sees the prefix and itself, its positions continue those of the
prefix, so the result is the same as row by row, and a persona of 500 tokens is read once instead of once a row.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.training.lora.job import Row


@dataclass(frozen=True, slots=True)
class Packed:
    """One sequence. `ids` and `positions` int64 [n]; `block` int64 [n]: 0 prefix, k the k-th row.

    `at` int64 [m] are the places whose next token is learnt, `target` int64 [m] those tokens, `weight` float32 [m]
    their share in the loss, `is_text` bool [m] whether they are text and not the end of a turn, `row` int64 [m].
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    block: NDArray[np.int64]
    at: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float32]
    is_text: NDArray[np.bool_]
    row: NDArray[np.int64]

    def visible(self) -> NDArray[np.bool_]:
        """Return [n, n]: whether place i may look at place j."""
        order = np.arange(len(self.ids))
        same = (self.block[:, None] == self.block[None, :]) | (self.block[None, :] == 0)
        visible: NDArray[np.bool_] = same & (order[None, :] <= order[:, None])
        return visible


def plan(
    rows: Sequence[Row], prefixes: Mapping[str, Sequence[int]], max_tokens: int, seed: int | None
) -> list[list[int]]:
    """Return which rows stand together, as indices; with `seed` shuffled. A row longer than all stands alone."""
    order = list(range(len(rows)))
    rng = random.Random(seed)
    if seed is not None:
        rng.shuffle(order)
    open_bins: dict[str, tuple[list[int], int]] = {}
    bins: list[list[int]] = []
    for i in order:
        row = rows[i]
        held, used = open_bins.get(row.prefix, ([], len(prefixes[row.prefix])))
        if held and used + len(row.ids) > max_tokens:
            bins.append(held)
            held, used = [], len(prefixes[row.prefix])
        open_bins[row.prefix] = ([*held, i], used + len(row.ids))
    bins += [held for held, _ in open_bins.values() if held]
    if seed is not None:
        rng.shuffle(bins)
    return bins


def pack(rows: Sequence[Row], prefix: Sequence[int]) -> Packed:
    """Return `rows`, which share `prefix`, as one sequence."""
    ids = [*prefix]
    positions = [*range(len(prefix))]
    block = [0] * len(prefix)
    at, target, weight, is_text, of_row = [], [], [], [], []
    for k, row in enumerate(rows, 1):
        begin = len(ids)
        for start, end, n_frame in row.spans:
            for j in range(start, end):
                # What comes before the first token of a row is the end of the prefix.
                before = begin + j - 1 if j else len(prefix) - 1
                if before < 0:
                    continue
                at.append(before)
                target.append(row.ids[j])
                weight.append(row.weight)
                is_text.append(j < end - n_frame)
                of_row.append(k - 1)
        ids += row.ids
        positions += range(len(prefix), len(prefix) + len(row.ids))
        block += [k] * len(row.ids)
    return Packed(
        np.array(ids, np.int64),
        np.array(positions, np.int64),
        np.array(block, np.int64),
        np.array(at, np.int64),
        np.array(target, np.int64),
        np.array(weight, np.float32),
        np.array(is_text, np.bool_),
        np.array(of_row, np.int64),
    )
