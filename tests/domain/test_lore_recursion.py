"""The text of entries triggers others where books and entries allow it, in a bounded number of rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.lore import Scan

pytestmark = pytest.mark.unit

Scanner = Callable[..., Scan]
RECURSIVE = {"recursive_scanning": True}


def entry(key: str, content: str, **more: Any) -> LoreEntry:
    return LoreEntry((key,) if key else (), content, **more)


def told(scan: Scan) -> list[tuple[str, str]]:
    return [(hit.key, hit.reason) for hit in scan.fired]


@pytest.mark.parametrize(("first", "second"), [("起点", "貓"), ("start", "Cat"), ("はじめ", "ネコ")])
def test_recursion_only_when_the_book_says_so(scan: Scanner, first: str, second: str) -> None:
    entries = [entry(first, f"这里有 {second} 。"), entry(second, "第二")]
    assert told(scan(entries, first)) == [(first, "key")]
    assert told(scan(entries, first, book=RECURSIVE)) == [(first, "key"), (second, "recursion")]


def test_recursion_reaches_past_the_scan_depth(scan: Scanner) -> None:
    entries = [entry("起点", "这里有猫"), entry("猫", "第二", scan_depth=0)]
    assert told(scan(entries, "起点", book=RECURSIVE)) == [("起点", "key"), ("猫", "recursion")]


def test_a_key_of_the_chat_is_no_recursion(scan: Scanner) -> None:
    entries = [entry("起点", "这里有猫"), entry("猫", "第二")]
    assert told(scan(entries, "起点和猫", book=RECURSIVE)) == [("起点", "key"), ("猫", "key")]


def test_a_circle_ends(scan: Scanner) -> None:
    entries = [entry("一", "二"), entry("二", "三"), entry("三", "一和三")]
    assert [hit.key for hit in scan(entries, "一", book=RECURSIVE).fired] == ["一", "二", "三"]


def test_a_long_chain_is_cut(scan: Scanner) -> None:
    chain = [entry(f"k{i}x", f"k{i + 1}x") for i in range(100)]
    assert len(scan(chain, "k0x", book=RECURSIVE).fired) == 17


def test_entries_may_neither_trigger_nor_be_triggered(scan: Scanner) -> None:
    entries = [
        entry("起点", "猫 狗 鸟"),
        entry("猫", "甲", exclude_recursion=True),
        entry("狗", "@@no_recursive_search\n乙"),
        entry("鸟", "鱼", prevent_recursion=True),
        entry("鱼", "丙"),
    ]
    assert [hit.key for hit in scan(entries, "起点", book=RECURSIVE).fired] == ["起点", "鸟"]


def test_decorators_allow_or_forbid_triggering(scan: Scanner) -> None:
    entries = [
        entry("起点", "@@unrecursive\n猫"),
        entry("开始", "@@recursive\n狗"),
        entry("猫", "甲"),
        entry("狗", "乙"),
    ]
    assert [hit.key for hit in scan(entries, "起点", book=RECURSIVE).fired] == ["起点"]
    assert [hit.key for hit in scan(entries, "开始").fired] == ["开始", "狗"]


def test_hidden_keys_trigger_and_notes_do_not(scan: Scanner) -> None:
    entries = [
        entry("起点", "看{{hidden_key:暗号}}{{// 猫}}{{comment: 狗}}"),
        entry("暗号", "甲"),
        entry("猫", "乙"),
        entry("狗", "丙"),
    ]
    assert [hit.key for hit in scan(entries, "起点", book=RECURSIVE).fired] == ["起点", "暗号"]


def test_names_stand_for_their_macros_in_what_triggers(scan: Scanner) -> None:
    entries = [entry("起点", "{{char}}认得<user>"), entry("小满认得阿远", "甲")]
    assert [hit.text for hit in scan(entries, "起点", book=RECURSIVE).fired] == ["{{char}}认得<user>", "甲"]


def test_a_constant_triggers_too(scan: Scanner) -> None:
    entries = [entry("", "永远有猫", constant=True), entry("猫", "甲")]
    assert told(scan(entries, "你好", book=RECURSIVE)) == [("猫", "recursion")]


def test_secondary_keys_may_stand_in_lore(scan: Scanner) -> None:
    entries = [entry("起点", "外婆"), entry("茶", "甲", selective=True, secondary_keys=("外婆",))]
    assert [hit.key for hit in scan(entries, "起点，茶", book=RECURSIVE).fired] == ["起点", "茶"]


def test_what_entered_by_recursion_may_match_a_regex(scan: Scanner) -> None:
    entries = [entry("起点", "小满姑娘"), entry("/小.姑娘/", "甲", use_regex=True)]
    assert told(scan(entries, "起点", book=RECURSIVE)) == [("起点", "key"), ("/小.姑娘/", "recursion")]


def test_delayed_entries_wait_for_recursion_and_for_their_level(scan: Scanner) -> None:
    entries = [
        entry("起点", "出发"),
        entry("猫", "这里有狗", delay_until_recursion=1),
        entry("狗", "丙", delay_until_recursion=2),
        entry("鸟", "丁", delay_until_recursion=2),
    ]
    assert told(scan(entries, "猫和鸟", book=RECURSIVE)) == []
    assert [(one.reason, one.detail) for one in scan(entries, "猫和鸟", book=RECURSIVE).passed] == [
        ("recursion", "delay"),
        ("recursion", "delay"),
    ]
    assert [hit.key for hit in scan(entries, "起点、猫、鸟", book=RECURSIVE).fired] == [
        "起点",
        "猫",
        "狗",
        "鸟",
    ]


def test_a_book_without_recursion_is_not_triggered_by_another(scan: Scanner) -> None:
    own = Lorebook((entry("起点", "猫"), entry("猫", "甲")), recursive_scanning=True)
    world = Lorebook((entry("猫", "乙"),), id="w")
    assert [hit.text for hit in scan([own, world], "起点").fired] == ["猫", "甲"]
