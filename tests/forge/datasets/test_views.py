"""From scenes to rows: what is learnt, what stands before it, and what is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from companion.forge.datasets.rows import Row
from companion.forge.datasets.views import cleaned, told, views_of
from companion.forge.extraction import Extraction

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_TALK = "\n\n林黛玉笑道：“第{n}盏茶凉了，你尝尝这一盏罢。”\n\n贾宝玉说：“我要第{n}盏热茶。”"
_BUSY = "".join(_TALK.format(n=n) for n in "一二三四五六七八九")


def chapters(*texts: str) -> str:
    numbers = "一二三四五六七八九十"
    return "\n\n".join(f"第{numbers[n]}回 标题\n\n{text}" for n, text in enumerate(texts))


SCENE = (
    "林黛玉坐在窗下看书，外头下着小雨。\n\n贾宝玉走来，笑道：“妹妹今日觉得怎么样？”\n\n"
    "林黛玉道：“多谢你惦记着，昨夜睡得倒好。”说着放下了手里的书，又道：“你外头淋了雨没有？”"
)


def rows(found: Extraction, view: str, who: str = "林黛玉") -> list[Row]:
    return [row for row in views_of(found, who).rows if row.view == view]


def test_a_scene_is_one_row_with_all_her_lines(extract: Extract) -> None:
    found = extract(chapters(SCENE), known=["林黛玉", "贾宝玉"])

    (row,) = rows(found, "scene")

    assert [turn.role for turn in row.turns] == ["env", "other", "character", "env", "character"]
    assert row.lines == ("多谢你惦记着，昨夜睡得倒好。", "你外头淋了雨没有？")
    assert row.turns[1].name == "贾宝玉"


def test_tags_are_left_out_of_what_is_told() -> None:
    assert (
        told("林黛玉听说，走来瞧瞧，果然一件无存，因向宝玉道：", "zh")
        == "林黛玉听说，走来瞧瞧，果然一件无存。"
    )
    assert told("宝玉笑道：", "zh") == ""
    assert told("She closed the door behind her. He said", "en") == "She closed the door behind her."


def test_marks_of_scans_are_cleaned_and_those_of_words_are_not() -> None:
    assert cleaned("我知道了．你 去 罢!", "zh") == "我知道了。你去罢！"
    assert cleaned("well-known, I said", "en") == "well-known, I said"


def test_pairs_need_no_scene_and_some_call_the_user_by_name(extract: Extract) -> None:
    found = extract(chapters(_BUSY), known=["林黛玉", "贾宝玉"])

    pairs = rows(found, "pair")

    assert pairs
    assert all([turn.role for turn in row.turns] == ["user", "character"] for row in pairs)


def test_pairs_that_need_context_are_told(extract: Extract) -> None:
    found = extract(chapters("贾宝玉说：“这个呢？”\n\n林黛玉道：“那也是。”"), known=["林黛玉", "贾宝玉"])

    views = views_of(found, "林黛玉")

    assert [row.view for row in views.rows] == ["scene"]
    assert [one.reason for one in views.dropped] == ["pair_needs_context"]


def test_whole_chapters_are_kept_for_testing(extract: Extract) -> None:
    texts = [SCENE.replace("昨夜", f"前{n}夜").replace("小雨", f"{n}场雨") for n in "一二三四五六七八"]
    found = extract(chapters(*texts), known=["林黛玉", "贾宝玉"])

    splits: dict[int, set[str]] = {}
    for row in views_of(found, "林黛玉").rows:
        splits.setdefault(row.chapter, set()).add(row.split)

    assert all(len(one) == 1 for one in splits.values())
    assert splits[max(splits)] == {"test"}
    assert splits[min(splits)] == {"train"}


def test_others_lines_of_the_test_chapters_are_kept_for_comparison(extract: Extract) -> None:
    more = "\n\n贾宝玉说：“没有淋着，我打了第{n}把伞来的。”"
    texts = [SCENE.replace("昨夜", f"前{n}夜") + more.format(n=n) for n in "一二三四五六"]
    found = extract(chapters(*texts), known=["林黛玉", "贾宝玉"])

    others = rows(found, "other")

    assert {(row.who, row.split) for row in others} == {("贾宝玉", "test")}


def test_english_scenes_make_rows_too(extract: Extract) -> None:
    text = (
        'Chapter 1\n\nThe rain fell on the old garden all day.\n\n"Are you warm enough, my dear?" said Thomas.\n\n'
        '"I am quite warm, thank you," said Emma. "Did you walk all the way from town?"\n\n'
        '"I walked from the station," said Thomas.\n\n"Then sit down by the fire," said Emma.'
    )
    found = extract(text, known=["Emma", "Thomas"])

    (row,) = rows(found, "scene", "Emma")

    assert "Then sit down by the fire," in row.lines[-1]
    assert row.turns[0].role == "env"
