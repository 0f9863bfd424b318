"""Two rankings become one: reciprocal rank fusion (Cormack, Clarke & Buettcher 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fusion:
    """`depth` items of each method take part; a larger `k` lets lower ranks count more."""

    k: float = 60.0
    bm25_weight: float = 1.0
    dense_weight: float = 0.7
    depth: int = 100


FUSION: Final = Fusion()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row with its ranks, counted from 1."""

    row: int
    score: float
    bm25_rank: int | None
    dense_rank: int | None


def fuse(bm25: Sequence[int], dense: Sequence[int], fusion: Fusion = FUSION) -> list[Ranked]:
    """Return the rows of both rankings, best first; of equals the one that keywords rank higher."""
    bm25_ranks = {row: rank for rank, row in enumerate(bm25, 1)}
    dense_ranks = {row: rank for rank, row in enumerate(dense, 1)}
    found = [
        Ranked(
            row,
            _share(fusion.bm25_weight, fusion.k, bm25_ranks.get(row))
            + _share(fusion.dense_weight, fusion.k, dense_ranks.get(row)),
            bm25_ranks.get(row),
            dense_ranks.get(row),
        )
        for row in bm25_ranks | dense_ranks
    ]
    last = len(found) + 1
    return sorted(found, key=lambda one: (-one.score, one.bm25_rank or last, one.dense_rank or last, one.row))


def _share(weight: float, k: float, rank: int | None) -> float:
    return weight / (k + rank) if rank is not None else 0.0
