"""Batches follow from the seed and the step alone."""

from __future__ import annotations

import pytest

from companion.training.vits.sampler import Sampler

pytestmark = pytest.mark.unit


def test_an_epoch_shows_every_clip_once_while_batches_divide_it() -> None:
    sampler = Sampler(tuple(range(10, 22)), batch=3, seed=5)

    seen = [place for step in range(4) for place in sampler.batch_at(step)]

    assert sorted(seen) == list(range(12))


def test_a_step_has_the_same_batch_whenever_it_is_asked_for() -> None:
    sampler, again = (Sampler((5, 9, 7, 30, 28), batch=2, seed=1) for _ in range(2))

    forward = [sampler.batch_at(step) for step in range(9)]

    assert [again.batch_at(step) for step in reversed(range(9))] == forward[::-1]


def test_epochs_and_seeds_differ() -> None:
    lengths = tuple(range(100))
    first = [Sampler(lengths, batch=10, seed=1).batch_at(step) for step in range(20)]
    other = [Sampler(lengths, batch=10, seed=2).batch_at(step) for step in range(20)]

    assert first[:10] != first[10:]
    assert first != other


def test_processes_share_a_batch_without_overlap() -> None:
    lengths = tuple(range(40))
    whole = Sampler(lengths, batch=8, seed=1).batch_at(3)
    shares = [Sampler(lengths, batch=4, seed=1, rank=rank, world=2).batch_at(3) for rank in range(2)]

    assert sorted(shares[0] + shares[1]) == sorted(whole)


def test_fewer_clips_than_a_batch_still_make_one() -> None:
    assert sorted(Sampler((4, 5), batch=8, seed=1).batch_at(7)) == [0, 1]
