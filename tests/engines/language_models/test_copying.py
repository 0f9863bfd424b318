"""Passages of the context are hard to go on with; names and turns of phrase stay free."""

from __future__ import annotations

import pytest

from companion.engines.language_models.copying import copy_penalties

pytestmark = pytest.mark.unit

PASSAGE = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]


def test_a_short_passage_costs_nothing() -> None:
    assert copy_penalties([*PASSAGE, 99, *PASSAGE[:6]]) == {}


def test_the_longer_the_passage_the_dearer_its_next_token() -> None:
    seven = copy_penalties([*PASSAGE, 99, *PASSAGE[:7]])
    nine = copy_penalties([*PASSAGE, 99, *PASSAGE[:9]])
    assert set(seven) == {18}
    assert set(nine) == {20}
    assert nine[20] > 2 * seven[18] > 0


def test_an_interrupted_passage_begins_anew() -> None:
    assert copy_penalties([*PASSAGE, 99, *PASSAGE[:4], 98, *PASSAGE[5:8]]) == {}


def test_the_dearest_of_several_passages_counts() -> None:
    past = [*PASSAGE, 99, *PASSAGE[2:], 97, *PASSAGE[:9]]
    assert copy_penalties(past) == copy_penalties([*PASSAGE, 99, *PASSAGE[:9]])


def test_a_short_context_is_left_alone() -> None:
    assert copy_penalties([]) == {}
    assert copy_penalties([1, 1, 1]) == {}


def test_what_was_told_for_this_turn_may_be_said_again() -> None:
    past = [*PASSAGE, 99, *PASSAGE[:9]]
    assert copy_penalties(past, range(10)) == {}
    assert set(copy_penalties(past, range(5))) == {20}
