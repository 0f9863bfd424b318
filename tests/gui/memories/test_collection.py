from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from companion.domain.memory import Memory
from companion.gui.memories.collection import Told, collect, grouped
from companion.gui.memories.export import as_json, as_markdown, export_cards
from companion.gui.memories.words import earlier_words, place

pytestmark = pytest.mark.gui
NOON = 1_764_072_000.0  # 25 November 2025


def memory(id_: int, text: str = "用户叫小林。", **more: Any) -> Memory:
    return Memory(id_, "xiaoman", more.pop("kind", "fact"), text, created_at=NOON, **more)


def test_cards_stand_in_groups_with_the_pinned_ones_first() -> None:
    cards = grouped(
        [
            memory(6, state="forgotten"),
            memory(5, origin="pack"),
            memory(4, kind="relationship"),
            memory(3),
            memory(2, pinned=True),
        ],
        {},
    )
    assert [(card.group, card.memory.memory) for card in cards] == [
        ("user", 2),
        ("user", 3),
        ("relationship", 4),
        ("pack", 5),
        ("forgotten", 6),
    ]


def test_corrected_forms_stand_with_what_took_their_place_newest_first() -> None:
    cards = grouped(
        [
            memory(3, "用户住在上海。"),
            memory(2, "用户住在杭州。", state="superseded", replaced_by=3),
            memory(1, "用户住在北京。", state="superseded", replaced_by=2),
        ],
        {},
    )
    assert [card.memory.memory for card in cards] == [3]
    assert [one.memory for one in cards[0].earlier] == [2, 1]


def test_a_form_whose_successor_is_gone_is_left_out() -> None:
    circle = [
        memory(1, state="superseded", replaced_by=2),
        memory(2, state="superseded", replaced_by=1),
        memory(3, state="superseded", replaced_by=9),
    ]
    assert grouped(circle, {}) == []


def test_a_card_tells_when_where_and_how_it_was_said(companion: Any, chinese: None) -> None:
    chat = companion.log.create_chat("xiaoman", title="雨天").chat
    said = companion.log.add(chat, "user", "叫我小林就好。").message
    companion.log.memories.add("xiaoman", "用户叫小林。", message=said, origin="conversation")
    companion.log.memories.add("xiaoman", "喝茶不加糖。")
    companion.log.memories.add("wren", "Not hers.")
    cards = collect(companion.log, "xiaoman")
    places = {card.memory.text: place(card) for card in cards}
    assert len(cards) == 2
    assert places["用户叫小林。"].startswith("今天")
    assert places["用户叫小林。"].endswith("雨天 · 你说：“叫我小林就好。”")
    assert places["喝茶不加糖。"] == "你亲手写下的 · 今天"


@pytest.mark.parametrize(("n", "said"), [(1, "改过 1 次"), (3, "改过 3 次")])
def test_corrections_are_counted_in_words(chinese: None, n: int, said: str) -> None:
    assert earlier_words(n) == said


def test_words_are_found_in_card_quote_and_earlier_form() -> None:
    told = Told("c1", "雨天", 7, True, "我搬到 Shanghai 了", NOON)
    card = grouped(
        [memory(3, "用户住在上海。"), memory(2, "用户住在杭州。", state="superseded", replaced_by=3)],
        {3: told},
    )[0]
    assert all(card.holds(words) for words in ("上海", "杭州", "shanghai", ""))
    assert not card.holds("北京")


def test_markdown_strikes_corrected_forms_and_leaves_out_forgotten_ones(chinese: None) -> None:
    cards = grouped(
        [
            memory(3, "用户住在\n上海。"),
            memory(2, "用户住在杭州。", state="superseded", replaced_by=3),
            memory(1, "秘密", state="forgotten"),
        ],
        {},
    )
    text = as_markdown([card for card in cards if card.group != "forgotten"], "小满")
    assert text.startswith("# 小满记得的事\n\n## 关于你\n\n- 你住在 上海。 (")
    assert "  - ~~你住在杭州。~~ (" in text


def test_json_keeps_what_is_known_of_a_card(tmp_path: Path) -> None:
    told = Told("c1", "雨天", 7, True, "我住在上海", NOON)
    cards = grouped([memory(3, slot="home", value="上海"), memory(1, state="forgotten")], {3: told})
    assert export_cards(cards, "小满", tmp_path / "out.json") == 1
    kept = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert kept == json.loads(as_json(cards[:1], "小满"))
    assert kept["memories"][0]["slot"] == "home"
    assert kept["memories"][0]["said"] == {"text": "我住在上海", "at": "2025-11-25T12:00:00+00:00"}
