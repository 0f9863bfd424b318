"""Tokens for keyword search."""

from __future__ import annotations

import pytest

from companion.text.search_tokens import search_tokens, stem

pytestmark = pytest.mark.unit


def test_chinese_words_and_their_characters_are_tokens() -> None:
    tokens = search_tokens("我们去公园吧。")

    assert {"我们", "公园", "公", "园", "吧"} <= set(tokens)


def test_punctuation_is_no_token() -> None:
    assert search_tokens("——“……”，！？．* _ -") == []


def test_traditional_and_full_width_writing_meet_the_plain_one() -> None:
    assert sorted(search_tokens("圖書館ＡＢＣ１２")) == sorted(search_tokens("图书馆abc12"))


def test_english_words_are_folded_to_their_stems() -> None:
    assert search_tokens("The Cats' stopped ponies, Running") == search_tokens("the cat stop pony run")


def test_mixed_writing_is_cut_at_its_border() -> None:
    assert {"ai", "少女", "iphon"} <= set(search_tokens("AI少女的iPhone"))


def test_kana_are_searched_by_pairs() -> None:
    assert search_tokens("さくら") == ["さく", "くら"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hoped", "hop"),
        ("hoping", "hop"),
        ("glass", "glass"),
        ("is", "is"),
        ("daiyu's", "daiyu"),
        ("x200", "x200"),
    ],
)
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected
