"""Ranks decide, not scores."""

from __future__ import annotations

import pytest

from companion.engines.recall.fusion import Fusion, fuse

pytestmark = pytest.mark.unit


def test_what_both_methods_find_comes_before_what_one_finds() -> None:
    best, *_ = fuse([1, 2, 3], [4, 2, 5])
    assert best.row == 2


def test_ranks_are_told_and_missing_ones_are_none() -> None:
    ranked = {one.row: (one.bm25_rank, one.dense_rank) for one in fuse([7, 8], [8])}
    assert ranked == {7: (1, None), 8: (2, 1)}


def test_weights_decide_between_the_methods() -> None:
    by_words, by_meaning = Fusion(dense_weight=0.1), Fusion(bm25_weight=0.1)
    assert [one.row for one in fuse([1], [2], by_words)] == [1, 2]
    assert [one.row for one in fuse([1], [2], by_meaning)] == [2, 1]


def test_score_is_the_sum_of_reciprocal_ranks() -> None:
    (best,) = fuse([5], [5], Fusion(k=10, bm25_weight=1, dense_weight=0.5))
    assert best.score == pytest.approx(1 / 11 + 0.5 / 11)


def test_nothing_gives_nothing() -> None:
    assert fuse([], []) == []
