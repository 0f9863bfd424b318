"""Estimated tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.engines.language_models.rough_tokens import count_rough, split_rough

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("今天天气很好", 6), ("你好。", 3), ("hello", 2), ("I am at home", 4), ("下雨 rain", 3)],
)
def test_a_han_character_is_one_token_and_four_letters_are_one(text: str, count: int) -> None:
    assert count_rough(text) == count


@given(st.text())
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(split_rough(text)) == text
