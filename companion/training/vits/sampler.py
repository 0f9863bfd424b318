"""Which clips make a batch: a pure function of the seed and the step, so that a training can go on anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

_POOL: Final = 8


@dataclass(frozen=True, slots=True)
class Sampler:
    """Batches of `batch` clips of about one length; `rank` of `world` processes takes its share of each."""

    lengths: tuple[int, ...]
    batch: int
    seed: int
    rank: int = 0
    world: int = 1

    def batch_at(self, step: int) -> list[int]:
        """Return the places of the clips of step `step`, at least one."""
        size = min(self.batch * self.world, len(self.lengths))
        per_epoch = max(1, len(self.lengths) // size)
        whole = _epoch(self.lengths, size, self.seed, step // per_epoch)[step % per_epoch]
        return list(whole[self.rank :: self.world]) or [whole[0]]


@lru_cache(maxsize=4)
def _epoch(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    random = np.random.default_rng((seed, epoch))
    order = random.permutation(len(lengths)).tolist()
    batches = []
    for start in range(0, len(order), _POOL * size):
        pool = sorted(order[start : start + _POOL * size], key=lambda place: lengths[place])
        batches += [pool[at : at + size] for at in range(0, len(pool) - size + 1, size)]
    random.shuffle(batches)
    return batches or [order]
