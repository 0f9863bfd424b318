"""Of an inclusion group one entry takes part: by what holds, by score, by override or by weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.domain.lore import Scan
from companion.domain.messages import Message

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]


def member(text: str, *keys: str, **more: Any) -> LoreEntry:
    return LoreEntry(**{"keys": keys or ("茶",), "content": text, "group": "天气", "id": text, **more})


def texts(scan: Scan) -> list[str]:
    return [hit.text for hit in scan.fired]


def test_one_of_a_group_takes_part_and_the_rest_say_why(scan: Scanner) -> None:
    told = scan([member("晴"), member("雨"), member("雪"), LoreEntry(("茶",), "别的")], "茶")
    assert len(told.fired) == 2
    assert [(one.reason, one.detail) for one in told.passed] == [("group", "天气")] * 2


def test_weights_decide_how_often(scan: Scanner) -> None:
    entries = [member("晴", group_weight=300), member("雨", group_weight=100), member("雪", group_weight=0)]
    drawn = Counter(texts(scan(entries, "茶", seed=seed))[0] for seed in range(200))
    assert drawn["雪"] == 0
    assert 2 < drawn["晴"] / drawn["雨"] < 4.5


def test_an_override_wins_by_insertion_order(scan: Scanner) -> None:
    entries = [
        member("晴", group_weight=10_000),
        member("雨", group_override=True, insertion_order=1),
        member("雪", group_override=True, insertion_order=2),
    ]
    assert texts(scan(entries, "茶")) == ["雪"]


def test_the_best_score_wins_where_scores_count(scan: Scanner) -> None:
    entries = [
        member("晴", "茶", "tea", use_group_scoring=True, group_weight=0),
        member("雨", "茶", use_group_scoring=True, group_weight=9),
        member("雪", "茶", "snow", use_group_scoring=True, group_weight=9),
    ]
    assert texts(scan(entries, "茶 tea")) == ["晴"]


def test_secondary_keys_raise_the_score(scan: Scanner) -> None:
    entries = [
        member("晴", "茶", use_group_scoring=True),
        member("雨", "茶", selective=True, secondary_keys=("伞", "云"), use_group_scoring=True),
    ]
    assert texts(scan(entries, "茶和伞")) == ["雨"]


def test_what_still_holds_wins(scan: Scanner) -> None:
    entries = [member("晴", "没有", sticky=9), member("雨", group_override=True)]
    messages = [Message("user", "没有"), Message("assistant", "嗯"), Message("user", "茶")]
    told = scan(entries, messages=messages, past=[frozenset({":晴"})], book={"scan_depth": 1})
    assert texts(told) == ["晴"]


def test_an_entry_may_be_in_several_groups(scan: Scanner) -> None:
    entries = [
        member("晴", group="天气，心情", group_override=True),
        member("雨"),
        member("喜", group="心情"),
        member("春", group="季节"),
    ]
    assert texts(scan(entries, "茶")) == ["晴", "春"]


def test_a_group_that_has_its_entry_takes_no_other_in_recursion(scan: Scanner) -> None:
    entries = [member("晴天有猫"), member("雨", "猫")]
    assert texts(scan(entries, "茶", book={"recursive_scanning": True})) == ["晴天有猫"]


def test_a_group_is_settled_before_chance_is(scan: Scanner) -> None:
    entries = [member("晴", group_override=True, probability=0), member("雨")]
    told = scan(entries, "茶")
    assert texts(told) == []
    assert [(one.reason, one.entry.id) for one in told.passed] == [("probability", "晴"), ("group", "雨")]
