"""What a turn calls up: lore within its budget, the hour when it matters, regexes that cannot hang."""

from __future__ import annotations

import calendar
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from companion.conversation.recall import background, recall, search
from companion.domain.character import Character, Lorebook, LoreEntry

pytestmark = pytest.mark.unit

SUNDAY_22 = float(calendar.timegm((2025, 11, 23, 22, 0, 0)))


def count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("language", "said", "line"),
    [
        ("zh", "现在几点了？", "现在是星期日晚上10点左右。"),
        ("en", "What time is it?", "It is Sunday evening, about 10 o'clock."),
        ("zh", "你喜欢茶吗", ""),
        ("en", "Do you like tea?", ""),
    ],
)
def test_the_hour_is_told_only_when_it_matters(language: str, said: str, line: str) -> None:
    assert background(language, SUNDAY_22, said) == line


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
    assert {hit.key for hit in recall(card, said, count, token_cap=400)} == {"茶", "rain", "猫"}
    few = recall(card, said, count, token_cap=70)
    assert sum(len(hit.entry.content) for hit in few) <= 70
    assert few
    assert recall(card, ["什么也没有"], count, token_cap=400) == []
