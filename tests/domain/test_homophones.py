"""Which texts sound alike, without a dictionary to load."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.homophones import difference, sounds, unlike

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好！", [("ni",), ("hao",)]),
        ("女儿", [("nv",), ("er",)]),
        ("长", [("chang", "zhang")]),
        ("3只", [("san",), ("zhi",)]),
        ("Don’t stop", [("dont",), ("stop",)]),
        ("用iPhone", [("yong",), ("iphone",)]),
        ("", []),
        ("……", []),
        ("龘", [("龘",)]),
    ],
)
def test_sounds_of_a_text(text: str, expected: list[tuple[str, ...]]) -> None:
    assert sounds(text) == expected


def test_digits_of_an_english_text_stay_digits() -> None:
    assert sounds("3 cats", digits_as_chinese=False) == [("3",), ("cats",)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("满", "曼", 0.0),
        ("满", "忙", 0.25),
        ("只", "字", 0.25),
        ("里", "你", 0.25),
        ("飞", "黑", 0.25),
        ("赢", "银", 0.25),
        ("长", "张", 0.0),
        ("满", "慌", 1.0),
        ("好", "草", 0.5),
        ("猫", "狗", 1.0),
        ("color", "colour", 0.5),
        ("cat", "dog", 1.0),
        ("dog", "狗", 1.0),
    ],
)
def test_differences_between_sounds(one: str, other: str, expected: float) -> None:
    assert difference(sounds(one)[0], sounds(other)[0]) == expected
    assert difference(sounds(other)[0], sounds(one)[0]) == expected


@pytest.mark.parametrize(
    ("part", "whole", "most"),
    [
        ("天气很好", "今天天气很好啊", 0.0),
        ("田七很好", "今天天气很好啊", 0.0),
        ("田鸡很好", "今天天气很好啊", 0.2),
        ("the sea", "a story about the sea", 0.0),
        ("", "什么", 0.0),
    ],
)
def test_a_part_is_found_in_the_whole(part: str, whole: str, most: float) -> None:
    assert unlike(sounds(part), sounds(whole)) <= most


def test_another_text_is_unlike() -> None:
    assert unlike(sounds("我想吃饭"), sounds("今天天气很好啊")) >= 0.5
    assert unlike(sounds("我想吃饭"), []) == 1.0


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_texts_can_be_compared(part: str, whole: str) -> None:
    assert 0.0 <= unlike(sounds(part), sounds(whole)) <= 1.0


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_a_text_is_like_what_holds_it(part: str, before: str, after: str) -> None:
    whole = [*sounds(before), *sounds(part), *sounds(after)]
    assert unlike(sounds(part), whole) == 0.0


def test_no_library_is_loaded() -> None:
    code = (
        "import sys; from companion.domain.homophones import sounds; sounds('小满');"
        "print('pypinyin' in sys.modules, 'jieba' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["False", "False"]
