"""The part of a long text that is said in a clip is found, in spite of hearing errors."""

from __future__ import annotations

import pytest

from companion.text.phonemes import Language
from companion.voice_training.text_parts import best_part

pytestmark = pytest.mark.unit

CHINESE = "今天早上下了一场小雨，空气变得很清新。他说：“我们去公园吧！”公园里有很多人，有的跑步，有的唱歌。"
CHINESE += "圆周率是3.14，你知道吗？"
ENGLISH = 'It rained this morning, and the air was fresh. "Let us go," he said. The park was full; some ran, some sang.'


@pytest.mark.parametrize(
    ("text", "heard", "language", "part"),
    [
        (CHINESE, "今天早上下了一场小雨", "zh", "今天早上下了一场小雨，"),
        (CHINESE, "空气变得很轻心他说我们去公元吧", "zh", "空气变得很清新。他说：“我们去公园吧！”"),
        (CHINESE, "公园里有很多人有的跑步", "zh", "公园里有很多人，有的跑步，"),
        (CHINESE, "圆周率是三点一四你知道吗", "zh", "圆周率是3.14，你知道吗？"),
        (ENGLISH, "and the hair was fresh", "en", "and the air was fresh."),
        (ENGLISH, "Let us go he said the park was full", "en", '"Let us go," he said. The park was full;'),
    ],
)
def test_run_of_clauses_most_like_what_was_heard(
    text: str, heard: str, language: Language, part: str
) -> None:
    found, rate = best_part(text, heard, language)
    assert found == part
    assert rate < 0.35


@pytest.mark.parametrize(("heard", "language"), [("", "zh"), ("嗯", "zh"), ("Wholly unlike", "en")])
def test_what_is_nowhere_in_the_text_has_no_part(heard: str, language: Language) -> None:
    assert best_part(CHINESE if language == "zh" else ENGLISH, heard, language)[1] > 0.5


def test_book_is_searched_in_little_time_and_the_right_place_is_found() -> None:
    book = "".join(f"第{number}天我们走了很远的路，看见了{number}只鸟。" for number in range(100, 500))
    found, rate = best_part(book, "第三百二十一天我们走了很远的路看见了三百二十一只鸟", "zh")
    assert (found, rate) == ("第321天我们走了很远的路，看见了321只鸟。", 0.0)
