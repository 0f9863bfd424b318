"""The card drafted from a text: its own sentences and lines, with their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from companion.forge.extraction import Extraction, extracted
from companion.forge.importing import read_source
from companion.forge.manner import typicality
from companion.forge.pack_draft import card_text
from tests.forge.conftest import DATA

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

STORY = """第一章 初见

林黛玉生得袅娜风流，眉目含情，身量未足。贾宝玉走来，笑道：“妹妹今日吃了什么药？”

林黛玉道：“不过是些人参养荣丸罢了。”

林黛玉天性喜散不喜聚，又孤高自许。贾宝玉性情温和，从不发怒。

贾宝玉问道：“妹妹可曾读书？”

林黛玉道：“只刚念了四书，认得几个字罢了。”

林黛玉见他进来，说：“你来做什么？请坐罢。”
"""


def test_narration_gives_her_looks_and_her_character(extract: Extract) -> None:
    card = card_text(extract(STORY, known=["林黛玉", "贾宝玉"]), "林黛玉")

    assert "林黛玉生得袅娜风流，眉目含情，身量未足。" in card.description
    assert card.personality == "林黛玉天性喜散不喜聚，又孤高自许。"
    assert "温和" not in card.personality + card.description


def test_every_piece_is_in_the_text_at_its_place(extract: Extract) -> None:
    found = extract(STORY, known=["林黛玉", "贾宝玉"])

    card = card_text(found, "林黛玉")

    assert {"description", "personality", "mes_example", "first_mes"} <= {one.field for one in card.citations}
    for one in card.citations:
        place = found.source.document.text[one.start : one.end + 40]
        assert one.chapter == "第一章 初见"
        assert one.text.split(" / ")[-1][:6] in place


def test_examples_are_what_was_said_to_her_and_her_answer(extract: Extract) -> None:
    card = card_text(extract(STORY, known=["林黛玉", "贾宝玉"]), "林黛玉")

    assert "{{user}}: 妹妹可曾读书？\n{{char}}: 只刚念了四书，认得几个字罢了。" in card.mes_example
    assert card.first_mes == "你来做什么？请坐罢。"


def test_english_narration_is_understood_too(extract: Extract) -> None:
    text = (
        "Chapter 1\n\nEmma had dark eyes and long brown hair, and her face was pale. Thomas came in.\n\n"
        'Emma was always kind and patient. "What brings you here so early, sir?" said Emma.\n\n'
        '"I came to borrow a good book," said Thomas.\n\n"Take any book you like from the shelf," said Emma.'
    )

    card = card_text(extract(text, known=["Emma", "Thomas"]), "Emma")

    assert (card.language, "dark eyes" in card.description) == ("en", True)
    assert "kind and patient" in card.personality
    assert "{{char}}: Take any book you like" in card.mes_example


def test_a_character_without_narration_still_has_a_card(extract: Extract) -> None:
    card = card_text(extract("张明说：“走罢。”\n\n李华说：“走。”", known=["张明", "李华"]), "张明")

    assert (card.name, bool(card.description), bool(card.scenario)) == ("张明", True, True)


def test_real_chapters_give_a_card_of_their_own_words() -> None:
    found = extracted(read_source(DATA / "hongloumeng_45.txt"), known=["黛玉", "宝钗"])

    card = card_text(found, "黛玉")

    assert card.mes_example.count("<START>") >= 2
    text = found.source.document.text
    assert all(text[one.start : one.end] for one in card.citations)


def test_typical_lines_hold_what_only_she_says() -> None:
    score = typicality(["俺来也，俺要吃酒！", "俺老孙去也！"] * 5, ["我来了，我要喝茶。", "我去去就回。"] * 5)

    assert score("俺要吃酒，俺去也！") > score("我要喝茶，我去去就来。")
    assert score("俺") == 0.0
