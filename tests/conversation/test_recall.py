"""What a turn calls up: lore within its budget, from indexes that follow their books, whatever regexes cards bring."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from companion.conversation.recall import LoreIndexes, recall
from companion.domain.character import Character, Lorebook, LoreEntry
from companion.domain.lore import Scene
from companion.domain.messages import Message
from companion.text.timed_regex import TimedRegex

pytestmark = pytest.mark.unit


def count(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def scene(*texts: str) -> Scene:
    return Scene([Message("user", text) for text in texts])


def character(*entries: LoreEntry, token_budget: int = 400) -> Character:
    return Character("a", "阿", Path("a"), lore=Lorebook(entries, token_budget=token_budget))


def test_lore_keeps_to_its_budget() -> None:
    keys = ("茶", "rain", "猫")
    card = character(
        *(LoreEntry((key,), key * 30, insertion_order=place) for place, key in enumerate(keys)),
        token_budget=400,
    )
    index, said = LoreIndexes().of(card), scene("茶 rain 猫")
    whole = recall(index, said, count, token_cap=400, regex=TimedRegex())
    assert {hit.key for hit in whole.fired} == set(keys)
    few = recall(index, said, count, token_cap=70, regex=TimedRegex())
    assert 0 < few.n_tokens <= 70
    assert recall(index, scene("什么也没有"), count, token_cap=400, regex=TimedRegex()).fired == ()


def test_regexes_of_cards_match_or_are_named() -> None:
    card = character(
        LoreEntry(("/茶(馆|楼)/",), "甲", use_regex=True),
        LoreEntry(("/Tea ?house/i",), "乙", use_regex=True),
        LoreEntry(("/[unclosed/",), "丙", use_regex=True),
        LoreEntry(("/(a+)+$/",), "丁", use_regex=True),
    )
    said = scene("去茶楼吧, the teahouse", "a" * 5_000 + "b")
    told = recall(LoreIndexes().of(card), said, count, token_cap=400, regex=TimedRegex())
    assert [hit.text for hit in told.fired] == ["甲", "乙"]
    assert [(one.reason, one.detail) for one in told.passed] == [("regex_slow", "/(a+)+$/")]


def test_an_index_is_made_once_for_the_same_books() -> None:
    indexes, card = LoreIndexes(), character(LoreEntry(("茶",), "龙井"))
    world = Lorebook((LoreEntry(("城",), "长安"),), id="w")
    assert indexes.of(card, [world]) is indexes.of(dataclasses.replace(card, tags=("x",)), [world])


def test_an_index_follows_its_books_and_names() -> None:
    indexes, card = LoreIndexes(), character(LoreEntry(("茶", "{{user}}"), "龙井"))
    first = indexes.of(card)
    changed = dataclasses.replace(card, lore=Lorebook((LoreEntry(("茶",), "碧螺春"),)))
    (hit,) = recall(indexes.of(changed), scene("茶"), count, token_cap=400, regex=TimedRegex()).fired
    assert hit.text == "碧螺春"
    named = recall(indexes.of(card, user="阿远"), scene("我是阿远"), count, token_cap=400, regex=TimedRegex())
    assert [hit.key for hit in named.fired] == ["{{user}}"]
    assert indexes.of(card) is not first


def test_only_the_latest_indexes_are_kept() -> None:
    indexes = LoreIndexes(limit=2)
    cards = [dataclasses.replace(character(LoreEntry(("茶",), "龙井")), id=name) for name in "abc"]
    first = indexes.of(cards[0])
    for card in cards[1:]:
        indexes.of(card)
    assert indexes.of(cards[0]) is not first


def test_her_own_book_comes_before_attached_ones() -> None:
    world = Lorebook((LoreEntry(("茶",), "世界"),), id="w")
    index = LoreIndexes().of(character(LoreEntry(("茶",), "自己")), [world])
    told = recall(index, scene("茶"), count, token_cap=2, regex=TimedRegex())
    assert [hit.text for hit in told.fired] == ["自己"]
