"""Names, aliases, and what a person makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from companion.forge.cast import Cast, Person, merged, renamed, split
from companion.forge.extraction import Extraction

pytestmark = pytest.mark.unit

Extract = Callable[..., Extraction]

_TEXT = (
    "林黛玉走来，笑道：“我来了。”凤姐儿道：“坐。”凤姐笑道：“好妹妹。”黛玉道：“多谢。”凤姐道：“吃茶。”黛玉笑道：“不吃。”"
    "林黛玉便道：“走罢。”凤姐儿道：“再坐坐。”周瑞家的道：“是。”周瑞家的笑道：“是。”"
)


def test_a_name_and_the_full_name_are_one(extract: Extract) -> None:
    cast = extract(_TEXT).cast
    by_id = {one.id: one for one in cast.people}
    assert {"黛玉", "林黛玉"} == set(by_id["黛玉"].names)
    assert {"凤姐", "凤姐儿"} == set(by_id["凤姐"].names)
    assert by_id["周瑞家的"].names == ("周瑞家的",)


def test_namesakes_of_two_families_are_left_to_a_person(extract: Extract) -> None:
    text = "贾宝玉道：“好。”甄宝玉道：“好。”宝玉道：“是。”" * 4
    cast = extract(text).cast
    assert {"贾宝玉", "甄宝玉", "宝玉"} <= {one.id for one in cast.people}
    assert ("宝玉", "甄宝玉") in {(one.name, one.other) for one in cast.doubts}


@pytest.mark.parametrize("word", ["一面", "因又", "连忙", "众人", "他", "旁白", "只得"])
def test_words_before_speech_are_no_names(extract: Extract, word: str) -> None:
    found = extract(f"宝玉来了。{word}笑道：“好。”宝玉走了。{word}说道：“好。”宝玉笑了。", known=["宝玉"])
    assert word not in {one.id for one in found.cast.people if one.kind == "name"}


def test_english_titles_and_first_names_stay_apart(extract: Extract) -> None:
    found = extract(
        '"Yes," said Mr. Grey.\n\n"No," said Mrs. Grey.\n\n"Oh," said Anna Brown. "Ah," said Anna.'
    )
    ids = {one.id: one for one in found.cast.people}
    assert {"Mr. Grey", "Mrs. Grey"} <= set(ids)
    assert (ids["Mr. Grey"].gender, ids["Mrs. Grey"].gender) == ("m", "f")
    assert {"Anna", "Anna Brown"} == set(ids["Anna"].names)


def test_people_can_be_merged_split_and_renamed() -> None:
    cast = Cast((Person("凤姐", ("凤姐", "凤姐儿"), n_tags=4), Person("熙凤", ("熙凤",), n_tags=1)))
    one = merged(cast, "熙凤", "凤姐")
    assert [(p.id, p.names, p.n_tags) for p in one.people] == [("凤姐", ("凤姐", "凤姐儿", "熙凤"), 5)]
    assert [p.id for p in split(one, "熙凤").people] == ["凤姐", "熙凤"]
    assert renamed(one, "凤姐", "王熙凤").people[0].id == "王熙凤"
    assert renamed(cast, "凤姐", "熙凤") == cast
