"""Lore fires by keys, in Chinese and in Latin script."""

from __future__ import annotations

import re

import pytest

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import constant, find, fired, within

pytestmark = pytest.mark.unit


def search(pattern: str, text: str, case_sensitive: bool) -> bool:
    return re.search(pattern, text, 0 if case_sensitive else re.IGNORECASE) is not None


def entry(*keys: str, **more: object) -> LoreEntry:
    return LoreEntry(keys=keys, content="".join(keys), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("铜板", "那只铜板在哪儿？", True),
        ("猫", "熊猫", True),
        ("cat", "the cat sat", True),
        ("cat", "concatenate", False),
        ("cat", "我的cat在睡觉", True),
        ("ＣＡＴ", "a cat", True),
        ("New York", "in new york now", True),
        ("", "anything", False),
    ],
)
def test_a_key_matches_as_its_script_demands(key: str, text: str, expected: bool) -> None:
    assert find(key, text) is expected


def test_case_counts_only_where_asked() -> None:
    assert find("Iris", "iris")
    assert not find("Iris", "iris", case_sensitive=True)


def test_secondary_keys_are_needed_when_selective() -> None:
    book = Lorebook((entry("茶", selective=True, secondary_keys=("外婆",)),))
    assert fired(book, ["喝茶吗"], search) == []
    assert len(fired(book, ["外婆的茶"], search)) == 1


def test_only_the_newest_messages_are_scanned() -> None:
    book = Lorebook((entry("猫"),), scan_depth=2)
    assert fired(book, ["猫", "一", "二"], search) == []


def test_disabled_never_fires_and_constant_is_kept_apart() -> None:
    book = Lorebook((entry("a", enabled=False), entry("b", constant=True), entry("c")))
    assert [hit.key for hit in fired(book, ["a b c"], search)] == ["c"]
    assert [one.keys for one in constant(book)] == [("b",)]


def test_recursion_only_when_the_book_says_so() -> None:
    entries = (entry("猫"), LoreEntry(keys=("起点",), content="这里有猫"))
    assert [hit.key for hit in fired(Lorebook(entries), ["起点"], search)] == ["起点"]
    both = fired(Lorebook(entries, recursive_scanning=True), ["起点"], search)
    assert sorted(hit.key for hit in both) == ["猫", "起点"]


def test_over_budget_the_lowest_priority_leaves_and_order_stays() -> None:
    hits = fired(
        Lorebook((entry("a", priority=1), entry("b", priority=9), entry("c", priority=5))), ["a b c"], search
    )
    assert [hit.key for hit in within(hits, [10, 10, 10], 20)] == ["b", "c"]


def test_a_regex_key_is_left_to_the_given_search() -> None:
    book = Lorebook((entry(r"小\w+", use_regex=True),))
    assert len(fired(book, ["小满"], search)) == 1
