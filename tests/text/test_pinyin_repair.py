"""Misheard names are put right, ordinary words stay."""

from __future__ import annotations

import pytest

from companion.text.pinyin_repair import Change, Repairer

pytestmark = pytest.mark.unit

NAMES = (
    "小满", "顾小满", "满满", "黛玉", "林黛玉", "王熙凤", "贾宝玉", "薛宝钗", "铜板", "半日闲", "沈师傅",
    "宝玉", "湘云", "史湘云",
    "Wren", "Wren Ashdown", "Saltmere", "Elias", "Agnes",
)  # fmt: skip


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer(NAMES)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("小慢你在吗？", "小满你在吗？"),
        ("你好小蛮", "你好小满"),
        ("曼曼今天开心吗", "满满今天开心吗"),
        ("顾小曼你来啦", "顾小满你来啦"),
        ("代玉在哭", "黛玉在哭"),
        ("林带玉进府", "林黛玉进府"),
        ("王西风笑道", "王熙凤笑道"),
        ("假宝玉来了", "贾宝玉来了"),
        ("雪宝柴来了", "薛宝钗来了"),
        ("雪宝钗说话", "薛宝钗说话"),
        ("薛宝拆说话", "薛宝钗说话"),
        ("童板在睡觉", "铜板在睡觉"),
        ("去半日贤喝茶", "去半日闲喝茶"),
        ("去办日闲喝茶", "去半日闲喝茶"),
        ("Hey Ren, how are you?", "Hey Wren, how are you?"),
        ("Tell me about Salt Mere", "Tell me about Saltmere"),
        ("I saw Ren Ash Down", "I saw Wren Ashdown"),
        ("Is Elyas your grandfather?", "Is Elias your grandfather?"),
    ],
)
def test_names_are_put_right(repairer: Repairer, heard: str, meant: str) -> None:
    assert repairer.repair(heard).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "他慢慢地走过来",
        "昨晚刮西风",
        "保育员很好",
        "小曼慢慢长大了，满满地装了一杯",
        "我带玉镯去了",
        "林黛玉和薛宝钗在说话",
        "卖一块铜板",
        "谁知早有人报与探春了",
        "原来是湘云来了",
        "今天好热，我想吃点凉的",
        "今天天气真好，我们出去走走吧",
        "",
        "When it rains I stay home.",
        "Rain is fine. Ran out of milk.",
        "I wrote to Wren.",
        "Salt and more.",
    ],
)
def test_ordinary_words_stay(repairer: Repairer, text: str) -> None:
    expected = text.replace("小曼", "小满")
    assert repairer.repair(text).text == expected


def test_changes_tell_what_was_heard_and_where(repairer: Repairer) -> None:
    repaired = repairer.repair("你好小慢，叫代玉来")
    assert repaired.changes == (Change(2, "小慢", "小满"), Change(6, "代玉", "黛玉"))


def test_the_longer_name_wins(repairer: Repairer) -> None:
    assert repairer.repair("林代玉").changes == (Change(0, "林代玉", "林黛玉"),)


def test_without_names_nothing_is_changed() -> None:
    assert Repairer(()).repair("小慢你好 Ren").text == "小慢你好 Ren"


def test_a_repaired_text_stays_as_it_is(repairer: Repairer) -> None:
    once = repairer.repair("小慢和林带玉, hey Ren").text
    assert repairer.repair(once).text == once
