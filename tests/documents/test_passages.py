"""Passages: their size, their places and their scenes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.documents.cast import cast_of, present_in
from companion.documents.document import Block, Document, from_blocks, plain
from companion.documents.passages import header, passages_of
from companion.documents.scenes import scenes

pytestmark = pytest.mark.unit

_SENTENCE = "宝玉听了这话，心中便有些不自在起来．"


def _chapter(n: int, sentences: int) -> str:
    paragraphs = [_SENTENCE * 4 for _ in range(sentences // 4)]
    return f"第{n}回  某某\n\n" + "\n\n".join(paragraphs)


def _document(text: str) -> Document:
    return Document("d" * 16, "a.txt", "红楼梦", plain(text))


def test_passages_are_slices_of_200_to_300_characters_that_end_with_a_sentence() -> None:
    document = _document(_chapter(1, 200) + "\n\n" + _chapter(2, 120))
    found = passages_of([document])

    assert all(one.text == document.text[one.start : one.end] for one in found)
    assert all(one.text.endswith("．") for one in found)
    sizes = sorted(len(one.text) for one in found)
    assert sizes[-1] <= 300
    assert sizes[len(sizes) // 10] >= 180
    assert [one.order for one in found] == list(range(1, len(found) + 1))
    assert {one.chapter_number for one in found} == {1, 2}


def test_no_passage_crosses_a_scene_and_its_parent_is_the_scene() -> None:
    text = "第一章\n\n甲走了进来。\n\n***\n\n乙走了出去。"
    found = passages_of([_document(text)])

    assert [one.text for one in found] == ["甲走了进来。", "乙走了出去。"]
    assert found[0].parent != found[1].parent
    assert [one.scene for one in found] == [1, 2]


def test_a_time_mark_opens_a_scene_only_where_the_last_is_long_enough() -> None:
    short = "他走了。\n\n次日，他回来了。"
    long = _SENTENCE * 40 + "\n\n次日，他回来了。"

    assert len(scenes(short, 0, len(short))) == 1
    assert len(scenes(long, 0, len(long))) == 2


def test_scenes_stay_below_their_greatest_length() -> None:
    text = (_SENTENCE * 200).strip()
    found = scenes(text, 0, len(text))

    assert max(end - start for start, end in found) <= 1_500
    assert "".join(text[start:end] for start, end in found) == text


def test_english_passages_have_60_to_90_words() -> None:
    text = " ".join(["The old lighthouse keeper climbed the stairs every single night."] * 200)
    sizes = sorted(len(one.text.split(" ")) for one in passages_of([_document(text)]))

    assert sizes[-1] <= 92
    assert sizes[0] >= 50


def test_a_sentence_without_end_is_cut_all_the_same() -> None:
    found = passages_of([_document("一" * 2_000)])

    assert max(len(one.text) for one in found) <= 450
    assert "".join(one.text for one in found) == "一" * 2_000


def test_ids_depend_on_document_place_and_text_only() -> None:
    text = _chapter(1, 40)
    first, again = passages_of([_document(text)]), passages_of([_document(text)])
    other = passages_of([Document("e" * 16, "a.txt", "红楼梦", plain(text))])

    assert [one.id for one in first] == [one.id for one in again]
    assert not {one.id for one in first} & {one.id for one in other}
    assert len({one.id for one in first}) == len(first)


def test_entries_stand_outside_of_time() -> None:
    entries = from_blocks(
        "d", "a.json", "设定", [Block("白猫叫小雪。", entry=True), Block("茶馆在河边。", entry=True)]
    )
    story = _document("他走了。")
    found = passages_of([entries, story])

    assert [one.order for one in found] == [0, 0, 1]
    assert found[0].parent != found[1].parent


def test_the_cast_are_those_who_speak() -> None:
    zh = "宝玉笑道：“好。”黛玉忙问道：“谁？”众人都笑道：“你。”他说：“我。”" * 5
    en = '"Yes," said Alice. "No," Bob replied. He said nothing.\n' * 5

    assert cast_of([zh]) == ("宝玉", "黛玉")
    assert set(cast_of([en])) == {"Alice", "Bob"}
    assert cast_of(["平静的一天。"], ["小满"]) == ("小满",)


def test_a_longer_name_hides_the_shorter_inside_it() -> None:
    assert present_in("林黛玉来了", ["黛玉", "林黛玉"]) == ("林黛玉",)


def test_the_header_tells_book_chapter_scene_and_who_is_there() -> None:
    one = passages_of([_document("第三回 初见\n\n" + "宝玉笑道：“好。”黛玉道：“谁？”" * 4)])[0]

    assert header(one) == "《红楼梦》第三回 初见·场景1·在场：宝玉、黛玉"
    assert header(one, "en") == "红楼梦·第三回 初见·scene 1·present: 宝玉, 黛玉"


@given(st.text(alphabet='他走了。！\n "“”．*第一章abc. ', max_size=600))
def test_every_passage_is_a_slice_in_order_and_nothing_but_space_is_lost(text: str) -> None:
    document = _document(text)
    found = passages_of([document])

    assert all(one.text == document.text[one.start : one.end] for one in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert all(one.text.strip() == one.text and one.text for one in found)
