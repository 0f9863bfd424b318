"""What a turn calls up: lore within its budget, regexes that cannot hang."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from companion.conversation.recall import recall_texts, search
from companion.domain.character import Character, Lorebook, LoreEntry

pytestmark = pytest.mark.unit


def count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("茶(馆|楼)", "去茶楼吧", True),
        ("/tea ?house/i", "The TeaHouse", True),
        ("tea", "TEA", True),
        ("[unclosed", "anything", False),
        ("", "anything", False),
        ("(a+)+$", "a" * 5000 + "b", False),
        ("x" * 501, "x" * 501, False),
    ],
)
def test_a_cards_regex_matches_or_gives_up(pattern: str, text: str, found: bool) -> None:
    assert search(pattern, text, False) is found


def test_lore_keeps_to_its_budget() -> None:
    entries = tuple(
        LoreEntry(keys=(key,), content=key * 30, insertion_order=place)
        for place, key in enumerate(("茶", "rain", "猫"))
    )
    card = Character("a", "阿", Path("a"), lore=Lorebook(entries, token_budget=400))
    said = ["茶 rain 猫"]
    assert {hit.key for hit in recall_texts(card, said, count, token_cap=400)} == {"茶", "rain", "猫"}
    few = recall_texts(card, said, count, token_cap=70)
    assert sum(len(hit.entry.content) for hit in few) <= 70
    assert few
    assert recall_texts(card, ["什么也没有"], count, token_cap=400) == []
